// Which board of a name a record is from, where several had it in turn; knows what a record is begun with, and no message.
import type { Address } from "../../link/topics.ts";
import type { RecordStart } from "../store.ts";
import type { Sql } from "./database.ts";
import { one } from "./database.ts";

const here = "site = ? AND controller = ?";

/** That of the board that has the name now; null when none has. */
export async function boardOf(sql: Sql, { site, controller }: Address): Promise<number | null> {
  const text = "SELECT board FROM controller WHERE site = ? AND name = ?";
  return (await one<{ board: number }>(sql, text, [site, controller]))?.board ?? null;
}

/** A board that was only given other keys goes on with the record that it had, and each of its events stays there once. */
export async function resumeRecord(sql: Sql, address: Address, start: RecordStart): Promise<boolean> {
  const { site, controller } = address;
  const found = await foundWith(sql, address, start);
  if (found === null) return false;
  const head = await one<{ epoch: number; seq: number; hash: string }>(
    sql,
    `SELECT epoch, seq, hash FROM event WHERE ${here} AND board = ? ORDER BY epoch DESC, seq DESC LIMIT 1`,
    [site, controller, found],
  );
  if (head === null) return false;
  const changed = await sql.run(
    `UPDATE controller SET board = ?, chain_epoch = ?, chain_seq = ?, chain_hash = ?
     WHERE site = ? AND name = ? AND board = ? AND chain_epoch IS NULL`,
    [found, head.epoch, head.seq, head.hash, site, controller, start.board],
  );
  if (changed === 0) return false;
  if (found !== start.board) for (const table of tables) await bringOver(sql, address, table, start.board, found);
  return true;
}

/** The newest that has its first event, or the one before that; not one of which two pasts were seen. */
async function foundWith(sql: Sql, { site, controller }: Address, { first, prev }: RecordStart) {
  const row = await one<{ board: number }>(
    sql,
    `SELECT board FROM event WHERE ${here} AND epoch = ? AND (seq = ? AND hash = ? OR seq = ? AND hash = ?)
       AND NOT EXISTS (SELECT 1 FROM note WHERE note.site = event.site AND note.controller = event.controller
         AND note.board = event.board AND note.kind = 'forked')
     ORDER BY board DESC LIMIT 1`,
    [site, controller, first.epoch, first.seq, first.hash, first.seq - 1, prev],
  );
  return row?.board ?? null;
}

const tables = [
  { name: "event", same: ["epoch", "seq"] },
  { name: "alarm", same: ["epoch", "seq"] },
  { name: "note", same: ["kind", "epoch", "seq"] },
] as const;

/** What came before it was known whose record it is. */
async function bringOver(
  sql: Sql,
  { site, controller }: Address,
  { name, same }: (typeof tables)[number],
  from: number,
  to: number,
): Promise<void> {
  const isThere = same.map((column) => `other.${column} = ${name}.${column}`).join(" AND ");
  await sql.run(
    `UPDATE ${name} SET board = ? WHERE ${here} AND board = ? AND NOT EXISTS (SELECT 1 FROM ${name} other
       WHERE other.site = ${name}.site AND other.controller = ${name}.controller AND other.board = ? AND ${isThere})`,
    [to, site, controller, from, to],
  );
}
