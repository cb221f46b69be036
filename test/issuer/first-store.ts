// The store as its first version made it, with what a board that was paired anew over another one left in it.
import type { Database } from "../../src/issuer/sql/database.ts";

export async function makeFirstStore(db: Database): Promise<void> {
  const { count, bytes, real, text } = db.dialect.types;
  const tables = [
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "INSERT INTO meta (name, value) VALUES ('schema', '1'), ('fleet', '3'), ('leases', '')",
    `CREATE TABLE site (name ${text} PRIMARY KEY, version ${count} NOT NULL, time_zone TEXT NOT NULL)`,
    `CREATE TABLE document (
      site ${text} NOT NULL, position ${text} NOT NULL, what TEXT NOT NULL, id ${text} NOT NULL, version ${count} NOT NULL,
      gone INTEGER NOT NULL, from_file INTEGER NOT NULL, body TEXT NOT NULL, sealed ${bytes},
      PRIMARY KEY (site, position))`,
    `CREATE TABLE audience (
      site ${text} NOT NULL, door ${text} NOT NULL, position ${text} NOT NULL, version ${count} NOT NULL, gone INTEGER NOT NULL,
      PRIMARY KEY (site, door, position))`,
    "CREATE INDEX audience_version ON audience (site, door, version)",
    "CREATE INDEX audience_position ON audience (site, position)",
    `CREATE TABLE controller (
      site ${text} NOT NULL, name ${text} NOT NULL, part INTEGER NOT NULL, keys TEXT NOT NULL, doors TEXT,
      view_version ${count} NOT NULL, added_at ${count} NOT NULL,
      state TEXT, state_epoch ${count} NOT NULL, state_seq ${count} NOT NULL, state_at ${count} NOT NULL, online INTEGER NOT NULL, gone_at ${count} NOT NULL, boots TEXT NOT NULL,
      seen_at ${count}, ahead_ms ${real}, directory ${count} NOT NULL, snapshot TEXT, refused TEXT NOT NULL, synced_at ${count},
      chain_epoch ${count}, chain_seq ${count}, chain_hash TEXT,
      PRIMARY KEY (site, name))`,
    "CREATE INDEX controller_part ON controller (part)",
    `CREATE TABLE lease (part INTEGER PRIMARY KEY, worker TEXT NOT NULL, until ${count} NOT NULL)`,
    `CREATE TABLE worker (name TEXT PRIMARY KEY, until ${count} NOT NULL)`,
    `CREATE TABLE command (
      id TEXT PRIMARY KEY, site ${text} NOT NULL, controller ${text} NOT NULL, what TEXT NOT NULL, who TEXT NOT NULL,
      sent_at ${count} NOT NULL, code TEXT, why TEXT, answered_at ${count})`,
    "CREATE INDEX command_sent ON command (site, controller, sent_at)",
    `CREATE TABLE event (
      site ${text} NOT NULL, controller ${text} NOT NULL, epoch ${count} NOT NULL, seq ${count} NOT NULL,
      wall ${real} NOT NULL, mono ${real} NOT NULL, trusted INTEGER NOT NULL, boot TEXT NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL,
      commitment TEXT, hash TEXT NOT NULL, salt TEXT, personal TEXT, taken_at ${count} NOT NULL,
      PRIMARY KEY (site, controller, epoch, seq))`,
    "CREATE INDEX event_wall ON event (site, wall)",
    "CREATE INDEX event_named ON event (wall) WHERE personal IS NOT NULL",
    "CREATE INDEX event_taken ON event (site, controller, taken_at)",
    `CREATE TABLE alarm (
      site ${text} NOT NULL, controller ${text} NOT NULL, epoch ${count} NOT NULL, seq ${count} NOT NULL,
      wall ${real} NOT NULL, trusted INTEGER NOT NULL, body TEXT NOT NULL, taken_at ${count} NOT NULL,
      PRIMARY KEY (site, controller, epoch, seq))`,
    `CREATE TABLE note (
      site ${text} NOT NULL, controller ${text} NOT NULL, kind TEXT NOT NULL, epoch ${count} NOT NULL, seq ${count} NOT NULL,
      to_seq ${count}, hash TEXT, at ${count} NOT NULL, what TEXT NOT NULL,
      PRIMARY KEY (site, controller, kind, epoch, seq))`,
    "INSERT INTO site VALUES ('old', 7, 'Europe/Berlin')",
    ...controllerRows,
    ...eventRows,
    "INSERT INTO alarm VALUES ('old', 'again', 1, 2, 5, 1, '{}', 12)",
    "INSERT INTO note VALUES ('old', 'again', 'forked', 1, 2, NULL, NULL, 13, 'Another one.')",
  ];
  for (const statement of tables) await db.run(statement);
}

/** `again` was given to another board at 100, after two events; of the new one's three, two were left out. */
const controllerRows = [
  ["steady", 10, 1],
  ["again", 100, 3],
].map(
  ([name, addedAt, seq]) =>
    `INSERT INTO controller (site, name, part, keys, view_version, added_at, state_epoch, state_seq, state_at, online, gone_at,
      boots, directory, refused, chain_epoch, chain_seq, chain_hash)
     VALUES ('old', '${name}', 1, '[]', 0, ${addedAt}, 0, 0, 0, 0, 0, '[]', 0, '[]', 1, ${seq}, '${name}-${seq}')`,
);

const eventRows = [
  ["steady", 1, "steady-1", 11],
  ["again", 1, "before-1", 11],
  ["again", 2, "before-2", 12],
  ["again", 3, "again-3", 101],
].map(
  ([controller, seq, hash, at]) =>
    `INSERT INTO event VALUES ('old', '${controller}', 1, ${seq}, 5, 6, 1, 'boot', 'door.locked', '{}', NULL, '${hash}', NULL, NULL, ${at})`,
);
