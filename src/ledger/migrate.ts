// Brings a database to the newest layout, one numbered step after the other, never back; copies it first.
import { closeSync, fsyncSync, openSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Database } from "better-sqlite3";
import { Fault } from "../domain/fault.ts";
import { initial } from "./migrations/0001-initial.ts";
import { rules } from "./migrations/0002-rules.ts";
import { recovery } from "./migrations/0003-recovery.ts";
import { retention } from "./migrations/0004-retention.ts";
import { cardViews } from "./migrations/0005-card-views.ts";
import { history } from "./migrations/0006-history.ts";
import { blocks } from "./migrations/0007-blocks.ts";
import { routes } from "./migrations/0008-routes.ts";
import { partition } from "./migrations/0009-partition.ts";
import { calendarOwners } from "./migrations/0010-calendar-owners.ts";
import { removedPasses } from "./migrations/0011-removed-passes.ts";
import { cloud } from "./migrations/0012-cloud.ts";
import { passKeys } from "./migrations/0013-pass-keys.ts";
import { cloudUpkeep } from "./migrations/0014-cloud-upkeep.ts";
import { lostCounts } from "./migrations/0015-lost-counts.ts";
import { cloudRefused } from "./migrations/0016-cloud-refused.ts";
import type { Migration } from "./migrations/migration.ts";

/** In order; the last one's version is the newest that this build knows. */
export const ledgerMigrations: readonly Migration[] = [
  initial,
  rules,
  recovery,
  retention,
  cardViews,
  history,
  blocks,
  routes,
  partition,
  calendarOwners,
  removedPasses,
  cloud,
  passKeys,
  cloudUpkeep,
  lostCounts,
  cloudRefused,
];

/** Marks a database as Postern's, so that no other file is ever written to by mistake. */
export const applicationId = 0x5053_544e;

const keptBackups = 2;

export const newestVersion = (migrations: readonly Migration[]): number => migrations.at(-1)?.version ?? 0;

export const readVersion = (db: Database): number => db.pragma("user_version", { simple: true }) as number;

/** All steps and the first rows are one transaction: a database is either new or complete. */
export function createLayout(db: Database, migrations: readonly Migration[], fill: (db: Database) => void): void {
  db.transaction(() => {
    db.pragma(`application_id = ${applicationId}`);
    for (const migration of migrations) migration.up(db);
    db.pragma(`user_version = ${newestVersion(migrations)}`);
    fill(db);
  }).immediate();
}

export function migrate(db: Database, path: string, migrations: readonly Migration[]): void {
  const due = migrations.filter((migration) => migration.version > readVersion(db));
  if (due.length === 0) return;
  backUp(db, path, newestVersion(migrations));
  takeSteps(db, path, due);
}

/** For a database that is a copy itself. */
export function migrateCopy(db: Database, path: string, migrations: readonly Migration[]): void {
  takeSteps(
    db,
    path,
    migrations.filter((migration) => migration.version > readVersion(db)),
  );
}

function takeSteps(db: Database, path: string, due: readonly Migration[]): void {
  for (const migration of due) {
    try {
      db.transaction(() => {
        migration.up(db);
        db.pragma(`user_version = ${migration.version}`);
      }).immediate();
    } catch (error) {
      const context = { path, version: migration.version };
      throw new Fault("ledger.notMigrated", "The database could not be brought to the new layout.", context, error);
    }
  }
}

function backUp(db: Database, path: string, version: number): void {
  if (db.memory) return;
  const backup = `${path}.before-${version}`;
  try {
    rmSync(backup, { force: true });
    // SQLite takes an empty file as it is, mode included.
    closeSync(openSync(backup, "wx", 0o600));
    db.prepare("VACUUM INTO ?").run(backup);
    syncPath(backup);
    syncPath(dirname(backup));
  } catch (error) {
    rmSync(backup, { force: true });
    throw new Fault("ledger.notBackedUp", "The database could not be copied before its migration.", { path }, error);
  }
  dropOldBackups(path);
}

function dropOldBackups(path: string): void {
  for (const version of backupsOf(path).slice(keptBackups)) rmSync(`${path}.before-${version}`);
}

/** They hold every name that the record held then. */
export function dropBackupsBefore(path: string, wallMs: number): void {
  for (const version of backupsOf(path)) {
    const backup = `${path}.before-${version}`;
    if (statSync(backup).mtimeMs <= wallMs) rmSync(backup);
  }
}

/** The versions before which there is one, the newest first. */
function backupsOf(path: string): number[] {
  const prefix = `${basename(path)}.before-`;
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(prefix) && /^[0-9]+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
    .sort((a, b) => b - a);
}

/** A folder is synced like a file: it makes the names in it durable. */
export function syncPath(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
