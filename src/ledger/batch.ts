// One transaction's worth of asks and records: what it writes, and what of it memory takes over once it is committed.
import type { Database } from "better-sqlite3";
import type { Ask, RecordEntry, Settlement, Verdict } from "../domain/ask.ts";
import { shownOf } from "../domain/ask.ts";
import type { Decision } from "../domain/decide.ts";
import { countsAsGuess, decide } from "../domain/decide.ts";
import type { Holder, Source } from "../domain/directory.ts";
import type { AbortReason, JournalEvent, Personal, Shown } from "../domain/events.ts";
import type { Facts, FirstFactor, Host } from "../domain/facts.ts";
import { failGuess, refundGuess } from "../domain/guess.ts";
import type { AskId, ReaderId } from "../domain/ids.ts";
import type { DenyReason } from "../domain/reasons.ts";
import { occurrenceAt, onlyOccurrence } from "../domain/recurrence.ts";
import type { Instant, MonoMs } from "../domain/time.ts";
import type { AskOutcome } from "./ask-outcomes.ts";
import { dropOldOutcomes, noteOutcome, readAskOutcomes } from "./ask-outcomes.ts";
import type { Directory } from "./directory.ts";
import type { Journal, JournalDraft } from "./journal.ts";
import type { Latches } from "./latches.ts";
import { Overlay } from "./overlay.ts";
import type { ReadyAsk } from "./ready-ask.ts";
import { gatherFacts, holdingOf, instantOf, nobody, verdictOf } from "./ready-ask.ts";
import type { RecoveryNotice } from "./recovery-notice.ts";
import type { Counters, PendingFirst, Session } from "./session.ts";
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
  readonly #firsts: Overlay<ReaderId, PendingFirst | null>;
  readonly #before: Counters;
  #counters: Counters;

  constructor(parts: BatchParts) {
    this.#parts = parts;
    this.#draft = parts.journal.draft();
    this.#outcomes = new Overlay(parts.session.outcomes);
    this.#failures = new Overlay(parts.session.failures);
    this.#firsts = new Overlay(parts.session.firsts);
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
    this.#firsts.accept();
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
  changeDirectory(by: string, origin: Source, steps: number, at: Instant): number {
    const version = this.#counters.directoryVersion + 1;
    this.#counters = { ...this.#counters, directoryVersion: version };
    const told = origin === "local" ? {} : { origin };
    this.append({ type: "directory.changed", version, by, steps, ...told }, at);
    return version;
  }

  decide(ready: ReadyAsk, mono: MonoMs): Verdict {
    const { ask } = ready;
    // Sent a second time; whatever it was answered then, nobody stands there waiting for this answer.
    if (this.#outcomes.get(ask.id) !== undefined) return { granted: false, reason: "askExpired" };
    this.#counters = raiseFloor(instantOf(ask, mono, this.#counters), this.#counters);
    const now = instantOf(ask, mono, this.#counters);
    const { session } = this.#parts;
    const door = session.doors.get(ask.door);
    if (mono >= ask.expiresAt) return this.#deny(ask, "askExpired", nobody, now);
    if (door === undefined) return this.#deny(ask, "noGrant", nobody, now);
    const first = this.#firstAt(ask.reader, now);
    const { facts, collided } = gatherFacts(ready, door, now, first, this.#parts);
    const decision = decide(facts);
    this.#firsts.set(ask.reader, null);
    if (decision.granted) return this.#grant(ask, decision, facts, collided);
    if ("more" in decision) return this.#begin(ask, decision, facts);
    const verdict = this.#deny(ask, decision.reason, facts, now);
    if (countsAsGuess(ask.presentation, decision)) this.#countGuess(ask, now);
    return verdict;
  }

  #firstAt(reader: ReaderId, now: Instant): FirstFactor | null {
    const pending = this.#firsts.get(reader) ?? null;
    if (pending === null || now.mono - pending.at > this.#parts.session.site.factors.timeoutMs) return null;
    return pending.factor;
  }

  #grant(ask: Ask, decision: Granted, facts: Facts, collided: boolean): Verdict {
    const { now, credential, holder } = facts;
    const { directoryVersion } = this.#counters;
    const occurrence = occurrenceOf(facts);
    if (!this.#spend(decision, facts, occurrence)) return this.#deny(ask, "usesExhausted", facts, now);
    this.#forgive(ask, now);
    const { usesLeft } = decision;
    const counted = usesLeft === null || occurrence === onlyOccurrence ? {} : { occurrence };
    const event = { ...shownOf(ask), ...holdingOf(facts), usesLeft, late: false, directoryVersion, ...counted };
    this.append({ type: "access.granted", ...event, ...consequencesOf(facts) }, now, personalOf(holder));
    if (collided && credential !== null) {
      this.append({ type: "code.collided", door: ask.door, credential: credential.id }, now);
    }
    return verdictOf(decision, facts, directoryVersion);
  }

  /** The count in the table has the last word on how many uses there were. The first use begins a pass's limited time. */
  #spend({ usesLeft }: Granted, { holder, now, door }: Facts, occurrence: number): boolean {
    if (holder?.kind !== "pass") return true;
    const { directory } = this.#parts;
    if (usesLeft !== null && !directory.spend(holder, door.id, occurrence, this.#draft.nextSeq)) return false;
    if (holder.activationMs !== null) directory.activate(holder.id, occurrence, now.wall);
    return true;
  }

  /** Good so far: the same reader waits for the second thing. */
  #begin(ask: Ask, decision: Extract<Decision, { more: unknown }>, facts: Facts): Verdict {
    const { now, credential, holder } = facts;
    if (credential === null || holder === null) return this.#deny(ask, "unknownCredential", facts, now);
    this.#firsts.set(ask.reader, { factor: { need: decision.more, credential, holder }, at: now.mono });
    const { directoryVersion } = this.#counters;
    const event = { ...shownOf(ask), ...holdingOf(facts), need: decision.more, directoryVersion };
    this.append({ type: "access.begun", ...event }, now, personalOf(holder));
    return decision;
  }

  #deny(ask: Ask, reason: DenyReason, facts: Pick<Facts, "credential" | "holder">, now: Instant): Verdict {
    const { directoryVersion } = this.#counters;
    const event = { ...shownOf(ask), ...holdingOf(facts), reason, directoryVersion };
    this.append({ type: "access.denied", ...event }, now, personalOf(facts.holder));
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

  #abort(ask: AskId, known: AskOutcome, why: AbortReason, at: Instant): void {
    if (known.aborted) return;
    if (known.spentBy !== null) this.#parts.directory.giveBack(known.spentBy, known.door, known.occurrence, known.seq);
    this.append({ type: "access.aborted", ask, door: known.door, why }, at);
  }

  #denyUnseen(shown: Shown, reason: DenyReason, at: Instant): void {
    const { directoryVersion } = this.#counters;
    this.append({ type: "access.denied", ...shown, ...holdingOf(nobody), reason, directoryVersion }, at);
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

/** Whoever uses a public code stays unknown; the code has a name all the same. */
const personalOf = (holder: Holder | null): Personal | null => (holder === null ? null : { name: holder.name });

type Granted = Extract<Decision, { granted: true }>;

function occurrenceOf({ holder, now, timeZone }: Facts): number {
  if (holder?.kind !== "pass") return onlyOccurrence;
  return occurrenceAt(holder.recurrence, now.wall, timeZone) ?? onlyOccurrence;
}

/** What the grant sets off elsewhere. */
function consequencesOf({ holder, host, first }: Facts) {
  const floors = holder === null ? [] : floorsOf(holder, host);
  const { webRelay = 0, namedEvents = [] } = holder?.kind === "person" ? holder : {};
  return {
    ...(floors.length === 0 ? {} : { floors }),
    ...(webRelay === 0 ? {} : { webRelay }),
    ...(namedEvents.length === 0 ? {} : { namedEvents }),
    ...(first === null ? {} : { first: first.credential.id }),
  };
}

/** A guest who follows the host loses the floors that the host loses. */
function floorsOf(holder: Holder, host: Host | null): readonly string[] {
  if (holder.kind === "person") return holder.floors;
  if (holder.kind === "public") return [];
  return holder.floors.kind === "list" ? holder.floors.floors : (host?.person.floors ?? []);
}
