// One transaction in the making: what it appends to the record, and what memory takes over once it is committed.
import type { Database } from "better-sqlite3";
import type { JournalEvent, Personal } from "../domain/events.ts";
import type { AreaId, AskId, DoorId, PassId, ReaderId } from "../domain/ids.ts";
import type { Instant } from "../domain/time.ts";
import type { Areas } from "./areas.ts";
import type { AskOutcome } from "./ask-outcomes.ts";
import { dropOldOutcomes, noteOutcome, readAskOutcomes } from "./ask-outcomes.ts";
import type { Directory } from "./directory.ts";
import type { Journal, JournalDraft } from "./journal.ts";
import type { Latches } from "./latches.ts";
import type { LostCounts } from "./lost-counts.ts";
import type { Opening } from "./openings.ts";
import { Overlay } from "./overlay.ts";
import type { PassKeys } from "./pass-keys.ts";
import type { RecoveryNotice } from "./recovery-notice.ts";
import type { Counters, Expected, PendingFirst, Session } from "./session.ts";
import { saveCounters } from "./session.ts";
import type { FailedEntry } from "./typing-errors.ts";

export interface TransactionParts {
  readonly db: Database;
  readonly journal: Journal;
  readonly directory: Directory;
  readonly passKeys: PassKeys;
  readonly lostCounts: LostCounts;
  readonly areas: Areas;
  readonly latches: Latches;
  readonly recovery: RecoveryNotice;
  readonly session: Session;
}

type Follower = (event: JournalEvent, at: Instant) => void;

export class LedgerTransaction {
  readonly parts: TransactionParts;
  readonly outcomes: Overlay<AskId, AskOutcome>;
  readonly failures: Overlay<ReaderId, readonly FailedEntry[]>;
  readonly firsts: Overlay<string, PendingFirst | null>;
  readonly openings: Overlay<DoorId, readonly Opening[]>;
  readonly expected: Overlay<AreaId, readonly Expected[]>;
  counters: Counters;
  readonly #before: Counters;
  readonly #draft: JournalDraft;
  #follower: Follower = () => {};

  constructor(parts: TransactionParts) {
    const { session } = parts;
    this.parts = parts;
    this.#draft = parts.journal.draft();
    this.outcomes = new Overlay(session.outcomes);
    this.failures = new Overlay(session.failures);
    this.firsts = new Overlay(session.firsts);
    this.openings = new Overlay(session.openings);
    this.expected = new Overlay(session.expected);
    this.#before = session.counters;
    this.counters = this.#before;
  }

  get nextSeq(): number {
    return this.#draft.nextSeq;
  }

  /** Told of each event after it was appended. */
  follow(follower: Follower): void {
    this.#follower = follower;
  }

  append(event: JournalEvent, at: Instant, personal: Personal | null = null): void {
    const seq = this.#draft.nextSeq;
    const { session, latches, recovery } = this.parts;
    this.#draft.append(event, at, session.boot, personal);
    latches.follow(event, at, session.boot);
    recovery.follow(event);
    noteOutcome(this.outcomes, event, seq, at.wall);
    this.#follower(event, at);
  }

  /** A run that the ledger has seen begin holds no older asks; only for others the journal is searched, once. */
  outcomeOf(ask: AskId): AskOutcome | undefined {
    const { session, db, journal } = this.parts;
    const known = this.outcomes.get(ask);
    if (known !== undefined || session.outcomesRead) return known;
    session.outcomesRead = true;
    const newer = [...session.outcomes];
    session.outcomes.clear();
    for (const [other, outcome] of [...readAskOutcomes(db, journal.seq), ...newer])
      session.outcomes.set(other, outcome);
    return this.outcomes.get(ask);
  }

  /**
   * The first that stands of those that are remembered and came after another: an older one that had begun the pass's limited time
   * would have left none for it to begin.
   */
  firstUseAfter(seq: number, pass: PassId, occurrence: number): AskOutcome | null {
    let first: AskOutcome | null = null;
    for (const outcome of this.outcomes.values()) {
      const isUse = outcome.granted && !outcome.aborted && outcome.pass === pass && outcome.occurrence === occurrence;
      if (isUse && outcome.seq > seq && (first === null || outcome.seq < first.seq)) first = outcome;
    }
    return first;
  }

  /** The last thing before the commit. */
  finish(): void {
    const { db, session, latches } = this.parts;
    latches.dropOver();
    this.counters = { ...this.counters, run: session.run };
    saveCounters(db, this.#before, this.counters);
  }

  /** The first thing after it. */
  accept(): void {
    const { session, journal, latches } = this.parts;
    journal.adopt(this.#draft);
    latches.droppedOver();
    for (const overlay of [this.outcomes, this.failures, this.firsts, this.openings, this.expected]) overlay.accept();
    dropOldOutcomes(session.outcomes);
    session.counters = this.counters;
  }
}
