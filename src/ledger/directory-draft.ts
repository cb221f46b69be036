// The directory as a large change would leave it, worked out in a private database a slice at a time, so that people at the
// doors come in between; what differs then goes into the real one at once. Knows no socket.
import { randomUUID } from "node:crypto";
import { closeSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "better-sqlite3";
import Sqlite from "better-sqlite3";
import type { DirectoryChange } from "../domain/directory.ts";
import type { CodeHashes } from "./code-hashes.ts";
import { quoted, tablesOf, tablesOfThePast } from "./damage.ts";
import { Directory } from "./directory.ts";
import type { Applied, ChangeContext } from "./directory-writer.ts";
import { DirectoryWriter, nothingApplied } from "./directory-writer.ts";
import { createLayout, ledgerMigrations } from "./migrate.ts";
import type { Tokens } from "./tokens.ts";

/** A slice holds an ask up for some milliseconds, on a small board too. */
const rowsPerSlice = 500;
const stepsPerSlice = 50;
const cachePages = 2_000;
/** They grow by themselves all the time, or belong to the record, and no change of the directory writes to them. */
const notCopied: readonly string[] = [
  ...tablesOfThePast,
  ...["controller", "guess", "latch", "retention", "recovery", "carried_pass"],
  ...[
    "cloud_standing",
    "cloud_command",
    "cloud_document",
    "cloud_credential",
    "cloud_awaited",
    "cloud_sign",
    "cloud_refused",
  ],
];

export interface PreparedStep {
  readonly change: DirectoryChange;
  readonly hash: CodeHashes extends ReadonlyMap<number, infer Hash> ? Hash | null : never;
}

interface Table {
  readonly name: string;
  readonly keys: readonly string[];
}

export class DirectoryDraft {
  readonly #live: Database;
  /** Beside the live database, and never of use to anybody but this draft. */
  readonly #path: string;
  readonly #db: Database;
  readonly #writer: DirectoryWriter;
  readonly #tables: readonly Table[];

  constructor(live: Database, tokens: Tokens) {
    this.#live = live;
    this.#path = live.memory ? join(tmpdir(), `postern-draft-${randomUUID()}`) : `${live.name}.draft`;
    // One that a power cut left.
    rmSync(this.#path, { force: true });
    closeSync(openSync(this.#path, "wx", 0o600));
    this.#db = new Sqlite(this.#path);
    for (const setting of ["journal_mode = OFF", "synchronous = OFF", `cache_size = ${cachePages}`]) {
      this.#db.pragma(setting);
    }
    createLayout(this.#db, ledgerMigrations, () => {});
    this.#tables = tablesOf(this.#db, "main")
      .filter((name) => !notCopied.includes(name))
      .map((name) => ({ name, keys: keysOf(this.#db, name) }));
    for (const { name } of this.#tables) this.#db.exec(`DELETE FROM ${quoted(name)}`);
    this.#db.pragma("recursive_triggers = ON");
    this.#writer = new DirectoryWriter(this.#db, tokens, new Directory(this.#db));
  }

  /** Yields between slices. The caller sees to it that the directory is the same at the end as at the beginning. */
  *copy(): Generator<void> {
    this.#db.exec("BEGIN");
    this.#db.pragma("defer_foreign_keys = ON");
    for (const table of this.#tables) yield* this.#copyTable(table);
    this.#db.exec("COMMIT");
    for (const table of this.#tables) this.#watch(table);
  }

  *apply(steps: readonly PreparedStep[], context: ChangeContext): Generator<void, Applied> {
    const changes = steps.map(({ change }) => change);
    this.#db.exec("BEGIN");
    for (let first = 0; first < steps.length; first += stepsPerSlice) {
      const slice = steps.slice(first, first + stepsPerSlice);
      const hashes: CodeHashes = new Map(slice.flatMap(({ hash }, n) => (hash === null ? [] : [[first + n, hash]])));
      const problems = this.#writer.takeSteps(changes.slice(first, first + stepsPerSlice), hashes, context, first);
      if (problems.length > 0) return { ...nothingApplied, problems };
      yield;
    }
    const { problems, warnings } = this.#writer.settleDoors(changes, context);
    const applied = { ...nothingApplied, problems: [...problems], warnings: [...warnings] };
    for (let first = 0; first < steps.length; first += stepsPerSlice) {
      const looked = this.#writer.lookBack(changes.slice(first, first + stepsPerSlice), context, first);
      applied.problems.push(...looked.problems);
      applied.warnings.push(...looked.warnings);
      if (applied.problems.length > 0) return applied;
      yield;
    }
    this.#db.exec("COMMIT");
    return applied;
  }

  /**
   * `work` is a transaction of the live database in which `write` is called. References were checked here already, row by row;
   * neither that nor an attached database can be changed inside a transaction.
   */
  writing(work: () => void): void {
    this.#live.prepare("ATTACH ? AS draft").run(this.#path);
    this.#live.pragma("foreign_keys = OFF");
    try {
      work();
    } finally {
      this.#live.pragma("foreign_keys = ON");
      this.#live.exec("DETACH draft");
    }
  }

  /** Rows of others are not looked at. */
  write(): void {
    // All of the old rows first: a code's new row may carry the id of one that is still there.
    for (const { name, keys } of this.#tables) {
      const list = keys.map(quoted).join(", ");
      const old = `SELECT ${list} FROM draft.${quoted(touchedName(name))} WHERE "is new" = 0`;
      this.#live.exec(`DELETE FROM main.${quoted(name)} WHERE (${list}) IN (${old})`);
    }
    for (const { name, keys } of this.#tables) {
      const list = columnsOf(this.#db, name).map(quoted).join(", ");
      const same = keys.map(quoted).join(", ");
      const rows = `SELECT ${list} FROM draft.${quoted(touchedName(name))} JOIN draft.${quoted(name)} USING (${same})`;
      this.#live.exec(`INSERT INTO main.${quoted(name)} (${list}) ${rows}`);
    }
  }

  close(): void {
    this.#db.close();
    rmSync(this.#path, { force: true });
  }

  *#copyTable({ name, keys }: Table): Generator<void> {
    const columns = columnsOf(this.#db, name);
    const list = columns.map(quoted).join(", ");
    const order = keys.map(quoted).join(", ");
    const select = (where: string) =>
      this.#live
        .prepare<unknown[], unknown[]>(
          `SELECT ${list} FROM ${quoted(name)} ${where} ORDER BY ${order} LIMIT ${rowsPerSlice}`,
        )
        .raw();
    const first = select("");
    const after = select(`WHERE (${order}) > (${keys.map(() => "?").join(", ")})`);
    const insert = this.#db.prepare<unknown[]>(insertInto(name, columns));
    const keyPlaces = keys.map((key) => columns.indexOf(key));
    let last: unknown[] | null = null;
    for (;;) {
      const rows: unknown[][] = last === null ? first.all() : after.all(...last);
      for (const row of rows) insert.run(row);
      const end = rows.at(-1);
      if (end === undefined || rows.length < rowsPerSlice) return;
      last = keyPlaces.map((place) => end[place]);
      yield;
    }
  }

  /** From now on every row that is written to is remembered by its key, and whether it is one that was not there before. */
  #watch({ name, keys }: Table): void {
    const list = keys.map(quoted).join(", ");
    this.#db.exec(`CREATE TABLE ${quoted(touchedName(name))} (${list}, "is new", PRIMARY KEY (${list})) WITHOUT ROWID`);
    // Not OR IGNORE: the conflict clause of the statement that fires a trigger goes before the trigger's own (SQLite, CREATE TRIGGER).
    const remember = (row: "OLD" | "NEW", isNew: 0 | 1) => {
      const values = keys.map((key) => `${row}.${quoted(key)}`);
      const known = keys.map((key, n) => `${quoted(key)} = ${values[n]}`).join(" AND ");
      const table = quoted(touchedName(name));
      return `INSERT INTO ${table} SELECT ${values.join(", ")}, ${isNew} WHERE NOT EXISTS (SELECT 1 FROM ${table} WHERE ${known});`;
    };
    const on = quoted(name);
    this.#db.exec(`
      CREATE TRIGGER ${quoted(`${name} put`)} AFTER INSERT ON ${on} BEGIN ${remember("NEW", 1)} END;
      CREATE TRIGGER ${quoted(`${name} changed`)} AFTER UPDATE ON ${on} BEGIN ${remember("OLD", 0)} ${remember("NEW", 1)} END;
      CREATE TRIGGER ${quoted(`${name} removed`)} AFTER DELETE ON ${on} BEGIN ${remember("OLD", 0)} END;
    `);
  }
}

const touchedName = (table: string): string => `touched ${table}`;

const insertInto = (table: string, columns: readonly string[]): string =>
  `INSERT INTO ${quoted(table)} (${columns.map(quoted).join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;

const columnsOf = (db: Database, table: string): string[] =>
  (db.pragma(`table_info(${quoted(table)})`) as { name: string }[]).map(({ name }) => name);

const keysOf = (db: Database, table: string): string[] =>
  (db.pragma(`table_info(${quoted(table)})`) as { name: string; pk: number }[])
    .filter(({ pk }) => pk > 0)
    .sort((a, b) => a.pk - b.pk)
    .map(({ name }) => name);
