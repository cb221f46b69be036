// A state folder opened for questions about its directory and record: never written to, and read beside a running controller.
import { existsSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { loadAccepted } from "../config/choose.ts";
import { siteOf } from "../config/site.ts";
import { parseAskedTime } from "../domain/asked-time.ts";
import type { DoorSpec, SiteSpec } from "../domain/site.ts";
import type { UnixMs } from "../domain/time.ts";
import { unixMs } from "../domain/time.ts";
import { openReadOnly } from "../ledger/journal-reader.ts";
import { ledgerMigrations, newestVersion, readVersion } from "../ledger/migrate.ts";
import { Misuse } from "./misuse.ts";
import type { StateValues } from "./options.ts";
import { pathsOf } from "./options.ts";

export interface OpenedState {
  readonly db: Database;
  /** As it was last accepted. */
  readonly site: SiteSpec;
}

export function openState(values: StateValues): OpenedState {
  const { database, folder } = pathsOf(values);
  if (!existsSync(database)) throw new Error(`There is no record in ${folder}; name the folder with --state.`);
  const accepted = loadAccepted(folder);
  if (!accepted.ok) throw new Error(`There is no accepted configuration in ${folder}; start the controller once.`);
  const db = openReadOnly(database);
  const version = readVersion(db);
  if (version === newestVersion(ledgerMigrations)) return { db, site: siteOf(accepted.config) };
  db.close();
  throw new Error(
    `The database in ${folder} is of another Postern; start this controller on it once, or use that command.`,
  );
}

export function doorNamed(site: SiteSpec, id: string): DoorSpec {
  const door = site.doors.find((one) => one.id === id);
  if (door !== undefined) return door;
  throw new Error(`There is no door "${id}"; there are ${site.doors.map((one) => `"${one.id}"`).join(", ")}.`);
}

export interface MeantTime {
  readonly at: UnixMs;
  readonly until: UnixMs;
  readonly note: string | null;
}

export function timeMeant(text: string, site: SiteSpec, toward: "future" | "past"): MeantTime {
  const time = parseAskedTime(text, site.timeZone, unixMs(Date.now()), toward);
  if (!time.ok) throw new Misuse(`--at ${JSON.stringify(text)}: ${time.problem}`);
  return time;
}
