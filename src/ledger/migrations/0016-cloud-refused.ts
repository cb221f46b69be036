// Keeps which of the cloud's documents could not be taken, so that they are asked for again; once released, never edited: a change is
// the next migration.
import type { Migration } from "./migration.ts";

/** In the order in which they were tried last. What is in a document is not kept. */
const layout = `
  CREATE TABLE cloud_refused (
    n INTEGER PRIMARY KEY,
    what TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    UNIQUE (what, id)
  ) STRICT;
`;

export const cloudRefused: Migration = { version: 16, up: (db) => void db.exec(layout) };
