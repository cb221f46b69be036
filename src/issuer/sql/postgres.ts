// PostgreSQL behind the store, for when one machine is not enough: many workers, each with a few connections.
import type { Pool, PoolClient } from "pg";
import { Fault } from "../../domain/fault.ts";
import type { Database, Dialect, Sql, SqlValue } from "./database.ts";

const maxConnections = 8;
const connectMs = 10_000;
const statementMs = 60_000;
/** Two that waited for one another: whoever was turned away tries again. */
const retried: ReadonlySet<unknown> = new Set(["40P01", "40001"]);
const tries = 5;
const bigintType = 20;

const dialect: Dialect = {
  types: { count: "BIGINT", bytes: "BYTEA", real: "DOUBLE PRECISION", text: 'TEXT COLLATE "C"' },
  forUpdate: " FOR UPDATE",
  // Workers on several machines need one clock.
  nowMs: "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
  exclusive: "SELECT pg_advisory_xact_lock(7203041)",
  unhurried: "SELECT set_config('statement_timeout', '0', true)",
};

export async function openPostgres(url: string): Promise<Database> {
  const pg = (await import("pg").catch(missing)).default;
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    types: {
      getTypeParser: ((id: number, format: "text" | "binary") =>
        id === bigintType ? Number : pg.types.getTypeParser(id, format)) as typeof pg.types.getTypeParser,
    },
  });
  // One that breaks while nobody uses it is replaced when somebody does.
  pool.on("error", () => {});
  await pool.query("SELECT 1").catch((error: Error) => {
    throw new Fault(
      "issuer.store",
      `The PostgreSQL of issuer.json does not answer (${error.message}); check it and its address.`,
    );
  });
  return new PostgresDatabase(pool);
}

function missing(error: unknown): never {
  throw new Fault(
    "issuer.noPg",
    'The package "pg" is missing; install it with npm, or take postgres out of issuer.json.',
    {},
    error,
  );
}

class PostgresDatabase implements Database {
  readonly dialect = dialect;
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async all<Row>(text: string, params: readonly SqlValue[] = []): Promise<readonly Row[]> {
    return (await this.#pool.query(numbered(text), [...params])).rows as Row[];
  }

  async run(text: string, params: readonly SqlValue[] = []): Promise<number> {
    return (await this.#pool.query(numbered(text), [...params])).rowCount ?? 0;
  }

  async transaction<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> {
    for (let n = 1; ; n += 1) {
      try {
        return await this.#once(work);
      } catch (error) {
        if (n === tries || !retried.has((error as { readonly code?: unknown }).code)) throw error;
      }
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #once<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect();
    let isBroken = true;
    try {
      await client.query("BEGIN");
      const result = await work(over(client));
      await client.query("COMMIT");
      isBroken = false;
      return result;
    } catch (error) {
      await client.query("ROLLBACK").then(
        () => {
          isBroken = false;
        },
        () => {},
      );
      throw error;
    } finally {
      client.release(isBroken);
    }
  }
}

const over = (client: PoolClient): Sql => ({
  all: async <Row>(text: string, params: readonly SqlValue[] = []) =>
    (await client.query(numbered(text), [...params])).rows as Row[],
  run: async (text, params = []) => (await client.query(numbered(text), [...params])).rowCount ?? 0,
});

const known = new Map<string, string>();
const maxKnown = 1_000;

/** Its placeholders are numbers; no statement of the store has a question mark of another kind. */
function numbered(text: string): string {
  const found = known.get(text);
  if (found !== undefined) return found;
  let n = 0;
  const made = text.replace(/\?/g, () => {
    n += 1;
    return `$${n}`;
  });
  if (known.size >= maxKnown) known.clear();
  known.set(text, made);
  return made;
}
