// Sends alarms at once, past everything that waits in the record's order; knows no topic.
import { isAlarm } from "../../domain/action.ts";
import type { RecordedEvent } from "../../domain/events.ts";

export interface LiveAlarmsParts {
  readonly read: (after: number, limit: number) => readonly RecordedEvent[] | null;
  readonly head: () => number | null;
  /** Whether the broker has it. */
  readonly send: (event: RecordedEvent) => Promise<boolean>;
}

/** Kept while there is no connection; past it the oldest goes, and comes with the record all the same. */
const maxWaiting = 100;
const pageSize = 500;

export class LiveAlarms {
  readonly #parts: LiveAlarmsParts;
  #seen: number | null = null;
  #waiting: RecordedEvent[] = [];
  #isOpen = false;
  #isSending = false;

  constructor(parts: LiveAlarmsParts) {
    this.#parts = parts;
  }

  opened(): void {
    this.#isOpen = true;
    this.grew();
  }

  gone(): void {
    this.#isOpen = false;
  }

  grew(): void {
    // What was recorded before is for the record alone.
    this.#seen ??= this.#parts.head();
    for (;;) {
      if (this.#seen === null) return;
      const events = this.#parts.read(this.#seen, pageSize) ?? [];
      this.#waiting.push(...events.filter(({ event }) => isAlarm(event)));
      if (this.#waiting.length > maxWaiting) this.#waiting = this.#waiting.slice(-maxWaiting);
      this.#seen = events.at(-1)?.seq ?? this.#seen;
      if (events.length < pageSize) break;
    }
    void this.#sendNext();
  }

  async #sendNext(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#isOpen) {
      const [next] = this.#waiting;
      if (next === undefined || !(await this.#parts.send(next))) break;
      this.#waiting = this.#waiting.filter((one) => one !== next);
    }
    this.#isSending = false;
  }
}
