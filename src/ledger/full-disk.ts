// Has the newest events written on a disk that is full: what lies beside the database gives way first, then the oldest events do.
import { Fault } from "../domain/fault.ts";
import type { Instant } from "../domain/time.ts";
import { later, monoMs } from "../domain/time.ts";
import type { DiskReserve } from "./disk-reserve.ts";
import { pruneChunk } from "./journal.ts";
import type { Ledger } from "./ledger.ts";
import { isDiskFull } from "./sqlite-trouble.ts";

export interface FullDiskParts {
  readonly ledger: Ledger;
  readonly reserve: Pick<DiskReserve, "isThere" | "release"> | null;
  readonly instant: () => Instant;
  /** Events had to go. */
  readonly troubled: (fault: Fault) => void;
}

/** Of a record that has to give way, so much stays. */
const leastEvents = 1_000;
/** What is free within the database then, so that it need not grow. */
const slack = 2 * pruneChunk;
const crowdedMs = 600_000;

export class FullDisk {
  readonly #parts: FullDiskParts;
  /** More events than that had no room; null while nothing is known to lack it. */
  #mostEvents: number | null = null;
  #crowdedUntil = monoMs(0);

  constructor(parts: FullDiskParts) {
    this.#parts = parts;
  }

  /** Events had to go lately: that one commit succeeds does not mean that all is well. */
  get isCrowded(): boolean {
    return this.#parts.instant().mono < this.#crowdedUntil;
  }

  /** What of the record is kept; less than the site wants where there is no room for that. */
  get keepEvents(): number {
    const { ledger, reserve } = this.#parts;
    if (!this.isCrowded && reserve?.isThere === true) this.#mostEvents = null;
    return Math.min(ledger.site.keepEvents, this.#mostEvents ?? Number.POSITIVE_INFINITY);
  }

  /** Throws what the database throws when no room could be made. */
  withRoom<Result>(commit: () => Result): Result {
    const ways = [() => this.#keepWithin(), () => this.#foldIn(), () => this.#dropOldest()];
    let failure: unknown;
    for (const makeRoom of ways) {
      try {
        makeRoom();
        return commit();
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** A database that had to grow could not even drop anything any more. */
  #keepWithin(): void {
    const { ledger, instant } = this.#parts;
    if (this.#mostEvents !== null && ledger.isPruneDue(this.keepEvents)) ledger.prune(instant(), this.keepEvents);
  }

  /** What is in the log beside the database goes into it, and the log begins again where it lies. */
  #foldIn(): void {
    const isLastRoom = this.#parts.reserve?.release() ?? false;
    this.#parts.ledger.db.pragma("wal_checkpoint(PASSIVE)");
    if (isLastRoom) this.#dropOldest();
  }

  #dropOldest(): void {
    const { ledger, instant, troubled } = this.#parts;
    if (!ledger.isPruneDue(leastEvents)) return;
    ledger.prune(instant(), leastEvents);
    const first = ledger.db.prepare<[], number>("SELECT min(seq) FROM journal").pluck().get() ?? 0;
    this.#mostEvents = Math.max(leastEvents, ledger.headSeq - first - slack);
    troubled(new Fault("ledger.diskFull", "The disk is full: the oldest events make room for the newest."));
    this.#crowdedUntil = later(instant().mono, crowdedMs);
  }
}
