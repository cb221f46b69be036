// Begins the record of a brand-new database: its epoch, its keys, and the word that an older record is gone, if one is.
import type { Database } from "better-sqlite3";
import type { JournalEvent } from "../domain/events.ts";
import type { Instant } from "../domain/time.ts";
import type { Anchor, AnchorStore } from "./anchor.ts";
import { chainStart } from "./chain.ts";
import { insertEvent, JournalDraft, keyBytes } from "./journal.ts";
import type { RandomBytes } from "./keys.ts";

export interface NewRecord {
  readonly epoch: number;
  /** Part of the transaction that makes the database; `more` comes after the word of the loss. */
  write(db: Database, at: Instant, more?: JournalEvent): void;
  /** After it. */
  settle(): void;
}

/** What is known of a record that is gone. */
export type LostRecord = Pick<Anchor, "epoch" | "seq" | "hash">;

const maxFirstEpoch = 2 ** 32;
/** The door loop, which knows the boot, has not opened the ledger yet. */
const noBoot = "unknown";

export function beginRecord(anchor: AnchorStore, random: RandomBytes): NewRecord {
  const old = anchor.read();
  return old === null || old.seq === 0 ? firstRecord(anchor, old, random) : nextRecord(anchor, old, random);
}

/** Anchor and seed are durable before the first event. */
function firstRecord(anchor: AnchorStore, old: Anchor | null, random: RandomBytes): NewRecord {
  const epoch = old?.epoch ?? 1 + (random(4).readUInt32BE(0) % (maxFirstEpoch - 1));
  if (old === null) {
    const key = random(keyBytes);
    anchor.establish({ epoch, seq: 0, hash: chainStart, key }, { epoch, afterSeq: 0, key });
  }
  return { epoch, write: () => {}, settle: () => {} };
}

/**
 * The old anchor goes last: as long as the loss is not in the new database, it is the only one that knows of it. Should it
 * stay, its epoch is not the database's, and the journal begins another one.
 */
export function nextRecord(anchor: AnchorStore, lost: LostRecord, random: RandomBytes): NewRecord {
  const epoch = lost.epoch + 1;
  const key = random(keyBytes);
  let head: Anchor = { epoch, seq: 0, hash: chainStart, key };
  return {
    epoch,
    write(db, at, more) {
      const draft = new JournalDraft(head, db.prepare(insertEvent), random);
      const lostHash = lost.hash.toString("hex");
      const event = { type: "log.restarted", lostEpoch: lost.epoch, lostSeq: lost.seq, lostHash } as const;
      draft.append(event, at, noBoot, null);
      if (more !== undefined) draft.append(more, at, noBoot, null);
      head = draft.head;
    },
    settle: () => anchor.establish(head, { epoch, afterSeq: 0, key }),
  };
}
