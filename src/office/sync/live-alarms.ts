// Sends alarms at once, past everything that waits in the record's order; knows no topic.
import { isAlarm } from "../../domain/action.ts";
import type { RecordedEvent } from "../../domain/events.ts";
import type { Place } from "./event-batch.ts";

export interface LiveAlarmsParts {
  readonly read: (after: number, limit: number) => readonly RecordedEvent[] | null;
  readonly head: () => Place | null;
  /** Whether the broker has it. */
  readonly send: (event: RecordedEvent) => Promise<boolean>;
}

/** Kept while there is no connection; past it the oldest goes, and comes with the record all the same. */
const maxWaiting = 100;
const pageSize = 500;

export class LiveAlarms {
  readonly #parts: LiveAlarmsParts;
  #seen: Place | null = null;
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
    const head = this.#parts.head();
    if (head === null) return;
    // What was recorded before is for the record alone; one that began anew may number from the start again.
    this.#seen ??= { epoch: head.epoch, seq: head.seq };
    if (head.epoch !== this.#seen.epoch) this.#seen = { epoch: head.epoch, seq: this.#startOf(head, this.#seen) };
    for (;;) {
      const events: readonly RecordedEvent[] = this.#parts.read(this.#seen.seq, pageSize) ?? [];
      this.#waiting.push(...events.filter(({ event }) => isAlarm(event)));
      if (this.#waiting.length > maxWaiting) this.#waiting = this.#waiting.slice(-maxWaiting);
      const last = events.at(-1);
      if (last !== undefined) this.#seen = { epoch: last.epoch, seq: last.seq };
      if (events.length < pageSize) break;
    }
    void this.#sendNext();
  }

  #startOf(head: Place, seen: Place): number {
    return head.seq > seen.seq ? seen.seq : 0;
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
