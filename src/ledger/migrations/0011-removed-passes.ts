// Lets a pass that was removed on site leave a tombstone; once released, never edited: a change is the next migration.
import type { Migration } from "./migration.ts";

const layout = `
  ALTER TABLE pass_tombstone RENAME TO old_tombstone;
  CREATE TABLE pass_tombstone (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('expired', 'revoked', 'usedUp', 'removed')),
    version INTEGER NOT NULL,
    purged_wall INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO pass_tombstone SELECT * FROM old_tombstone;
  DROP TABLE old_tombstone;
`;

export const removedPasses: Migration = { version: 11, up: (db) => void db.exec(layout) };
