// Looks now and then how old the cloud's directory is: keeps that over restarts, and has the record say when it becomes too old.
import type { Instant } from "../domain/time.ts";
import type { Ledger } from "./ledger.ts";

export interface AgeWatchParts {
  readonly ledger: Ledger;
  readonly instant: () => Instant;
  /** Events were appended. */
  readonly grew: (seq: number) => void;
}

export class AgeWatch {
  readonly #parts: AgeWatchParts;
  #wasStale = false;

  constructor(parts: AgeWatchParts) {
    this.#parts = parts;
  }

  /** Throws what the database throws. */
  look(): void {
    const { ledger, instant, grew } = this.#parts;
    const { freshness } = ledger;
    if (freshness === null) return;
    const now = instant();
    ledger.quietly(() => freshness.checkpoint(now));
    const isStale = freshness.isStale(now, ledger.clockFloor);
    if (isStale === this.#wasStale) return;
    ledger.note({ type: isStale ? "directory.staled" : "directory.refreshed" }, now);
    this.#wasStale = isStale;
    grew(ledger.headSeq);
  }
}
