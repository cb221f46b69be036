// What a step from one layout of the database to the next looks like; knows none of them.
import type { Database } from "better-sqlite3";

export interface Migration {
  /** The layout that the database has afterwards. */
  readonly version: number;
  readonly up: (db: Database) => void;
}
