// One reader on the wall: its lamp, its keypad, the cards to tap on it and the codes to hold up; knows no door's lock.
import type { BoardReader } from "../../board-says.ts";
import type { PageSignal, PageSite } from "../wire.ts";
import type { BoardActions } from "./board-actions.ts";
import { copyOf, need, setIcon, setText, textElement } from "./elements.ts";
import { Keypad } from "./keypad.ts";
import { splitLabel } from "./sample-label.ts";

type Signal = PageSignal["signal"];
type Sample = PageSite["samples"][number];

const lampMs: Record<Signal, number> = {
  granted: 2_200,
  denied: 1_600,
  key: 120,
  next: 2_200,
  warning: 2_200,
};
const lampWords: Record<Signal, string> = {
  granted: "Granted",
  denied: "Denied",
  key: "Ready",
  next: "Go on",
  warning: "Close the door",
};

export interface ReaderSetting {
  readonly id: string;
  readonly kind: BoardReader["kind"];
  readonly keypad: boolean;
  readonly doorName: string;
  readonly keyTimeoutMs: number;
  readonly samples: readonly Sample[];
  /** True when the door has another reader beside this one. */
  readonly among: boolean;
}

/** What can be held before a reader, by its kind; a keypad has no tray. */
const trayWords = {
  wiegand: { title: "Tap a card", field: "Card number in hex", samples: "card" },
  pcsc: { title: "Tap a card", field: "Card number in hex", samples: "card" },
  osdp: { title: "Tap a card", field: "Card number in hex", samples: "card" },
  scanner: { title: "Hold up a QR code", field: "QR text", samples: "qr" },
  camera: { title: "Hold up a QR code", field: "QR text", samples: "qr" },
  plate: { title: "Drive up with a plate", field: "Number plate", samples: null },
  keypad: { title: "", field: "", samples: null },
} as const;

const isOfCards = (kind: keyof typeof trayWords): boolean => ["wiegand", "pcsc", "osdp"].includes(kind);

export class ReaderDevice {
  readonly device = copyOf("reader");
  /** What is held to the reader; null for one that only has keys. */
  readonly tray: HTMLElement | null;
  readonly #actions: BoardActions;
  readonly #setting: ReaderSetting;
  readonly #keypad: Keypad | null;
  #dark = 0;

  constructor(setting: ReaderSetting, actions: BoardActions) {
    this.#setting = setting;
    this.#actions = actions;
    this.device.dataset["kind"] = setting.kind;
    this.device.dataset["reader"] = setting.id;
    this.device.setAttribute("aria-label", `Reader ${setting.id}`);
    this.#keypad = setting.keypad ? this.#createKeypad() : null;
    if (this.#keypad === null) need(this.device, ".pad", HTMLElement).remove();
    const target = need(this.device, ".target", HTMLElement);
    if (setting.kind === "keypad") target.remove();
    else setIcon(need(target, "svg", SVGElement), isOfCards(setting.kind) ? "wave" : "qr");
    this.tray = setting.kind === "keypad" ? null : this.#createTray();
  }

  show(reader: BoardReader): void {
    this.device.classList.toggle("is-lost", reader.lost);
    if (reader.lost) this.#lampText("Unplugged");
    else if (this.device.dataset["lamp"] === "idle") this.#lampText("Ready");
  }

  signal(signal: Signal): void {
    if (signal === "key" && this.device.dataset["lamp"] !== "idle") return;
    if (signal !== "key") this.#keypad?.clear();
    this.device.dataset["lamp"] = signal;
    this.#lampText(lampWords[signal]);
    clearTimeout(this.#dark);
    this.#dark = setTimeout(() => {
      this.device.dataset["lamp"] = "idle";
      this.#lampText(this.device.classList.contains("is-lost") ? "Unplugged" : "Ready");
    }, lampMs[signal]);
  }

  #lampText(text: string): void {
    setText(need(this.device, ".lamp-text", HTMLElement), text);
  }

  #createKeypad(): Keypad {
    const { id, doorName, keyTimeoutMs } = this.#setting;
    return new Keypad(this.device, {
      label: `Keypad of ${doorName}`,
      keyTimeoutMs,
      press: (key) => this.#actions.key(id, key),
    });
  }

  /** Of a code, with this device's camera where it has one; a number plate's reader reads no codes. */
  #takePictures(tray: HTMLElement, kind: ReaderSetting["kind"]): void {
    const choice = need(tray, ".picture-choice", HTMLElement);
    if (kind === "plate") {
      choice.remove();
      return;
    }
    const field = need(choice, "input", HTMLInputElement);
    field.addEventListener("change", () => {
      const [image] = field.files ?? [];
      if (image !== undefined) void this.#actions.showPicture(this.#setting.id, image);
      field.value = "";
    });
  }

  #createTray(): HTMLElement {
    const { id, kind, doorName, samples, among } = this.#setting;
    const words = trayWords[kind];
    const scanner = !isOfCards(kind);
    const tray = copyOf(scanner ? "qr-tray" : "card-tray");
    const what = words.title;
    setText(need(tray, ".tray-title", HTMLElement), among ? `${what} at ${id}` : what);
    const present = (secret: string): void =>
      scanner ? this.#actions.show(id, secret) : this.#actions.tap(id, secret);
    const shelf = need(tray, ".shelf", HTMLElement);
    for (const sample of samples.filter((one) => one.kind === words.samples)) {
      const button = sampleButton(sample, scanner ? "Show" : "Tap", doorName);
      button.addEventListener("click", () => {
        present(sample.secret);
        this.#animateTap(button);
      });
      shelf.append(button);
    }
    const field = need(tray, "form input", HTMLInputElement);
    field.setAttribute("aria-label", `${words.field} for ${doorName}`);
    need(tray, "form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      const value = scanner ? field.value : field.value.replace(/[\s:-]/g, "").toUpperCase();
      if (value !== "") present(value);
    });
    if (scanner) this.#takePictures(tray, kind);
    return tray;
  }

  #animateTap(button: HTMLElement): void {
    const target = this.device.querySelector(".target");
    for (const element of [button, target]) {
      element?.classList.remove("is-tapped");
      // Reading a size makes the browser notice the removal, so that the animation starts again.
      element?.getBoundingClientRect();
      element?.classList.add("is-tapped");
    }
  }
}

function sampleButton(sample: Sample, verb: string, doorName: string): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "sample-card";
  const { name, note } = splitLabel(sample.label);
  for (const [text, className] of [
    [name, "sample-name"],
    [note, "sample-note"],
    [sample.secret, "sample-code"],
  ] as const) {
    if (text === "") continue;
    const line = textElement("span", text, className);
    line.dir = "auto";
    button.append(line);
  }
  button.setAttribute("aria-label", `${verb} ${sample.label} at ${doorName}`);
  return button;
}
