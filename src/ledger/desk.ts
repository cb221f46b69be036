// Takes the door loop's messages and answers them: hashes PINs first, commits what waits together, and keeps what a failing
// disk refused. Knows neither process nor socket.
import type { Answer, Ask, FromLedger, RecordEntry, ToLedger } from "../domain/ask.ts";
import { maxOutstandingAsks } from "../domain/ask.ts";
import type { JournalEvent } from "../domain/events.ts";
import { Fault } from "../domain/fault.ts";
import type { AskId } from "../domain/ids.ts";
import type { DenyReason } from "../domain/reasons.ts";
import type { Instant } from "../domain/time.ts";
import { later, unixMs } from "../domain/time.ts";
import type { Entry } from "./batch.ts";
import { isDamage } from "./damage.ts";
import type { DiskReserve } from "./disk-reserve.ts";
import { FullDisk } from "./full-disk.ts";
import type { Ledger } from "./ledger.ts";
import type { PinQueue } from "./pin-hash.ts";
import type { ReadyAsk } from "./ready-ask.ts";
import { isRecordsOwnFault, troubleOf } from "./sqlite-trouble.ts";
import { nothingToFind } from "./tokens.ts";
import type { TypedEntry } from "./typed-entry.ts";

export interface DeskParts {
  readonly ledger: Ledger;
  readonly pins: PinQueue;
  readonly now: () => Instant;
  readonly send: (message: FromLedger) => void;
  /** Soon, but after the messages that are already there, so that they share a commit. */
  readonly schedule: (run: () => void) => void;
  readonly after: (ms: number, run: () => void) => void;
  /** Events were appended. */
  readonly grew: (seq: number) => void;
  readonly report: (fault: Fault) => void;
  /** SQLite calls the database damaged: nothing that it says or takes is to be believed any more. */
  readonly onDamage?: (error: unknown) => void;
  /** Room that can be made at once; left out where there is none. */
  readonly reserve?: Pick<DiskReserve, "isThere" | "release">;
}

/** So that a long backlog of records holds no ask up for long. */
const maxEntriesPerBatch = 200;
/** Invariant: the door loop leaves far fewer unacknowledged. More of them would grow without end. */
const maxPendingEntries = 20_000;
/** Denials for which the disk had no room, to be recorded when it has; beyond them only the first are kept. */
const maxUnrecordedDenials = 256;
const backoffMinMs = 100;
const backoffMaxMs = 5_000;

export class Desk {
  readonly #parts: DeskParts;
  readonly #disk: FullDisk;
  /** Ready to be decided, in the order in which they became so. */
  #waiting: ReadyAsk[] = [];
  readonly #hashing = new Map<AskId, Ask>();
  /** Answered tentatively, and then the commit failed: the door loop settles them, which frees their place. */
  readonly #abandoned = new Set<AskId>();
  #entries: Entry[] = [];
  #lastQueued = 0;
  #lastRecorded = 0;
  #unrecordedDenials = 0;
  #recordDeadlineMs = 0;
  #isOpen = false;
  #isScheduled = false;
  #retry: { waitMs: number } | null = null;
  #reported = "";
  /** The door loop owns the clock, which may be a simulated one: its latest reading, carried on. */
  #heard: Instant | null = null;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    const { ledger, reserve = null } = parts;
    const troubled = (fault: Fault) => this.troubled(fault);
    this.#disk = new FullDisk({ ledger, reserve, instant: () => this.instant(), troubled });
    parts.ledger.watchCalendar((news) => parts.send({ kind: "calendar", ...news }));
  }

  receive(message: ToLedger): void {
    switch (message.kind) {
      case "open":
        this.#open(message);
        return;
      case "ask":
        this.#takeAsk(message.ask);
        return;
      case "record":
        this.#takeEntries(message.entries);
        return;
      case "ping":
        this.#parts.send({ kind: "pong", n: message.n });
    }
  }

  instant(): Instant {
    const now = this.#parts.now();
    if (this.#heard === null) return now;
    const elapsedMs = Math.max(0, now.mono - this.#heard.mono);
    const mono = later(this.#heard.mono, elapsedMs);
    return { wall: unixMs(this.#heard.wall + elapsedMs), mono, trusted: this.#heard.trusted };
  }

  /** Throws what the database throws. */
  note(event: JournalEvent | (() => JournalEvent)): void {
    try {
      this.#disk.withRoom(() => this.#parts.ledger.note(event, this.instant()));
    } catch (error) {
      this.troubled(error);
      throw error;
    }
    this.well();
    this.#parts.grew(this.#parts.ledger.headSeq);
  }

  /** Something was committed. */
  well(): void {
    if (this.#reported === "" || this.#disk.isCrowded) return;
    this.#reported = "";
    this.#parts.send({ kind: "well" });
  }

  /** Said once for each kind of trouble, until a commit succeeds. */
  troubled(error: unknown): void {
    if (isDamage(error)) this.#parts.onDamage?.(error);
    const fault = error instanceof Fault ? error : new Fault("ledger.notCommitted", troubleOf(error), {}, error);
    const kind = `${fault.code} ${error instanceof Error ? error.message : ""}`;
    if (kind === this.#reported) return;
    this.#reported = kind;
    this.#parts.report(fault);
    this.#parts.send({ kind: "trouble", why: fault.message });
  }

  /**
   * The last thing before the end: commits the records that wait, for as long as that succeeds. Asks are forgotten, because
   * nobody would act on what they were granted.
   */
  flush(): void {
    this.#waiting = [];
    this.#hashing.clear();
    while (this.#hasWork() && this.#drain()) {}
  }

  #open(message: Extract<ToLedger, { kind: "open" }>): void {
    this.#waiting = [];
    this.#hashing.clear();
    this.#abandoned.clear();
    this.#entries = this.#entries.filter((entry) => entry.n === null);
    this.#lastQueued = 0;
    this.#lastRecorded = 0;
    this.#reported = "";
    const restored = this.#parts.ledger.open(message);
    this.#recordDeadlineMs = message.site.recordDeadlineMs;
    this.#isOpen = true;
    this.#parts.send({ kind: "ready", restored });
    this.#parts.send({ kind: "calendar", ...this.#parts.ledger.calendar() });
  }

  #takeAsk(ask: Ask): void {
    if (!this.#isOpen) {
      this.#deny(ask.id, "ledgerUnavailable");
      return;
    }
    if (this.#waiting.length + this.#hashing.size >= maxOutstandingAsks) {
      this.#deny(ask.id, "busy");
      return;
    }
    this.#hear(ask.presentedAt);
    this.#hashing.set(ask.id, ask);
    this.#hash(ask, this.#parts.ledger.typedEntry(ask), []);
  }

  /**
   * An entry that cannot match anything is hashed all the same, so that it takes as long as any other. One that may hold several PINs
   * queues anew for each of them: somebody at another door goes in between.
   */
  #hash(ask: Ask, entry: TypedEntry, hashes: readonly Buffer[]): void {
    const { ledger, pins, now } = this.#parts;
    const next = entry.secrets[hashes.length];
    if (next === undefined) {
      this.#hashing.delete(ask.id);
      this.#enqueue(ledger.readyEntry(ask, entry, hashes));
      return;
    }
    const isExpired = () => now().mono >= ask.expiresAt;
    const wanted = () => this.#hashing.get(ask.id) === ask && !isExpired();
    pins.forAsk(next, wanted, (hash) => {
      if (this.#hashing.get(ask.id) !== ask) return;
      if (hash !== null) {
        this.#hash(ask, entry, [...hashes, hash]);
        return;
      }
      this.#hashing.delete(ask.id);
      if (isExpired()) this.#enqueue({ ask, lookUp: nothingToFind });
      else {
        this.#refuse([{ ask, lookUp: nothingToFind }]);
        this.#scheduleDrain();
      }
    });
  }

  #enqueue(ready: ReadyAsk): void {
    this.#waiting.push(ready);
    this.#scheduleDrain();
  }

  #takeEntries(entries: readonly RecordEntry[]): void {
    if (!this.#isOpen) return;
    for (const entry of entries) {
      if ("settle" in entry.what) this.#endAsk("shown" in entry.what ? entry.what.shown.ask : entry.what.ask);
      if (entry.n <= this.#lastQueued) continue;
      if (this.#entries.length >= maxPendingEntries) {
        throw new Fault("ledger.tooManyRecords", "The door loop sends more records than it may.");
      }
      this.#lastQueued = entry.n;
      this.#entries.push(entry);
      this.#hear(entry.at);
    }
    const last = entries.at(-1);
    if (last !== undefined && last.n <= this.#lastRecorded) this.#acknowledge();
    else if (this.#retry === null) this.#scheduleDrain();
  }

  #hear(at: Instant): void {
    if (this.#heard === null || at.mono >= this.#heard.mono) this.#heard = at;
  }

  #acknowledge(): void {
    this.#parts.send({ kind: "recorded", upTo: this.#lastRecorded });
  }

  /** The door loop has settled it: it must not be decided any more, and its reader must not wait for it. */
  #endAsk(id: AskId): void {
    const before = this.#waiting.length;
    this.#waiting = this.#waiting.filter(({ ask }) => ask.id !== id);
    const ended = this.#waiting.length < before || this.#hashing.delete(id) || this.#abandoned.delete(id);
    if (ended) this.#deny(id, "askExpired");
  }

  #scheduleDrain(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#parts.schedule(() => {
      this.#isScheduled = false;
      this.#drain();
      if (this.#waiting.length > 0 || (this.#entries.length > 0 && this.#retry === null)) this.#scheduleDrain();
      else if (this.#retry === null) this.#prune();
    });
  }

  #hasWork(): boolean {
    return this.#isOpen && (this.#waiting.length > 0 || this.#entries.length > 0);
  }

  /** False when the database refused. */
  #drain(): boolean {
    if (!this.#hasWork()) return true;
    const asks = this.#waiting.splice(0, maxOutstandingAsks);
    const entries = this.#entries.slice(0, maxEntriesPerBatch);
    const tentative = this.#answerTentatively(asks);
    try {
      this.#commit(asks, entries);
      return true;
    } catch (error) {
      if (isRecordsOwnFault(error) && entries.length > 0) return this.#commitApart(asks, entries, tentative);
      this.#failed(error, asks, tentative);
      return false;
    }
  }

  /** A resident with an uncounted card does not stand outside for a slow disk: the door loop may act on this. */
  #answerTentatively(asks: readonly ReadyAsk[]): ReadonlySet<AskId> {
    if (this.#recordDeadlineMs === 0 || asks.length === 0) return new Set();
    try {
      const answers = this.#parts.ledger.preview(asks);
      for (const answer of answers) this.#parts.send({ kind: "answer", answer });
      return new Set(answers.map((answer) => answer.ask));
    } catch (error) {
      this.troubled(error);
      return new Set();
    }
  }

  #commit(asks: readonly ReadyAsk[], entries: readonly Entry[]): void {
    const { ledger, send, grew } = this.#parts;
    const before = ledger.headSeq;
    const answers = this.#disk.withRoom(() => ledger.commitBatch(asks, entries));
    for (const answer of answers) send({ kind: "answer", answer });
    this.#drop(entries);
    this.#retry = null;
    this.well();
    if (ledger.headSeq !== before) grew(ledger.headSeq);
  }

  /** They are in the record, or never will be: either way the door loop need not keep them. */
  #drop(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    const dropped = new Set(entries);
    this.#entries = this.#entries.filter((entry) => !dropped.has(entry));
    this.#unrecordedDenials -= entries.filter((entry) => entry.n === null).length;
    const numbers = entries.flatMap((entry) => (entry.n === null ? [] : [entry.n]));
    if (numbers.length === 0) return;
    this.#lastRecorded = Math.max(this.#lastRecorded, ...numbers);
    this.#acknowledge();
  }

  /** One entry that the database can never take must not keep everything else out of the record. */
  #commitApart(asks: readonly ReadyAsk[], entries: readonly Entry[], tentative: ReadonlySet<AskId>): boolean {
    try {
      // A commit of nothing succeeds on any disk, and would say that all is well.
      if (asks.length > 0) this.#commit(asks, []);
    } catch (error) {
      this.#failed(error, asks, tentative);
      if (!isRecordsOwnFault(error)) return false;
    }
    for (const entry of entries) {
      try {
        this.#commit([], [entry]);
      } catch (error) {
        if (!isRecordsOwnFault(error)) {
          this.#failed(error, [], tentative);
          return false;
        }
        this.troubled(error);
        this.#drop([entry]);
      }
    }
    return true;
  }

  /** Nothing was decided. Records stay, and are tried again with the next batch or after a while. */
  #failed(error: unknown, asks: readonly ReadyAsk[], tentative: ReadonlySet<AskId>): void {
    this.troubled(error);
    for (const { ask } of asks) if (tentative.has(ask.id)) this.#abandoned.add(ask.id);
    this.#refuse(asks.filter(({ ask }) => !tentative.has(ask.id)));
    if (this.#retry !== null) {
      this.#retry.waitMs = Math.min(backoffMaxMs, this.#retry.waitMs * 2);
    } else if (this.#entries.length > 0) {
      this.#retry = { waitMs: backoffMinMs };
      this.#armRetry(this.#retry);
    }
  }

  #armRetry(retry: { waitMs: number }): void {
    this.#parts.after(retry.waitMs, () => {
      if (this.#retry !== retry) return;
      if (!this.#drain()) {
        this.#armRetry(retry);
        return;
      }
      this.#retry = null;
      this.#scheduleDrain();
    });
  }

  /** Denied for want of a database, and recorded as such once there is one again. */
  #refuse(asks: readonly ReadyAsk[]): void {
    for (const { ask } of asks) {
      this.#deny(ask.id, "ledgerUnavailable");
      if (this.#unrecordedDenials >= maxUnrecordedDenials) continue;
      this.#unrecordedDenials += 1;
      const { id, door, reader, presentation, presentedAt } = ask;
      const shown = { ask: id, door, reader, method: presentation.method };
      this.#entries.push({
        n: null,
        at: presentedAt,
        what: { settle: "unanswered", shown, reason: "ledgerUnavailable" },
      });
    }
  }

  #deny(ask: AskId, reason: DenyReason): void {
    const answer: Answer = { ask, verdict: { granted: false, reason }, stage: "committed" };
    this.#parts.send({ kind: "answer", answer });
  }

  #prune(): void {
    const { ledger, grew } = this.#parts;
    try {
      if (!this.#isOpen) return;
      const { keepEvents } = this.#disk;
      if (!ledger.isPruneDue(keepEvents)) return;
      ledger.prune(this.instant(), keepEvents);
      grew(ledger.headSeq);
      this.#scheduleDrain();
    } catch (error) {
      this.troubled(error);
    }
  }
}
