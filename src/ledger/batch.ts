// One transaction's worth of asks and records: what it writes, and what of it memory takes over once it is committed.
import type { Database } from "better-sqlite3";
import type { Ask, RecordEntry, Settlement, Verdict } from "../domain/ask.ts";
import { shownOf } from "../domain/ask.ts";
import type { Decision } from "../domain/decide.ts";
import { countsAsGuess, decide } from "../domain/decide.ts";
import type { JournalEvent, Personal, Shown } from "../domain/events.ts";
import { failGuess, refundGuess } from "../domain/guess.ts";
import type { AskId, ReaderId } from "../domain/ids.ts";
import type { DenyReason } from "../domain/reasons.ts";
import type { Instant, MonoMs } from "../domain/time.ts";
import type { AskOutcome } from "./ask-outcomes.ts";
import { dropOldOutcomes, noteOutcome, readAskOutcomes } from "./ask-outcomes.ts";
import type { Directory, Found } from "./directory.ts";
import type { Journal, JournalDraft } from "./journal.ts";
import type { Latches } from "./latches.ts";
import { Overlay } from "./overlay.ts";
import type { ReadyAsk } from "./ready-ask.ts";
import { gatherFacts, holdingOf, instantOf, verdictOf } from "./ready-ask.ts";
import type { RecoveryNotice } from "./recovery-notice.ts";
import type { Counters, Session } from "./session.ts";
import { raiseFloor, saveCounters } from "./session.ts";
import type { FailedEntry } from "./typing-errors.ts";
import { forgiveFailures, rememberFailure } from "./typing-errors.ts";

export interface BatchParts {
  readonly db: Database;
  readonly journal: Journal;
  readonly directory: Directory;
  readonly latches: Latches;
  readonly recovery: RecoveryNotice;
  readonly session: Session;
}

/** A record without a number is the ledger's own: there is no one to send it twice. */
export type Entry = Omit<RecordEntry, "n"> & { readonly n: number | null };

export class Batch {
  readonly #parts: BatchParts;
  readonly #draft: JournalDraft;
  readonly #outcomes: Overlay<AskId, AskOutcome>;
  readonly #failures: Overlay<ReaderId, readonly FailedEntry[]>;
  readonly #before: Counters;
  #counters: Counters;

  constructor(parts: BatchParts) {
    this.#parts = parts;
    this.#draft = parts.journal.draft();
    this.#outcomes = new Overlay(parts.session.outcomes);
    this.#failures = new Overlay(parts.session.failures);
    this.#before = parts.session.counters;
    this.#counters = this.#before;
  }

  /** The last thing before the commit. */
  finish(): void {
    const { db, session } = this.#parts;
    this.#counters = { ...this.#counters, run: session.run };
    saveCounters(db, this.#before, this.#counters);
  }

  /** The first thing after it. */
  accept(): void {
    const { session, journal } = this.#parts;
    journal.adopt(this.#draft);
    this.#outcomes.accept();
    this.#failures.accept();
    dropOldOutcomes(session.outcomes);
    session.counters = this.#counters;
  }

  /** Each numbered entry is taken once, however often it is sent. */
  record(entry: Entry): void {
    if (entry.n !== null) {
      if (entry.n <= this.#counters.runEntry) return;
      this.#counters = { ...this.#counters, runEntry: entry.n };
    }
    this.#counters = raiseFloor(entry.at, this.#counters);
    if ("settle" in entry.what) this.#settle(entry.what, entry.at);
    else this.append(entry.what, entry.at);
  }

  append(event: JournalEvent, at: Instant, personal: Personal | null = null): void {
    const seq = this.#draft.nextSeq;
    this.#draft.append(event, at, this.#parts.session.boot, personal);
    this.#parts.latches.follow(event);
    this.#parts.recovery.follow(event);
    noteOutcome(this.#outcomes, event, seq);
  }

  /** Counts the change in and says so. */
  changeDirectory(by: string, steps: number, at: Instant): number {
    const version = this.#counters.directoryVersion + 1;
    this.#counters = { ...this.#counters, directoryVersion: version };
    this.append({ type: "directory.changed", version, by, steps }, at);
    return version;
  }

  decide({ ask, token }: ReadyAsk, mono: MonoMs): Verdict {
    // Sent a second time; whatever it was answered then, nobody stands there waiting for this answer.
    if (this.#outcomes.get(ask.id) !== undefined) return { granted: false, reason: "askExpired" };
    this.#counters = raiseFloor(instantOf(ask, mono, this.#counters), this.#counters);
    const now = instantOf(ask, mono, this.#counters);
    const { session, directory } = this.#parts;
    const door = session.doors.get(ask.door);
    if (mono >= ask.expiresAt) return this.#deny(ask, "askExpired", null, now);
    if (door === undefined) return this.#deny(ask, "noGrant", null, now);
    const found = token === null ? null : directory.find(token);
    const facts = gatherFacts(ask, found, door, now, session, directory);
    const decision = this.#spend(decide(facts), found, ask);
    if (!decision.granted) {
      const verdict = this.#deny(ask, decision.reason, found, now);
      if (countsAsGuess(ask.presentation, decision)) this.#countGuess(ask, now);
      return verdict;
    }
    this.#forgive(ask, now);
    const { directoryVersion } = this.#counters;
    const { usesLeft } = decision;
    const event = { ...shownOf(ask), ...holdingOf(found), usesLeft, late: false, directoryVersion };
    this.append({ type: "access.granted", ...event }, now, personalOf(found));
    return verdictOf(decision, found, directoryVersion);
  }

  /** The count in the table has the last word on how many uses there were. */
  #spend(decision: Decision, found: Found | null, ask: Ask): Decision {
    const holder = found?.holder;
    if (!decision.granted || holder?.kind !== "pass" || holder.usesPerDoor === null) return decision;
    const spent = this.#parts.directory.spend(holder.id, ask.door, holder.usesPerDoor, this.#draft.nextSeq);
    return spent ? decision : { granted: false, reason: "usesExhausted" };
  }

  #deny(ask: Ask, reason: DenyReason, found: Found | null, now: Instant): Verdict {
    const { directoryVersion } = this.#counters;
    const event = { ...shownOf(ask), ...holdingOf(found), reason, directoryVersion };
    this.append({ type: "access.denied", ...event }, now, personalOf(found));
    return { granted: false, reason };
  }

  #countGuess(ask: Ask, now: Instant): void {
    const { guess, site } = this.#parts.session;
    const failed = failGuess(guess.load(ask.door, site.guessing, now), site.guessing, now.mono);
    guess.save(ask.door, failed.state, now);
    if (ask.presentation.method === "pin" && ask.presentation.digits !== null) {
      const known = this.#failures.get(ask.reader) ?? [];
      this.#failures.set(ask.reader, rememberFailure(known, ask.presentation.digits, now.mono));
    }
    if (failed.blockMs === null) return;
    this.append({ type: "access.limited", door: ask.door, blockMs: failed.blockMs }, now);
  }

  #forgive(ask: Ask, now: Instant): void {
    const known = this.#failures.get(ask.reader);
    if (known === undefined || ask.presentation.method !== "pin" || ask.presentation.digits === null) return;
    const { forgiven, rest } = forgiveFailures(known, ask.presentation.digits, now.mono);
    this.#failures.set(ask.reader, rest);
    if (forgiven === 0) return;
    const { guess, site } = this.#parts.session;
    let state = guess.load(ask.door, site.guessing, now);
    for (let entry = 0; entry < forgiven; entry += 1) state = refundGuess(state, site.guessing, now.mono);
    guess.save(ask.door, state, now);
  }

  #settle(settlement: Settlement, at: Instant): void {
    const ask = settlement.settle === "aborted" ? settlement.ask : settlement.shown.ask;
    const known = this.#outcomeOf(ask);
    switch (settlement.settle) {
      case "aborted":
        if (known?.granted) this.#abort(ask, known, settlement.why, at);
        return;
      case "unanswered":
        if (known?.granted) this.#abort(ask, known, "ledgerLost", at);
        else if (known === undefined) this.#denyUnseen(settlement.shown, settlement.reason, at);
        return;
      case "late":
        this.#recordLate(settlement, known, at);
    }
  }

  #abort(ask: AskId, known: AskOutcome, why: "expired" | "ledgerLost", at: Instant): void {
    if (known.aborted) return;
    if (known.spentBy !== null) this.#parts.directory.giveBack(known.spentBy, known.door, known.seq);
    this.append({ type: "access.aborted", ask, door: known.door, why }, at);
  }

  #denyUnseen(shown: Shown, reason: DenyReason, at: Instant): void {
    const { directoryVersion } = this.#counters;
    this.append({ type: "access.denied", ...shown, ...holdingOf(null), reason, directoryVersion }, at);
  }

  /** The relay has moved, so that an event must say so, whatever else is on record. */
  #recordLate(settlement: Extract<Settlement, { settle: "late" }>, known: AskOutcome | undefined, at: Instant): void {
    const { shown, verdict } = settlement;
    if (known?.late) return;
    if (known?.granted) {
      this.append({ type: "access.late", ask: shown.ask, door: known.door }, at);
      return;
    }
    const { credential, person, pass, usesLeft, directoryVersion } = verdict;
    const name = this.#parts.directory.holderName(person, pass);
    const { ask, door, reader, method } = shown;
    const event = { ask, door, reader, method, credential, person, pass, usesLeft, late: true, directoryVersion };
    this.append({ type: "access.granted", ...event }, at, name === null ? null : { name });
  }

  /** A run that the ledger has seen begin holds no older asks; only for others the journal is searched, once. */
  #outcomeOf(ask: AskId): AskOutcome | undefined {
    const { session, db, journal } = this.#parts;
    const known = this.#outcomes.get(ask);
    if (known !== undefined || session.outcomesRead) return known;
    session.outcomesRead = true;
    const newer = [...session.outcomes];
    session.outcomes.clear();
    for (const [other, outcome] of [...readAskOutcomes(db, journal.seq), ...newer])
      session.outcomes.set(other, outcome);
    return this.#outcomes.get(ask);
  }
}

const personalOf = (found: Found | null): Personal | null => (found === null ? null : { name: found.holder.name });
