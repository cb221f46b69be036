// Events of controllers in the store, each once; where each chain stands, and what was noted of it.
import type { Address } from "../../link/topics.ts";
import type { ChainHead, ChainNote, NoteKind } from "../chain-judge.ts";
import type { AlarmNews, RecordStore, StoredEvent, StoredNote, TakenBatch } from "../store.ts";
import type { Database, Sql, SqlValue } from "./database.ts";
import { insertAll, one, placeholders } from "./database.ts";

interface EventRow {
  readonly site: string;
  readonly controller: string;
  readonly epoch: number;
  readonly seq: number;
  readonly wall: number;
  readonly mono: number;
  readonly trusted: number;
  readonly boot: string;
  readonly type: string;
  readonly body: string;
  readonly commitment: string | null;
  readonly hash: string;
  readonly personal: string | null;
}

interface NoteRow extends Address {
  readonly kind: NoteKind;
  readonly epoch: number;
  readonly seq: number;
  readonly to_seq: number | null;
  readonly hash: string | null;
  readonly at: number;
  readonly what: string;
}

const eventColumns = [
  ...["site", "controller", "epoch", "seq", "wall", "mono", "trusted", "boot", "type", "body", "commitment", "hash"],
  ...["salt", "personal", "taken_at"],
];

export class SqlRecord implements RecordStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  take(address: Address, batch: TakenBatch): Promise<boolean> {
    return this.#db.transaction(async (sql) => {
      if (!(await moveChain(sql, address, batch.from, batch.head))) return false;
      const { site, controller } = address;
      const personal = new Map(batch.personal.map((one) => [one.seq, one]));
      const rows = batch.events.map((event): SqlValue[] => {
        const { epoch, seq, wall, mono, trusted, boot, type, body, commitment, hash } = event;
        const named = personal.get(seq);
        const numbers = [site, controller, epoch, seq, wall, mono, trusted ? 1 : 0];
        return [
          ...numbers,
          boot,
          type,
          body,
          commitment,
          hash,
          named?.salt ?? null,
          named?.personal ?? null,
          batch.now,
        ];
      });
      await insertAll(sql, "event", eventColumns, rows);
      for (const note of batch.notes) await addNote(sql, address, note, batch.now);
      return true;
    });
  }

  async hashAt({ site, controller }: Address, epoch: number, seq: number): Promise<string | null> {
    const text = "SELECT hash FROM event WHERE site = ? AND controller = ? AND epoch = ? AND seq = ?";
    return (await one<{ hash: string }>(this.#db, text, [site, controller, epoch, seq]))?.hash ?? null;
  }

  async note(address: Address, note: ChainNote, now: number): Promise<boolean> {
    return (await addNote(this.#db, address, note, now)) > 0;
  }

  async notes(site: string | null, kinds: readonly NoteKind[] = []): Promise<readonly StoredNote[]> {
    const wheres = [
      ...(site === null ? [] : ["site = ?"]),
      ...(kinds.length === 0 ? [] : [`kind IN (${placeholders(kinds)})`]),
    ];
    const where = wheres.length === 0 ? "" : `WHERE ${wheres.join(" AND ")}`;
    const rows = await this.#db.all<NoteRow>(`SELECT * FROM note ${where} ORDER BY at, site, controller, seq`, [
      ...(site === null ? [] : [site]),
      ...kinds,
    ]);
    return rows.map(({ to_seq: toSeq, ...row }) => ({ ...row, toSeq }));
  }

  async gaps({ site, controller }: Address, epoch: number): Promise<readonly ChainNote[]> {
    const text = "SELECT * FROM note WHERE site = ? AND controller = ? AND epoch = ? AND kind = 'gap'";
    const rows = await this.#db.all<NoteRow>(text, [site, controller, epoch]);
    return rows.map(({ to_seq: toSeq, ...row }) => ({ ...row, toSeq }));
  }

  async alarm({ site, controller, epoch, seq, wall, trusted, body }: AlarmNews, now: number): Promise<boolean> {
    return this.#db.transaction(async (sql) => {
      const text = "SELECT 1 AS found FROM event WHERE site = ? AND controller = ? AND epoch = ? AND seq = ?";
      if ((await one(sql, text, [site, controller, epoch, seq])) !== null) return false;
      const values = [site, controller, epoch, seq, wall, trusted ? 1 : 0, body, now];
      const changed = await sql.run(
        `INSERT INTO alarm (site, controller, epoch, seq, wall, trusted, body, taken_at) VALUES (${placeholders(values)})
         ON CONFLICT DO NOTHING`,
        values,
      );
      return changed > 0;
    });
  }

  forget(beforeWall: number): Promise<number> {
    const text =
      "UPDATE event SET salt = NULL, personal = NULL WHERE wall < ? AND taken_at < ? AND personal IS NOT NULL";
    // A clock that was wrong must not have them forgotten at once.
    return this.#db.run(text, [beforeWall, beforeWall]);
  }

  async newest(site: string, controller: string | null, limit: number): Promise<readonly StoredEvent[]> {
    const only = controller === null ? "" : "AND controller = ?";
    const order =
      controller === null ? "wall DESC, controller, epoch DESC, seq DESC" : "taken_at DESC, epoch DESC, seq DESC";
    const rows = await this.#db.all<EventRow>(
      `SELECT * FROM event WHERE site = ? ${only} ORDER BY ${order} LIMIT ?`,
      controller === null ? [site, limit] : [site, controller, limit],
    );
    return rows.map((row) => ({ ...row, trusted: row.trusted === 1 })).toReversed();
  }
}

/** Whoever is first moves it; a second worker with the same batch finds it moved. */
async function moveChain(
  sql: Sql,
  { site, controller }: Address,
  from: ChainHead | null,
  to: ChainHead,
): Promise<boolean> {
  const was = from === null ? "chain_epoch IS NULL" : "chain_epoch = ? AND chain_seq = ? AND chain_hash = ?";
  const changed = await sql.run(
    `UPDATE controller SET chain_epoch = ?, chain_seq = ?, chain_hash = ? WHERE site = ? AND name = ? AND ${was}`,
    [to.epoch, to.seq, to.hash, site, controller, ...(from === null ? [] : [from.epoch, from.seq, from.hash])],
  );
  return changed > 0;
}

function addNote(sql: Sql, { site, controller }: Address, note: ChainNote, now: number): Promise<number> {
  const { kind, epoch, seq, toSeq, hash, what } = note;
  return sql.run(
    `INSERT INTO note (site, controller, kind, epoch, seq, to_seq, hash, at, what) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
    [site, controller, kind, epoch, seq, toSeq, hash, now, what],
  );
}
