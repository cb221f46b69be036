// The append-only record: gap-free, chained, keyed, anchored outside the database; knows no meaning of any event but its own.
import type { Database, Statement } from "better-sqlite3";
import { canonicalJson } from "../domain/canonical-json.ts";
import type { JournalEvent, Personal } from "../domain/events.ts";
import { Fault } from "../domain/fault.ts";
import type { SiteSpec } from "../domain/site.ts";
import type { Instant } from "../domain/time.ts";
import type { Anchor, AnchorStore } from "./anchor.ts";
import { chainStart, commitTo, hashEvent, keyAfter, macOf, nextKey } from "./chain.ts";
import { KeptAlarms } from "./kept-alarms.ts";
import type { RandomBytes } from "./keys.ts";

/** Where the chain stands: the newest event, and the key of the one after it. */
type Head = Anchor;

/** Events are dropped so many at a time, each time leaving one event that says which. */
export const pruneChunk = 1_000;
const maxBodyBytes = 8_192;
/** A sequence number that jumps further was planted, and must not keep the doors waiting for its key. */
const maxGap = 1_000_000;
const saltBytes = 16;
export const keyBytes = 32;
export const insertEvent = "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

interface TailRow {
  readonly seq: number;
  readonly prev: Buffer;
  readonly hash: Buffer;
  readonly mac: Buffer;
}

export interface JournalParts {
  readonly db: Database;
  readonly anchor: AnchorStore;
  readonly random: RandomBytes;
  /** An anchor that cannot be written is reported, and the doors go on. */
  readonly report: (fault: Fault) => void;
}

export class Journal {
  readonly #parts: JournalParts;
  readonly #insert: Statement<unknown[]>;
  readonly #first: Statement<[], number | null>;
  readonly #alarms: KeptAlarms;
  #head: Head;

  constructor(parts: JournalParts) {
    this.#parts = parts;
    this.#alarms = new KeptAlarms(parts.db);
    this.#insert = parts.db.prepare(insertEvent);
    this.#first = parts.db.prepare<[], number | null>("SELECT min(seq) FROM journal").pluck();
    this.#head = this.#findHead();
  }

  get head(): Pick<Anchor, "epoch" | "seq" | "hash"> {
    return this.#head;
  }

  get seq(): number {
    return this.#head.seq;
  }

  /** Appends to the transaction that the caller has begun; `adopt` it after the commit, or forget it. */
  draft(): JournalDraft {
    return new JournalDraft(this.#head, this.#insert, this.#parts.random);
  }

  adopt(draft: JournalDraft): void {
    if (draft.head.seq === this.#head.seq) return;
    this.#head = draft.head;
    try {
      this.#parts.anchor.write(draft.head);
    } catch (error) {
      this.#parts.report(new Fault("anchor.notWritten", "The anchor of the record cannot be written.", {}, error));
    }
  }

  /** After a commit that failed: believe the database and not the memory. */
  reload(): void {
    this.#head = this.#findHead();
  }

  /** Drops the oldest chunk when the journal is that much too long, less what a cloud must still hear of. True when another is due. */
  prune({ keepEvents, cloud }: Pick<SiteSpec, "keepEvents" | "cloud">, at: Instant, boot: string): boolean {
    const { db } = this.#parts;
    const fromSeq = this.#first.get() ?? this.#head.seq;
    if (!this.isPruneDue(keepEvents, fromSeq)) return false;
    const draft = this.draft();
    db.transaction(() => {
      const last = db
        .prepare<[number], TailRow>("SELECT seq, hash FROM journal WHERE seq <= ? ORDER BY seq DESC LIMIT 1")
        .get(fromSeq + pruneChunk - 1);
      if (last === undefined) return;
      if (cloud !== null) this.#alarms.keep(last.seq);
      db.prepare("DELETE FROM journal WHERE seq <= ?").run(last.seq);
      const lastHash = last.hash.toString("hex");
      draft.append({ type: "log.pruned", fromSeq, toSeq: last.seq, lastHash }, at, boot, null);
    }).immediate();
    this.adopt(draft);
    return this.isPruneDue(keepEvents);
  }

  isPruneDue(keepEvents: number, fromSeq = this.#first.get() ?? this.#head.seq): boolean {
    return this.#head.seq - fromSeq + 1 - pruneChunk >= Math.max(1, keepEvents);
  }

  /**
   * Goes on after the anchor, not after the database, where the two disagree: what was cut off or rewritten while nobody
   * watched then shows for ever as a gap or as a link that does not hold, and no sequence number comes twice.
   */
  #findHead(): Head {
    const { db } = this.#parts;
    const epoch = db.prepare<[], number>("SELECT epoch FROM controller").pluck().get() ?? 0;
    const anchor = this.#parts.anchor.read();
    if (anchor === null || anchor.epoch !== epoch) return this.#restartEpoch(Math.max(epoch, anchor?.epoch ?? 0) + 1);
    const rows = db
      .prepare<[number], TailRow>("SELECT seq, prev, hash, mac FROM journal WHERE seq >= ? ORDER BY seq")
      .all(anchor.seq);
    return catchUp(anchor, rows);
  }

  /** Without the anchor the key is lost. The new epoch says so in every event from here on. */
  #restartEpoch(epoch: number): Head {
    const { db, anchor, random } = this.#parts;
    const last = db.prepare<[], TailRow>("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").get();
    const key = random(keyBytes);
    const head = { epoch, seq: last?.seq ?? 0, hash: last?.hash ?? chainStart, key };
    anchor.establish(head, { epoch, afterSeq: head.seq, key });
    db.prepare("UPDATE controller SET epoch = ?").run(epoch);
    return head;
  }
}

function catchUp(anchor: Anchor, rows: readonly TailRow[]): Head {
  let head: Head = anchor;
  let sound = true;
  for (const row of rows) {
    if (row.seq === anchor.seq) {
      sound = row.hash.equals(anchor.hash);
      continue;
    }
    if (row.seq - head.seq > maxGap) return { ...head, hash: anchor.hash };
    const key = keyAfter(head.key, row.seq - head.seq - 1);
    sound = sound && row.prev.equals(head.hash) && row.mac.equals(macOf(key, row.hash));
    head = { ...head, seq: row.seq, hash: row.hash, key: nextKey(key) };
  }
  return sound ? head : { ...head, hash: anchor.hash };
}

export class JournalDraft {
  readonly #insert: Statement<unknown[]>;
  readonly #random: RandomBytes;
  #head: Head;

  constructor(head: Head, insert: Statement<unknown[]>, random: RandomBytes) {
    this.#head = head;
    this.#insert = insert;
    this.#random = random;
  }

  get head(): Head {
    return this.#head;
  }

  get nextSeq(): number {
    return this.#head.seq + 1;
  }

  append(event: JournalEvent, at: Instant, boot: string, personal: Personal | null): void {
    const { epoch, hash: prev, key } = this.#head;
    const body = canonicalJson(event);
    if (Buffer.byteLength(body) > maxBodyBytes) {
      throw new Fault("journal.oversized", "An event is too long for the record.", { type: event.type });
    }
    const personalText = personal === null ? null : canonicalJson(personal);
    const salt = personalText === null ? null : this.#random(saltBytes);
    const commitment = personalText === null || salt === null ? null : commitTo(salt, personalText);
    const seq = this.nextSeq;
    const wall = Math.round(at.wall);
    const row = { seq, epoch, wall, mono: at.mono, trusted: at.trusted, boot, body, commitment };
    const hash = hashEvent(prev, row);
    const trusted = at.trusted ? 1 : 0;
    const mac = macOf(key, hash);
    this.#insert.run(seq, epoch, wall, at.mono, trusted, boot, body, salt, personalText, commitment, prev, hash, mac);
    this.#head = { epoch, seq, hash, key: nextKey(key) };
  }
}
