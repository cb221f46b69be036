// One door as the page draws it: leaf, bolt, readers, buttons and what its lock and wires do, in words.
import type { DoorCommand, DoorStatus } from "../../../domain/status.ts";
import type { PageBoard, PageSignal, PageSite } from "../wire.ts";
import type { BoardActions } from "./board-actions.ts";
import { DoorOrders } from "./door-orders.ts";
import { doorWords, pushWords } from "./door-words.ts";
import { copyOf, need, setText } from "./elements.ts";
import { HoldButton } from "./hold-button.ts";
import { ReaderDevice } from "./reader-device.ts";

type PageDoor = PageSite["doors"][number];

const paints = 6;

export interface DoorActions {
  readonly board: BoardActions;
  give(command: DoorCommand): void;
}

export class DoorCard {
  readonly element = copyOf("door");
  readonly #door: PageDoor;
  readonly #site: PageSite;
  readonly #actions: DoorActions;
  readonly #orders: DoorOrders;
  readonly #exits = new Map<string, HTMLButtonElement>();
  #readers = new Map<string, ReaderDevice>();
  /** How the readers were built, to build them anew when the board says otherwise. */
  #built = "";
  #status: DoorStatus | null = null;
  #board: PageBoard | null = null;

  constructor(
    place: { readonly door: PageDoor; readonly index: number; readonly site: PageSite },
    actions: DoorActions,
  ) {
    this.#door = place.door;
    this.#site = place.site;
    this.#actions = actions;
    const { element } = this;
    element.dataset["door"] = place.door.id;
    element.dataset["paint"] = String(place.index % paints);
    const name = need(element, ".door-name", HTMLElement);
    name.id = `door-${place.index}`;
    element.setAttribute("aria-labelledby", name.id);
    setText(name, place.door.name);
    setText(need(element, ".door-number", Element), String(place.index + 1));
    const orders = need(element, ".orders", HTMLElement);
    this.#orders = new DoorOrders(orders, place.door.name, (command) => actions.give(command));
    this.#wireButtons();
    this.#draw();
  }

  showStatus(status: DoorStatus | null): void {
    this.#status = status;
    this.#orders.show(status);
    this.#draw();
  }

  showBoard(board: PageBoard): void {
    this.#board = board;
    this.#buildReaders(board);
    for (const [id, device] of this.#readers) {
      const reader = board.readers[id];
      if (reader !== undefined) device.show(reader);
    }
    for (const [input, button] of this.#exits) {
      button.setAttribute("aria-pressed", String(board.inputs[input] === true));
    }
    this.element.classList.toggle("is-away", !board.connected);
    this.#draw();
  }

  /** False when the reader hangs on another door. */
  signal({ reader, signal }: PageSignal): boolean {
    const device = this.#readers.get(reader);
    device?.signal(signal);
    return device !== undefined;
  }

  #wireButtons(): void {
    const { element } = this;
    const { name, contact, exitButtons } = this.#door;
    const actions = need(element, ".actions", HTMLElement);
    const push = need(element, ".push", HTMLButtonElement);
    if (!this.#site.simulated || contact === null) push.remove();
    else push.addEventListener("click", () => this.#actions.board.setInput(contact, !this.#words().leafOpen));
    for (const input of this.#site.simulated ? exitButtons : []) {
      const button = copyOf("exit") as HTMLButtonElement;
      button.setAttribute(
        "aria-label",
        exitButtons.length > 1 ? `Exit button ${input} of ${name}` : `Exit button of ${name}`,
      );
      new HoldButton(button, {
        set: (held) => this.#actions.board.setInput(input, held),
        press: () => this.#actions.board.press(input),
      });
      this.#exits.set(input, button);
      actions.prepend(button);
    }
    if (actions.childElementCount === 0) actions.remove();
    need(element, ".clear", HTMLButtonElement).addEventListener("click", () => {
      const clearing = clearingOf(this.#status);
      if (clearing !== null) this.#actions.give(clearing.command);
    });
  }

  #buildReaders(board: PageBoard): void {
    const mine = this.#site.readers.filter((reader) => reader.door === this.#door.id && board.readers[reader.id]);
    const plan = JSON.stringify(mine.map(({ id }) => [id, board.readers[id]?.kind, board.readers[id]?.keypad]));
    if (plan === this.#built) return;
    this.#built = plan;
    this.#readers = new Map();
    const pads: HTMLElement[] = [];
    const touches: HTMLElement[] = [];
    const trays: HTMLElement[] = [];
    const withTray = mine.filter(({ id }) => board.readers[id]?.kind !== "keypad");
    for (const { id } of mine) {
      const reader = board.readers[id];
      if (reader === undefined) continue;
      const { kind, keypad } = reader;
      const among = withTray.filter((one) => board.readers[one.id]?.kind === kind).length > 1;
      const { keyTimeoutMs, samples } = this.#site;
      const setting = { id, kind, keypad, doorName: this.#door.name, keyTimeoutMs, samples, among };
      const device = new ReaderDevice(setting, this.#actions.board);
      this.#readers.set(id, device);
      (keypad ? pads : touches).push(device.device);
      if (device.tray !== null) trays.push(device.tray);
    }
    need(this.element, ".pads", HTMLElement).replaceChildren(...pads);
    need(this.element, ".touches", HTMLElement).replaceChildren(...touches);
    need(this.element, ".trays", HTMLElement).replaceChildren(...trays);
  }

  #words() {
    const { contact } = this.#door;
    const active = contact === null || this.#board === null ? undefined : this.#board.inputs[contact];
    return doorWords(this.#status, active ?? null);
  }

  #draw(): void {
    const { element } = this;
    const words = this.#words();
    element.dataset["look"] = words.look;
    element.classList.toggle("is-open", words.leafOpen);
    element.classList.toggle("is-unlocked", !words.locked);
    setText(need(element, ".state-text", HTMLElement), words.headline);
    const push = element.querySelector(".push .label");
    if (push !== null) setText(push, pushWords(words));
    const alarm = need(element, ".alarm", HTMLElement);
    alarm.hidden = words.alarm === null;
    setText(need(alarm, ".alarm-text", HTMLElement), words.alarm ?? "");
    const clearing = clearingOf(this.#status);
    const clear = need(alarm, ".clear", HTMLButtonElement);
    clear.hidden = clearing === null;
    setText(clear, clearing?.label ?? "");
    this.#drawFacts(words.leafOpen, words.locked);
  }

  #drawFacts(leafOpen: boolean, locked: boolean): void {
    const { relay, contact, lock } = this.#door;
    const fact = (name: string, text: string): void =>
      setText(need(this.element, `[data-fact="${name}"]`, HTMLElement), text);
    const energized = this.#board?.relays[relay];
    fact("lock", this.#status === null ? "–" : locked ? "locked" : "unlocked");
    fact("relay", energized === undefined ? "–" : energized ? "energized" : "released");
    fact("contact", contact === null ? "none" : leafOpen ? "open" : "closed");
    fact("kind", lock === "failSafe" ? "opens without power" : "stays locked without power");
  }
}

/** What the alarm's button does: the worst first. */
function clearingOf(status: DoorStatus | null): { readonly label: string; readonly command: DoorCommand } | null {
  if (status === null) return null;
  const { door } = status;
  if (status.forced) return { label: "Clear alarm", command: { kind: "clearForced", door } };
  if (status.fire) return { label: "End fire release", command: { kind: "clearFire" } };
  return status.tampered ? { label: "Clear tamper alarm", command: { kind: "clearTamper", door } } : null;
}
