// Keeps how the directory stood at older versions; once released, never edited: a change is the next migration.
import type { Migration } from "./migration.ts";

/**
 * A row of `history` is how something stood up to that version, without secrets and names; null means that it was not there.
 * `directory_change` has the version that each change made, and the last event of its transaction.
 */
const layout = `
  CREATE TABLE history (
    what TEXT NOT NULL CHECK (what IN ('holder', 'credential', 'grant', 'schedule', 'holiday')),
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    row TEXT,
    PRIMARY KEY (what, key, version)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE directory_change (
    version INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL
  ) STRICT;
`;

export const history: Migration = { version: 6, up: (db) => void db.exec(layout) };
