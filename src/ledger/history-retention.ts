// Drops what is kept of older versions of the directory when no event of the record names them any more, or there is too much.
import type { Database, Statement } from "better-sqlite3";
import { reachOf } from "./history-reach.ts";

/** Some 16 MB. */
const keptRows = 100_000;
/** That one step deletes: some milliseconds. */
const rowsPerStep = 500;

export class HistoryRetention {
  readonly #neededFrom: Statement<[], number | null>;
  readonly #affordableFrom: Statement<[number], number>;
  readonly #forgetChanges: Statement<[number]>;
  readonly #outdated: Statement<[number], number>;
  readonly #db: Database;
  readonly #forgetRows: Statement<[number, number]>;
  readonly #keptRows: number;
  /** Up to which version this round drops; null before it has looked. */
  #dropBefore: number | null = null;

  constructor(db: Database, kept = keptRows) {
    this.#db = db;
    this.#keptRows = kept;
    // The newest version that was in force before the oldest event that is kept.
    this.#neededFrom = db
      .prepare<[], number | null>(
        "SELECT max(version) FROM directory_change WHERE seq < (SELECT min(seq) FROM journal)",
      )
      .pluck();
    this.#affordableFrom = db
      .prepare<[number], number>("SELECT version + 1 FROM history ORDER BY version DESC LIMIT 1 OFFSET ?")
      .pluck();
    this.#outdated = db.prepare<[number], number>("SELECT 1 FROM history WHERE version < ? LIMIT 1").pluck();
    this.#forgetChanges = db.prepare("DELETE FROM directory_change WHERE version <= ?");
    this.#forgetRows = db.prepare(
      `DELETE FROM history WHERE (what, key, version) IN
         (SELECT what, key, version FROM history WHERE version < ? LIMIT ?)`,
    );
  }

  /** False when the round is over. `write` runs in a transaction. */
  step(write: (work: () => void) => void): boolean {
    if (this.#dropBefore === null) return this.#look(write);
    const before = this.#dropBefore;
    let dropped = 0;
    write(() => {
      dropped = this.#forgetRows.run(before, rowsPerStep).changes;
    });
    if (dropped === rowsPerStep) return true;
    this.#dropBefore = null;
    return false;
  }

  /** First it is no longer claimed that these versions can be rebuilt. */
  #look(write: (work: () => void) => void): boolean {
    const { oldest } = reachOf(this.#db);
    const before = Math.max(oldest, this.#neededFrom.get() ?? 0, this.#affordableFrom.get(this.#keptRows) ?? 0);
    if (before === oldest && this.#outdated.get(before) === undefined) return false;
    write(() => this.#forgetChanges.run(before));
    this.#dropBefore = before;
    return true;
  }
}
