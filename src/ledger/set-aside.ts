// Puts a restored database in the place of the damaged one, which it keeps; can be cut off anywhere and called again.
import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { dropSuspicion } from "./damage.ts";
import { syncPath } from "./migrate.ts";

/** Whole, synced, and with the word of the loss in it: from then on it is the database. */
export const restoredPath = (database: string): string => `${database}.restored`;

const keptDamaged = 3;

/** The name, without its folder, under which the damaged database is kept, or will be. */
export const nextDamagedName = (database: string): string => `${basename(database)}.damaged-${nextNumber(database)}`;

/**
 * The log goes first and under its database's name: left behind, SQLite would play it back onto the restored one. A log that lies
 * there alone belongs to the database that is still to come.
 */
export function takePlace(database: string): void {
  if (!existsSync(restoredPath(database))) return;
  const damaged = join(dirname(database), nextDamagedName(database));
  if (existsSync(`${database}-wal`)) renameSync(`${database}-wal`, `${damaged}-wal`);
  rmSync(`${database}-shm`, { force: true });
  syncPath(dirname(database));
  if (existsSync(database)) renameSync(database, damaged);
  renameSync(restoredPath(database), database);
  syncPath(dirname(database));
  dropSuspicion(database);
  dropOldest(database);
}

export const hasContent = (path: string): boolean => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;

function nextNumber(database: string): number {
  return 1 + Math.max(0, ...numbersIn(database));
}

function numbersIn(database: string): number[] {
  const prefix = `${basename(database)}.damaged-`;
  return readdirSync(dirname(database))
    .filter((name) => name.startsWith(prefix) && /^[1-9][0-9]{0,8}$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)));
}

function dropOldest(database: string): void {
  const oldest = numbersIn(database)
    .sort((a, b) => b - a)
    .slice(keptDamaged);
  for (const number of oldest) {
    for (const suffix of ["-wal", ""]) rmSync(`${database}.damaged-${number}${suffix}`, { force: true });
  }
}
