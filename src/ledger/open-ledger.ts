// Puts a ledger together from the files that it lives in, or from memory alone; knows no process.
import { randomBytes } from "node:crypto";
import type { Database } from "better-sqlite3";
import type { Fault } from "../domain/fault.ts";
import type { Instant } from "../domain/time.ts";
import { memoryAnchor, openAnchorFile } from "./anchor.ts";
import type { KeyFolders, RandomBytes } from "./keys.ts";
import { deriveKeys, loadKeys } from "./keys.ts";
import { Ledger, type LedgerParts } from "./ledger.ts";
import { createLayout, ledgerMigrations, migrate } from "./migrate.ts";
import type { Migration } from "./migrations/migration.ts";
import { beginRecord } from "./new-record.ts";
import { openDatabase } from "./open-database.ts";
import { openSoundDatabase } from "./open-sound.ts";

export interface LedgerPaths extends KeyFolders {
  readonly database: string;
}

export interface LedgerPorts {
  readonly now: () => Instant;
  readonly report: (fault: Fault) => void;
  /** Seeded in simulations; the system's own otherwise. */
  readonly random?: RandomBytes;
  readonly migrations?: readonly Migration[];
  /** Of a site that is taken over: what a new database hashes its codes with. */
  readonly siteSalt?: Buffer;
}

const saltBytes = 16;

/** Keys come before the layout: a database counts as new until both are there. */
export function openLedger(paths: LedgerPaths, ports: LedgerPorts): Ledger {
  const { now, report, random = randomBytes, migrations = ledgerMigrations, siteSalt } = ports;
  const anchor = openAnchorFile(paths.keysDir);
  const recovery = { database: paths.database, keyFolders: paths, migrations, anchor, random, now, report };
  const { db, isNew } = openSoundDatabase(recovery);
  try {
    const keys = loadKeys(paths, isNew ? null : readFingerprint(db), random);
    if (isNew) createDatabase({ db, keys, anchor, random, now, report }, migrations, siteSalt);
    else migrate(db, paths.database, migrations);
    return new Ledger({ db, keys, anchor, random, now, report });
  } catch (error) {
    anchor.close();
    db.close();
    throw error;
  }
}

/** Everything that a ledger in memory consists of: a new `Ledger` over the same parts is a restart. */
export function memoryLedgerParts(
  ports: Omit<LedgerPorts, "migrations"> & { readonly random: RandomBytes },
): LedgerParts {
  const { now, report, random } = ports;
  const { db } = openDatabase(":memory:", ledgerMigrations);
  const keys = deriveKeys(random(32));
  const anchor = memoryAnchor();
  const parts = { db, keys, anchor, random, now, report };
  createDatabase(parts, ledgerMigrations);
  return parts;
}

function createDatabase(
  { db, keys, anchor, random, now }: LedgerParts,
  migrations: readonly Migration[],
  siteSalt?: Buffer,
): void {
  const record = beginRecord(anchor, random);
  const salt = siteSalt ?? random(saltBytes);
  createLayout(db, migrations, (fresh) => {
    const controller = fresh.prepare("INSERT INTO controller VALUES (1, ?, ?, ?, 0, 0, '', 0)");
    controller.run(record.epoch, keys.fingerprint, salt);
    record.write(fresh, now());
  });
  record.settle();
}

/** A database without one belongs to no key. */
const readFingerprint = (db: Database): Buffer =>
  db.prepare<[], Buffer>("SELECT key_fingerprint FROM controller").pluck().get() ?? Buffer.alloc(0);
