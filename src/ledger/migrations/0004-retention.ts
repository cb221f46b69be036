// Keeps how far names are forgotten, which passes have ended since when, and what is left of purged ones; once released, never
// edited: a change is the next migration.
import type { Migration } from "./migration.ts";

/** `names_epoch` is the record that `names_seq` counts in: another one begins at its first event. */
const layout = `
  CREATE TABLE retention (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    names_epoch INTEGER NOT NULL,
    names_seq INTEGER NOT NULL,
    names_forgotten INTEGER NOT NULL
  ) STRICT;
  INSERT INTO retention VALUES (1, 0, 0, 0);

  CREATE TABLE pass_end (
    id TEXT PRIMARY KEY,
    noticed_wall INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE pass_tombstone (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('expired', 'revoked', 'usedUp')),
    version INTEGER NOT NULL,
    purged_wall INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

export const retention: Migration = { version: 4, up: (db) => void db.exec(layout) };
