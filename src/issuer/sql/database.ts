// What the store asks of a database: statements and transactions, in the few words that SQLite and PostgreSQL share.

export type SqlValue = string | number | Buffer | null;

export interface Sql {
  all<Row>(text: string, params?: readonly SqlValue[]): Promise<readonly Row[]>;
  /** How many rows it changed. */
  run(text: string, params?: readonly SqlValue[]): Promise<number>;
}

export interface Database extends Sql {
  /** For what differs between the two. */
  readonly dialect: Dialect;
  /** Whole or not at all; two that change the same rows wait for one another. */
  transaction<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

export interface Dialect {
  /** A whole number of eight bytes, bytes, and text that is compared byte by byte. */
  readonly types: { readonly count: string; readonly bytes: string; readonly real: string; readonly text: string };
  /** Behind a SELECT: nobody else changes these rows before the transaction ends. */
  readonly forUpdate: string;
  /** The database's own clock, milliseconds since 1970; null takes this machine's. */
  readonly nowMs: string | null;
  /** Has a transaction wait for all others that begin so; null where it does anyway. */
  readonly exclusive: string | null;
  /** Has a transaction take as long as it needs; null where it may anyway. */
  readonly unhurried: string | null;
}

export async function one<Row>(sql: Sql, text: string, params: readonly SqlValue[] = []): Promise<Row | null> {
  const [row] = await sql.all<Row>(text, params);
  return row ?? null;
}

const maxParams = 5_000;

/** Many rows in few statements; rows that are there already stay as they are. Says how many are new. */
export async function insertAll(
  sql: Sql,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly SqlValue[])[],
): Promise<number> {
  const atOnce = Math.max(1, Math.floor(maxParams / columns.length));
  const group = `(${columns.map(() => "?").join(", ")})`;
  let added = 0;
  for (let at = 0; at < rows.length; at += atOnce) {
    const some = rows.slice(at, at + atOnce);
    const values = some.map(() => group).join(", ");
    const text = `INSERT INTO ${table} (${columns.join(", ")}) VALUES ${values} ON CONFLICT DO NOTHING`;
    added += await sql.run(text, some.flat());
  }
  return added;
}

export const placeholders = (values: readonly unknown[]): string => values.map(() => "?").join(", ");
