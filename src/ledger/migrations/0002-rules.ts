// Holders with all that the rules know of them, codes that may live twice, holidays, and what the rules count and remember.
import type { Migration } from "./migration.ts";

/**
 * Tables that others refer to are made anew, children before parents, because a CHECK cannot be altered. `token24` finds a
 * card by its lowest three bytes; `digits` marks what can be typed or guessed; `twin_of` is the code that a duress code is made from.
 * In `use_count` the door `*` is the sum over all doors.
 */
const layout = `
  CREATE TEMP TABLE old_holder AS SELECT * FROM holder;
  CREATE TEMP TABLE old_credential AS SELECT * FROM credential;
  CREATE TEMP TABLE old_grant AS SELECT * FROM holder_grant;
  CREATE TEMP TABLE old_use AS SELECT * FROM use_count;
  CREATE TEMP TABLE old_latch AS SELECT * FROM latch;
  DROP TABLE holder_grant;
  DROP TABLE credential;
  DROP TABLE holder;
  DROP TABLE use_count;
  DROP TABLE latch;

  CREATE TABLE holder (
    kind TEXT NOT NULL CHECK (kind IN ('person', 'pass', 'public')),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'revoked')),
    valid_from INTEGER,
    valid_until INTEGER,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE credential (
    token BLOB NOT NULL,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('pin', 'code', 'qrPin', 'qr', 'card', 'bkey', 'plate')),
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'lost', 'stolen')),
    holder_kind TEXT NOT NULL,
    holder_id TEXT NOT NULL,
    digits INTEGER,
    sealed BLOB,
    hint TEXT NOT NULL,
    token24 BLOB,
    valid_from INTEGER,
    valid_until INTEGER,
    direction TEXT CHECK (direction IN ('entry', 'exit')),
    twin_of TEXT,
    PRIMARY KEY (token, id),
    FOREIGN KEY (holder_kind, holder_id) REFERENCES holder (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX credential_of_holder ON credential (holder_kind, holder_id);
  CREATE INDEX credential_by_low24 ON credential (token24) WHERE token24 IS NOT NULL;
  CREATE INDEX credential_twin ON credential (twin_of) WHERE twin_of IS NOT NULL;

  CREATE TABLE holder_grant (
    holder_kind TEXT NOT NULL,
    holder_id TEXT NOT NULL,
    door TEXT NOT NULL,
    schedule TEXT NOT NULL REFERENCES schedule (id),
    PRIMARY KEY (holder_kind, holder_id, door, schedule),
    FOREIGN KEY (holder_kind, holder_id) REFERENCES holder (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX grant_of_schedule ON holder_grant (schedule);

  CREATE TABLE holiday (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE use_count (
    pass TEXT NOT NULL,
    door TEXT NOT NULL,
    occurrence INTEGER NOT NULL,
    spent INTEGER NOT NULL CHECK (spent >= 0),
    since_seq INTEGER NOT NULL,
    PRIMARY KEY (pass, door, occurrence)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE pass_activation (
    pass TEXT NOT NULL,
    occurrence INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (pass, occurrence)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE whereabouts (
    holder_kind TEXT NOT NULL,
    holder_id TEXT NOT NULL,
    area TEXT NOT NULL,
    since_mono REAL NOT NULL,
    since_wall INTEGER NOT NULL,
    boot TEXT NOT NULL,
    PRIMARY KEY (holder_kind, holder_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX whereabouts_in_area ON whereabouts (area);

  CREATE TABLE retired_code (
    token BLOB PRIMARY KEY,
    holder TEXT NOT NULL,
    until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE card_offer (
    offer TEXT PRIMARY KEY,
    token BLOB NOT NULL UNIQUE,
    sealed BLOB NOT NULL,
    hint TEXT NOT NULL,
    reader TEXT NOT NULL,
    by TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE latch (
    kind TEXT NOT NULL CHECK (kind IN ('forced', 'fire', 'tamper', 'lockdown')),
    door TEXT NOT NULL,
    left_ms INTEGER,
    since_mono REAL NOT NULL,
    since_wall INTEGER NOT NULL,
    boot TEXT NOT NULL,
    PRIMARY KEY (kind, door)
  ) STRICT, WITHOUT ROWID;

  INSERT INTO holder SELECT kind, id, name, state, valid_from, valid_until,
    CASE kind WHEN 'pass' THEN json_object('usesPerDoor', uses_per_door) ELSE '{}' END FROM old_holder;
  INSERT INTO credential SELECT token, id, kind, state, holder_kind, holder_id, digits, sealed, hint, NULL, NULL, NULL, NULL, NULL
    FROM old_credential;
  INSERT INTO holder_grant SELECT * FROM old_grant;
  INSERT INTO use_count SELECT pass, door, 0, spent, since_seq FROM old_use;
  INSERT INTO latch SELECT kind, door, NULL, 0, 0, '' FROM old_latch;
  DROP TABLE old_holder;
  DROP TABLE old_credential;
  DROP TABLE old_grant;
  DROP TABLE old_use;
  DROP TABLE old_latch;
`;

export const rules: Migration = { version: 2, up: (db) => void db.exec(layout) };
