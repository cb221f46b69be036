// Keeps what a card's number is shown by; once released, never edited: a change is the next migration.
import type { Migration } from "./migration.ts";

const layout = `
  ALTER TABLE credential ADD COLUMN known TEXT CHECK (known IN ('low', 'high'));
  ALTER TABLE credential ADD COLUMN technology TEXT CHECK (technology IN ('ic', 'id'));
`;

export const cardViews: Migration = { version: 5, up: (db) => void db.exec(layout) };
