// Opens the one database file with the settings that its promises rest on; knows no table but the schema's own.
import { chmodSync, closeSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Database } from "better-sqlite3";
import Sqlite from "better-sqlite3";
import { Fault } from "../domain/fault.ts";
import { damagedFault, damageOf, isDamage } from "./damage.ts";
import { applicationId, newestVersion, readVersion } from "./migrate.ts";
import type { Migration } from "./migrations/migration.ts";

export interface OpenedDatabase {
  readonly db: Database;
  /** Nothing is in it yet: the only time at which keys may be generated. */
  readonly isNew: boolean;
}

const busyTimeoutMs = 5_000;
const smallestDatabaseBytes = 512;
const walLimitBytes = 8 * 1024 * 1024;

/** `:memory:` gives a database that no file knows of. */
export function openDatabase(path: string, migrations: readonly Migration[]): OpenedDatabase {
  if (path !== ":memory:") prepareFile(path);
  let db: Database | null = null;
  try {
    db = new Sqlite(path, { timeout: busyTimeoutMs });
    const isNew = identify(db, path, newestVersion(migrations));
    applySettings(db, path);
    return { db, isNew };
  } catch (error) {
    db?.close();
    throw asFault(error, path);
  }
}

function prepareFile(path: string): void {
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    // SQLite gives its companion files the mode of this one.
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) closeSync(openSync(path, "wx", 0o600));
    else refuseFragment(path, size);
    chmodSync(path, 0o600);
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault("ledger.unreachable", "The folder of the database cannot be used.", { path }, error);
  }
}

/** SQLite takes a file that is too short for a database for an empty one, and would write over it. */
function refuseFragment(path: string, size: number): void {
  if (size > 0 && size < smallestDatabaseBytes) {
    throw damagedFault("The database is damaged (its file is cut short).", path);
  }
}

/** Looks before anything is written, so that a file that is not ours stays as it was. True when it is brand-new. */
function identify(db: Database, path: string, newest: number): boolean {
  const id = db.pragma("application_id", { simple: true });
  const version = readVersion(db);
  const objects = db.prepare("SELECT count(*) FROM sqlite_schema").pluck().get();
  if (id === 0 && version === 0 && objects === 0) return true;
  if (id !== applicationId) throw new Fault("ledger.foreign", "This file is not a database of Postern.", { path });
  if (version > newest) {
    const context = { path, version, newest };
    throw new Fault("ledger.newer", "This database was written by a newer Postern; run that one.", context);
  }
  return false;
}

function applySettings(db: Database, path: string): void {
  const mode = db.pragma("journal_mode = WAL", { simple: true });
  if (mode !== "wal" && !db.memory) {
    throw new Fault("ledger.unreachable", "The file system cannot hold a write-ahead log; use a local one.", { path });
  }
  // This build of SQLite would take NORMAL in WAL mode, and lose acknowledged events in a power cut.
  db.pragma("synchronous = FULL");
  db.pragma(`journal_size_limit = ${walLimitBytes}`);
  db.pragma("foreign_keys = ON");
  db.pragma("trusted_schema = OFF");
  db.pragma("cell_size_check = ON");
  // A forgotten name must not lie on in the free part of a page.
  db.pragma("secure_delete = ON");
  db.pragma("temp_store = MEMORY");
}

function asFault(error: unknown, path: string): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof Sqlite.SqliteError) {
    if (isDamage(error)) return damageOf(error, path);
    return new Fault("ledger.unreadable", `The database cannot be opened (${error.code}).`, { path }, error);
  }
  return new Fault("ledger.unreadable", "The database cannot be opened.", { path }, error);
}
