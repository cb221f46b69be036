// Drops what is kept of carried passes that ended long ago, a page at a time: what they said, and how often they were used.
import type { Database, Statement } from "better-sqlite3";
import { carriedId } from "../domain/carried-pass/pass-key.ts";

const passesPerStep = 100;

interface EndedRow {
  readonly key: number;
  readonly serial: number;
}

export class CarriedRetention {
  readonly #ended: Statement<[number, number], EndedRow>;
  readonly #drop: Statement<[number, number]>;
  readonly #dropUses: Statement<[string]>;

  constructor(db: Database) {
    this.#ended = db.prepare("SELECT key, serial FROM carried_pass WHERE until < ? ORDER BY until LIMIT ?");
    this.#drop = db.prepare("DELETE FROM carried_pass WHERE key = ? AND serial = ?");
    this.#dropUses = db.prepare("DELETE FROM use_count WHERE pass = ?");
  }

  /** False when the round is over. `write` runs in a transaction. */
  step(endedBefore: number, write: (work: () => void) => void): boolean {
    const ended = this.#ended.all(endedBefore, passesPerStep);
    if (ended.length === 0) return false;
    write(() => {
      for (const { key, serial } of ended) {
        this.#drop.run(key, serial);
        this.#dropUses.run(carriedId(key, serial));
      }
    });
    return ended.length === passesPerStep;
  }
}
