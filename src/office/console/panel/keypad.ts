// A drawn keypad: twelve keys and a display that can be typed on; knows no code and no door.
import { need } from "./elements.ts";

/** More dots than this say nothing more. */
const maxDots = 12;
/** Of a paste, so that a page of text is not typed out. */
const maxTyped = 32;
const flashMs = 140;

const controlKeys: Readonly<Record<string, string>> = { Enter: "#", Escape: "*", Backspace: "*" };

export interface KeypadOptions {
  readonly label: string;
  /** After this long without a key the reader forgets what was typed, and so do the dots. */
  readonly keyTimeoutMs: number;
  press(key: string): void;
}

export class Keypad {
  readonly #options: KeypadOptions;
  readonly #keys: HTMLFieldSetElement;
  readonly #entry: HTMLInputElement;
  #typed = 0;
  #forget = 0;

  constructor(root: HTMLElement, options: KeypadOptions) {
    this.#options = options;
    this.#keys = need(root, ".keys", HTMLFieldSetElement);
    this.#entry = need(root, ".entry", HTMLInputElement);
    this.#keys.setAttribute("aria-label", `Keys, ${options.label}`);
    this.#entry.setAttribute("aria-label", `${options.label}: type digits, Enter for #, Escape for *`);
    this.#keys.addEventListener("click", (event) => {
      const key = (event.target as Element).closest<HTMLButtonElement>("button[data-key]")?.dataset["key"];
      if (key !== undefined) this.#press(key);
    });
    // A code begun by pointer can be finished by key.
    this.#keys.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.#entry.focus({ preventScroll: true });
    });
    this.#entry.addEventListener("keydown", (event) => {
      const key = controlKeys[event.key];
      if (key === undefined || event.repeat) return;
      event.preventDefault();
      this.#type(key);
    });
    // What is typed goes to the reader; the display only ever shows dots.
    this.#entry.addEventListener("beforeinput", (event) => {
      event.preventDefault();
      for (const key of (event.data ?? "").slice(0, maxTyped)) {
        if (/^[0-9*#]$/.test(key)) this.#type(key);
      }
    });
  }

  /** The reader answered: what was typed is done with. */
  clear(): void {
    this.#typed = 0;
    clearTimeout(this.#forget);
    this.#entry.value = "";
  }

  #type(key: string): void {
    this.#press(key);
    const button = this.#keys.querySelector(`button[data-key="${key}"]`);
    button?.classList.add("is-typed");
    setTimeout(() => button?.classList.remove("is-typed"), flashMs);
  }

  #press(key: string): void {
    this.#options.press(key);
    this.#typed = key === "*" || key === "#" ? 0 : this.#typed + 1;
    clearTimeout(this.#forget);
    this.#forget = setTimeout(() => this.clear(), this.#options.keyTimeoutMs);
    this.#entry.value = "•".repeat(Math.min(this.#typed, maxDots));
  }
}
