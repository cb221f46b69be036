// What the record says became of recent asks, so that each is settled once, also by a ledger that did not decide it.
import type { Database } from "better-sqlite3";
import type { JournalEvent } from "../domain/events.ts";
import type { AskId, CredentialId, DoorId, PassId, PersonId, ReaderId } from "../domain/ids.ts";
import { onlyOccurrence } from "../domain/recurrence.ts";
import type { Whereabouts } from "../domain/whereabouts.ts";
import { Overlay } from "./overlay.ts";

export interface AskOutcome {
  readonly seq: number;
  readonly granted: boolean;
  readonly door: DoorId;
  readonly reader: ReaderId;
  readonly person: PersonId | null;
  readonly pass: PassId | null;
  /** What was shown first, where two things were needed. */
  readonly first: CredentialId | null;
  /** When, by the wall clock. */
  readonly wall: number;
  /** The pass whose use was spent; null when nothing was counted. */
  readonly spentBy: PassId | null;
  readonly occurrence: number;
  /** The door refused afterwards, and the use was given back. */
  readonly aborted: boolean;
  /** The relay moved before the disk had answered. */
  readonly late: boolean;
  /** The holders have been moved to where the door leads. */
  readonly moved: boolean;
  /** Where they were before that, while this ledger lives. */
  readonly before?: ReadonlyMap<string, Whereabouts | null>;
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
    .prepare<[number, number], { seq: number; wall: number; body: string }>(
      "SELECT seq, wall, body FROM journal WHERE seq > ? AND seq <= ? ORDER BY seq",
    )
    .iterate(committedSeq - recentEvents, committedSeq);
  for (const { seq, wall, body } of rows) {
    if (!body.startsWith(askPrefix)) continue;
    const event = JSON.parse(body) as JournalEvent;
    noteOutcome(outcomes, event, seq, wall);
    // The ledger that recorded it has moved them.
    if (event.type === "access.taken") alter(outcomes, event.ask, { moved: true });
  }
  outcomes.accept();
  return base;
}

export function noteOutcome(outcomes: AskOutcomes, event: JournalEvent, seq: number, wall: number): void {
  switch (event.type) {
    case "access.granted": {
      const { door, reader, person, pass, first = null, occurrence = onlyOccurrence, late } = event;
      const spentBy = event.usesLeft === null ? null : pass;
      const whom = { door, reader, person, pass, first, wall, spentBy, occurrence };
      outcomes.set(event.ask, { seq, granted: true, ...whom, aborted: false, late, moved: false });
      return;
    }
    case "access.denied":
    case "access.begun": {
      const { door, reader } = event;
      outcomes.set(event.ask, { seq, granted: false, door, reader, wall, ...noOne });
      return;
    }
    case "access.aborted":
      alter(outcomes, event.ask, { aborted: true });
      return;
    case "access.late":
      alter(outcomes, event.ask, { late: true });
  }
}

const noOne = {
  person: null,
  pass: null,
  first: null,
  spentBy: null,
  occurrence: onlyOccurrence,
  aborted: false,
  late: false,
  moved: false,
} as const;

function alter(outcomes: AskOutcomes, ask: AskId, altered: Partial<AskOutcome>): void {
  const known = outcomes.get(ask);
  if (known !== undefined) outcomes.set(ask, { ...known, ...altered });
}

/** Oldest first, as a map keeps its keys. */
export function dropOldOutcomes(outcomes: Map<AskId, AskOutcome>): void {
  for (const ask of outcomes.keys()) {
    if (outcomes.size <= recentEvents) return;
    outcomes.delete(ask);
  }
}
