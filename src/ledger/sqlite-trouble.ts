// Tells a record that the database will never take from trouble with the disk, which passes.
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
