// Reads on in the record from where it was left, across restarts and across a record that took another's place; knows no action.
import type { RecordedEvent } from "../../domain/events.ts";
import type { JournalReader } from "../journal-port.ts";
import { Paced } from "../paced.ts";

const pageSize = 200;
/** What is acted upon costs a sync each time: a flood of events must not take the disk from the ledger. */
const pumpEveryMs = 100;

export interface Place {
  /** 0 stands before a record of which nothing is known. */
  readonly epoch: number;
  readonly seq: number;
}

export class RecordTail {
  readonly #open: () => JournalReader;
  readonly #take: (events: readonly RecordedEvent[]) => void;
  readonly #pace = new Paced(pumpEveryMs, () => this.#pump());
  #reader: JournalReader | null = null;
  #place: Place | null;

  /** Without a place it begins behind the newest event: nothing that is past by then is ever told. */
  constructor(open: () => JournalReader, place: Place | null, take: (events: readonly RecordedEvent[]) => void) {
    this.#open = open;
    this.#place = place;
    this.#take = take;
  }

  /** Null until the record could be read. */
  get place(): Place | null {
    return this.#place;
  }

  grew(): void {
    this.#pace.call();
  }

  /** The event of that number; null when it is no more, or the record cannot be read. */
  eventAt(seq: number): RecordedEvent | null {
    const [found] = this.#read((reader) => reader.after(seq - 1, 1)) ?? [];
    return found?.seq === seq ? found : null;
  }

  close(): void {
    this.#pace.cancel();
    this.#drop();
  }

  #pump(): void {
    if (this.#reader?.isReplaced()) this.#drop();
    const events = this.#read((reader) => this.#next(reader)) ?? [];
    const last = events.at(-1);
    if (last === undefined) return;
    this.#place = { epoch: last.epoch, seq: last.seq };
    this.#take(events);
    if (events.length === pageSize) this.grew();
  }

  /** Those that follow. Another record than the one that was read so far is begun at its newest event. */
  #next(reader: JournalReader): readonly RecordedEvent[] {
    const [newest] = reader.tail(1);
    const head = newest === undefined ? { epoch: 0, seq: 0 } : { epoch: newest.epoch, seq: newest.seq };
    const place = this.#place ?? head;
    const isSame = place.epoch === 0 || place.epoch === head.epoch;
    this.#place = isSame && place.seq <= head.seq ? place : head;
    return reader.after(this.#place.seq, pageSize);
  }

  #read<Result>(read: (reader: JournalReader) => Result): Result | null {
    try {
      this.#reader ??= this.#open();
      return read(this.#reader);
    } catch {
      // The console's own reader says so; whatever is recorded meanwhile is found with the next event.
      this.#drop();
      return null;
    }
  }

  #drop(): void {
    const reader = this.#reader;
    this.#reader = null;
    try {
      reader?.close();
    } catch {
      // A reader that failed may fail to close as well; it is gone either way.
    }
  }
}
