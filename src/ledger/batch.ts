// One transaction's worth of asks and records, each taken once.
import type { RecordEntry, Verdict } from "../domain/ask.ts";
import type { Source } from "../domain/directory.ts";
import type { JournalEvent, Personal } from "../domain/events.ts";
import type { Instant, MonoMs } from "../domain/time.ts";
import { Deciding } from "./deciding.ts";
import { Passages } from "./passages.ts";
import type { ReadyAsk } from "./ready-ask.ts";
import { believed, raiseFloor, resetFloor } from "./session.ts";
import { Settling } from "./settling.ts";
import type { TransactionParts } from "./transaction.ts";
import { LedgerTransaction } from "./transaction.ts";

/** A record without a number is the ledger's own: there is no one to send it twice. */
export type Entry = Omit<RecordEntry, "n"> & { readonly n: number | null };

export class Batch {
  readonly #transaction: LedgerTransaction;
  readonly #deciding: Deciding;
  readonly #settling: Settling;

  constructor(parts: TransactionParts) {
    this.#transaction = new LedgerTransaction(parts);
    const passages = new Passages(this.#transaction);
    this.#transaction.follow((event, at) => passages.follow(event, at));
    this.#deciding = new Deciding(this.#transaction);
    this.#settling = new Settling(this.#transaction);
  }

  /** The last thing before the commit. */
  finish(): void {
    this.#transaction.finish();
  }

  /** The first thing after it. */
  accept(): void {
    this.#transaction.accept();
  }

  /** Each numbered entry is taken once, however often it is sent. */
  record(entry: Entry): void {
    const transaction = this.#transaction;
    if (entry.n !== null) {
      if (entry.n <= transaction.counters.runEntry) return;
      transaction.counters = { ...transaction.counters, runEntry: entry.n };
    }
    transaction.counters = raiseFloor(entry.at, transaction.counters);
    transaction.parts.lostCounts.hear(believed(entry.at, transaction.counters));
    if ("type" in entry.what && entry.what.type === "clock.floorReset") {
      transaction.counters = resetFloor(transaction.counters);
    }
    if ("settle" in entry.what) this.#settling.settle(entry.what, entry.at);
    else this.append(entry.what, entry.at);
  }

  append(event: JournalEvent, at: Instant, personal: Personal | null = null): void {
    this.#transaction.append(event, at, personal);
  }

  /** Counts the change in and says so. */
  changeDirectory(by: string, origin: Source, steps: number, at: Instant): number {
    const transaction = this.#transaction;
    const version = transaction.counters.directoryVersion + 1;
    transaction.counters = { ...transaction.counters, directoryVersion: version };
    const told = origin === "local" ? {} : { origin };
    this.append({ type: "directory.changed", version, by, steps, ...told }, at);
    return version;
  }

  decide(ready: ReadyAsk, mono: MonoMs): Verdict {
    return this.#deciding.decide(ready, mono);
  }
}
