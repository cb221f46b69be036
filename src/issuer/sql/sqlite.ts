// SQLite behind the store: one file, one connection, one transaction at a time. Other processes may use the same file.
import { chmodSync, closeSync, existsSync, openSync } from "node:fs";
import type { Statement } from "better-sqlite3";
import Sqlite from "better-sqlite3";
import { Fault } from "../../domain/fault.ts";
import type { Database, Dialect, Sql, SqlValue } from "./database.ts";

const busyTimeoutMs = 10_000;
const walLimitBytes = 16 * 1024 * 1024;

const dialect: Dialect = {
  types: { count: "INTEGER", bytes: "BLOB", real: "REAL", text: "TEXT" },
  forUpdate: "",
  nowMs: null,
  exclusive: null,
};

/** `:memory:` gives a database that no file knows of. */
export function openSqlite(path: string): Database {
  return new SqliteDatabase(open(path));
}

function open(path: string): Sqlite.Database {
  try {
    // SQLite gives its companion files the mode of this one.
    if (path !== ":memory:" && !existsSync(path)) closeSync(openSync(path, "wx", 0o600));
    if (path !== ":memory:") chmodSync(path, 0o600);
    const db = new Sqlite(path, { timeout: busyTimeoutMs });
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma(`journal_size_limit = ${walLimitBytes}`);
    db.pragma("trusted_schema = OFF");
    db.pragma("secure_delete = ON");
    return db;
  } catch (error) {
    throw new Fault(
      "issuer.store",
      `The issuer's database ${path} cannot be opened; see who may write there.`,
      {},
      error,
    );
  }
}

class SqliteDatabase implements Database {
  readonly dialect = dialect;
  readonly #db: Sqlite.Database;
  readonly #statements = new Map<string, Statement<SqlValue[]>>();
  /** Whoever comes waits for those before: one connection has one transaction. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(db: Sqlite.Database) {
    this.#db = db;
  }

  all<Row>(text: string, params: readonly SqlValue[] = []): Promise<readonly Row[]> {
    return this.#inTurn(() => Promise.resolve(this.#all<Row>(text, params)));
  }

  run(text: string, params: readonly SqlValue[] = []): Promise<number> {
    return this.#inTurn(() => Promise.resolve(this.#run(text, params)));
  }

  transaction<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> {
    return this.#inTurn(async () => {
      this.#db.exec("BEGIN IMMEDIATE");
      try {
        const result = await work({
          all: async <Row>(text: string, params: readonly SqlValue[] = []) => this.#all<Row>(text, params),
          run: async (text, params = []) => this.#run(text, params),
        });
        this.#db.exec("COMMIT");
        return result;
      } catch (error) {
        if (this.#db.inTransaction) this.#db.exec("ROLLBACK");
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    await this.#last;
    this.#db.close();
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  #all<Row>(text: string, params: readonly SqlValue[]): readonly Row[] {
    return this.#prepared(text).all(...params) as Row[];
  }

  #run(text: string, params: readonly SqlValue[]): number {
    return this.#prepared(text).run(...params).changes;
  }

  #prepared(text: string): Statement<SqlValue[]> {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const statement = this.#db.prepare<SqlValue[]>(text);
    if (this.#statements.size >= maxStatements) this.#statements.clear();
    this.#statements.set(text, statement);
    return statement;
  }
}

const maxStatements = 200;
