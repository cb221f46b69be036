// The controller's clock in the page's bar: its time, and whether it can be trusted.
import type { PageBoard } from "../wire.ts";
import { need, setText } from "./elements.ts";
import { EventTimes } from "./event-list.ts";

export class SiteClock {
  readonly #root: HTMLElement;
  #times: EventTimes | null = null;
  /** How far the board's clock is ahead of this browser's. */
  #aheadMs: number | null = null;

  constructor(root: HTMLElement) {
    this.#root = root;
    setInterval(() => this.#draw(), 1_000);
  }

  setTimeZone(timeZone: string): void {
    this.#times = new EventTimes(timeZone);
  }

  show(clock: PageBoard["clock"]): void {
    this.#aheadMs = clock === null ? null : clock.wallMs - Date.now();
    need(this.#root, ".distrust", HTMLElement).hidden = clock === null || clock.trusted;
    this.#draw();
  }

  #draw(): void {
    this.#root.hidden = this.#aheadMs === null || this.#times === null;
    if (this.#aheadMs === null || this.#times === null) return;
    setText(need(this.#root, "time", HTMLElement), this.#times.clock(new Date(Date.now() + this.#aheadMs)));
  }
}
