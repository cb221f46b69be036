// Keeps issuers' keys, what carried passes have said, and which are revoked; once released, never edited: a change is the next migration.
import type { Migration } from "./migration.ts";

/**
 * A number stays with its first secret for good, so that what was spent and revoked under it can never mean another key's passes.
 * Counted passes that began before `counted_from` are held to be used up: counts were lost then. `holder` is the pass as the rules
 * see it. Both kinds of serial count from 0.
 */
const layout = `
  CREATE TABLE pass_key (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    form TEXT NOT NULL CHECK (form IN ('mac', 'signed', 'code')),
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended')),
    source TEXT NOT NULL CHECK (source IN ('local', 'cloud', 'imported')),
    sealed BLOB NOT NULL,
    body TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE pass_key_number (
    number INTEGER PRIMARY KEY,
    token BLOB NOT NULL,
    revoked_up_to INTEGER NOT NULL DEFAULT -1,
    counted_from INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE revoked_pass (
    key INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    PRIMARY KEY (key, serial)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE carried_pass (
    key INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    claims TEXT NOT NULL,
    holder TEXT NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (key, serial)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX carried_pass_until ON carried_pass (until);

  ALTER TABLE history RENAME TO old_history;
  CREATE TABLE history (
    what TEXT NOT NULL CHECK (what IN ('holder', 'credential', 'grant', 'schedule', 'holiday', 'passKey')),
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    row TEXT,
    PRIMARY KEY (what, key, version)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO history SELECT * FROM old_history;
  DROP TABLE old_history;
`;

export const passKeys: Migration = { version: 13, up: (db) => void db.exec(layout) };
