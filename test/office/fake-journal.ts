// A record in memory, for tests of what reads it.
import type { JournalEvent, LinkedEvent, RecordedEvent } from "../../src/domain/events.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";
import type { JournalReader } from "../../src/office/journal-port.ts";

export class FakeJournal {
  readonly events: RecordedEvent[] = [];
  /** Set to make every reading fail. */
  broken: string | null = null;
  opened = 0;
  /** How many of the openings read a record that is no more. */
  replaced = 0;
  /** The monotonic time at which events are recorded; their own number by default. */
  mono: (() => number) | null = null;
  epoch = 1;
  boot = "boot-1";
  #wallMs = Date.UTC(2026, 2, 12, 8, 30);

  open(): JournalReader {
    if (this.broken !== null) throw new Error(this.broken);
    this.opened += 1;
    const mine = this.opened;
    return {
      tail: (limit) => this.tail(limit),
      after: (seq, limit) => this.after(seq, limit),
      linked: (seq, limit) => this.linked(seq, limit),
      keptAlarms: () => [],
      head: () => this.head(),
      isReplaced: () => mine <= this.replaced,
      close: () => {},
    };
  }

  /** Without a chain: what stands in its place is the number of each event. */
  linked(seq: number, limit: number): LinkedEvent[] {
    return this.after(seq, limit).map((event) => ({
      ...event,
      hash: hashOf(event.seq),
      prev: hashOf(event.seq - 1),
      commitment: event.personal === null ? null : hashOf(event.seq),
      salt: event.personal === null ? null : "5a".repeat(16),
    }));
  }

  append(event: JournalEvent, name: string | null = null, wallMs?: number): RecordedEvent {
    const seq = (this.events.at(-1)?.seq ?? 0) + 1;
    this.#wallMs = wallMs ?? this.#wallMs + 1_000;
    const recorded: RecordedEvent = {
      seq,
      epoch: this.epoch,
      at: { wall: unixMs(this.#wallMs), mono: monoMs(this.mono?.() ?? seq), trusted: true },
      boot: this.boot,
      event,
      personal: name === null ? null : { name },
      hash: seq.toString(16).padStart(64, "0"),
    };
    this.events.push(recorded);
    return recorded;
  }

  tail(limit: number): RecordedEvent[] {
    this.#check();
    return this.events.slice(-limit);
  }

  after(seq: number, limit: number): RecordedEvent[] {
    this.#check();
    return this.events.filter((event) => event.seq > seq).slice(0, limit);
  }

  head(): number {
    this.#check();
    return this.events.at(-1)?.seq ?? 0;
  }

  #check(): void {
    if (this.broken !== null) throw new Error(this.broken);
  }
}

const hashOf = (seq: number): string => seq.toString(16).padStart(64, "0");
