// How long to wait before the broker is called again: anywhere below a ceiling that doubles, so that a fleet does not come back at once.

const firstCeilingMs = 1_000;
/** A connection that lasted this long begins anew. */
const soundMs = 60_000;
/** Another one under the same name took it over: two boards must not fight. */
const takenOverMs = 60_000;

export class Backoff {
  readonly #chance: () => number;
  readonly #lastCeilingMs: number;
  #ceilingMs = firstCeilingMs;

  /** `chance` is anything from 0 to 1. */
  constructor(chance: () => number, lastCeilingMs: number) {
    this.#chance = chance;
    this.#lastCeilingMs = lastCeilingMs;
  }

  /** The connection was of use, however long it lasts. */
  served(): void {
    this.#ceilingMs = firstCeilingMs;
  }

  after(livedMs: number, wasTakenOver: boolean): number {
    if (livedMs >= soundMs) this.#ceilingMs = firstCeilingMs;
    const waitMs = this.#chance() * this.#ceilingMs;
    this.#ceilingMs = Math.min(this.#ceilingMs * 2, this.#lastCeilingMs);
    return wasTakenOver ? takenOverMs + waitMs : waitMs;
  }
}
