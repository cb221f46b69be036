// The first layout of the database; once released, never edited: a change is the next migration.
import type { Migration } from "./migration.ts";

/**
 * `journal` has no AUTOINCREMENT and no second index, which would more than double what each event writes to the disk.
 * Times of the monotonic clock are REAL because they carry fractions of a millisecond.
 */
const layout = `
  CREATE TABLE controller (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL,
    key_fingerprint BLOB NOT NULL,
    site_salt BLOB NOT NULL,
    directory_version INTEGER NOT NULL,
    clock_floor INTEGER NOT NULL,
    run TEXT NOT NULL,
    run_entry INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE holder (
    kind TEXT NOT NULL CHECK (kind IN ('person', 'pass')),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'revoked')),
    valid_from INTEGER,
    valid_until INTEGER,
    uses_per_door INTEGER CHECK (uses_per_door BETWEEN 1 AND 999),
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE credential (
    token BLOB PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('pin', 'card', 'qr')),
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended')),
    holder_kind TEXT NOT NULL,
    holder_id TEXT NOT NULL,
    digits INTEGER,
    sealed BLOB,
    hint TEXT NOT NULL,
    FOREIGN KEY (holder_kind, holder_id) REFERENCES holder (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX credential_of_holder ON credential (holder_kind, holder_id);

  CREATE TABLE schedule (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    rule TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO schedule VALUES ('always', 'Always', '{"kind":"always"}'), ('never', 'Never', '{"kind":"never"}');

  CREATE TABLE holder_grant (
    holder_kind TEXT NOT NULL,
    holder_id TEXT NOT NULL,
    door TEXT NOT NULL,
    schedule TEXT NOT NULL REFERENCES schedule (id),
    PRIMARY KEY (holder_kind, holder_id, door, schedule),
    FOREIGN KEY (holder_kind, holder_id) REFERENCES holder (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX grant_of_schedule ON holder_grant (schedule);

  CREATE TABLE use_count (
    pass TEXT NOT NULL,
    door TEXT NOT NULL,
    spent INTEGER NOT NULL CHECK (spent >= 0),
    since_seq INTEGER NOT NULL,
    PRIMARY KEY (pass, door)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE guess (
    door TEXT PRIMARY KEY,
    level REAL NOT NULL,
    at_mono REAL NOT NULL,
    at_wall REAL NOT NULL,
    trusted INTEGER NOT NULL CHECK (trusted IN (0, 1)),
    boot TEXT NOT NULL,
    blocked_until_mono REAL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE latch (
    kind TEXT NOT NULL CHECK (kind IN ('forced', 'fire')),
    door TEXT NOT NULL,
    PRIMARY KEY (kind, door)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE journal (
    seq INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL,
    wall INTEGER NOT NULL,
    mono REAL NOT NULL,
    trusted INTEGER NOT NULL CHECK (trusted IN (0, 1)),
    boot TEXT NOT NULL,
    body TEXT NOT NULL,
    salt BLOB,
    personal TEXT,
    commitment BLOB,
    prev BLOB NOT NULL,
    hash BLOB NOT NULL,
    mac BLOB NOT NULL
  ) STRICT;
`;

export const initial: Migration = { version: 1, up: (db) => void db.exec(layout) };
