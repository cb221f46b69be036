// Has SQLite itself write down how each row of the directory stood before a change, whoever makes it; knows no rule.
import type { Database } from "better-sqlite3";

/** `new` or `old`, as a trigger calls the row. */
type Row = "new" | "old";

interface Watched {
  readonly table: string;
  readonly what: string;
  readonly key: (row: Row) => string;
  /** As JSON: what decides, and no secret, name or other word about a person. */
  readonly content: string;
  /** Columns whose change is worth a row; none where a row never changes. */
  readonly columns: readonly string[];
  /** The key of the holder that it cannot be without. */
  readonly owner?: (row: Row) => string;
}

const ownerOf = (row: Row) => `${row}.holder_kind || ' ' || ${row}.holder_id`;

const watched: readonly Watched[] = [
  {
    table: "holder",
    what: "holder",
    key: (row) => `${row}.kind || ' ' || ${row}.id`,
    content: `json_object('state', old.state, 'valid_from', old.valid_from, 'valid_until', old.valid_until,
      'body', json_remove(old.body, '$.phone', '$.building', '$.idNumber', '$.message'))`,
    columns: ["state", "valid_from", "valid_until", "body"],
  },
  {
    table: "credential",
    what: "credential",
    key: (row) => `${ownerOf(row)} || ' ' || ${row}.id`,
    content: `json_object('kind', old.kind, 'state', old.state, 'digits', old.digits, 'cred_from', old.valid_from,
      'cred_until', old.valid_until, 'direction', old.direction, 'twin_of', old.twin_of)`,
    columns: ["kind", "state", "digits", "valid_from", "valid_until", "direction", "twin_of"],
    owner: ownerOf,
  },
  {
    table: "holder_grant",
    what: "grant",
    key: (row) => `${ownerOf(row)} || ' ' || ${row}.door || ' ' || ${row}.schedule`,
    content: "'{}'",
    columns: [],
    owner: ownerOf,
  },
  {
    table: "schedule",
    what: "schedule",
    key: (row) => `${row}.id`,
    content: "json_object('name', old.name, 'rule', old.rule)",
    columns: ["name", "rule"],
  },
  {
    table: "pass_key",
    what: "passKey",
    key: (row) => `${row}.number`,
    content: "json_object('id', old.id, 'form', old.form, 'state', old.state, 'source', old.source, 'body', old.body)",
    columns: ["state", "body"],
  },
  {
    table: "holiday",
    what: "holiday",
    key: (row) => `${row}.id`,
    content: "json_object('name', old.name, 'body', old.body)",
    columns: ["name", "body"],
  },
];

/**
 * For this connection, which is the only one that changes a directory. A conflict clause of the statement that sets a trigger off
 * would overrule one in it, so the first row of a version is kept by looking, not by a clause.
 */
export function keepHistory(db: Database): void {
  for (const table of watched) db.exec(triggersOf(table));
  db.exec(`CREATE TEMP TRIGGER IF NOT EXISTS history_of_version AFTER UPDATE OF directory_version ON main.controller
    WHEN new.directory_version <> old.directory_version BEGIN
      INSERT INTO directory_change VALUES (new.directory_version, coalesce((SELECT max(seq) FROM journal), 0));
    END`);
}

function triggersOf({ table, what, key, content, columns, owner }: Watched): string {
  const keep = (row: Row, before: string, unless = "0") =>
    `INSERT INTO history SELECT '${what}', ${key(row)}, c.directory_version, ${before} FROM controller c
       WHERE NOT EXISTS (SELECT 1 FROM history h
         WHERE h.what = '${what}' AND h.key = ${key(row)} AND h.version = c.directory_version)
       AND NOT ${unless};`;
  const isNew = owner === undefined ? "0" : isOwnerNew(owner("new"));
  const changed = `(${list("old", columns)}) IS NOT (${list("new", columns)})`;
  return `
    CREATE TEMP TRIGGER IF NOT EXISTS history_of_new_${what} AFTER INSERT ON main.${table} BEGIN
      ${keep("new", "NULL", isNew)}
    END;
    CREATE TEMP TRIGGER IF NOT EXISTS history_of_removed_${what} AFTER DELETE ON main.${table} BEGIN
      ${keep("old", content)}
    END;
    ${
      columns.length === 0
        ? ""
        : `CREATE TEMP TRIGGER IF NOT EXISTS history_of_changed_${what} AFTER UPDATE ON main.${table} WHEN ${changed} BEGIN
      ${keep("old", content)}
    END;`
    }`;
}

const list = (row: Row, columns: readonly string[]): string => columns.map((column) => `${row}.${column}`).join(", ");

/** What belongs to somebody who was never there before was not there either: an import of everybody needs one row each. */
const isOwnerNew = (owner: string): string =>
  `coalesce((SELECT h.row IS NULL AND h.version = c.directory_version FROM history h
     WHERE h.what = 'holder' AND h.key = ${owner} ORDER BY h.version LIMIT 1), 0)`;
