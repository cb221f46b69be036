// A disk for the ledger that can be slow, refuse, fail at the last moment or be full; over a database in memory.
import type { Database, Transaction } from "better-sqlite3";
import Sqlite from "better-sqlite3";

export type DiskMode =
  | "sound"
  /** Nothing can be begun. */
  | "refusing"
  /** Everything works until the commit, which fails. */
  | "failing"
  /** SQLite itself says so: the file may not grow. */
  | "full"
  /** Says that it has committed, and has not: no real disk may do this, and the soak must notice. */
  | "lying";

export interface Disk {
  mode(mode: DiskMode): void;
  readonly isSound: boolean;
}

const mostPages = 1_073_741_823;

class Forgotten extends Error {}

/** From now on the database's transactions go through it. `slow` is told of each before it begins and before it ends. */
export function putDiskUnder(db: Database, slow: () => void): Disk {
  let current: DiskMode = "sound";
  const original = db.transaction.bind(db);
  const transaction = <F extends (...args: never[]) => unknown>(work: F): Transaction<F> => {
    const made = original(((...args: Parameters<F>) => {
      const result = work(...args);
      slow();
      if (current === "failing") throw new Sqlite.SqliteError("disk I/O error", "SQLITE_IOERR_FSYNC");
      if (current === "lying") throw new Forgotten();
      return result;
    }) as F);
    const immediate = (...args: Parameters<F>): unknown => {
      if (current === "refusing") throw new Sqlite.SqliteError("database is locked", "SQLITE_BUSY");
      slow();
      try {
        return (made.immediate as unknown as (...all: Parameters<F>) => unknown)(...args);
      } catch (error) {
        if (error instanceof Forgotten) return undefined;
        throw error;
      }
    };
    return Object.assign(immediate, { immediate }) as unknown as Transaction<F>;
  };
  db.transaction = transaction as typeof db.transaction;
  return {
    mode(mode) {
      current = mode;
      const pages = mode === "full" ? Number(db.pragma("page_count", { simple: true })) : mostPages;
      db.pragma(`max_page_count = ${pages}`);
    },
    get isSound() {
      return current === "sound";
    },
  };
}
