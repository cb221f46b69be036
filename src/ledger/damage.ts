// Tells a damaged database from every other trouble, and remembers between two processes that SQLite called one damaged.
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import type { Database } from "better-sqlite3";
import Sqlite from "better-sqlite3";
import { Fault } from "../domain/fault.ts";
import { writeDurably } from "./keys.ts";

/** What tells of the past: no decision reads it, and no copy of what decides needs it. */
export const tablesOfThePast: readonly string[] = ["journal", "history", "directory_change", "kept_alarm"];

/**
 * How closely a database is looked at before it is used. `tables`: all but those of the past, whose size is a thousand times
 * theirs.
 */
export type CheckDepth = "opened" | "tables" | "everything";

const damageCodes = ["SQLITE_CORRUPT", "SQLITE_NOTADB"];

/** Also when it lies behind an error that says more. */
export function isDamage(error: unknown): boolean {
  if (error instanceof Sqlite.SqliteError) {
    return damageCodes.some((code) => error.code === code || error.code.startsWith(`${code}_`));
  }
  if (error instanceof Fault && error.code === "ledger.damaged") return true;
  return error instanceof Error && error.cause !== undefined && isDamage(error.cause);
}

export const damagedFault = (why: string, path: string, cause?: unknown): Fault =>
  new Fault("ledger.damaged", why, { path }, cause);

export const damageOf = (error: unknown, path: string): Fault =>
  damagedFault(`The database is damaged (${error instanceof Error ? error.message : String(error)}).`, path, error);

/** Throws `ledger.damaged`, or what SQLite throws. */
export function checkDatabase(db: Database, path: string, depth: CheckDepth): void {
  const found = findDamage(db, depth);
  if (found !== null) throw damagedFault(`The database is damaged (${found}).`, path);
}

function findDamage(db: Database, depth: CheckDepth): string | null {
  const row = db.prepare<[], number>("SELECT count(*) FROM sqlite_schema WHERE name = 'controller'").pluck().get();
  if (row !== 1 || db.prepare("SELECT count(*) FROM controller").pluck().get() !== 1) return "its first row is missing";
  if (depth === "opened") return null;
  if (depth === "everything") return verdictOf(db, "integrity_check(1)");
  for (const table of tablesOf(db, "main")) {
    const found = tablesOfThePast.includes(table) ? null : verdictOf(db, `quick_check(${quoted(table)})`);
    if (found !== null) return found;
  }
  return null;
}

/** Null when the check, a pragma of SQLite's, finds nothing; otherwise the first thing that it finds, on one line. */
export function verdictOf(db: Database, check: string): string | null {
  const found = db.pragma(check, { simple: true });
  return found === "ok" ? null : String(found).replaceAll(/\s+/g, " ").slice(0, 200);
}

export const tablesOf = (db: Database, schema: "main" | "live"): string[] =>
  db
    .prepare<[], string>(
      `SELECT name FROM ${schema}.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
    )
    .pluck()
    .all();

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * What the file beside a database says: it was called damaged, since then found whole, or called damaged once more, and then no
 * check is believed against it.
 */
type Suspicion = "reported" | "cleared" | "reportedAgain";

const suspicions: readonly string[] = ["reported", "cleared", "reportedAgain"] satisfies Suspicion[];

const suspectPath = (database: string): string => `${database}.suspect`;

export function readSuspicion(database: string): Suspicion | null {
  const path = suspectPath(database);
  if (!existsSync(path)) return null;
  const text = readFileSync(path, "utf8").trim();
  return suspicions.includes(text) ? (text as Suspicion) : "reported";
}

/** For the next start, which looks closely. */
export function suspect(database: string): void {
  const known = readSuspicion(database);
  writeSuspicion(database, known === null || known === "reported" ? "reported" : "reportedAgain");
}

export const writeSuspicion = (database: string, suspicion: Suspicion): void =>
  writeDurably(suspectPath(database), Buffer.from(`${suspicion}\n`), 0o600);

export const dropSuspicion = (database: string): void => rmSync(suspectPath(database), { force: true });

/** A log that was not folded into its database: nobody closed it. */
export const endedUncleanly = (database: string): boolean =>
  (statSync(`${database}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
