// What the store promises, over each kind of database.
import { afterAll, describe, expect, test } from "vitest";
import type { Database } from "../../src/issuer/sql/database.ts";
import { openPostgres } from "../../src/issuer/sql/postgres.ts";
import { openSqlStore } from "../../src/issuer/sql/sql-store.ts";
import { openSqlite } from "../../src/issuer/sql/sqlite.ts";
import type { DocumentChange, IssuerStore, TakenBatch } from "../../src/issuer/store.ts";
import type { Postgres } from "../system/issuer/postgres.ts";
import { isPostgresThere, startPostgres } from "../system/issuer/postgres.ts";
import { makeFirstStore } from "./first-store.ts";

let postgres: Promise<Postgres> | null = null;
afterAll(async () => (await postgres)?.remove());

async function onPostgres(): Promise<Database> {
  postgres ??= startPostgres();
  return openPostgres((await postgres).url);
}

/** A database of its own, with nothing in it. */
async function emptyOnPostgres(): Promise<Database> {
  const db = await onPostgres();
  await db.run("CREATE DATABASE empty");
  await db.close();
  return openPostgres((await postgres)!.url.replace("/postgres?", "/empty?"));
}

const inMemory = async (): Promise<Database> => openSqlite(":memory:");

const kinds: readonly (readonly [string, boolean, () => Promise<IssuerStore>, () => Promise<Database>])[] = [
  ["SQLite", true, async () => openSqlStore(await inMemory(), Date.now), inMemory],
  ["PostgreSQL", isPostgresThere, async () => openSqlStore(await onPostgres(), Date.now), emptyOnPostgres],
];

const put = (id: string, ...doors: readonly string[]): DocumentChange => ({
  ...{ what: "person", id, fromFile: true },
  content: { body: `{"id":"${id}"}`, sealed: Buffer.from(id), doors },
});
const drop = (id: string): DocumentChange => ({ what: "person", id, fromFile: true, content: null });

test("of those that share one sync of the disk one that fails takes nobody along, and is undone whole", async () => {
  const db = openSqlite(":memory:");
  await db.run("CREATE TABLE t (n INTEGER PRIMARY KEY)");
  const add = (...numbers: readonly number[]) =>
    db.transaction(async (sql) => {
      for (const n of numbers) await sql.run("INSERT INTO t (n) VALUES (?)", [n]);
      return numbers.length;
    });
  const outcomes = await Promise.allSettled([add(1), add(2, 3), add(4, 1), add(5), db.all("SELECT nothing FROM t")]);
  expect(outcomes.map(({ status }) => status)).toEqual([
    ...["fulfilled", "fulfilled", "rejected", "fulfilled", "rejected"],
  ]);
  expect((await db.all<{ n: number }>("SELECT n FROM t ORDER BY n")).map(({ n }) => n)).toEqual([1, 2, 3, 5]);
  await db.close();
});

test("a store of a newer version is left alone", async () => {
  const store = openSqlite(":memory:");
  await openSqlStore(store, Date.now);
  await store.run("UPDATE meta SET value = '99' WHERE name = 'schema'");
  await expect(openSqlStore(store, Date.now)).rejects.toThrow("a newer version of Postern");
  await store.close();
});

let sites = 0;
async function withSite(open: () => Promise<IssuerStore>) {
  const store = await open();
  sites += 1;
  const site = `site-${sites}`;
  await store.sites.add(site, "UTC");
  const address = { site, controller: "gate-1" };
  await store.fleet.put(address, { sign: "a", seal: "b", tls: null }, 5);
  return { store, site, address };
}

for (const [name, isThere, open, openEmpty] of kinds) {
  describe.runIf(isThere)(`on ${name}`, () => {
    test("what changed above a version is told to those whom it concerns, or concerned", async () => {
      const { store, site } = await withSite(open);
      const seen = async (door: string, above: number) =>
        (await store.directory.changed(site, [door], above, 10)).map(
          ({ id, version, gone }) => `${gone ? "gone " : ""}${id} ${version}`,
        );
      expect(await store.directory.change(site, [put("ana", "front", "back"), put("bob", "back")], 0)).toBe(2);
      await expect(store.directory.change(site, [drop("ana")], 0)).rejects.toThrow("meanwhile; run it again");
      expect(await seen("front", 0)).toEqual(["ana 1"]);
      expect(await seen("back", 0)).toEqual(["ana 1", "bob 2"]);
      await store.directory.change(site, [put("ana", "front")]);
      expect(await seen("front", 1)).toEqual(["ana 3"]);
      expect(await seen("back", 2)).toEqual(["gone ana 3"]);
      await store.directory.change(site, [put("ana", "back"), drop("bob")]);
      expect(await seen("front", 3)).toEqual(["gone ana 4"]);
      expect(await seen("back", 2)).toEqual(["ana 4", "gone bob 5"]);
      expect(await store.directory.head(site, ["front"])).toBe(4);
      expect(await store.directory.head(site, ["back"])).toBe(5);
      expect(await store.directory.doorsChanged(site, 4)).toEqual(["back"]);
      expect(await store.directory.countChanged(site, ["back"], 0, 9)).toBe(2);
      const after = await store.directory.after(site, ["back"], "", 10);
      expect(after.map(({ id, sealed }) => `${id} ${sealed?.toString()}`)).toEqual(["ana ana"]);
      expect((await store.directory.list(site, null)).map(({ id }) => id)).toEqual(["ana"]);
      await store.close();
    });

    test("two that change a directory at once get versions of their own, without a hole", async () => {
      const { store, site } = await withSite(open);
      const many = Array.from({ length: 20 }, (_, n) => store.directory.change(site, [put(`p${n}`, "front")]));
      expect((await Promise.all(many)).toSorted((a, b) => a - b)).toEqual(many.map((_, n) => n + 1));
      await store.close();
    });

    test("of two workers with the same batch one takes it, and the chain moves once", async () => {
      const { store, site, address } = await withSite(open);
      const stamp = { wall: 1.5, mono: 2, trusted: true, boot: "boot", type: "door.locked", body: "{}" };
      const event = { epoch: 1, seq: 1, ...stamp, commitment: null, hash: "aa" };
      const batch: TakenBatch = {
        ...{ events: [event], personal: [], notes: [], now: 9 },
        ...{ board: (await store.fleet.get(address))!.board, from: null, head: { epoch: 1, seq: 1, hash: "aa" } },
      };
      const taken = await Promise.all([1, 2, 3].map(() => store.record.take(address, batch)));
      expect(taken.filter((one) => one)).toHaveLength(1);
      expect(await store.record.newest(site, null, 10)).toHaveLength(1);
      expect((await store.fleet.get(address))?.chain).toEqual({ epoch: 1, seq: 1, hash: "aa" });
      expect(await store.record.hashAt(address, 1, 1)).toBe("aa");
      await store.close();
    });

    test("what a controller said later counts, in the order of its record, and other doors are another view", async () => {
      const { store, address } = await withSite(open);
      const heard = { at: 10, epoch: 1, seq: 5, seenAt: 20, aheadMs: -10, text: "{}", boot: "a", directory: 3 };
      expect(await store.fleet.heardState(address, { ...heard, doors: ["front"] })).toEqual({
        kind: "taken",
        denied: [],
      });
      const first = (await store.fleet.get(address))!;
      expect(first).toMatchObject({ doors: ["front"], viewVersion: 1, online: true, aheadMs: -10, directory: 3 });
      expect(await store.fleet.heardState(address, { ...heard, seq: 4, at: 99, doors: ["back"] })).toEqual({
        kind: "older",
        denied: [],
      });
      expect(await store.fleet.heardState(address, { ...heard, at: 11, doors: ["front"] })).toEqual({
        kind: "taken",
        denied: [],
      });
      expect((await store.fleet.get(address))!.viewVersion).toBe(1);
      await store.fleet.heardState(address, { ...heard, at: 12, doors: ["back", "front"] });
      expect((await store.fleet.get(address))!.viewVersion).toBe(2);
      await store.fleet.renew(address, 40);
      expect((await store.fleet.get(address))!.viewVersion).toBe(41);
      await store.fleet.gone(address, 9);
      expect((await store.fleet.get(address))!.online).toBe(false);
      await store.fleet.heardState(address, { ...heard, at: 13, doors: ["back", "front"] });
      await store.fleet.gone(address, 9);
      expect((await store.fleet.get(address))!.online).toBe(true);
      await store.close();
    });

    test("new keys wait beside those in use until they are settled, and a note or an alarm comes once", async () => {
      const { store, site, address } = await withSite(open);
      const before = await store.fleet.version();
      expect(await store.fleet.put(address, { sign: "c", seal: "d", tls: null }, 6)).toBe(false);
      expect((await store.fleet.get(address))!.keys.map(({ sign }) => sign)).toEqual(["a", "c"]);
      await store.fleet.settle(address, { sign: "c", seal: "d", tls: null });
      expect((await store.fleet.get(address))!.keys.map(({ sign }) => sign)).toEqual(["c"]);
      expect(await store.fleet.version()).not.toBe(before);
      const note = { kind: "forked" as const, epoch: 1, seq: 1, toSeq: null, hash: null, what: "It is." };
      expect(await store.record.note(address, note, 7)).toBe(true);
      expect(await store.record.note(address, note, 8)).toBe(false);
      expect(await store.record.notes(site, ["forked"])).toHaveLength(1);
      expect(await store.record.notes(site, ["gap"])).toEqual([]);
      const alarm = { ...address, epoch: 1, seq: 3, wall: 4, trusted: true, body: "{}" };
      expect(await store.record.alarm(alarm, 7)).toBe(true);
      expect(await store.record.alarm(alarm, 8)).toBe(false);
      await store.commands.sent({ id: `id-${site}`, ...address, what: "open", who: "me", sentAt: 1 });
      await store.commands.answered(address, `id-${site}`, "done", null, 2);
      await store.commands.answered(address, `id-${site}`, "failed", null, 3);
      expect(await store.commands.list(site, 5)).toMatchObject([{ what: "open", code: "done" }]);
      expect(await store.fleet.remove(address)).toBe(true);
      expect(await store.fleet.get(address)).toBeNull();
      await store.close();
    });

    test("a store of the first version is brought up to date once, and what another board had left out is asked for", async () => {
      const db = await openEmpty();
      await makeFirstStore(db);
      const store = await openSqlStore(db, Date.now);
      const kept = async () =>
        (await store.record.newest("old", null, 9)).map(({ hash, board }) => `${board} ${hash}`).toSorted();
      expect(await kept()).toEqual(["0 before-1", "0 before-2", "1 again-3", "1 steady-1"]);
      const [again, steady] = await store.fleet.list("old");
      expect([again?.chain, steady?.chain]).toEqual([null, { epoch: 1, seq: 1, hash: "steady-1" }]);
      const address = { site: "old", controller: "again" };
      const events = [1, 2, 3].map((seq) => ({
        ...{ epoch: 1, seq, wall: 7, mono: 8, trusted: true, boot: "other", type: "door.locked", body: "{}" },
        ...{ commitment: null, hash: `again-${seq}` },
      }));
      const head = { epoch: 1, seq: 3, hash: "again-3" };
      const batch = { events, personal: [], notes: [], board: again!.board, from: null, head, now: 200 };
      expect(await store.record.resume(address, { board: batch.board, first: events[0]!, prev: "" })).toBe(false);
      expect(await store.record.take(address, batch)).toBe(true);
      expect(await kept()).toEqual([
        ...["0 before-1", "0 before-2", "1 again-1", "1 again-2", "1 again-3", "1 steady-1"],
      ]);
      // Opened again it is as it was.
      expect((await (await openSqlStore(db, Date.now)).fleet.get(address))?.chain).toEqual(head);
      await store.fleet.put({ site: "old", controller: "third" }, { sign: "a", seal: "b", tls: null }, 5);
      expect((await store.fleet.get({ site: "old", controller: "third" }))!.board).toBeGreaterThan(1);
      await store.close();
    });

    test("an event is never left out for another of its number", async () => {
      const { store, site, address } = await withSite(open);
      const { board } = (await store.fleet.get(address))!;
      const stamp = {
        wall: 1,
        mono: 2,
        trusted: true,
        boot: "boot",
        type: "door.locked",
        body: "{}",
        commitment: null,
      };
      const batch = (hash: string, from: TakenBatch["from"]): TakenBatch => ({
        ...{ events: [{ epoch: 1, seq: 1, ...stamp, hash }], personal: [], notes: [], board, from, now: 9 },
        head: { epoch: 1, seq: 1, hash },
      });
      expect(await store.record.take(address, batch("aa", null))).toBe(true);
      const other = batch("bb", { epoch: 1, seq: 1, hash: "aa" });
      await expect(store.record.take(address, other)).rejects.toThrow("another event 1");
      expect((await store.fleet.get(address))?.chain?.hash).toBe("aa");
      expect(await store.record.newest(site, null, 9)).toHaveLength(1);
      await store.close();
    });

    test("workers that ask at once never hold the same part", async () => {
      const { store } = await withSite(open);
      const names = ["one", "two", "three"];
      const renew = () => Promise.all(names.map((worker) => store.leases.renew(worker, 60_000)));
      await renew();
      await renew();
      const leased = await renew();
      expect(new Set(leased.flat()).size).toBe(leased.flat().length);
      expect(leased.flat()).toHaveLength(64);
      expect(leased.every((parts) => parts.length <= 22)).toBe(true);
      await store.leases.release("two");
      const after = await store.leases.renew("one", 60_000);
      expect(after.length).toBeGreaterThan(22);
      for (const name of names) await store.leases.release(name);
      await store.close();
    });

    test("whoever asks hears which parts a living worker has, and when the last one gave a sign", async () => {
      const { store } = await withSite(open);
      const from = Date.now() - 60_000;
      await store.leases.renew("dead", -1_000);
      const { held, lastAt } = await store.leases.signs();
      expect([...held]).toEqual([]);
      expect(lastAt).toBeGreaterThan(from);
      await store.leases.renew("one", 60_000);
      expect((await store.leases.signs()).held.size).toBe(64);
      await store.leases.release("one");
      const after = await store.leases.signs();
      expect([...after.held]).toEqual([]);
      expect(after.lastAt).toBeGreaterThanOrEqual(lastAt ?? Number.POSITIVE_INFINITY);
      await store.close();
    });
  });
}
