// A name that goes to another board, or to the same one with other keys: whose events are kept, and each of them once.
import { expect, test } from "vitest";
import { createBench, site, stateOf } from "./bench.ts";
import { ModelController } from "./model-controller.ts";

async function paired() {
  const bench = await createBench();
  const old = await bench.addController("front", ["front-door"]);
  await bench.startWorker("one");
  old.record(
    { type: "door.locked", of: "old" },
    { type: "door.opened", of: "old" },
    { type: "door.closed", of: "old" },
  );
  old.sendState();
  old.sendEvents(1, 3);
  await bench.broker.settled();

  /** As `postern issuer join --again` does it. */
  const replace = async (next: ModelController): Promise<void> => {
    await bench.store.fleet.replace(next, next.keys, bench.clock.now + 1_000);
    await bench.beat();
    next.now = bench.clock.now;
    next.connect(bench.broker.open);
    await bench.broker.settled();
  };
  const kept = async () => (await bench.store.record.newest(site, "front", 50)).map(({ hash }) => hash).toSorted();
  const hashes = (...boards: readonly ModelController[]) =>
    boards.flatMap(({ rows }) => rows.map(({ hash }) => hash)).toSorted();
  const next = new ModelController(site, "front", ["front-door"], bench.keys);
  const notes = async () => (await bench.store.record.notes(site)).map(({ kind }) => kind);
  return { ...bench, old, next, replace, kept, hashes, notes };
}

test("another board whose record has the same epoch has all of its events taken once, and the old one's stay", async () => {
  const { old, next, replace, kept, hashes, notes, broker, store, told } = await paired();
  next.record(...Array.from({ length: 5 }, (_, n) => ({ type: "door.locked", of: "next", n })));
  expect(next.epoch).toBe(old.epoch);
  await replace(next);
  next.sendState();
  next.sync();
  next.sendEvents(1, 2);
  next.sendEvents(1, 2);
  await broker.settled();
  next.sendEvents(2, 5);
  await broker.settled();
  expect(await kept()).toEqual(hashes(old, next));
  expect(next.acked).toEqual({ epoch: 1, seq: 5 });
  expect((await stateOf(store, "front")).chain?.hash).toBe(next.rows.at(-1)?.hash);
  expect(await notes()).toEqual([]);
  const boards = (await store.record.newest(site, "front", 50)).map(({ board }) => board);
  expect(new Set(boards).size).toBe(2);

  // Its alarm has the number of an event of the old one's, and is told all the same.
  next.say("alarm", { epoch: 1, seq: 6, wall: 5, trusted: true, event: { type: "door.forced" } });
  await broker.settled();
  expect(told.filter((line) => line.includes("Alarm"))).toHaveLength(1);
});

test("an alarm of the new board that has the number of an event of the old one's is told", async () => {
  const { next, replace, broker, told } = await paired();
  await replace(next);
  next.record({ type: "door.locked" }, { type: "door.forced" });
  next.say("alarm", { epoch: 1, seq: 2, wall: 5, trusted: true, event: { type: "door.forced" } });
  await broker.settled();
  expect(told.filter((line) => line.includes("Alarm"))).toEqual(["hof/front: Alarm: door.forced (event 2)."]);
});

test("the same board under other keys goes on with its record, of which nothing is there twice", async () => {
  const { old, next, replace, kept, hashes, notes, broker } = await paired();
  next.rows = [...old.rows];
  next.record({ type: "door.locked", of: "next" });
  await replace(next);
  next.say("alarm", { epoch: 1, seq: 4, wall: 5, trusted: true, event: { type: "door.locked" } });
  await broker.settled();
  next.sync();
  next.sendEvents(1, 2);
  await broker.settled();
  expect(next.acked).toEqual({ epoch: 1, seq: 3 });
  next.sendEvents(4, 4);
  await broker.settled();
  expect(await kept()).toEqual(hashes(next));
  expect(await notes()).toEqual([]);
});

test("the same board goes on also where it has dropped what the issuer has", async () => {
  const { old, next, replace, kept, hashes, notes, broker } = await paired();
  next.rows = [...old.rows];
  next.record({ type: "door.locked", of: "next" });
  await replace(next);
  next.sendEvents(4, 4, { gap: { fromSeq: 1, toSeq: 3, lastHash: next.rows[2]!.hash, kept: [] } });
  await broker.settled();
  expect(await kept()).toEqual(hashes(next));
  expect(await notes()).toEqual([]);
});

test("a board that forked and is paired anew has all of its other past taken", async () => {
  const { old, next, replace, kept, hashes, notes, broker } = await paired();
  const before = [...old.rows];
  old.rows = before.slice(0, 2);
  old.record({ type: "door.forced", of: "other past" }, { type: "door.closed", of: "other past" });
  old.sendEvents(3, 4);
  await broker.settled();
  expect(await notes()).toEqual(["forked"]);
  next.rows = [...old.rows];
  await replace(next);
  next.sync();
  next.sendEvents(1, 4);
  await broker.settled();
  old.rows = before;
  expect(await kept()).toEqual(hashes(old, next));
  expect(next.acked).toEqual({ epoch: 1, seq: 4 });
  expect(await notes()).toEqual(["forked"]);
});

test("what the old board still says after its name went to another changes nothing", async () => {
  const { old, next, store, clock, broker } = await paired();
  await store.fleet.replace(next, next.keys, clock.now + 1);
  // The worker has not looked yet, and believes the old keys.
  old.record({ type: "door.forced" });
  old.sendEvents(1, 4);
  await broker.settled();
  expect((await stateOf(store, "front")).chain).toBeNull();
  expect(await store.record.newest(site, "front", 9)).toHaveLength(3);
});

test("a controller that was removed and added again goes on with its record", async () => {
  const { old, store, beat, broker, kept, hashes, clock } = await paired();
  await store.fleet.remove(old);
  await beat();
  await store.fleet.put(old, old.keys, clock.now);
  await beat();
  old.record({ type: "door.locked" });
  old.sendEvents(1, 4);
  await broker.settled();
  expect(await kept()).toEqual(hashes(old));
  expect((await stateOf(store, "front")).chain?.seq).toBe(4);
});
