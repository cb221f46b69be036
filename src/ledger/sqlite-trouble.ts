// Tells a record that the database will never take from trouble with the disk, which passes, and says what is wrong with it.
import Sqlite from "better-sqlite3";
import { Fault } from "../domain/fault.ts";

const ofTheRow = ["SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG", "SQLITE_RANGE"];

export function isRecordsOwnFault(error: unknown): boolean {
  if (error instanceof Fault) return error.code === "journal.oversized";
  if (error instanceof TypeError || error instanceof RangeError) return true;
  if (!(error instanceof Sqlite.SqliteError)) return false;
  // Another writer was faster at this sequence number; it is read anew before the next try.
  if (error.code === "SQLITE_CONSTRAINT_PRIMARYKEY") return false;
  return ofTheRow.some((code) => error.code === code || error.code.startsWith(`${code}_`));
}

export const isDiskFull = (error: unknown): boolean =>
  error instanceof Sqlite.SqliteError && error.code.startsWith("SQLITE_FULL");

const sentences: readonly (readonly [prefix: string, sentence: string])[] = [
  ["SQLITE_FULL", "The disk is full: nothing can be recorded."],
  ["SQLITE_IOERR", "The disk cannot be read or written: nothing can be recorded."],
  ["SQLITE_READONLY", "The database may not be written: nothing can be recorded."],
  ["SQLITE_BUSY", "Another program holds the database: nothing can be recorded."],
  ["SQLITE_CORRUPT", "The database is damaged: nothing can be recorded."],
];

export function troubleOf(error: unknown): string {
  const code = error instanceof Sqlite.SqliteError ? error.code : "";
  return sentences.find(([prefix]) => code.startsWith(prefix))?.[1] ?? "The database did not commit.";
}
