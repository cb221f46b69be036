// Lets a block of a door outlast a restart as a lockdown does; once released, never edited: a change is the next migration.
import type { Migration } from "./migration.ts";

const layout = `
  ALTER TABLE latch RENAME TO old_latch;
  CREATE TABLE latch (
    kind TEXT NOT NULL CHECK (kind IN ('forced', 'fire', 'tamper', 'lockdown', 'block')),
    door TEXT NOT NULL,
    left_ms INTEGER,
    since_mono REAL NOT NULL,
    since_wall INTEGER NOT NULL,
    boot TEXT NOT NULL,
    PRIMARY KEY (kind, door)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO latch SELECT * FROM old_latch;
  DROP TABLE old_latch;
`;

export const blocks: Migration = { version: 7, up: (db) => void db.exec(layout) };
