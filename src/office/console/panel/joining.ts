// Pairing on the page: asks where the broker is, and shows the code that somebody types at the issuer.
import type { PageJoining } from "../wire.ts";
import { need, setText } from "./elements.ts";
import { EventTimes } from "./event-list.ts";

export interface JoiningActions {
  begin(broker: string): void;
  cancel(): void;
}

export class Joining {
  readonly #root: HTMLElement;
  readonly #field: HTMLInputElement;
  #times: EventTimes | null = null;
  #untilWallMs: number | null = null;

  constructor(root: HTMLElement, actions: JoiningActions) {
    this.#root = root;
    this.#field = need(root, "input", HTMLInputElement);
    const begin = (): void => actions.begin(this.#field.value.trim());
    need(root, "form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      begin();
    });
    need(root, ".joining-anew", HTMLButtonElement).addEventListener("click", begin);
    need(root, ".joining-cancel", HTMLButtonElement).addEventListener("click", () => actions.cancel());
  }

  setTimeZone(timeZone: string): void {
    this.#times = new EventTimes(timeZone);
    this.#drawUntil();
  }

  show({ possible, broker, code, why }: PageJoining): void {
    this.#root.hidden = !possible;
    // What somebody is writing stays, but a code that is shown belongs to where it was asked for.
    if (broker !== null && (code !== null || this.#field.value === "")) this.#field.value = broker;
    need(this.#root, "form", HTMLElement).hidden = code !== null;
    need(this.#root, ".joining-code", HTMLElement).hidden = code === null;
    setText(need(this.#root, ".joining-code output", HTMLElement), code?.text ?? "");
    this.#untilWallMs = code?.untilWallMs ?? null;
    this.#drawUntil();
    setText(need(this.#root, ".joining-why", HTMLElement), why ?? "");
  }

  #drawUntil(): void {
    const isShown = this.#untilWallMs !== null && this.#times !== null;
    const text = isShown ? this.#times?.clock(new Date(this.#untilWallMs ?? 0)) : "";
    setText(need(this.#root, ".joining-until", HTMLElement), text ?? "");
  }
}
