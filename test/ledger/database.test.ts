import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Sqlite from "better-sqlite3";
import { expect, test } from "vitest";
import { Fault } from "../../src/domain/fault.ts";
import { openJournalReader } from "../../src/ledger/journal-reader.ts";
import { createLayout, ledgerMigrations, migrate } from "../../src/ledger/migrate.ts";
import type { Migration } from "../../src/ledger/migrations/migration.ts";
import { openDatabase } from "../../src/ledger/open-database.ts";
import { openLedger } from "../../src/ledger/open-ledger.ts";
import { ana, openOnDisk, pathsIn, TestClock, temporaryFolder } from "./ledger-fixture.ts";

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof Fault ? error.code : String(error);
  }
  return "nothing was thrown";
};

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const ports = { now: new TestClock().now, report: () => {} };

/** A migration that leaves a table of its number behind. */
const step = (version: number): Migration => ({
  version,
  up: (db) => void db.exec(`CREATE TABLE step_${version} (id INTEGER PRIMARY KEY) STRICT`),
});
const upTo = (version: number): Migration[] => Array.from({ length: version }, (_, index) => step(index + 1));

function openAt(path: string, version: number) {
  const migrations = upTo(version);
  const { db, isNew } = openDatabase(path, migrations);
  if (isNew) createLayout(db, migrations, () => {});
  else migrate(db, path, migrations);
  return db;
}

test("only its own user may read the database, its folder, its companions and its keys", () => {
  const folder = temporaryFolder();
  const ledger = openOnDisk(folder);
  const { database, keysDir } = pathsIn(folder);
  ledger.note({ type: "controller.stopped" }, new TestClock().now());
  expect(modeOf(dirname(database))).toBe("700");
  expect(readdirSync(dirname(database)).sort()).toEqual(["ledger.db", "ledger.db-shm", "ledger.db-wal"]);
  for (const name of readdirSync(dirname(database))) expect(modeOf(join(dirname(database), name))).toBe("600");
  expect(modeOf(keysDir)).toBe("700");
  expect(readdirSync(keysDir).sort()).toEqual(["anchor", "audit-seed", "credential.key"]);
  expect(["anchor", "audit-seed", "credential.key"].map((name) => modeOf(join(keysDir, name)))).toEqual([
    "600",
    "400",
    "600",
  ]);
  ledger.close();
});

test("a database that others could read is closed to them", () => {
  const folder = temporaryFolder();
  openOnDisk(folder).close();
  const { database } = pathsIn(folder);
  chmodSync(database, 0o644);
  chmodSync(dirname(database), 0o755);
  openOnDisk(folder).close();
  expect(modeOf(database)).toBe("600");
  expect(modeOf(dirname(database))).toBe("700");
});

test("the settings that durability and integrity rest on are in force", () => {
  const path = join(temporaryFolder(), "ledger.db");
  // The build's weaker default would come with the second opening only, when the file says that it has a log.
  openAt(path, 1).close();
  const { db } = openDatabase(path, ledgerMigrations);
  const settings = ["journal_mode", "synchronous", "foreign_keys", "trusted_schema", "cell_size_check", "busy_timeout"];
  expect(settings.map((name) => db.pragma(name, { simple: true }))).toEqual(["wal", 2, 1, 0, 1, 5_000]);
  expect(db.pragma("secure_delete", { simple: true })).toBe(1);
  expect(db.pragma("journal_size_limit", { simple: true })).toBe(8 * 1024 * 1024);
  db.close();
});

test("every table is strict, and the journal has neither a second index nor a counter of its own", () => {
  const db = openAt(":memory:", 0);
  createLayout(db, ledgerMigrations, () => {});
  const tables = db.prepare(
    "SELECT name, strict FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
  );
  expect(tables.all().every((table) => (table as { strict: number }).strict === 1)).toBe(true);
  expect(db.prepare("SELECT count(*) FROM sqlite_schema WHERE tbl_name = 'journal'").pluck().get()).toBe(1);
  expect(db.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_sequence'").pluck().get()).toBe(0);
});

test.each([
  ["text", "This is a letter to my landlord, and no database at all.\n".repeat(40)],
  ["one byte", "x"],
])("a file that is no database is left as it is: %s", (_, text) => {
  const folder = temporaryFolder();
  const { database } = pathsIn(folder);
  mkdirSync(dirname(database), { recursive: true });
  writeFileSync(database, text);
  expect(codeOf(() => openLedger(pathsIn(folder), ports))).toBe("ledger.damaged");
  expect(readFileSync(database, "utf8")).toBe(text);
  expect(existsSync(pathsIn(folder).keysDir)).toBe(false);
});

test("another program's database is left as it is", () => {
  const folder = temporaryFolder();
  const { database } = pathsIn(folder);
  mkdirSync(dirname(database), { recursive: true });
  const other = new Sqlite(database);
  other.exec("CREATE TABLE recipes (name TEXT)");
  other.close();
  const before = readFileSync(database);
  expect(codeOf(() => openLedger(pathsIn(folder), ports))).toBe("ledger.foreign");
  expect(readFileSync(database).equals(before)).toBe(true);
  expect(codeOf(() => openJournalReader(database))).toBe("ledger.foreign");
});

test("a database of a newer Postern is refused and not touched", () => {
  const path = join(temporaryFolder(), "ledger.db");
  openAt(path, 3).close();
  const before = readFileSync(path);
  expect(codeOf(() => openAt(path, 2))).toBe("ledger.newer");
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("a brand-new database is made without a backup", () => {
  const path = join(temporaryFolder(), "ledger.db");
  openAt(path, 3).close();
  expect(readdirSync(dirname(path))).toEqual(["ledger.db"]);
});

test("steps run in order, each once, and the last two backups are kept as they were before", () => {
  const path = join(temporaryFolder(), "ledger.db");
  for (const version of [1, 2, 4, 5]) openAt(path, version).close();
  expect(readdirSync(dirname(path)).sort()).toEqual(["ledger.db", "ledger.db.before-4", "ledger.db.before-5"]);
  const tablesOf = (file: string) => {
    const db = new Sqlite(file, { readonly: true });
    const tables = db.prepare("SELECT name FROM sqlite_schema ORDER BY name").pluck().all();
    const version = db.pragma("user_version", { simple: true });
    db.close();
    return [version, ...tables];
  };
  expect(tablesOf(path)).toEqual([5, "step_1", "step_2", "step_3", "step_4", "step_5"]);
  expect(tablesOf(`${path}.before-4`)).toEqual([2, "step_1", "step_2"]);
  expect(modeOf(`${path}.before-5`)).toBe("600");
});

test("a step that fails leaves the layout before it, and the backup", () => {
  const path = join(temporaryFolder(), "ledger.db");
  openAt(path, 1).close();
  const broken: Migration = {
    version: 3,
    up: (db) => {
      db.exec("CREATE TABLE half (id INTEGER) STRICT");
      db.exec("CREATE TABLE step_1 (id INTEGER) STRICT");
    },
  };
  const { db } = openDatabase(path, [...upTo(2), broken]);
  expect(codeOf(() => migrate(db, path, [...upTo(2), broken]))).toBe("ledger.notMigrated");
  expect(db.pragma("user_version", { simple: true })).toBe(2);
  expect(db.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").pluck().get()).toBe(0);
  expect(existsSync(`${path}.before-3`)).toBe(true);
  db.close();
});

test("without room for the backup nothing is migrated", () => {
  const path = join(temporaryFolder(), "ledger.db");
  openAt(path, 1).close();
  mkdirSync(`${path}.before-2`);
  writeFileSync(join(`${path}.before-2`, "in the way"), "");
  expect(codeOf(() => openAt(path, 2))).toMatch(/ERR_FS_EISDIR|ledger.notBackedUp/);
  expect(openAt(path, 1).pragma("user_version", { simple: true })).toBe(1);
});

test("a database that was begun and never finished is begun again", () => {
  const folder = temporaryFolder();
  const { database } = pathsIn(folder);
  openDatabase(database, ledgerMigrations).db.close();
  const ledger = openOnDisk(folder);
  expect(ledger.applyChanges(ana.slice(0, 1), new Map(), "tester", new TestClock().now()).applied).toBe(true);
  ledger.close();
});

test("two connections cannot both write: the second one fails after the timeout, and nothing is lost", () => {
  const path = join(temporaryFolder(), "ledger.db");
  const db = openAt(path, 1);
  const other = new Sqlite(path, { timeout: 0 });
  db.exec("BEGIN IMMEDIATE");
  expect(() => other.exec("BEGIN IMMEDIATE")).toThrow("database is locked");
  db.exec("ROLLBACK");
  db.close();
  other.close();
});
