// The site's clock in the page's bar: its time, and, where nobody vouches for it, how to set it.
import type { PageTime } from "../wire.ts";
import { need, setText } from "./elements.ts";
import { EventTimes } from "./event-list.ts";

export interface ClockActions {
  /** Takes this device's time, or confirms the site's. */
  set(wallMs: () => number): void;
  confirm(): void;
}

export class SiteClock {
  readonly #root: HTMLElement;
  readonly #dialog: HTMLDialogElement;
  #times: EventTimes | null = null;
  /** How far the site's clock is ahead of this browser's. */
  #aheadMs: number | null = null;

  constructor(root: HTMLElement, dialog: HTMLDialogElement, actions: ClockActions) {
    this.#root = root;
    this.#dialog = dialog;
    setInterval(() => this.#draw(), 1_000);
    need(root, ".distrust", HTMLButtonElement).addEventListener("click", () => dialog.showModal());
    dialog.addEventListener("close", () => {
      if (dialog.returnValue === "set") actions.set(() => Date.now());
      else if (dialog.returnValue === "confirm") actions.confirm();
      dialog.returnValue = "";
    });
  }

  setTimeZone(timeZone: string): void {
    this.#times = new EventTimes(timeZone);
  }

  show({ wallMs, trusted }: PageTime): void {
    this.#aheadMs = wallMs - Date.now();
    need(this.#root, ".distrust", HTMLElement).hidden = trusted;
    if (trusted && this.#dialog.open) this.#dialog.close("");
    this.#draw();
  }

  #draw(): void {
    this.#root.hidden = this.#aheadMs === null || this.#times === null;
    if (this.#aheadMs === null || this.#times === null) return;
    const shown = new Date(Date.now() + this.#aheadMs);
    setText(need(this.#root, "time", HTMLElement), this.#times.clock(shown));
    setText(need(this.#dialog, ".shown", HTMLElement), this.#times.moment(shown));
    setText(need(this.#dialog, ".here", HTMLElement), this.#times.moment(new Date()));
  }
}
