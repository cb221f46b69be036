// The record as the link reads it: opened when needed, opened anew when it was replaced or failed.
import type { JournalReader } from "../journal-port.ts";

export class RecordSource {
  readonly #open: () => JournalReader;
  #reader: JournalReader | null = null;

  constructor(open: () => JournalReader) {
    this.#open = open;
  }

  /** Null when it cannot be read now; the console's own reader says so. */
  read<Result>(read: (reader: JournalReader) => Result): Result | null {
    try {
      if (this.#reader?.isReplaced()) this.close();
      this.#reader ??= this.#open();
      return read(this.#reader);
    } catch {
      this.close();
      return null;
    }
  }

  close(): void {
    const reader = this.#reader;
    this.#reader = null;
    try {
      reader?.close();
    } catch {
      // A reader that failed may fail to close as well; it is gone either way.
    }
  }
}
