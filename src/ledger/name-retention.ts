// Forgets the names in old events, a few rows at a time; the events and the proof that they are unchanged stay.
import type { Database, Statement } from "better-sqlite3";
import type { JournalEvent } from "../domain/events.ts";
import type { Instant } from "../domain/time.ts";

/** Rows that one step reads, or writes: a few milliseconds. */
const rowsRead = 500;
const rowsWritten = 100;
const dayMs = 86_400_000;

/** To the record, in the transaction in which it is called. */
type Append = (event: JournalEvent) => void;

interface DatedRow {
  readonly seq: number;
  readonly wall: number;
  readonly trusted: 0 | 1;
}

interface Progress {
  /** Of the record as it is now. */
  readonly epoch: number;
  readonly names_epoch: number;
  /** Up to this event names are forgotten. */
  readonly names_seq: number;
  /** So many of them that no event has told of yet. */
  readonly names_forgotten: number;
}

interface Reading {
  readonly readSeq: number;
  readonly oldSeq: number;
  readonly ended: boolean;
}

/**
 * An event is as old as the newest one after it whose time was trusted: what an untrusted clock said of it counts for nothing,
 * and neither does a time that is yet to come.
 */
export function oldUpTo(
  rows: readonly DatedRow[],
  nowWall: number,
  cutoffWall: number,
): { readonly seq: number | null; readonly ends: boolean } {
  let seq: number | null = null;
  for (const row of rows) {
    if (row.trusted === 0 || row.wall > nowWall) continue;
    if (row.wall > cutoffWall) return { seq, ends: true };
    seq = row.seq;
  }
  return { seq, ends: false };
}

export class NameRetention {
  readonly #progress: Statement<[], Progress>;
  readonly #save: Statement<[number, number, number]>;
  readonly #rows: Statement<[number, number], DatedRow>;
  readonly #forget: Statement<[number, number]>;
  readonly #nth: Statement<[number, number, number], number | null>;
  /** How far this round has read, and up to where it found events old enough. */
  #reading: Reading | null = null;

  constructor(db: Database) {
    this.#progress = db.prepare(
      "SELECT c.epoch, r.names_epoch, r.names_seq, r.names_forgotten FROM controller c JOIN retention r",
    );
    this.#save = db.prepare("UPDATE retention SET names_epoch = ?, names_seq = ?, names_forgotten = ?");
    this.#rows = db.prepare("SELECT seq, wall, trusted FROM journal WHERE seq > ? ORDER BY seq LIMIT ?");
    this.#forget = db.prepare(
      "UPDATE journal SET personal = NULL, salt = NULL WHERE seq > ? AND seq <= ? AND personal IS NOT NULL",
    );
    this.#nth = db
      .prepare<[number, number, number], number | null>(
        "SELECT max(seq) FROM (SELECT seq FROM journal WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?)",
      )
      .pluck();
  }

  /** False when the round is over. `write` runs in a transaction, with what appends to the record in it. */
  step(at: Instant, keepDays: number, write: (work: (append: Append) => void) => void): boolean {
    const progress = this.#progress.get();
    if (progress === undefined) return false;
    const doneSeq = progress.names_epoch === progress.epoch ? progress.names_seq : 0;
    const reading = this.#reading ?? { readSeq: doneSeq, oldSeq: doneSeq, ended: false };
    if (!reading.ended) {
      this.#reading = this.#read(reading, at, at.wall - keepDays * dayMs);
      return true;
    }
    const upTo = this.#nth.get(doneSeq, reading.oldSeq, rowsWritten) ?? reading.oldSeq;
    const isLast = upTo >= reading.oldSeq;
    if (upTo > doneSeq || progress.names_forgotten > 0) {
      write((append) => this.#forgetUpTo(progress, doneSeq, upTo, isLast ? append : null));
    }
    if (isLast) this.#reading = null;
    return !isLast;
  }

  #read({ readSeq, oldSeq }: Reading, at: Instant, cutoffWall: number): Reading {
    const rows = this.#rows.all(readSeq, rowsRead);
    const { seq, ends } = oldUpTo(rows, at.wall, cutoffWall);
    const last = rows.at(-1)?.seq ?? readSeq;
    return { readSeq: last, oldSeq: seq ?? oldSeq, ended: ends || rows.length < rowsRead };
  }

  #forgetUpTo({ epoch, names_forgotten }: Progress, doneSeq: number, upTo: number, append: Append | null): void {
    const count = names_forgotten + this.#forget.run(doneSeq, upTo).changes;
    if (append !== null && count > 0) append({ type: "names.forgotten", upToSeq: upTo, count });
    this.#save.run(epoch, upTo, append === null ? count : 0);
  }
}
