// What stays in force until somebody ends it, or its time is up: alarms and lockdowns, in step with the events that tell of them.
import type { Database, Statement } from "better-sqlite3";
import type { Restored } from "../domain/ask.ts";
import type { JournalEvent } from "../domain/events.ts";
import type { BootId, DoorId } from "../domain/ids.ts";
import type { Instant } from "../domain/time.ts";

type LatchKind = "forced" | "fire" | "tamper" | "lockdown" | "block";

interface LatchRow {
  readonly kind: LatchKind;
  readonly door: string;
  /** How long it lasted at most, from then on; null is until it is ended. */
  readonly left_ms: number | null;
  readonly since_mono: number;
  /** 0 when the clock could not be trusted. */
  readonly since_wall: number;
  readonly boot: string;
}

interface NewLatch {
  readonly kind: LatchKind;
  readonly door: string;
  readonly leftMs: number | null;
  readonly at: Instant;
  readonly boot: BootId;
}

type ModeChanged = Extract<JournalEvent, { type: "door.modeChanged" }>;

/** Fire concerns every door. */
const noDoor = "";

export class Latches {
  /** How often one was set or cleared; more often when a transaction was given up. */
  changes = 0;
  readonly #set: Statement<unknown[]>;
  readonly #renew: Statement<unknown[]>;
  readonly #clear: Statement<[string, string]>;
  readonly #all: Statement<[], LatchRow>;
  /** Doors whose lockdown was over when the ledger was opened, for the next transaction to take note of. */
  #over: readonly DoorId[] = [];

  constructor(db: Database) {
    this.#set = db.prepare("INSERT OR IGNORE INTO latch VALUES (?, ?, ?, ?, ?, ?)");
    this.#renew = db.prepare("INSERT OR REPLACE INTO latch VALUES (?, ?, ?, ?, ?, ?)");
    this.#clear = db.prepare("DELETE FROM latch WHERE kind = ? AND door = ?");
    this.#all = db.prepare("SELECT * FROM latch ORDER BY kind, door");
  }

  follow(event: JournalEvent, at: Instant, boot: BootId): void {
    const raise = (kind: LatchKind, door: string) => this.#put(this.#set, { kind, door, leftMs: null, at, boot });
    switch (event.type) {
      case "door.forced":
        raise("forced", event.door);
        return;
      case "door.forcedCleared":
        this.#end("forced", event.door);
        return;
      case "door.tampered":
        raise("tamper", event.door);
        return;
      case "door.tamperCleared":
        this.#end("tamper", event.door);
        return;
      case "fire.raised":
        raise("fire", noDoor);
        return;
      case "fire.cleared":
        this.#end("fire", noDoor);
        return;
      case "door.modeChanged":
        this.#followMode(event, at, boot);
    }
  }

  /** What the timetable orders it orders again after a restart. */
  #followMode({ door, mode, cause, leftMs = null }: ModeChanged, at: Instant, boot: BootId): void {
    this.#over = this.#over.filter((other) => other !== door);
    const isOrdered = mode === "lockedDown" && cause.by !== "schedule";
    if (isOrdered) this.#put(this.#renew, { kind: "lockdown", door, leftMs, at, boot });
    else this.#end("lockdown", door);
    if (mode === "blocked") this.#put(this.#set, { kind: "block", door, leftMs: null, at, boot });
    else this.#end("block", door);
  }

  #put(statement: Statement<unknown[]>, { kind, door, leftMs, at, boot }: NewLatch): void {
    const left = leftMs === null ? null : Math.max(0, Math.round(leftMs));
    const sinceWall = at.trusted ? Math.round(at.wall) : 0;
    this.changes += statement.run(kind, door, left, at.mono, sinceWall, boot).changes;
  }

  #end(kind: LatchKind, door: string): void {
    this.changes += this.#clear.run(kind, door).changes;
  }

  restored(now: Instant, boot: BootId): Restored {
    const rows = this.#all.all();
    const doorsOf = (kind: LatchKind) => rows.filter((row) => row.kind === kind).map((row) => row.door as DoorId);
    const lockdowns = rows
      .filter(({ kind }) => kind === "lockdown")
      .map((row) => ({ door: row.door as DoorId, leftMs: leftOf(row, now, boot) }));
    this.#over = lockdowns.filter(({ leftMs }) => leftMs === 0).map(({ door }) => door);
    return {
      forcedDoors: doorsOf("forced"),
      tampered: doorsOf("tamper"),
      blocked: doorsOf("block"),
      lockdowns: lockdowns.filter(({ leftMs }) => leftMs !== 0),
      fire: doorsOf("fire").length > 0,
    };
  }

  /** A lockdown that ended once must not come back with a clock that knows less. */
  dropOver(): void {
    for (const door of this.#over) this.#end("lockdown", door);
  }

  droppedOver(): void {
    this.#over = [];
  }
}

/**
 * Over a restart of the machine time has passed only by wall clocks that were trusted both times; otherwise a lockdown begins again
 * with all of its time, because to be kept out for longer is mended by an operator, and to be let in early by nobody.
 */
function leftOf(row: LatchRow, now: Instant, boot: BootId): number | null {
  if (row.left_ms === null) return null;
  const byWall = now.trusted && row.since_wall > 0 ? now.wall - row.since_wall : 0;
  const passedMs = row.boot === boot ? now.mono - row.since_mono : byWall;
  return Math.max(0, row.left_ms - Math.max(0, passedMs));
}
