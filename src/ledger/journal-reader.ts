// Reads the record through a connection that cannot write, in transactions too short to hold the log up.
import { statSync } from "node:fs";
import type { Database, Statement } from "better-sqlite3";
import Sqlite from "better-sqlite3";
import type { RecordPlace } from "../domain/ask.ts";
import type { JournalEvent, LinkedEvent, Personal, RecordedEvent } from "../domain/events.ts";
import { Fault } from "../domain/fault.ts";
import { monoMs, unixMs } from "../domain/time.ts";
import type { JournalRow } from "./chain.ts";
import { applicationId } from "./migrate.ts";

/** A cursor held for seconds would make the write-ahead log grow for good; nothing reads more than this at once. */
export const pageSize = 500;

const busyTimeoutMs = 5_000;

export interface StoredRow extends Omit<JournalRow, "trusted"> {
  readonly trusted: 0 | 1;
}

export interface WallPeriod {
  readonly fromWall: number;
  /** The first moment that does not count. */
  readonly untilWall: number;
}

export class JournalReader {
  readonly #db: Database;
  /** Which file it was when it was opened; null in memory. */
  readonly #file: OpenedFile | null;
  readonly #after: Statement<[number, number], StoredRow>;
  readonly #tail: Statement<[number], StoredRow>;
  readonly #head: Statement<[], number | null>;
  #within: Statement<[number, number, number, number], StoredRow> | null = null;
  #kept: Statement<[number, number, number, number], StoredRow> | null = null;

  constructor(db: Database, file: OpenedFile | null = null) {
    this.#db = db;
    this.#file = file;
    this.#after = db.prepare("SELECT * FROM journal WHERE seq > ? ORDER BY seq LIMIT ?");
    this.#tail = db.prepare("SELECT * FROM journal ORDER BY seq DESC LIMIT ?");
    this.#head = db.prepare<[], number | null>("SELECT max(seq) FROM journal").pluck();
  }

  /** The newest `limit` events, oldest first. */
  tail(limit: number): RecordedEvent[] {
    return this.#tail.all(bounded(limit)).reverse().map(recorded);
  }

  /** Up to `limit` events that follow `seq`, oldest first. */
  after(seq: number, limit: number): RecordedEvent[] {
    return this.#after.all(seq, bounded(limit)).map(recorded);
  }

  /** The same, each with what ties it to the one before. */
  linked(seq: number, limit: number): LinkedEvent[] {
    return this.#after.all(seq, bounded(limit)).map(linked);
  }

  /** Alarms that were in the record between two events of one epoch, and are kept for the cloud; oldest first, without names. */
  keptAlarms({ epoch, seq }: RecordPlace, beforeSeq: number, limit: number): LinkedEvent[] {
    // An older database has no such table.
    this.#kept ??= this.#db.prepare(
      `SELECT *, NULL AS salt, NULL AS personal FROM kept_alarm WHERE epoch = ? AND seq > ? AND seq < ?
       ORDER BY seq LIMIT ?`,
    );
    return this.#kept.all(epoch, seq, beforeSeq, bounded(limit)).map(linked);
  }

  /** Those of up to a page of numbers after `seq` that were recorded at such a time, oldest first. */
  within({ fromWall, untilWall }: WallPeriod, seq: number): RecordedEvent[] {
    this.#within ??= this.#db.prepare(
      "SELECT * FROM journal WHERE seq > ? AND seq <= ? AND wall >= ? AND wall < ? ORDER BY seq",
    );
    return this.#within.all(seq, seq + pageSize, fromWall, untilWall).map(recorded);
  }

  /** The oldest sequence number that is kept; 0 when nothing is recorded. */
  oldest(): number {
    return this.#db.prepare<[], number | null>("SELECT min(seq) FROM journal").pluck().get() ?? 0;
  }

  /** The newest sequence number; 0 when nothing is recorded. */
  head(): number {
    return this.#head.get() ?? 0;
  }

  /** Every event with what chains it, oldest first, page by page. */
  *rows(): Generator<JournalRow> {
    let seq = Number.MIN_SAFE_INTEGER;
    for (;;) {
      const page = this.#after.all(seq, pageSize);
      for (const row of page) yield { ...row, trusted: row.trusted === 1 };
      if (page.length < pageSize) return;
      seq = page.at(-1)?.seq ?? seq;
    }
  }

  /** A recovered database takes the place of the one that this reads. */
  isReplaced(): boolean {
    return this.#file !== null && inodeOf(this.#file.path) !== this.#file.inode;
  }

  close(): void {
    this.#db.close();
  }
}

interface OpenedFile {
  readonly path: string;
  readonly inode: number | null;
}

const inodeOf = (path: string): number | null => statSync(path, { throwIfNoEntry: false })?.ino ?? null;

export function openJournalReader(path: string): JournalReader {
  const inode = inodeOf(path);
  return new JournalReader(openReadOnly(path), { path, inode });
}

/** Whatever is asked of it, nothing can be written. */
export function openReadOnly(path: string): Database {
  let db: Database | null = null;
  try {
    db = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
    db.pragma("query_only = ON");
    db.pragma("trusted_schema = OFF");
    if (db.pragma("application_id", { simple: true }) !== applicationId) {
      throw new Fault("ledger.foreign", "This file is not a database of Postern.", { path });
    }
    return db;
  } catch (error) {
    db?.close();
    if (error instanceof Fault) throw error;
    throw new Fault("ledger.unreadable", "The record cannot be read.", { path }, error);
  }
}

const bounded = (limit: number): number => Math.max(0, Math.min(pageSize, Math.floor(limit)));

export function recorded(row: StoredRow): RecordedEvent {
  return {
    seq: row.seq,
    epoch: row.epoch,
    at: { wall: unixMs(row.wall), mono: monoMs(row.mono), trusted: row.trusted === 1 },
    boot: row.boot,
    event: JSON.parse(row.body) as JournalEvent,
    personal: row.personal === null ? null : (JSON.parse(row.personal) as Personal),
    hash: row.hash.toString("hex"),
  };
}

const linked = (row: StoredRow): LinkedEvent => ({
  ...recorded(row),
  prev: row.prev.toString("hex"),
  commitment: row.commitment?.toString("hex") ?? null,
  salt: row.salt?.toString("hex") ?? null,
});
