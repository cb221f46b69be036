// A drawn keypad: twelve keys, one stop of the tab order, typed on as on a real one; knows no code and no door.
import { need, setText } from "./elements.ts";

/** More dots than this say nothing more. */
const maxDots = 12;
const flashMs = 140;

const typedKeys: Readonly<Record<string, string>> = { Enter: "#", Escape: "*", Backspace: "*", "*": "*", "#": "#" };

export interface KeypadOptions {
  readonly label: string;
  /** After this long without a key the reader forgets what was typed, and so do the dots. */
  readonly keyTimeoutMs: number;
  press(key: string): void;
}

export class Keypad {
  readonly #root: HTMLElement;
  readonly #options: KeypadOptions;
  readonly #keys: HTMLElement;
  #typed = 0;
  #forget = 0;

  constructor(root: HTMLElement, options: KeypadOptions) {
    this.#root = root;
    this.#options = options;
    this.#keys = need(root, ".keys", HTMLElement);
    this.#keys.setAttribute("aria-label", options.label);
    this.#keys.addEventListener("click", (event) => {
      const button = (event.target as Element).closest<HTMLButtonElement>("button[data-key]");
      if (button !== null) this.#press(button.dataset["key"] ?? "");
    });
    // Keeps the focus on the pad, so that a code begun by pointer can be finished by key.
    this.#keys.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.#keys.focus({ preventScroll: true });
    });
    this.#keys.addEventListener("keydown", (event) => this.#type(event));
  }

  /** The reader answered: what was typed is done with. */
  clear(): void {
    this.#typed = 0;
    clearTimeout(this.#forget);
    this.#draw();
  }

  #type(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const key = /^[0-9]$/.test(event.key) ? event.key : typedKeys[event.key];
    if (key === undefined) return;
    event.preventDefault();
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
    this.#draw();
  }

  #draw(): void {
    setText(need(this.#root, ".entry-dots", HTMLElement), "•".repeat(Math.min(this.#typed, maxDots)));
    setText(need(this.#root, ".entry-count", HTMLElement), this.#typed === 0 ? "" : `${this.#typed} typed`);
  }
}
