// The turns that the ledger's process takes, one after the other and none while it is stuck; knows not what is done in them.
import type { Clock } from "../../hal/clock.ts";
import { monoMs } from "../domain/time.ts";

export class LedgerTurns {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #stuckUntil = monoMs(0);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isStuck(): boolean {
    return this.#clock.mono() < this.#stuckUntil;
  }

  stickFor(ms: number): void {
    this.#stuckUntil = monoMs(Math.max(this.#stuckUntil, this.#clock.mono() + ms));
  }

  take(turn: () => void): void {
    if (this.#waiting.length === 0 && !this.isStuck) {
      turn();
      return;
    }
    this.#waiting.push(turn);
    if (this.#waiting.length === 1) this.#arm();
  }

  #arm(): void {
    this.#clock.after(Math.max(0, this.#stuckUntil - this.#clock.mono()), "stuck ledger", () => {
      while (this.#waiting.length > 0 && !this.isStuck) this.#waiting.shift()?.();
      if (this.#waiting.length > 0) this.#arm();
    });
  }
}
