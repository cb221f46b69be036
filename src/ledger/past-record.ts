// Finds decisions in the record, by number, by time, or the last; through a connection that cannot write, a bounded stretch at a time.
import type { Database, Statement } from "better-sqlite3";
import type { RecordedEvent } from "../domain/events.ts";
import type { Uses } from "../domain/facts.ts";
import type { DoorId, PassId } from "../domain/ids.ts";
import type { Decided, Recorded } from "../domain/record-watch.ts";
import { isDecided } from "../domain/record-watch.ts";
import type { UnixMs } from "../domain/time.ts";
import { unixMs } from "../domain/time.ts";
import type { PassCounts } from "../domain/ways-in.ts";
import { allDoors } from "./directory.ts";
import type { StoredRow } from "./journal-reader.ts";
import { pageSize, recorded } from "./journal-reader.ts";

/** So that no reading holds the log up. */
const stretch = 5_000;
const decisionTypes = "('access.granted', 'access.denied', 'access.begun')";
const typeOf = "json_extract(body, '$.type')";

export interface DecisionFilter {
  readonly door: string | null;
  /** By the wall clock; the end is exclusive. */
  readonly fromWall: number;
  readonly untilWall: number;
  readonly deniedOnly: boolean;
}

export class PastRecord implements PassCounts {
  readonly #range: Statement<[number, number], StoredRow>;
  readonly #decisions: Statement<unknown[], StoredRow>;
  readonly #settlement: Statement<[number, number, string], StoredRow>;
  readonly #modes: Statement<[number, number, string], StoredRow>;
  readonly #newest: Statement<[], number | null>;
  readonly #oldest: Statement<[], number | null>;
  readonly #activation: Statement<[string, number], number>;
  readonly #spent: Statement<[string, string, number], number>;
  readonly #configChanges: Statement<[number], number>;

  constructor(db: Database) {
    this.#range = db.prepare("SELECT * FROM journal WHERE seq > ? AND seq <= ? ORDER BY seq");
    this.#decisions = db.prepare(
      `SELECT * FROM journal WHERE seq > ? AND seq <= ? AND wall >= ? AND wall < ? AND ${typeOf} IN ${decisionTypes}
         AND (? IS NULL OR json_extract(body, '$.door') = ?) AND (? = 0 OR ${typeOf} = 'access.denied') ORDER BY seq DESC`,
    );
    this.#settlement = db.prepare(
      `SELECT * FROM journal WHERE seq > ? AND seq <= ? AND ${typeOf} IN ('access.aborted', 'access.late')
         AND json_extract(body, '$.ask') = ? LIMIT 1`,
    );
    this.#modes = db.prepare(
      `SELECT * FROM journal WHERE seq > ? AND seq <= ? AND ${typeOf} = 'door.modeChanged'
         AND json_extract(body, '$.door') = ? ORDER BY seq DESC LIMIT 1`,
    );
    this.#newest = db.prepare<[], number | null>("SELECT max(seq) FROM journal").pluck();
    this.#oldest = db.prepare<[], number | null>("SELECT min(seq) FROM journal").pluck();
    this.#activation = db
      .prepare<[string, number], number>("SELECT at FROM pass_activation WHERE pass = ? AND occurrence = ?")
      .pluck();
    this.#spent = db
      .prepare<[string, string, number], number>(
        "SELECT spent FROM use_count WHERE pass = ? AND door = ? AND occurrence = ?",
      )
      .pluck();
    this.#configChanges = db
      .prepare<[number], number>(
        `SELECT count(DISTINCT json_extract(body, '$.digest')) FROM journal
         WHERE ${typeOf} = 'config.accepted' AND seq >= coalesce(
           (SELECT max(seq) FROM journal WHERE seq <= ? AND ${typeOf} = 'config.accepted'), 0)`,
      )
      .pluck();
  }

  get oldest(): number {
    return this.#oldest.get() ?? 0;
  }

  get newest(): number {
    return this.#newest.get() ?? 0;
  }

  event(seq: number): RecordedEvent | null {
    return this.#range.all(seq - 1, seq).map(recorded)[0] ?? null;
  }

  /** What was recorded right before, oldest first. */
  before(seq: number): RecordedEvent[] {
    return this.#range.all(seq - 1 - stretch, seq - 1).map(recorded);
  }

  /** From one event to another, oldest first. */
  *range(fromSeq: number, toSeq: number): Generator<RecordedEvent> {
    for (let after = fromSeq - 1; after < toSeq; after += pageSize) {
      for (const row of this.#range.all(after, Math.min(toSeq, after + pageSize))) yield recorded(row);
    }
  }

  /** The newest so many. */
  decisions({ door, fromWall, untilWall, deniedOnly }: DecisionFilter, limit: number): Decided[] {
    const found: Decided[] = [];
    const { oldest } = this;
    for (let upTo = this.newest; upTo >= oldest && found.length < limit; upTo -= stretch) {
      const rows = this.#decisions.iterate(upTo - stretch, upTo, fromWall, untilWall, door, door, deniedOnly ? 1 : 0);
      for (const row of rows) {
        const event = recorded(row);
        if (isDecided(event)) found.push(event);
        if (found.length >= limit) break;
      }
    }
    return found;
  }

  /** The decision that an event followed from, such as an opened door. */
  decisionBehind({ seq, event }: RecordedEvent): Decided | null {
    const cause = "cause" in event && event.cause.by === "ask" ? event.cause.ask : null;
    const ask = "ask" in event ? event.ask : cause;
    if (ask === null) return null;
    return (
      this.before(seq)
        .filter(isDecided)
        .findLast((decided) => decided.event.ask === ask) ?? null
    );
  }

  /** What put the door into the mode that it was in, however long ago. */
  lastModeBefore(seq: number, door: DoorId): Recorded<"door.modeChanged"> | null {
    const { oldest } = this;
    for (let upTo = seq - 1; upTo >= oldest; upTo -= stretch) {
      const row = this.#modes.get(upTo - stretch, upTo, door);
      if (row === undefined) continue;
      const found = recorded(row);
      return found.event.type === "door.modeChanged" ? { ...found, event: found.event } : null;
    }
    return null;
  }

  /** The next decision at the same reader. */
  nextAfter({ seq, event }: Decided): Decided | null {
    const later = this.#range
      .all(seq, seq + stretch)
      .map(recorded)
      .filter(isDecided);
    return later.find((decided) => decided.event.reader === event.reader) ?? null;
  }

  /** What became of a grant that was not simply acted upon. */
  settlementOf({ seq, event }: Decided): RecordedEvent | null {
    const row = this.#settlement.get(seq, seq + stretch, event.ask);
    return row === undefined ? null : recorded(row);
  }

  /** Whether the configuration that was in force at that event is the one that was accepted last. */
  isConfigSame(seq: number): boolean {
    return (this.#configChanges.get(seq) ?? 0) <= 1;
  }

  activatedAt(pass: PassId, occurrence: number): UnixMs | null {
    const at = this.#activation.get(pass, occurrence);
    return at === undefined ? null : unixMs(at);
  }

  usesOf(pass: PassId, door: DoorId, occurrence: number): Uses {
    const spentAt = (place: string) => this.#spent.get(pass, place, occurrence) ?? 0;
    return { atDoor: spentAt(door), total: spentAt(allDoors) };
  }
}
