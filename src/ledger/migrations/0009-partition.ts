// Remembers of which codes it is known that they keep to the partition; once released, never edited: a change is the next migration.
import type { Migration } from "./migration.ts";

/** 1: was seen to keep to it when it was put. Null: nobody has looked, and the token does not tell. */
const layout = "ALTER TABLE credential ADD COLUMN keeps_partition INTEGER CHECK (keeps_partition = 1)";

export const partition: Migration = { version: 9, up: (db) => void db.exec(layout) };
