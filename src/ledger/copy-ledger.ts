// Copies in memory of the ledger in a state folder, or of its directory alone, for replays and trials: nothing that happens to one
// reaches the folder.
import { argon2Sync, randomBytes } from "node:crypto";
import type { Database } from "better-sqlite3";
import Sqlite from "better-sqlite3";
import type { Instant } from "../domain/time.ts";
import { memoryAnchor, readAnchorFile } from "./anchor.ts";
import { quoted, tablesOf, tablesOfThePast } from "./damage.ts";
import { loadKeys } from "./keys.ts";
import type { LedgerParts } from "./ledger.ts";
import { createLayout, ledgerMigrations, migrateCopy } from "./migrate.ts";
import type { LedgerPaths } from "./open-ledger.ts";
import { type HashPin, pinHashCost } from "./pin-hash.ts";

export interface CopiedLedger {
  readonly parts: LedgerParts;
  readonly hashPin: HashPin;
}

export function copyLedger(paths: LedgerPaths, now: () => Instant): CopiedLedger {
  const original = new Sqlite(paths.database, { readonly: true, fileMustExist: true });
  const bytes = original.serialize();
  original.close();
  // Its header asks for a write-ahead log, which a database in memory cannot have (sqlite.org/fileformat2.html, offset 18).
  bytes.fill(1, 18, 20);
  const db = new Sqlite(bytes);
  migrateCopy(db, paths.database, ledgerMigrations);
  return ledgerOver(db, paths, now);
}

/** Without the record and the past, so that it takes no more memory than the directory; of a database of this very layout. */
export function copyDirectory(original: Database, paths: LedgerPaths, now: () => Instant): CopiedLedger {
  const db = new Sqlite(":memory:");
  createLayout(db, ledgerMigrations, () => {});
  db.pragma("foreign_keys = OFF");
  const copy = original.transaction(() => {
    for (const table of tablesOf(db, "main")) if (!tablesOfThePast.includes(table)) copyTable(original, db, table);
  });
  db.transaction(() => copy())();
  db.pragma("foreign_keys = ON");
  return ledgerOver(db, paths, now);
}

function copyTable(from: Database, to: Database, table: string): void {
  const columns = (to.pragma(`table_info(${quoted(table)})`) as { name: string }[]).map(({ name }) => quoted(name));
  const list = columns.join(", ");
  to.exec(`DELETE FROM ${quoted(table)}`);
  const insert = to.prepare<unknown[]>(
    `INSERT INTO ${quoted(table)} (${list}) VALUES (${columns.map(() => "?").join(", ")})`,
  );
  for (const row of from
    .prepare<[], unknown[]>(`SELECT ${list} FROM ${quoted(table)}`)
    .raw()
    .iterate())
    insert.run(row);
}

function ledgerOver(db: Database, paths: LedgerPaths, now: () => Instant): CopiedLedger {
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
