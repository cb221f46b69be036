// The store's tables, made in an empty database, or brought up to date in one of an earlier version; knows no row.
import { Fault } from "../../domain/fault.ts";
import type { Database, Dialect, Sql } from "./database.ts";
import { one } from "./database.ts";
import { toBoards, toCountedKeys } from "./migrations.ts";
import { recordTables } from "./record-tables.ts";

/** Counts up with each change of what stands below; one step leads from each version to the next. */
const steps = [toBoards, toCountedKeys];
const schemaVersion = 1 + steps.length;

export async function prepareSchema(db: Database): Promise<void> {
  await db.transaction(async (sql) => {
    if (db.dialect.exclusive !== null) await sql.all(db.dialect.exclusive);
    await sql.run("CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)");
    const row = await one<{ value: string }>(sql, `SELECT value FROM meta WHERE name = 'schema'`);
    if (row !== null) return bringUpToDate(sql, db.dialect, Number(row.value));
    for (const statement of statements(db.dialect)) await sql.run(statement);
    await sql.run("INSERT INTO meta (name, value) VALUES ('schema', ?), ('fleet', '0'), ('leases', '')", [
      String(schemaVersion),
    ]);
  });
}

async function bringUpToDate(sql: Sql, dialect: Dialect, version: number): Promise<void> {
  if (!(version >= 1 && version <= schemaVersion))
    throw new Fault("issuer.newer", "The issuer's database was written by a newer version of Postern; run that one.");
  if (version === schemaVersion) return;
  if (dialect.unhurried !== null) await sql.all(dialect.unhurried);
  for (const step of steps.slice(version - 1)) for (const statement of step(dialect.types)) await sql.run(statement);
  await sql.run("UPDATE meta SET value = ? WHERE name = 'schema'", [String(schemaVersion)]);
}

const statements = ({ types }: Dialect): readonly string[] => [
  ...directoryTables(types),
  ...fleetTables(types),
  ...recordTables(types),
];

const directoryTables = ({ count, bytes, text }: Dialect["types"]) => [
  `CREATE TABLE site (name ${text} PRIMARY KEY, version ${count} NOT NULL, time_zone TEXT NOT NULL, keys TEXT)`,
  // 'sealed' holds the secrets under a key that is not in the database; a document that is gone leaves its row.
  `CREATE TABLE document (
    site ${text} NOT NULL, position ${text} NOT NULL, what TEXT NOT NULL, id ${text} NOT NULL, version ${count} NOT NULL,
    gone INTEGER NOT NULL, from_file INTEGER NOT NULL, body TEXT NOT NULL, sealed ${bytes},
    PRIMARY KEY (site, position))`,
  // Whom it concerns: a row for each door that it names or once named, '*' for everybody.
  `CREATE TABLE audience (
    site ${text} NOT NULL, door ${text} NOT NULL, position ${text} NOT NULL, version ${count} NOT NULL, gone INTEGER NOT NULL,
    PRIMARY KEY (site, door, position))`,
  "CREATE INDEX audience_version ON audience (site, door, version)",
  "CREATE INDEX audience_position ON audience (site, position)",
];

const fleetTables = ({ count, real, text }: Dialect["types"]) => [
  `CREATE TABLE controller (
    site ${text} NOT NULL, name ${text} NOT NULL, part INTEGER NOT NULL, keys TEXT NOT NULL, doors TEXT,
    view_version ${count} NOT NULL, added_at ${count} NOT NULL,
    state TEXT, state_epoch ${count} NOT NULL, state_seq ${count} NOT NULL, state_at ${count} NOT NULL, online INTEGER NOT NULL, gone_at ${count} NOT NULL, boots TEXT NOT NULL,
    seen_at ${count}, ahead_ms ${real}, directory ${count} NOT NULL, snapshot TEXT, refused TEXT NOT NULL, synced_at ${count},
    chain_epoch ${count}, chain_seq ${count}, chain_hash TEXT, board ${count} NOT NULL,
    PRIMARY KEY (site, name))`,
  "CREATE INDEX controller_part ON controller (part)",
  `CREATE TABLE lease (part INTEGER PRIMARY KEY, worker TEXT NOT NULL, until ${count} NOT NULL)`,
  `CREATE TABLE worker (name TEXT PRIMARY KEY, until ${count} NOT NULL)`,
  `CREATE TABLE command (
    id TEXT PRIMARY KEY, site ${text} NOT NULL, controller ${text} NOT NULL, what TEXT NOT NULL, who TEXT NOT NULL,
    sent_at ${count} NOT NULL, code TEXT, why TEXT, answered_at ${count})`,
  "CREATE INDEX command_sent ON command (site, controller, sent_at)",
];
