// Brings a damaged database back with its last good directory, deny-safe, and says what that cost; knows no process.
import { existsSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import type { Database } from "better-sqlite3";
import { Fault } from "../domain/fault.ts";
import type { Instant } from "../domain/time.ts";
import type { AnchorStore } from "./anchor.ts";
import { damagedFault, isDamage } from "./damage.ts";
import { fillGuessBuckets, forgetWhereabouts, useUpCounts } from "./deny-safe.ts";
import type { CopyStamp } from "./good-copy.ts";
import { dropStamp, goodCopyPath, makeGoodCopy, openPrivately, readStamp } from "./good-copy.ts";
import type { KeyFolders, RandomBytes } from "./keys.ts";
import { loadKeys } from "./keys.ts";
import { noteLostCounts } from "./lost-counts.ts";
import { migrateCopy, newestVersion, readVersion, syncPath } from "./migrate.ts";
import type { Migration } from "./migrations/migration.ts";
import type { LostRecord } from "./new-record.ts";
import { nextRecord } from "./new-record.ts";
import { noteRecovery } from "./recovery-notice.ts";
import { hasContent, nextDamagedName, restoredPath, takePlace } from "./set-aside.ts";

export interface RecoveryParts {
  readonly database: string;
  readonly keyFolders: KeyFolders;
  readonly migrations: readonly Migration[];
  readonly anchor: AnchorStore;
  readonly random: RandomBytes;
  readonly now: () => Instant;
  readonly report: (fault: Fault) => void;
}

type Origin = "copy" | "damaged";

/**
 * First a whole restored database, then the anchor of its record, then the places change. A start that finds the restored one
 * completes what was begun; one that finds less begins again.
 */
export function recoverDatabase(parts: RecoveryParts, why: string): void {
  const { database, report } = parts;
  const restoring = `${database}.restoring`;
  const from = chooseOrigin(parts, restoring, why);
  const { settle, sentence } = restore(parts, restoring, from, why);
  syncPath(restoring);
  renameSync(restoring, restoredPath(database));
  syncPath(dirname(database));
  settle();
  takePlace(database);
  report(new Fault("ledger.recovered", sentence, { database }));
}

/** What can still be read whole of the damaged database is newer than any copy. */
function chooseOrigin({ database, migrations, now }: RecoveryParts, target: string, why: string): Origin {
  const tryFrom = (source: string): unknown => {
    try {
      makeGoodCopy({ source, target, madeWall: now().wall, checkRecord: false }, migrations);
      return null;
    } catch (error) {
      if (isDamage(error) || error instanceof Fault) return error;
      throw notRecovered(why, database, error);
    }
  };
  if (hasContent(database) && tryFrom(database) === null) return "damaged";
  if (!existsSync(goodCopyPath(database))) {
    const remedy = "There is no copy of it: put a backup in its place, or move it away to begin anew without people.";
    throw damagedFault(`${why} ${remedy}`, database);
  }
  const unsound = tryFrom(goodCopyPath(database));
  if (unsound === null) return "copy";
  const remedy =
    "Its copy is not sound either: put a backup in its place, or move both away to begin anew without people.";
  throw damagedFault(`${why} ${remedy}`, database, unsound);
}

function notRecovered(why: string, path: string, cause: unknown): Fault {
  const message = `${why} Its copy could not be brought back; make sure that the disk has room and can be written.`;
  return new Fault("ledger.notRecovered", message, { path }, cause);
}

/** Returns what there is still to do once the restored database is durable, and what to tell people. */
function restore(parts: RecoveryParts, path: string, from: Origin, why: string) {
  const { database, keyFolders, migrations, anchor, random, now } = parts;
  const db = openPrivately(path);
  try {
    if (readVersion(db) > newestVersion(migrations)) {
      throw new Fault("ledger.newer", "The copy of the database is a newer Postern's; run that one.", { path });
    }
    // Another key's directory would let nobody in: better to leave everything as it is until the right one is back.
    loadKeys(keyFolders, fingerprintOf(db), random);
    migrateCopy(db, path, migrations);
    const stamp = readStamp(db);
    const lost = lostRecord(anchor, stamp);
    const record = nextRecord(anchor, lost, random);
    const at = now();
    const copyAgeMs = from === "damaged" ? 0 : ageOf(stamp, at);
    const kept = existsSync(database) ? nextDamagedName(database) : null;
    const { seq: copySeq } = stamp;
    const sentence = sentenceOf(why, from, stamp, kept);
    db.transaction(() => {
      dropStamp(db);
      const usedUp = useUpCounts(db, stamp.madeWall, at.wall);
      noteLostCounts(db, stamp.madeWall);
      fillGuessBuckets(db);
      forgetWhereabouts(db);
      db.prepare("UPDATE controller SET epoch = ?").run(record.epoch);
      noteRecovery(db, { epoch: record.epoch, why: sentence });
      const lostSeq = lost.seq;
      record.write(db, at, { type: "ledger.recovered", why, from, copyAgeMs, copySeq, lostSeq, usedUp, kept });
    })();
    return { settle: record.settle, sentence };
  } finally {
    db.close();
  }
}

/** Who knows more is believed, the anchor or the copy. */
function lostRecord(anchor: AnchorStore, stamp: CopyStamp): LostRecord {
  const known = anchor.read();
  if (known === null || known.epoch < stamp.epoch) return stamp;
  return known.epoch === stamp.epoch && known.seq < stamp.seq ? stamp : known;
}

/** Null when the clock stands before the copy, and so tells nothing. */
function ageOf({ madeWall }: CopyStamp, at: Instant): number | null {
  return at.wall >= madeWall ? at.wall - madeWall : null;
}

function sentenceOf(why: string, from: Origin, copy: CopyStamp, kept: string | null): string {
  const directory =
    from === "damaged"
      ? "People and passes could still be read from it"
      : `People and passes are those of the copy of ${new Date(copy.madeWall).toISOString().slice(0, 16)}Z`;
  const file = kept === null ? "" : ` The damaged file is kept as ${kept}.`;
  const remedy = "check them, make counted passes anew, then say: postern clear recovery";
  return `${why} ${directory}, counted passes are used up, and codes are blocked for a while; ${remedy}.${file}`;
}

const fingerprintOf = (db: Database): Buffer =>
  db.prepare<[], Buffer>("SELECT key_fingerprint FROM controller").pluck().get() ?? Buffer.alloc(0);
