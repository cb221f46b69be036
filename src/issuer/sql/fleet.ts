// The controllers of a fleet in the store: their keys, what they said of themselves last, and what they are to see.
import type { Address } from "../../link/topics.ts";
import { partitionOf } from "../partition.ts";
import type { Controller, ControllerKeys, FleetStore, Heard, HeardOutcome, HeardState, HeardSync } from "../store.ts";
import type { Database, Sql } from "./database.ts";
import { one, placeholders } from "./database.ts";
import { holdersOf, lockDoors, namedIn, ownOf } from "./door-claims.ts";

interface Row {
  readonly site: string;
  readonly name: string;
  readonly part: number;
  readonly keys: string;
  readonly doors: string | null;
  readonly boots: string;
  readonly view_version: number;
  readonly added_at: number;
  readonly state: string | null;
  readonly online: number;
  readonly seen_at: number | null;
  readonly ahead_ms: number | null;
  readonly directory: number;
  readonly snapshot: string | null;
  readonly refused: string;
  readonly synced_at: number | null;
  readonly chain_epoch: number | null;
  readonly chain_seq: number | null;
  readonly chain_hash: string | null;
  readonly board: number;
}

const maxGenerations = 4;
const maxBoots = 8;
const here = "site = ? AND name = ?";

export class SqlFleet implements FleetStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async version(): Promise<number> {
    const row = await one<{ value: string }>(this.#db, "SELECT value FROM meta WHERE name = 'fleet'");
    return Number(row?.value ?? 0);
  }

  put(address: Address, keys: ControllerKeys, now: number): Promise<boolean> {
    const { site, controller } = address;
    return this.#db.transaction(async (sql) => {
      const known = await one<Row>(sql, `SELECT * FROM controller WHERE ${here}${this.#db.dialect.forUpdate}`, [
        site,
        controller,
      ]);
      const board = await moved(sql);
      if (known !== null) {
        const [inUse, ...waiting] = keysIn(known).filter(({ sign }) => sign !== keys.sign);
        const all = inUse === undefined ? [keys] : [inUse, ...waiting.slice(2 - maxGenerations), keys];
        await sql.run(`UPDATE controller SET keys = ? WHERE ${here}`, [JSON.stringify(all), site, controller]);
        return false;
      }
      await sql.run(
        `INSERT INTO controller (site, name, part, keys, view_version, added_at, state_epoch, state_seq, state_at, online,
          gone_at, boots, directory, refused, board) VALUES (?, ?, ?, ?, 0, ?, 0, 0, 0, 0, 0, '[]', 0, '[]', ?)`,
        [site, controller, partitionOf(address), JSON.stringify([keys]), now, board],
      );
      return true;
    });
  }

  settle({ site, controller }: Address, keys: ControllerKeys): Promise<void> {
    return this.#db.transaction(async (sql) => {
      await moved(sql);
      await sql.run(`UPDATE controller SET keys = ? WHERE ${here}`, [JSON.stringify([keys]), site, controller]);
    });
  }

  replace({ site, controller }: Address, keys: ControllerKeys, now: number): Promise<void> {
    return this.#db.transaction(async (sql) => {
      const board = await moved(sql);
      await sql.run(
        `UPDATE controller SET keys = ?, added_at = ?, view_version = 0, state = NULL, state_epoch = 0, state_seq = 0, state_at = 0,
           online = 0, gone_at = 0, boots = '[]', directory = 0, snapshot = NULL, refused = '[]', chain_epoch = NULL, chain_seq = NULL, chain_hash = NULL,
           board = ? WHERE ${here}`,
        [JSON.stringify([keys]), now, board, site, controller],
      );
    });
  }

  remove({ site, controller }: Address): Promise<boolean> {
    return this.#db.transaction(async (sql) => {
      await moved(sql);
      return (await sql.run(`DELETE FROM controller WHERE ${here}`, [site, controller])) > 0;
    });
  }

  async get({ site, controller }: Address): Promise<Controller | null> {
    const row = await one<Row>(this.#db, `SELECT * FROM controller WHERE ${here}`, [site, controller]);
    return row === null ? null : controllerOf(row);
  }

  async list(site: string | null): Promise<readonly Controller[]> {
    const where = site === null ? "" : "WHERE site = ?";
    const params = site === null ? [] : [site];
    return (await this.#db.all<Row>(`SELECT * FROM controller ${where} ORDER BY site, name`, params)).map(controllerOf);
  }

  async inParts(parts: readonly number[]): Promise<readonly Controller[]> {
    if (parts.length === 0) return [];
    const text = `SELECT * FROM controller WHERE part IN (${placeholders(parts)}) ORDER BY site, name`;
    return (await this.#db.all<Row>(text, parts)).map(controllerOf);
  }

  heardState(address: Address, heard: HeardState): Promise<HeardOutcome> {
    const { site, controller } = address;
    const named = heard.doors.toSorted();
    return this.#db.transaction(async (sql) => {
      const text = `SELECT boots, doors, state FROM controller WHERE ${here}`;
      const read = () => one<Pick<Row, "boots" | "doors" | "state">>(sql, text, [site, controller]);
      let known = await read();
      const isAsBefore = known?.state !== null && known?.doors === JSON.stringify(named);
      // Whoever changes doors waits here, before anything else is held.
      if (!isAsBefore) {
        await lockDoors(this.#db, sql, site);
        known = await read();
      }
      const before = JSON.parse(known?.boots ?? "[]") as readonly string[];
      const boots = [heard.boot, ...before.filter((boot) => boot !== heard.boot)].slice(0, maxBoots);
      const told = [heard.text, JSON.stringify(boots), ...placeOf(heard), heard.seenAt, heard.aheadMs, heard.directory];
      const changed = await sql.run(
        `UPDATE controller SET state = ?, boots = ?, state_epoch = ?, state_seq = ?, state_at = ?, online = 1, seen_at = ?,
           ahead_ms = ?, directory = ? WHERE ${here} AND ${isNotOlder}`,
        [...told, site, controller, ...orderOf(heard)],
      );
      if (changed === 0) return { kind: "older", denied: [] };
      const own = isAsBefore ? named : await ownOf(sql, address, named);
      // The first word of a new board is another view, even of the doors of the board before.
      if (known?.state === null || known?.doors !== JSON.stringify(own)) await setDoors(sql, address, own);
      const denied = named.filter((door) => !own.includes(door));
      return { kind: before.indexOf(heard.boot) > 0 ? "doubled" : "taken", denied };
    });
  }

  giveDoor(address: Address, door: string): Promise<boolean> {
    const { site, controller } = address;
    return this.#db.transaction(async (sql) => {
      await lockDoors(this.#db, sql, site);
      const known = await one<Row>(sql, `SELECT * FROM controller WHERE ${here}`, [site, controller]);
      if (known === null || !namedIn(known.state).includes(door)) return false;
      for (const { name, rest } of await holdersOf(sql, address, door))
        await setDoors(sql, { site, controller: name }, rest);
      const own = new Set([...(JSON.parse(known.doors ?? "[]") as readonly string[]), door]);
      await setDoors(sql, address, [...own]);
      return true;
    });
  }

  async heardSync({ site, controller }: Address, heard: HeardSync): Promise<void> {
    const { directory, snapshot, refused, seenAt, aheadMs } = heard;
    const told = [directory, snapshot === null ? null : JSON.stringify(snapshot), JSON.stringify(refused), seenAt];
    await this.#db.run(
      `UPDATE controller SET directory = ?, snapshot = ?, refused = ?, synced_at = ?, online = 1, seen_at = ?, ahead_ms = ?,
         state_epoch = ?, state_seq = ?, state_at = ? WHERE ${here} AND ${isNotOlder}`,
      [...told, seenAt, aheadMs, ...placeOf(heard), site, controller, ...orderOf(heard)],
    );
  }

  async gone({ site, controller }: Address, at: number): Promise<void> {
    const text = `UPDATE controller SET online = 0, gone_at = ? WHERE ${here} AND gone_at < ?`;
    await this.#db.run(text, [at, site, controller, at]);
  }

  async renew(address: Address, above: number): Promise<void> {
    await this.#db.transaction((sql) => renewView(sql, address, above));
  }
}

/** In the order of the record, which a clock that goes wrong does not disturb; a replay is never newer. */
const isNotOlder = "(state_epoch < ? OR (state_epoch = ? AND (state_seq < ? OR (state_seq = ? AND state_at <= ?))))";

const placeOf = ({ epoch, seq, at }: Heard): readonly number[] => [epoch, seq, at];
const orderOf = ({ epoch, seq, at }: Heard): readonly number[] => [epoch, epoch, seq, seq, at];

/** The new version of the fleet, which no other change has: a new board's number. */
async function moved(sql: Sql): Promise<number> {
  await sql.run("UPDATE meta SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE name = 'fleet'");
  return Number((await one<{ value: string }>(sql, "SELECT value FROM meta WHERE name = 'fleet'"))?.value ?? 0);
}

async function setDoors(sql: Sql, address: Address, doors: readonly string[]): Promise<void> {
  const { site, controller } = address;
  await sql.run(`UPDATE controller SET doors = ? WHERE ${here}`, [JSON.stringify(doors.toSorted()), site, controller]);
  await renewView(sql, address, 0);
}

async function renewView(sql: Sql, { site, controller }: Address, above: number): Promise<void> {
  await sql.run("UPDATE site SET version = CASE WHEN version < ? THEN ? ELSE version END + 1 WHERE name = ?", [
    above,
    above,
    site,
  ]);
  const text = `UPDATE controller SET view_version = (SELECT version FROM site WHERE site.name = controller.site) WHERE ${here}`;
  await sql.run(text, [site, controller]);
}

const keysIn = ({ keys }: Row): readonly ControllerKeys[] => JSON.parse(keys) as ControllerKeys[];

function controllerOf(row: Row): Controller {
  const { chain_epoch: epoch, chain_seq: seq, chain_hash: hash } = row;
  return {
    site: row.site,
    controller: row.name,
    part: row.part,
    keys: keysIn(row),
    doors: row.doors === null ? null : (JSON.parse(row.doors) as string[]),
    viewVersion: row.view_version,
    addedAt: row.added_at,
    state: row.state,
    online: row.online === 1,
    seenAt: row.seen_at,
    aheadMs: row.ahead_ms,
    directory: row.directory,
    snapshot: row.snapshot === null ? null : (JSON.parse(row.snapshot) as Controller["snapshot"]),
    refused: JSON.parse(row.refused) as string[],
    syncedAt: row.synced_at,
    board: row.board,
    chain: epoch === null || seq === null || hash === null ? null : { epoch, seq, hash },
  };
}
