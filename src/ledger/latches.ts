// Alarms that stay until somebody clears them, kept in step with the events that raise and clear them.
import type { Database, Statement } from "better-sqlite3";
import type { Restored } from "../domain/ask.ts";
import type { JournalEvent } from "../domain/events.ts";
import type { DoorId } from "../domain/ids.ts";

/** Fire concerns every door. */
const noDoor = "";

export class Latches {
  /** How often one was set or cleared; more often when a transaction was given up. */
  changes = 0;
  readonly #set: Statement<[string, string]>;
  readonly #clear: Statement<[string, string]>;
  readonly #all: Statement<[], { kind: string; door: string }>;

  constructor(db: Database) {
    this.#set = db.prepare("INSERT OR IGNORE INTO latch VALUES (?, ?, NULL, 0, 0, '')");
    this.#clear = db.prepare("DELETE FROM latch WHERE kind = ? AND door = ?");
    this.#all = db.prepare("SELECT kind, door FROM latch ORDER BY kind, door");
  }

  follow(event: JournalEvent): void {
    if (event.type === "door.forced") this.#change(this.#set, "forced", event.door);
    else if (event.type === "door.forcedCleared") this.#change(this.#clear, "forced", event.door);
    else if (event.type === "fire.raised") this.#change(this.#set, "fire", noDoor);
    else if (event.type === "fire.cleared") this.#change(this.#clear, "fire", noDoor);
  }

  #change(statement: Statement<[string, string]>, kind: string, door: string): void {
    this.changes += statement.run(kind, door).changes;
  }

  restored(): Restored {
    const rows = this.#all.all();
    return {
      forcedDoors: rows.filter((row) => row.kind === "forced").map((row) => row.door as DoorId),
      tampered: [],
      lockdowns: [],
      fire: rows.some((row) => row.kind === "fire"),
    };
  }
}
