// SQLite behind the store: one file and one connection; what waits shares a transaction. Other processes may use the same file.
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
  unhurried: null,
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

/** What waits for its turn; `settle` hands on what came of it, once that is on the disk. */
interface Waiting {
  readonly isRead: boolean;
  readonly work: (sql: Sql) => Promise<unknown>;
  readonly settle: (outcome: Outcome) => void;
}

type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

/** So many share one sync of the disk. */
const maxTogether = 64;

class SqliteDatabase implements Database {
  readonly dialect = dialect;
  readonly #db: Sqlite.Database;
  readonly #statements = new Map<string, Statement<SqlValue[]>>();
  readonly #waiting: Waiting[] = [];
  #pumping: Promise<void> | null = null;
  readonly #sql: Sql = {
    all: async <Row>(text: string, params: readonly SqlValue[] = []) => this.#all<Row>(text, params),
    run: async (text, params = []) => this.#run(text, params),
  };

  constructor(db: Sqlite.Database) {
    this.#db = db;
  }

  all<Row>(text: string, params: readonly SqlValue[] = []): Promise<readonly Row[]> {
    return this.#inTurn(true, (sql) => sql.all<Row>(text, params));
  }

  run(text: string, params: readonly SqlValue[] = []): Promise<number> {
    return this.#inTurn(false, (sql) => sql.run(text, params));
  }

  transaction<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> {
    return this.#inTurn(false, work);
  }

  async close(): Promise<void> {
    await this.#pumping;
    this.#db.close();
  }

  #inTurn<Result>(isRead: boolean, work: (sql: Sql) => Promise<Result>): Promise<Result> {
    return new Promise<Result>((done, failed) => {
      const settle = (outcome: Outcome): void => {
        if (outcome.ok) done(outcome.value as Result);
        else failed(outcome.error);
      };
      this.#waiting.push({ isRead, work, settle });
      this.#pumping ??= this.#pump();
    });
  }

  async #pump(): Promise<void> {
    // Whoever comes in the same turn goes along.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#runTogether(this.#waiting.splice(0, maxTogether));
    this.#pumping = null;
  }

  /** One transaction for all of them, in which each is whole or not at all. */
  async #runTogether(some: readonly Waiting[]): Promise<void> {
    const writes = some.some(({ isRead }) => !isRead);
    const outcomes: Outcome[] = [];
    try {
      if (writes) this.#db.exec("BEGIN IMMEDIATE");
      for (const one of some) outcomes.push(await this.#attempt(one));
      if (writes) this.#db.exec("COMMIT");
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec("ROLLBACK");
      for (const { settle } of some) settle({ ok: false, error });
      return;
    }
    for (const [n, { settle }] of some.entries())
      settle(outcomes[n] ?? { ok: false, error: new Error("nothing came of it") });
  }

  async #attempt({ isRead, work }: Waiting): Promise<Outcome> {
    if (!isRead) this.#db.exec("SAVEPOINT one");
    try {
      const value = await work(this.#sql);
      if (!isRead) this.#db.exec("RELEASE one");
      return { ok: true, value };
    } catch (error) {
      // A full disk may have ended all of it.
      if (!isRead && !this.#db.inTransaction) throw error;
      if (!isRead) this.#db.exec("ROLLBACK TO one; RELEASE one");
      return { ok: false, error };
    }
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
