// The store over a database of either kind; knows which tables belong together, and the small ones itself.
import type { Address } from "../../link/topics.ts";
import { partitions } from "../partition.ts";
import type { CommandRow, CommandStore, IssuerStore, LeaseStore, SignsOfLife, Site, SiteStore } from "../store.ts";
import type { Database, Sql } from "./database.ts";
import { one, placeholders } from "./database.ts";
import { SqlDirectory } from "./directory.ts";
import { SqlFleet } from "./fleet.ts";
import { SqlRecord } from "./record.ts";
import { prepareSchema } from "./schema.ts";

export async function openSqlStore(db: Database, now: () => number): Promise<IssuerStore> {
  await prepareSchema(db);
  return {
    sites: new SqlSites(db),
    fleet: new SqlFleet(db),
    directory: new SqlDirectory(db),
    record: new SqlRecord(db),
    commands: new SqlCommands(db),
    leases: new SqlLeases(db, now),
    close: () => db.close(),
  };
}

class SqlSites implements SiteStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async add(name: string, timeZone: string): Promise<boolean> {
    const text = "INSERT INTO site (name, version, time_zone) VALUES (?, 0, ?) ON CONFLICT DO NOTHING";
    return (await this.#db.run(text, [name, timeZone])) > 0;
  }

  list(): Promise<readonly Site[]> {
    return this.#db.all<Site>(`SELECT name, version, time_zone AS "timeZone", keys FROM site ORDER BY name`);
  }

  async setKeys(name: string, before: string | null, after: string): Promise<boolean> {
    const was = before === null ? "keys IS NULL" : "keys = ?";
    const params = [after, name, ...(before === null ? [] : [before])];
    return (await this.#db.run(`UPDATE site SET keys = ? WHERE name = ? AND ${was}`, params)) > 0;
  }
}

const commandColumns = `id, site, controller, what, who, sent_at AS "sentAt", code, why`;

class SqlCommands implements CommandStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async sent({ id, site, controller, what, who, sentAt }: Omit<CommandRow, "code" | "why">): Promise<void> {
    const text = "INSERT INTO command (id, site, controller, what, who, sent_at) VALUES (?, ?, ?, ?, ?, ?)";
    await this.#db.run(text, [id, site, controller, what, who, sentAt]);
  }

  async answered({ site, controller }: Address, id: string, code: string, why: string | null, now: number) {
    const text = `UPDATE command SET code = ?, why = ?, answered_at = ?
      WHERE id = ? AND site = ? AND controller = ? AND code IS NULL`;
    await this.#db.run(text, [code, why, now, id, site, controller]);
  }

  list(site: string, limit: number): Promise<readonly CommandRow[]> {
    const text = `SELECT ${commandColumns} FROM command WHERE site = ? ORDER BY sent_at DESC LIMIT ?`;
    return this.#db.all<CommandRow>(text, [site, limit]);
  }
}

class SqlLeases implements LeaseStore {
  readonly #db: Database;
  readonly #now: () => number;

  constructor(db: Database, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  renew(worker: string, forMs: number): Promise<readonly number[]> {
    return this.#db.transaction(async (sql) => {
      // One worker at a time, or two would take the same part.
      await sql.run("UPDATE meta SET value = value WHERE name = 'leases'");
      const now = await this.#timeIn(sql);
      await giveSign(sql, now);
      await sql.run(
        "INSERT INTO worker (name, until) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET until = excluded.until",
        [worker, now + forMs],
      );
      await sql.run("DELETE FROM worker WHERE until < ?", [now]);
      const [row] = await sql.all<{ many: number }>("SELECT count(*) AS many FROM worker");
      const share = Math.ceil(partitions / (row?.many ?? 1));
      return shareOut(sql, worker, share, { now, until: now + forMs });
    });
  }

  async #timeIn(sql: Sql): Promise<number> {
    const { nowMs } = this.#db.dialect;
    if (nowMs === null) return this.#now();
    return (await one<{ now: number }>(sql, `SELECT ${nowMs} AS now`))?.now ?? this.#now();
  }

  async release(worker: string): Promise<void> {
    await this.#db.transaction(async (sql) => {
      await giveSign(sql, await this.#timeIn(sql));
      await sql.run("DELETE FROM lease WHERE worker = ?", [worker]);
      await sql.run("DELETE FROM worker WHERE name = ?", [worker]);
    });
  }

  async signs(): Promise<SignsOfLife> {
    const now = await this.#timeIn(this.#db);
    const living = await this.#db.all<{ part: number }>("SELECT part FROM lease WHERE until >= ?", [now]);
    const last = await one<{ value: string }>(this.#db, "SELECT value FROM meta WHERE name = 'leases'");
    const lastAt = last === null || last.value === "" ? null : Number(last.value);
    return { held: new Set(living.map(({ part }) => part)), lastAt };
  }
}

const giveSign = (sql: Sql, now: number) => sql.run("UPDATE meta SET value = ? WHERE name = 'leases'", [String(now)]);

interface LeaseTime {
  readonly now: number;
  readonly until: number;
}

async function shareOut(sql: Sql, worker: string, share: number, { now, until }: LeaseTime) {
  const rows = await sql.all<{ part: number; worker: string; until: number }>("SELECT part, worker, until FROM lease");
  const living = rows.filter((row) => row.until >= now);
  const mine = living.filter((row) => row.worker === worker).map(({ part }) => part);
  const taken = new Set(living.map(({ part }) => part));
  const free = Array.from({ length: partitions }, (_, part) => part).filter((part) => !taken.has(part));
  const kept = [...mine, ...free].slice(0, share);
  const dropped = mine.filter((part) => !kept.includes(part));
  if (dropped.length > 0) {
    await sql.run(`DELETE FROM lease WHERE worker = ? AND part IN (${placeholders(dropped)})`, [worker, ...dropped]);
  }
  for (const part of kept) {
    await sql.run(
      `INSERT INTO lease (part, worker, until) VALUES (?, ?, ?)
       ON CONFLICT (part) DO UPDATE SET worker = excluded.worker, until = excluded.until`,
      [part, worker, until],
    );
  }
  return kept.toSorted((a, b) => a - b);
}
