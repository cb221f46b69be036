// A copy in memory of the ledger in a state folder, for replaying at a desk: nothing that happens to it reaches the folder.
import { argon2Sync, randomBytes } from "node:crypto";
import Sqlite from "better-sqlite3";
import type { Instant } from "../domain/time.ts";
import { memoryAnchor, readAnchorFile } from "./anchor.ts";
import { loadKeys } from "./keys.ts";
import type { LedgerParts } from "./ledger.ts";
import { ledgerMigrations, migrateCopy } from "./migrate.ts";
import type { LedgerPaths } from "./open-ledger.ts";
import { type HashPin, pinHashCost } from "./pin-hash.ts";

export function copyLedger(paths: LedgerPaths, now: () => Instant): { parts: LedgerParts; hashPin: HashPin } {
  const original = new Sqlite(paths.database, { readonly: true, fileMustExist: true });
  const bytes = original.serialize();
  original.close();
  // Its header asks for a write-ahead log, which a database in memory cannot have (sqlite.org/fileformat2.html, offset 18).
  bytes.fill(1, 18, 20);
  const db = new Sqlite(bytes);
  migrateCopy(db, paths.database, ledgerMigrations);
  const fingerprint = db.prepare<[], Buffer>("SELECT key_fingerprint FROM controller").pluck().get() ?? Buffer.alloc(0);
  const siteSalt = db.prepare<[], Buffer>("SELECT site_salt FROM controller").pluck().get() ?? Buffer.alloc(0);
  const anchor = memoryAnchor();
  const kept = readAnchorFile(paths.keysDir);
  if (kept !== null) anchor.write(kept);
  const parts = {
    db,
    anchor,
    keys: loadKeys(paths, fingerprint, randomBytes),
    random: randomBytes,
    now,
    report: () => {},
  };
  return {
    parts,
    hashPin: (digits, done) => done(argon2Sync("argon2id", { message: digits, nonce: siteSalt, ...pinHashCost })),
  };
}
