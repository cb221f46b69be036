// Runs what a site must forget in rounds of short steps, so that people at the doors come in between; knows not what is forgotten.
export interface HousekeepingParts {
  /** One short step; false when the round is over. Throws what the database throws. */
  readonly step: () => boolean;
  readonly after: (ms: number, run: () => void) => void;
  readonly troubled: (error: unknown) => void;
}

/** Not among the first things after a start. */
const firstMs = 60_000;
const roundMs = 6 * 3_600_000;
/** Between two steps, whose writes the card takes time for. */
const pauseMs = 100;

export class Housekeeping {
  readonly #parts: HousekeepingParts;
  #isRunning = false;

  constructor(parts: HousekeepingParts) {
    this.#parts = parts;
  }

  /** From the first opening on. */
  begin(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#in(firstMs);
  }

  #in(ms: number): void {
    this.#parts.after(ms, () => this.#in(this.#step() ? pauseMs : roundMs));
  }

  #step(): boolean {
    try {
      return this.#parts.step();
    } catch (error) {
      this.#parts.troubled(error);
      return false;
    }
  }
}
