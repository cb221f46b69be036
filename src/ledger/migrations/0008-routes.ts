// Remembers in which order a holder was given its doors; once released, never edited: a change is the next migration.
import type { Migration } from "./migration.ts";

/** Of grants from before it nobody knows the order: they share a place and are told apart by the door's id. */
const layout = "ALTER TABLE holder_grant ADD COLUMN place INTEGER NOT NULL DEFAULT 0";

export const routes: Migration = { version: 8, up: (db) => void db.exec(layout) };
