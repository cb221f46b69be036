// Opens the database if it is sound, looking as closely as its last end gives reason to, and has it recovered if it is not.
import { existsSync } from "node:fs";
import { Fault } from "../domain/fault.ts";
import type { CheckDepth } from "./damage.ts";
import {
  checkDatabase,
  damagedFault,
  damageOf,
  endedUncleanly,
  isDamage,
  readSuspicion,
  writeSuspicion,
} from "./damage.ts";
import { goodCopyPath } from "./good-copy.ts";
import type { OpenedDatabase } from "./open-database.ts";
import { openDatabase } from "./open-database.ts";
import type { RecoveryParts } from "./recover.ts";
import { recoverDatabase } from "./recover.ts";
import { hasContent, takePlace } from "./set-aside.ts";

export function openSoundDatabase(parts: RecoveryParts): OpenedDatabase {
  const { database, migrations } = parts;
  takePlace(database);
  try {
    return openChecked(parts);
  } catch (error) {
    if (!isDamage(error)) throw error;
    recoverDatabase(parts, error instanceof Fault ? error.message : damageOf(error, database).message);
    return openDatabase(database, migrations);
  }
}

function openChecked({ database, migrations }: RecoveryParts): OpenedDatabase {
  const hasCopy = existsSync(goodCopyPath(database));
  if (hasCopy && !hasContent(database)) throw damagedFault("The database is gone.", database);
  const suspicion = readSuspicion(database);
  if (suspicion === "reportedAgain") throw damagedFault("The database is damaged (found so twice).", database);
  const depth: CheckDepth = suspicion === "reported" ? "everything" : endedUncleanly(database) ? "tables" : "opened";
  const opened = openDatabase(database, migrations);
  try {
    if (hasCopy && opened.isNew) throw damagedFault("The database is empty.", database);
    if (!opened.isNew) checkDatabase(opened.db, database, depth);
    if (suspicion === "reported") writeSuspicion(database, "cleared");
    return opened;
  } catch (error) {
    opened.db.close();
    throw error;
  }
}
