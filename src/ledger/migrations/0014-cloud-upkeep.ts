// Keeps alarms that the cloud has not acknowledged, grants that wait for their schedule or door, and when the issuer last gave a sign; once
// released, never edited: a change is the next migration.
import type { Migration } from "./migration.ts";

/**
 * `kept_alarm` has no names: its rows outlive the record that holds them. In `cloud_sign`, `at` is by the issuer's clock, and `age` is
 * how old that sign was when this controller's monotonic clock stood at `mono`.
 */
const layout = `
  CREATE TABLE kept_alarm (
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    wall INTEGER NOT NULL,
    mono REAL NOT NULL,
    trusted INTEGER NOT NULL CHECK (trusted IN (0, 1)),
    boot TEXT NOT NULL,
    body TEXT NOT NULL,
    commitment BLOB,
    prev BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (epoch, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE cloud_awaited (
    holder_kind TEXT NOT NULL,
    holder_id TEXT NOT NULL,
    door TEXT NOT NULL,
    schedule TEXT NOT NULL,
    PRIMARY KEY (holder_kind, holder_id, door, schedule)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX cloud_awaited_at_door ON cloud_awaited (door, schedule);

  CREATE TABLE cloud_sign (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL,
    boot TEXT NOT NULL,
    mono REAL NOT NULL,
    age REAL NOT NULL
  ) STRICT;

  CREATE INDEX cloud_document_gone ON cloud_document (version) WHERE gone = 1;
  CREATE TRIGGER cloud_credential_removed AFTER DELETE ON credential
    BEGIN DELETE FROM cloud_credential WHERE id = old.id; END;
`;

export const cloudUpkeep: Migration = { version: 14, up: (db) => void db.exec(layout) };
