// Keeps what a recovery from damage left to be acknowledged; once released, never edited: a change is the next migration.
import type { Migration } from "./migration.ts";

const layout = `
  CREATE TABLE recovery (
    epoch INTEGER PRIMARY KEY,
    why TEXT NOT NULL
  ) STRICT;
`;

export const recovery: Migration = { version: 3, up: (db) => void db.exec(layout) };
