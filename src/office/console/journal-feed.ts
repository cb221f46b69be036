// Follows the record for the pages that watch it: small batches, never faster than a page can draw.
import type { JournalReader, OpenJournal } from "../journal-port.ts";
import { Paced } from "../paced.ts";
import type { PageJournal } from "./wire.ts";

/** What a page gets at first. */
const firstEvents = 50;
/** A page that missed more than this starts afresh with the last ones. */
const maxCatchUp = 200;
const pumpEveryMs = 100;
const firstRetryMs = 500;
const lastRetryMs = 10_000;

export interface JournalFeedEvents {
  batch(batch: PageJournal, head: number): void;
  /** Whether the record can be read; `why` says why not. */
  changed(readable: boolean, why: string): void;
}

export class JournalFeed {
  readonly #open: () => JournalReader;
  readonly #events: JournalFeedEvents;
  readonly #pace = new Paced(pumpEveryMs, () => this.#pump());
  #reader: JournalReader | null = null;
  #last: number | null = null;
  #readable = true;
  #retryMs = firstRetryMs;
  #retry: NodeJS.Timeout | null = null;

  constructor(open: OpenJournal, databasePath: string, events: JournalFeedEvents) {
    this.#open = () => open(databasePath);
    this.#events = events;
  }

  /** The record may have grown. */
  grew(): void {
    this.#pace.call();
  }

  /** What a page that has seen everything up to `seq` needs to be level with the others; null has seen nothing. */
  since(seq: number | null): { readonly batch: PageJournal; readonly head: number } {
    this.#pump();
    const read = this.#read((reader) => planCatchUp(reader, seq));
    return read ?? { batch: { reset: seq === null, events: [] }, head: seq ?? 0 };
  }

  close(): void {
    this.#pace.cancel();
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#drop();
  }

  #pump(): void {
    if (this.#reader?.isReplaced()) {
      this.#drop();
      this.#last = null;
    }
    const read = this.#read((reader) => planCatchUp(reader, this.#last));
    if (read === null) return;
    this.#last = read.head;
    if (read.batch.reset || read.batch.events.length > 0) this.#events.batch(read.batch, read.head);
  }

  #read<T>(read: (reader: JournalReader) => T): T | null {
    try {
      this.#reader ??= this.#open();
      const value = read(this.#reader);
      this.#say(true, "");
      return value;
    } catch (error) {
      this.#drop();
      this.#say(false, error instanceof Error ? error.message : "unknown");
      this.#retryLater();
      return null;
    }
  }

  #say(readable: boolean, why: string): void {
    if (readable) this.#retryMs = firstRetryMs;
    if (readable === this.#readable) return;
    this.#readable = readable;
    this.#events.changed(readable, why);
  }

  #retryLater(): void {
    if (this.#retry !== null) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.#pump();
    }, this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
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

function planCatchUp(reader: JournalReader, seq: number | null) {
  const head = reader.head();
  // A number past the head belongs to another record: the database was restored or replaced.
  if (seq === null || seq > head || head - seq > maxCatchUp) {
    const events = reader.tail(firstEvents);
    return { batch: { reset: true, events }, head: events.at(-1)?.seq ?? head };
  }
  const events = reader.after(seq, maxCatchUp);
  return { batch: { reset: false, events }, head: events.at(-1)?.seq ?? head };
}
