// The steps from one version of the store's tables to the next, in words that both databases take.
import type { Dialect } from "./database.ts";
import { recordTables } from "./record-tables.ts";

const indexes = ["event_wall", "event_named", "event_taken"];
/** Each with its columns, and with when its row was made. */
const records = [
  {
    table: "event",
    columns: `site, controller, epoch, seq, wall, mono, trusted, boot, type, body, commitment, hash, salt, personal, taken_at`,
    at: "taken_at",
  },
  { table: "alarm", columns: "site, controller, epoch, seq, wall, trusted, body, taken_at", at: "taken_at" },
  { table: "note", columns: "site, controller, kind, epoch, seq, to_seq, hash, at, what", at: "at" },
] as const;

/**
 * Version 2: events are told apart by the board that they are from, too. Of boards that had one name in turn, those before
 * the last pairing are board 0. A record that was begun over another one may have left events out: it is asked for anew.
 */
export const toBoards = (types: Dialect["types"]): readonly string[] => [
  `ALTER TABLE controller ADD COLUMN board ${types.count} NOT NULL DEFAULT 1`,
  ...indexes.map((index) => `DROP INDEX ${index}`),
  ...records.map(({ table }) => `ALTER TABLE ${table} RENAME TO old_${table}`),
  ...recordTables(types),
  ...records.map(({ table, columns, at }) => {
    const addedAt = `(SELECT added_at FROM controller c WHERE c.site = old_${table}.site AND c.name = old_${table}.controller)`;
    const board = `CASE WHEN ${at} < ${addedAt} THEN 0 ELSE 1 END`;
    return `INSERT INTO ${table} (${columns}, board) SELECT ${columns}, ${board} FROM old_${table}`;
  }),
  ...records.map(({ table }) => `DROP TABLE old_${table}`),
  `UPDATE controller SET chain_epoch = NULL, chain_seq = NULL, chain_hash = NULL WHERE EXISTS
    (SELECT 1 FROM event e WHERE e.site = controller.site AND e.controller = controller.name AND e.board = 0)`,
];

/** Version 3: the store says which keys of a site count; null until a folder has said so. */
export const toCountedKeys = (): readonly string[] => ["ALTER TABLE site ADD COLUMN keys TEXT"];
