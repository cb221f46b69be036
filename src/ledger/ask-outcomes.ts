// What the record says became of recent asks, so that each is settled once, also by a ledger that did not decide it.
import type { Database } from "better-sqlite3";
import type { JournalEvent } from "../domain/events.ts";
import type { AskId, DoorId, PassId } from "../domain/ids.ts";
import { onlyOccurrence } from "../domain/recurrence.ts";
import { Overlay } from "./overlay.ts";

export interface AskOutcome {
  readonly seq: number;
  readonly granted: boolean;
  readonly door: DoorId;
  /** The pass whose use was spent; null when nothing was counted. */
  readonly spentBy: PassId | null;
  readonly occurrence: number;
  /** The door refused afterwards, and the use was given back. */
  readonly aborted: boolean;
  /** The relay moved before the disk had answered. */
  readonly late: boolean;
}

/** A settlement comes within seconds of its ask; whatever lies further back is settled. */
const recentEvents = 10_000;
/** Canonical JSON puts `ask` first in every event that has one. */
const askPrefix = '{"ask":';

export type AskOutcomes = Overlay<AskId, AskOutcome>;

/** Only what is committed: a transaction that reads its own events might yet be given up. */
export function readAskOutcomes(db: Database, committedSeq: number): Map<AskId, AskOutcome> {
  const base = new Map<AskId, AskOutcome>();
  const outcomes = new Overlay(base);
  const rows = db
    .prepare<[number, number], { seq: number; body: string }>(
      "SELECT seq, body FROM journal WHERE seq > ? AND seq <= ? ORDER BY seq",
    )
    .iterate(committedSeq - recentEvents, committedSeq);
  for (const { seq, body } of rows) {
    if (body.startsWith(askPrefix)) noteOutcome(outcomes, JSON.parse(body) as JournalEvent, seq);
  }
  outcomes.accept();
  return base;
}

export function noteOutcome(outcomes: AskOutcomes, event: JournalEvent, seq: number): void {
  if (event.type === "access.granted") {
    const spentBy = event.usesLeft === null ? null : event.pass;
    const { door, occurrence = onlyOccurrence, late } = event;
    outcomes.set(event.ask, { seq, granted: true, door, spentBy, occurrence, aborted: false, late });
  } else if (event.type === "access.denied" || event.type === "access.begun") {
    const rest = { spentBy: null, occurrence: onlyOccurrence, aborted: false, late: false };
    outcomes.set(event.ask, { seq, granted: false, door: event.door, ...rest });
  } else if (event.type === "access.aborted" || event.type === "access.late") {
    const known = outcomes.get(event.ask);
    if (known === undefined) return;
    outcomes.set(event.ask, event.type === "access.late" ? { ...known, late: true } : { ...known, aborted: true });
  }
}

/** Oldest first, as a map keeps its keys. */
export function dropOldOutcomes(outcomes: Map<AskId, AskOutcome>): void {
  for (const ask of outcomes.keys()) {
    if (outcomes.size <= recentEvents) return;
    outcomes.delete(ask);
  }
}
