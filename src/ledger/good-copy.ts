// Copies all that decides, and nothing of the record, from a database into a file beside it, checking both; waits for the disk,
// so that only a thread or a start may call it.
import { closeSync, existsSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { Database } from "better-sqlite3";
import Sqlite from "better-sqlite3";
import { Fault } from "../domain/fault.ts";
import { chainStart } from "./chain.ts";
import { damagedFault, quoted, tablesOf, tablesOfThePast, verdictOf } from "./damage.ts";
import { applicationId, createLayout, ledgerMigrations, syncPath } from "./migrate.ts";
import type { Migration } from "./migrations/migration.ts";

export const goodCopyPath = (database: string): string => `${database}.good`;

export interface CopyOrder {
  readonly source: string;
  readonly target: string;
  /** When, by the wall clock. */
  readonly madeWall: number;
  /** Whether the record is looked through as well: as many pages as the file has. */
  readonly checkRecord: boolean;
}

/** What the record's head was when the copy was made. */
export interface CopyStamp {
  readonly madeWall: number;
  readonly epoch: number;
  readonly seq: number;
  readonly hash: Buffer;
}

/** How many pages SQLite keeps of a copy in the making; the rest goes to the file. */
const cachePages = 500;
const stampTable = "good_copy";

/** The target is replaced last, by a copy that is whole and on the disk. A damaged source is `ledger.damaged`. */
export function makeGoodCopy(order: CopyOrder, migrations: readonly Migration[] = ledgerMigrations): void {
  const partial = `${order.target}.partial`;
  try {
    rmSync(partial, { force: true });
    closeSync(openSync(partial, "wx", 0o600));
    fillCopy(partial, order, migrations);
    syncPath(partial);
    renameSync(partial, order.target);
    syncPath(dirname(order.target));
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

export function readStamp(copy: Database): CopyStamp {
  const row = copy.prepare<[], CopyStamp>(`SELECT made_wall AS madeWall, epoch, seq, hash FROM ${stampTable}`).get();
  if (row === undefined) throw new Fault("copy.unsound", "The copy does not say when it was made.");
  return row;
}

export const dropStamp = (copy: Database): void => void copy.exec(`DROP TABLE ${stampTable}`);

/** Only written until it is synced whole; a journal or syncs in between would be for nothing. */
export function openPrivately(path: string): Database {
  const db = new Sqlite(path);
  db.pragma("journal_mode = OFF");
  db.pragma("synchronous = OFF");
  db.pragma("foreign_keys = OFF");
  db.pragma("trusted_schema = OFF");
  db.pragma("cell_size_check = ON");
  db.pragma("temp_store = MEMORY");
  db.pragma(`cache_size = ${cachePages}`);
  return db;
}

function fillCopy(path: string, { source, madeWall, checkRecord }: CopyOrder, migrations: readonly Migration[]): void {
  const db = openPrivately(path);
  try {
    // Would make a file that is not there. It is only read; this build of SQLite takes no URI that could say so.
    if (!existsSync(source)) throw new Fault("ledger.unreadable", "There is no database to copy.", { path: source });
    db.prepare("ATTACH ? AS live").run(source);
    if (checkRecord) refuse(verdictOf(db, "live.quick_check(journal)"), source);
    // One reading transaction: the copy is of one moment.
    db.transaction(() => {
      checkSource(db, source, migrations);
      copyTables(db);
      stamp(db, madeWall);
    })();
    db.exec("DETACH live");
    const unsound = verdictOf(db, "quick_check(1)");
    if (unsound !== null || (db.pragma("foreign_key_check") as unknown[]).length > 0) {
      throw new Fault("copy.unsound", `The copy of the directory did not come out whole (${unsound ?? "loose ends"}).`);
    }
  } finally {
    db.close();
  }
}

function checkSource(db: Database, source: string, migrations: readonly Migration[]): void {
  if (db.pragma("live.application_id", { simple: true }) !== applicationId) {
    throw new Fault("ledger.foreign", "This file is not a database of Postern.", { path: source });
  }
  const version = db.pragma("live.user_version", { simple: true }) as number;
  const missing = layoutOf(migrations, version).filter((table) => !tablesOf(db, "live").includes(table));
  if (missing.length > 0) refuse(`it has lost ${missing.join(", ")}`, source);
  for (const table of tablesOf(db, "live")) {
    if (!tablesOfThePast.includes(table)) refuse(verdictOf(db, `live.integrity_check(${quoted(table)})`), source);
  }
  if (db.prepare("SELECT count(*) FROM live.controller").pluck().get() !== 1)
    refuse("its first row is missing", source);
}

function refuse(found: string | null, path: string): void {
  if (found !== null) throw damagedFault(`The database is damaged (${found}).`, path);
}

/** Names of the tables that a database of this version has. */
function layoutOf(migrations: readonly Migration[], version: number): string[] {
  const db = new Sqlite(":memory:");
  const steps = migrations.filter((migration) => migration.version <= version);
  createLayout(db, steps, () => {});
  const tables = tablesOf(db, "main");
  db.close();
  return tables;
}

interface SchemaRow {
  readonly type: string;
  readonly name: string;
  readonly sql: string;
}

function copyTables(db: Database): void {
  const schema = db
    .prepare<[], SchemaRow>(
      `SELECT type, name, sql FROM live.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
       ORDER BY type <> 'table', rowid`,
    )
    .all();
  for (const { type, name, sql } of schema) {
    db.exec(sql);
    if (type !== "table" || tablesOfThePast.includes(name)) continue;
    const table = quoted(name);
    db.exec(`INSERT INTO main.${table} SELECT * FROM live.${table}`);
  }
  db.pragma(`main.application_id = ${applicationId}`);
  db.pragma(`main.user_version = ${db.pragma("live.user_version", { simple: true })}`);
}

/** A copy of a copy keeps the stamp of the first. */
function stamp(db: Database, madeWall: number): void {
  if (tablesOf(db, "main").includes(stampTable)) return;
  db.exec(
    `CREATE TABLE ${stampTable} (made_wall INTEGER NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL)
     STRICT`,
  );
  const head = headOf(db);
  db.prepare(`INSERT INTO ${stampTable} VALUES (?, ?, ?, ?)`).run(
    Math.round(madeWall),
    head.epoch,
    head.seq,
    head.hash,
  );
}

/** The record may be what is damaged: then only its epoch is known. */
function headOf(db: Database): Pick<CopyStamp, "epoch" | "seq" | "hash"> {
  const epoch = db.prepare<[], number>("SELECT epoch FROM live.controller").pluck().get() ?? 0;
  try {
    const row = db
      .prepare<[], Pick<CopyStamp, "seq" | "hash">>("SELECT seq, hash FROM live.journal ORDER BY seq DESC LIMIT 1")
      .get();
    return { epoch, seq: row?.seq ?? 0, hash: row?.hash ?? chainStart };
  } catch {
    return { epoch, seq: 0, hash: chainStart };
  }
}
