// Pairing on the page: asks where the broker is, and shows the code that somebody types at the issuer.
import type { PageJoining } from "../wire.ts";
import { need, setText } from "./elements.ts";

export class Joining {
  readonly #root: HTMLElement;

  constructor(root: HTMLElement, begin: (broker: string) => void) {
    this.#root = root;
    need(root, "form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      begin(need(root, "input", HTMLInputElement).value.trim());
    });
  }

  show({ possible, code, why }: PageJoining): void {
    this.#root.hidden = !possible;
    need(this.#root, "form", HTMLElement).hidden = code !== null;
    need(this.#root, ".joining-code", HTMLElement).hidden = code === null;
    setText(need(this.#root, ".joining-code output", HTMLElement), code?.text ?? "");
    const until = code === null ? "" : new Date(code.untilWallMs).toLocaleTimeString([], { timeStyle: "short" });
    setText(need(this.#root, ".joining-until", HTMLElement), until);
    setText(need(this.#root, ".joining-why", HTMLElement), why ?? "");
  }
}
