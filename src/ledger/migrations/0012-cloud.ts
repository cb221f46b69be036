// Remembers how far the cloud's directory and acknowledgements have come; once released, never edited: a change is the next migration.
import type { Migration } from "./migration.ts";

/** `gone` documents stay as marks, so that an older one cannot bring them back. */
const layout = `
  CREATE TABLE cloud_standing (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,
    snapshot INTEGER,
    snapshot_up_to TEXT,
    acked_epoch INTEGER,
    acked_seq INTEGER,
    CHECK ((snapshot IS NULL) = (snapshot_up_to IS NULL)),
    CHECK ((acked_epoch IS NULL) = (acked_seq IS NULL))
  ) STRICT;
  INSERT INTO cloud_standing VALUES (1, 0, NULL, NULL, NULL, NULL);

  CREATE TABLE cloud_command (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE
  ) STRICT;

  CREATE TABLE cloud_document (
    what TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    gone INTEGER NOT NULL CHECK (gone IN (0, 1)),
    PRIMARY KEY (what, id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE cloud_credential (
    id TEXT PRIMARY KEY,
    mark TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

export const cloud: Migration = { version: 12, up: (db) => void db.exec(layout) };
