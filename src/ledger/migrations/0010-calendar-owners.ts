// Remembers whose each schedule and holiday is; once released, never edited: a change is the next migration.
import type { Migration } from "./migration.ts";

/** Whatever stood there before was made on site, or by a file that may go on changing it. */
const owner = "source TEXT NOT NULL DEFAULT 'local' CHECK (source IN ('local', 'cloud', 'imported'))";
const layout = `
  ALTER TABLE schedule ADD COLUMN ${owner};
  ALTER TABLE holiday ADD COLUMN ${owner};
`;

export const calendarOwners: Migration = { version: 10, up: (db) => void db.exec(layout) };
