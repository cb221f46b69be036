// Events of controllers in the store, each once; where each chain stands, and what was noted of it.

import { Fault } from "../../domain/fault.ts";
import type { Address } from "../../link/topics.ts";
import type { ChainNote, NoteKind } from "../chain-judge.ts";
import type { AlarmNews, RecordStart, RecordStore, StoredEvent, StoredNote, TakenBatch } from "../store.ts";
import { boardOf, resumeRecord } from "./boards.ts";
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
  readonly board: number;
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
  ...["salt", "personal", "taken_at", "board"],
];

export class SqlRecord implements RecordStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  take(address: Address, batch: TakenBatch): Promise<boolean> {
    return this.#db.transaction(async (sql) => {
      if (!(await moveChain(sql, address, batch))) return false;
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
          batch.board,
        ];
      });
      const added = await insertAll(sql, "event", eventColumns, rows);
      if (added < rows.length) await refuseOthers(sql, address, batch);
      for (const note of batch.notes) await addNote(sql, address, batch.board, note, batch.now);
      return true;
    });
  }

  resume(address: Address, start: RecordStart): Promise<boolean> {
    return this.#db.transaction((sql) => resumeRecord(sql, address, start));
  }

  async hashAt(address: Address, epoch: number, seq: number): Promise<string | null> {
    const board = await boardOf(this.#db, address);
    return board === null ? null : hashOf(this.#db, address, { epoch, seq, board });
  }

  async note(address: Address, note: ChainNote, now: number): Promise<boolean> {
    const board = await boardOf(this.#db, address);
    return board !== null && (await addNote(this.#db, address, board, note, now)) > 0;
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

  async gaps(address: Address, epoch: number): Promise<readonly ChainNote[]> {
    const { site, controller } = address;
    const board = await boardOf(this.#db, address);
    const text = "SELECT * FROM note WHERE site = ? AND controller = ? AND epoch = ? AND board = ? AND kind = 'gap'";
    const rows = await this.#db.all<NoteRow>(text, [site, controller, epoch, board]);
    return rows.map(({ to_seq: toSeq, ...row }) => ({ ...row, toSeq }));
  }

  async alarm({ site, controller, epoch, seq, wall, trusted, body }: AlarmNews, now: number): Promise<boolean> {
    return this.#db.transaction(async (sql) => {
      const board = await boardOf(sql, { site, controller });
      if (board === null || (await hashOf(sql, { site, controller }, { epoch, seq, board })) !== null) return false;
      const values = [site, controller, epoch, seq, board, wall, trusted ? 1 : 0, body, now];
      const changed = await sql.run(
        `INSERT INTO alarm (site, controller, epoch, seq, board, wall, trusted, body, taken_at) VALUES (${placeholders(values)})
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
async function moveChain(sql: Sql, { site, controller }: Address, { board, from, head }: TakenBatch): Promise<boolean> {
  const was = from === null ? "chain_epoch IS NULL" : "chain_epoch = ? AND chain_seq = ? AND chain_hash = ?";
  const changed = await sql.run(
    `UPDATE controller SET chain_epoch = ?, chain_seq = ?, chain_hash = ?
     WHERE site = ? AND name = ? AND board = ? AND ${was}`,
    [
      ...[head.epoch, head.seq, head.hash, site, controller, board],
      ...(from === null ? [] : [from.epoch, from.seq, from.hash]),
    ],
  );
  return changed > 0;
}

interface EventPlace {
  readonly epoch: number;
  readonly seq: number;
  readonly board: number;
}

async function hashOf(sql: Sql, { site, controller }: Address, { epoch, seq, board }: EventPlace) {
  const text = "SELECT hash FROM event WHERE site = ? AND controller = ? AND epoch = ? AND seq = ? AND board = ?";
  return (await one<{ hash: string }>(sql, text, [site, controller, epoch, seq, board]))?.hash ?? null;
}

/** Events that are there already must be the same ones: none is ever left out for another. */
async function refuseOthers(sql: Sql, address: Address, { events, board }: TakenBatch): Promise<void> {
  for (const { epoch, seq, hash } of events) {
    if ((await hashOf(sql, address, { epoch, seq, board })) === hash) continue;
    const { site, controller } = address;
    throw new Fault("issuer.otherEvent", `The store has another event ${seq} of ${site}/${controller}; pair it anew.`);
  }
}

async function addNote(sql: Sql, { site, controller }: Address, board: number, note: ChainNote, now: number) {
  const { kind, epoch, seq, toSeq, hash, what } = note;
  return sql.run(
    `INSERT INTO note (site, controller, kind, epoch, seq, board, to_seq, hash, at, what) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
    [site, controller, kind, epoch, seq, board, toSeq, hash, now, what],
  );
}
