// Keeps until when counts were lost, for all keys at once and for keys that come back later; once released, never edited: a change is
// the next migration.
import type { Migration } from "./migration.ts";

/** `until` is null while no trusted clock has told since the recovery how late it was. `copied` is when the copy that came back was made. */
const layout = `
  CREATE TABLE lost_counts (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    copied INTEGER NOT NULL,
    until INTEGER
  ) STRICT;
  INSERT INTO lost_counts SELECT 1, most, most FROM (SELECT max(counted_from) AS most FROM pass_key_number) WHERE most > 0;
  ALTER TABLE pass_key_number DROP COLUMN counted_from;
`;

export const lostCounts: Migration = { version: 15, up: (db) => void db.exec(layout) };
