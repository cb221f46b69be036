// How far back the versions of the directory can be rebuilt.
import type { Database } from "better-sqlite3";

/** The oldest version that can be rebuilt, and the one that is in force. */
export interface Reach {
  readonly oldest: number;
  readonly newest: number;
}

export function reachOf(db: Database): Reach {
  const newest = db.prepare<[], number>("SELECT directory_version FROM controller").pluck().get() ?? 0;
  const first = db.prepare<[], number | null>("SELECT min(version) FROM directory_change").pluck().get() ?? null;
  return { oldest: first === null ? newest : Math.min(newest, first - 1), newest };
}
