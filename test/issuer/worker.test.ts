// What an issuer's worker does with what controllers send, over a broker in memory.
import { expect, test } from "vitest";
import { createBench, person, schedule, site, stateOf } from "./bench.ts";
import { ModelController } from "./model-controller.ts";

test("a controller that connects is brought into step, with its own doors only, and told of each change", async () => {
  const { startWorker, addController, publish, beat, broker, store } = await createBench();
  const front = await addController("front", ["front-door"]);
  const back = await addController("back", ["back-door"]);
  await publish([schedule("days"), person("ana", "front-door", "back-door"), person("bob", "back-door")]);
  await startWorker("one");
  for (const one of [front, back]) {
    one.sendState();
    await broker.settled();
    one.sync();
    await broker.settled();
  }
  expect(front.held()).toEqual(["person ana", "schedule days"]);
  expect(back.held()).toEqual(["person ana", "person bob", "schedule days"]);
  expect(front.secrets.get("ana-pin-1")).toBe("473110");
  const ana = front.documents.get("person ana")!.document;
  expect("grants" in ana && ana.grants).toEqual([{ door: "front-door", schedule: "always" }]);

  await beat();
  const before = broker.published.length;
  await publish([person("cem", "back-door")]);
  await beat();
  expect(back.held()).toContain("person cem");
  expect(front.held()).not.toContain("person cem");
  const toFront = broker.published.slice(before).filter(({ topic }) => topic.includes("/front/"));
  expect(toFront).toEqual([]);

  await publish([person("ana", "front-door")]);
  await beat();
  expect(back.held()).toEqual(["person bob", "person cem", "schedule days"]);
  await publish([schedule("days")], true);
  await beat();
  expect(front.held()).toEqual(["schedule days"]);
  expect(back.held()).toEqual(["schedule days"]);
  expect((await stateOf(store, "back")).refused).toEqual([]);
});

test("nothing that goes over the broker shows a code or a name", async () => {
  const { startWorker, addController, publish, broker } = await createBench();
  const front = await addController("front", ["front-door"]);
  await publish([person("ana", "front-door")]);
  await startWorker("one");
  front.sendState();
  await broker.settled();
  front.sync();
  await broker.settled();
  expect(front.secrets.get("ana-pin-1")).toBe("473110");
  expect(front.bodies.get("ana")).toMatchObject({ name: "Name of ana" });
  const shown = broker.published.filter(({ payload }) => /473110|Name of/.test(payload));
  expect(shown).toEqual([]);
});

test("thousands of documents come as a snapshot that goes on where it was cut off", async () => {
  const { startWorker, addController, publish, beat, broker } = await createBench();
  const front = await addController("front", ["front-door"]);
  const people = Array.from({ length: 1_700 }, (_, n) => person(`p${n}`, "front-door"));
  await publish([schedule("days"), ...people]);
  await startWorker("one");
  front.sendState();
  await broker.settled();
  front.sync();
  await broker.settled();
  expect(front.held()).toHaveLength(1_701);
  const chunks = front.heard.filter(({ kind }) => kind === "chunk").length;
  expect(chunks).toBeGreaterThanOrEqual(4);
  expect(front.directory).toEqual({ version: 1_702, snapshot: null });

  const mark = () => /"mark":"([^"]+)"/.exec(JSON.stringify(front.documents.get("person p1")))?.[1];
  const before = mark();
  await publish(people.slice(0, 450).map((one) => ({ ...one, body: { ...one.body, name: "Other" } })));
  await beat();
  expect(front.heard.filter(({ kind }) => kind === "delta")).toHaveLength(3);
  expect(front.directory.version).toBe(2_152);
  // The code is the same, and known by the same mark.
  expect(mark()).toBe(before);
});

test("each event is taken once, whatever is doubled, and the controller is told how far", async () => {
  const { startWorker, addController, broker, store, told } = await createBench();
  const front = await addController("front", ["front-door"]);
  await startWorker("one");
  front.record({ type: "door.unlocked" }, { type: "door.locked" }, { type: "door.opened" });
  front.recordNamed({ type: "access.granted" }, { name: "Ana Ruiz" });
  front.sendEvents(1, 2);
  front.sendEvents(1, 2);
  front.sendEvents(2, 4);
  front.sendEvents(3, 3);
  await broker.settled();
  const events = await store.record.newest(site, "front", 10);
  expect(events.map(({ seq, type }) => `${seq} ${type}`)).toEqual([
    "1 door.unlocked",
    "2 door.locked",
    "3 door.opened",
    "4 access.granted",
  ]);
  expect(events.at(-1)?.personal).toBe('{"name":"Ana Ruiz"}');
  expect(front.acked).toEqual({ epoch: 1, seq: 4 });
  expect(broker.published.filter(({ payload }) => payload.includes("Ana Ruiz"))).toEqual([]);
  expect(told.filter((line) => line.includes("front"))).toEqual([]);
});

test("events that lack what is before them wait for it; after a gap that the controller tells of they are taken", async () => {
  const { startWorker, addController, broker, store } = await createBench();
  const front = await addController("front", ["front-door"]);
  await startWorker("one");
  front.record(...Array.from({ length: 9 }, (_, n) => ({ type: "door.locked", n })));
  front.sendEvents(1, 2);
  front.sendEvents(6, 7);
  await broker.settled();
  expect(front.acked).toEqual({ epoch: 1, seq: 2 });
  const gap = { fromSeq: 3, toSeq: 5, lastHash: front.rows[4]!.hash, kept: [] };
  front.sendEvents(6, 7, { gap: { ...gap, lastHash: "a".repeat(64) } });
  await broker.settled();
  expect(front.acked).toEqual({ epoch: 1, seq: 2 });
  front.sendEvents(6, 7, { gap });
  await broker.settled();
  expect(front.acked).toEqual({ epoch: 1, seq: 7 });
  const notes = await store.record.notes(site);
  expect(notes.map(({ kind, seq, toSeq }) => [kind, seq, toSeq])).toEqual([
    ["gap", 3, 5],
    ["broken", 6, 7],
  ]);
});

test("an event that was edited on its way, a record written anew, and one of another board are noted and not taken", async () => {
  const { startWorker, addController, broker, store, told } = await createBench();
  const front = await addController("front", ["front-door"]);
  await startWorker("one");
  front.record({ type: "door.locked" }, { type: "door.opened" });
  front.sendEvents(1, 2);
  await broker.settled();

  const original = front.rows;
  front.rows = original.slice(0, 1);
  front.record({ type: "door.closed" }, { type: "door.locked" });
  front.sendEvents(2, 3);
  await broker.settled();
  const chain = (await stateOf(store, "front")).chain;
  expect(chain).toEqual({ epoch: 1, seq: 2, hash: original[1]!.hash });
  // It is told what the issuer holds, by which it knows.
  expect(front.heard.at(-1)).toMatchObject({ kind: "ack", seq: 2, hash: original[1]!.hash });
  expect((await store.record.notes(site)).map(({ kind, seq }) => [kind, seq])).toEqual([["forked", 2]]);
  expect(told.some((line) => line.startsWith("hof/front: Event 2 is another one"))).toBe(true);

  front.rows = original;
  front.record({ type: "door.closed" });
  const batch = front.batch(3, 3) as { events: { event: object }[] };
  front.say("events", { ...batch, events: batch.events.map((one) => ({ ...one, event: { type: "door.forced" } })) });
  await broker.settled();
  expect((await store.record.notes(site)).map(({ kind }) => kind)).toEqual(["forked", "broken"]);
  front.sendEvents(3, 3);
  await broker.settled();
  expect((await stateOf(store, "front")).chain?.seq).toBe(3);
});

test("a head that differs from what the issuer holds shows as soon as the controller connects", async () => {
  const { startWorker, addController, broker, store } = await createBench();
  const front = await addController("front", ["front-door"]);
  await startWorker("one");
  front.record({ type: "door.locked" }, { type: "door.opened" });
  front.sendEvents(1, 2);
  await broker.settled();
  front.rows = [];
  front.record({ type: "door.opened" });
  front.sync();
  await broker.settled();
  expect((await store.record.notes(site)).map(({ kind, seq }) => [kind, seq])).toEqual([["forked", 1]]);
});

test("a record that began anew is taken from its beginning, and noted", async () => {
  const { startWorker, addController, broker, store } = await createBench();
  const front = await addController("front", ["front-door"]);
  await startWorker("one");
  front.record({ type: "door.locked" }, { type: "door.opened" });
  front.sendEvents(1, 2);
  await broker.settled();
  front.beginAnew();
  front.record({ type: "log.restarted" });
  front.sendEvents(1, 1);
  await broker.settled();
  expect((await stateOf(store, "front")).chain).toMatchObject({ epoch: 2, seq: 1 });
  expect((await store.record.notes(site)).map(({ kind }) => kind)).toEqual(["restarted"]);
  expect(await store.record.newest(site, "front", 10)).toHaveLength(3);
});

test("a message that is signed by another board, or for one, changes nothing and is counted", async () => {
  const { startWorker, addController, broker, store, told, beat, clock } = await createBench();
  const front = await addController("front", ["front-door"]);
  const back = await addController("back", ["back-door"]);
  await startWorker("one");
  back.record({ type: "door.locked" });
  back.sendEvents(1, 1);
  await broker.settled();
  const last = broker.published.find(({ topic }) => topic.endsWith("back/up/events"))!;
  broker.publish(last.topic.replace("back", "front"), last.payload);
  await broker.settled();
  expect((await stateOf(store, "front")).chain).toBeNull();
  expect(front.acked).toBeNull();
  broker.publish(last.topic.replace("back", "front"), last.payload);
  await broker.settled();
  clock.now += 60_000;
  await beat();
  expect(told).toContain("A message was refused: unsigned. (1 more)");
  expect(told).toContain("A message was refused: unsigned.");
});

test("an alarm is told at once and once, whether it comes ahead or in its order", async () => {
  const { startWorker, addController, broker, told } = await createBench();
  const front = await addController("front", ["front-door"]);
  await startWorker("one");
  front.record({ type: "door.locked" }, { type: "door.forced" });
  const alarm = { epoch: 1, seq: 2, wall: 5, trusted: true, event: { type: "door.forced" } };
  front.say("alarm", alarm);
  front.say("alarm", alarm);
  await broker.settled();
  front.sendEvents(1, 2);
  await broker.settled();
  front.say("alarm", alarm);
  await broker.settled();
  expect(told.filter((line) => line.includes("Alarm"))).toEqual(["hof/front: Alarm: door.forced (event 2)."]);
});

test("what a controller could not take is sent again each time that it asks, and only that", async () => {
  const { publish, addController, startWorker, broker } = await createBench();
  await publish([
    schedule("office"),
    person("ana", "front-door"),
    person("bo", "front-door"),
    person("eve", "back-door"),
  ]);
  const front = await addController("front", ["front-door"]);
  await startWorker("one");
  front.sendState();
  front.sync();
  await broker.settled();
  const { version } = front.directory;
  const deltas = () => front.heard.filter(({ kind }) => kind === "delta");
  front.sync();
  await broker.settled();
  expect(deltas()).toEqual([]);
  front.refused.push("ana", "office", "eve", "nobody");
  front.sync();
  await broker.settled();
  expect(deltas()).toMatchObject([{ from: version, version, more: false }]);
  const [again] = deltas();
  expect(again?.kind === "delta" && again.documents.map(({ id }) => id)).toEqual(["office", "ana"]);
});

test("other doors are another directory, which is sent anew", async () => {
  const { startWorker, addController, publish, broker, beat } = await createBench();
  const front = await addController("front", ["front-door"]);
  await publish([person("ana", "front-door"), person("bob", "back-door")]);
  await startWorker("one");
  front.sendState();
  await broker.settled();
  front.sync();
  await broker.settled();
  expect(front.held()).toEqual(["person ana"]);
  front.setDoors(["back-door"]);
  front.now += 5;
  front.sendState();
  await broker.settled();
  await beat();
  expect(front.held()).toEqual(["person bob"]);
});

test("a store that was restored from a backup sends everything anew under higher versions", async () => {
  const { startWorker, addController, publish, broker, store, told } = await createBench();
  const front = await addController("front", ["front-door"]);
  await publish([person("ana", "front-door")]);
  await startWorker("one");
  front.sendState();
  await broker.settled();
  front.sync();
  await broker.settled();
  front.directory = { version: 900, snapshot: null };
  front.documents.set("person eve", {
    document: { ...front.documents.get("person ana")!.document, id: "eve" },
    version: 900,
  });
  front.sync();
  await broker.settled();
  expect(front.held()).toEqual(["person ana"]);
  expect(front.directory.version).toBe(901);
  expect((await store.sites.list())[0]?.version).toBe(901);
  expect(told.some((line) => line.includes("version 900"))).toBe(true);
});

test("two workers share the controllers; what one gives back the other takes on", async () => {
  const { startWorker, addController, broker, beat, clock, store } = await createBench();
  const names = Array.from({ length: 12 }, (_, n) => `gate-${n}`);
  const gates = await Promise.all(names.map((name) => addController(name, [`door-${name}`])));
  const one = await startWorker("one");
  const two = await startWorker("two");
  for (let n = 0; n < 6; n += 1) await beat();
  const leased = await Promise.all(["one", "two"].map((name) => store.leases.renew(name, 15_000)));
  expect(leased.map((parts) => parts.length)).toEqual([32, 32]);
  expect(new Set(leased.flat()).size).toBe(64);
  for (const gate of gates) {
    gate.record({ type: "door.locked" });
    gate.sendEvents(1, 1);
  }
  await broker.settled();
  expect(gates.map(({ acked }) => acked?.seq)).toEqual(gates.map(() => 1));
  const acks = broker.published.filter(({ topic }) => topic.endsWith("down/ack"));
  expect(acks).toHaveLength(gates.length);

  await one.close();
  clock.now += 5_000;
  await beat();
  for (const gate of gates) {
    gate.record({ type: "door.opened" });
    gate.sendEvents(2, 2);
  }
  await broker.settled();
  expect(gates.map(({ acked }) => acked?.seq)).toEqual(gates.map(() => 2));
  await two.close();
});

test("a board that takes another's place brings its own record and gets the directory from its beginning", async () => {
  const { startWorker, addController, publish, broker, store, keys, beat } = await createBench();
  const old = await addController("front", ["front-door"]);
  await publish([person("ana", "front-door")]);
  await startWorker("one");
  old.record({ type: "door.locked" }, { type: "door.opened" });
  old.sendState();
  old.sendEvents(1, 2);
  await broker.settled();
  const next = new ModelController(site, "front", ["front-door"], keys);
  next.epoch = 0;
  next.record({ type: "controller.started" });
  await store.fleet.replace({ site, controller: "front" }, next.keys, 2_000_000);
  await beat();
  next.connect(broker.open);
  await broker.settled();
  next.sendState();
  next.sendEvents(1, 1);
  await broker.settled();
  next.sync();
  await broker.settled();
  expect(next.held()).toEqual(["person ana"]);
  expect((await store.record.newest(site, "front", 10)).map(({ type }) => type).toSorted()).toEqual([
    "controller.started",
    "door.locked",
    "door.opened",
  ]);
  expect(await store.record.notes(site)).toEqual([]);
  expect((await stateOf(store, "front")).addedAt).toBe(2_000_000);
});

test("a will that the broker holds up again later says nothing new", async () => {
  const { startWorker, addController, broker, store } = await createBench();
  const front = await addController("front", ["front-door"]);
  await startWorker("one");
  front.sendState();
  await broker.settled();
  front.say("gone", { boot: "an older one" });
  await broker.settled();
  expect((await stateOf(store, "front")).online).toBe(true);
  front.say("gone", { boot: "boot" });
  await broker.settled();
  expect((await stateOf(store, "front")).online).toBe(false);
  const will = broker.published.at(-1)!;
  front.now += 5;
  front.sendState();
  broker.publish(will.topic, will.payload);
  await broker.settled();
  expect((await stateOf(store, "front")).online).toBe(true);
});

test("a record that says something else of what it dropped than the gap did is noted", async () => {
  const { startWorker, addController, broker, store } = await createBench();
  const front = await addController("front", ["front-door"]);
  await startWorker("one");
  front.record(...Array.from({ length: 6 }, () => ({ type: "door.locked" })));
  front.record({ type: "log.pruned", fromSeq: 1, toSeq: 4, lastHash: front.rows[3]!.hash });
  front.record({ type: "log.pruned", fromSeq: 1, toSeq: 4, lastHash: "b".repeat(64) });
  front.sendEvents(5, 7, { gap: { fromSeq: 1, toSeq: 4, lastHash: front.rows[3]!.hash, kept: [] } });
  front.sendEvents(8, 8);
  await broker.settled();
  expect((await store.record.notes(site)).map(({ kind, seq }) => [kind, seq])).toEqual([
    ["gap", 1],
    ["broken", 8],
  ]);
});

test("names go from events that are older than they may be kept, and the chain stays", async () => {
  const { startWorker, addController, broker, store, clock, beat } = await createBench();
  const front = await addController("front", ["front-door"]);
  await startWorker("one");
  front.recordNamed({ type: "access.granted" }, { name: "Ana Ruiz" });
  front.sendEvents(1, 1);
  await broker.settled();
  const personal = async () => (await store.record.newest(site, "front", 1))[0]?.personal;
  clock.now += 29 * 86_400_000;
  await beat();
  expect(await personal()).toBe('{"name":"Ana Ruiz"}');
  clock.now += 2 * 86_400_000;
  await beat();
  expect(await personal()).toBeNull();
  expect(await store.record.hashAt({ site, controller: "front" }, 1, 1)).toBe(front.rows[0]!.hash);
});

test("two boards with one board's keys are noted as soon as they take turns", async () => {
  const { startWorker, addController, broker, store } = await createBench();
  const front = await addController("front", ["front-door"]);
  await startWorker("one");
  for (const boot of ["first", "second", "third"]) {
    front.now += 1;
    front.sendState({ boot });
  }
  await broker.settled();
  expect(await store.record.notes(site)).toEqual([]);
  front.now += 1;
  front.sendState({ boot: "second" });
  await broker.settled();
  expect(await store.record.notes(site)).toMatchObject([{ kind: "forked" }]);
});

test("a door is whose controller named it first: another that claims it gets nothing of it, until it is given or free", async () => {
  const { startWorker, addController, publish, broker, store, told } = await createBench();
  const main = await addController("main", ["vault"]);
  const shed = await addController("shed", ["shed-door"]);
  await publish([schedule("days"), person("ana", "vault"), person("bob", "shed-door")]);
  await startWorker("one");
  const speak = async (one: ModelController) => {
    one.now += 1;
    one.sendState();
    await broker.settled();
    one.sync();
    await broker.settled();
  };
  await speak(main);
  shed.setDoors(["shed-door", "vault"]);
  await speak(shed);
  await speak(shed);
  await speak(main);
  expect(shed.held()).toEqual(["person bob", "schedule days"]);
  expect(shed.secrets.has("ana-pin-1")).toBe(false);
  expect(main.held()).toEqual(["person ana", "schedule days"]);
  expect((await stateOf(store, "shed")).doors).toEqual(["shed-door"]);
  expect(await store.record.notes(site)).toMatchObject([{ kind: "doorClaimed", controller: "shed" }]);
  expect(told.filter((line) => line.includes("vault"))).toHaveLength(1);

  // A new board under the owner's name does not open the door to whoever waits for it.
  await store.fleet.replace(main, main.keys, 9);
  await speak(shed);
  expect(shed.held()).toEqual(["person bob", "schedule days"]);
  await speak(main);
  expect(main.held()).toEqual(["person ana", "schedule days"]);

  expect(await store.fleet.giveDoor({ site, controller: "shed" }, "attic")).toBe(false);
  expect(await store.fleet.giveDoor({ site, controller: "shed" }, "vault")).toBe(true);
  await speak(main);
  await speak(shed);
  expect(shed.held()).toEqual(["person ana", "person bob", "schedule days"]);
  expect(main.held()).toEqual(["schedule days"]);

  await store.fleet.remove({ site, controller: "shed" });
  await speak(main);
  expect(main.held()).toEqual(["person ana", "schedule days"]);
});

test("of a new controller nothing is taken before its first event, unless it says that it has that no more", async () => {
  const { startWorker, addController, broker, store } = await createBench();
  const front = await addController("front", ["front-door"]);
  await startWorker("one");
  front.record(...Array.from({ length: 4 }, () => ({ type: "door.locked" })));
  front.sendEvents(3, 4);
  await broker.settled();
  expect((await stateOf(store, "front")).chain).toBe(null);
  front.sendEvents(1, 2);
  front.sendEvents(3, 4);
  await broker.settled();
  expect([(await stateOf(store, "front")).chain?.seq, await store.record.notes(site)]).toEqual([4, []]);
});

test("alarms that a new controller kept of what it has no more are taken with the first events after the gap", async () => {
  const { startWorker, addController, broker, store } = await createBench();
  const front = await addController("front", ["front-door"]);
  await startWorker("one");
  front.record(
    { type: "door.locked" },
    { type: "door.forced" },
    ...Array.from({ length: 4 }, () => ({ type: "door.locked" })),
  );
  const { raw, prev, hash } = front.rows[1]!;
  const gap = { fromSeq: 1, toSeq: 4, lastHash: front.rows[3]!.hash };
  const kept = { ...raw, epoch: 1, prev, hash };
  front.sendEvents(5, 6, { gap: { ...gap, kept: [{ ...kept, event: { type: "door.opened" } }] } });
  await broker.settled();
  expect((await stateOf(store, "front")).chain).toBeNull();
  front.sendEvents(5, 6, { gap: { ...gap, kept: [kept] } });
  await broker.settled();
  const taken = await store.record.newest(site, "front", 9);
  expect(taken.map(({ seq, type }) => `${seq} ${type}`)).toEqual(["2 door.forced", "5 door.locked", "6 door.locked"]);
  expect((await store.record.notes(site)).map(({ kind }) => kind).toSorted()).toEqual(["broken", "gap"]);
});

test("a worker whose store is slow keeps its lease while it tells a fleet where the directory stands", async () => {
  const { startWorker, addController, broker, store, clock, beat } = await createBench();
  for (let n = 0; n < 30; n += 1) await addController(`gate-${n}`, ["front-door"]);
  await startWorker("one");
  await broker.settled();
  const renewedAt: number[] = [];
  const { fleet, leases } = store;
  const [get, renew] = [fleet.get.bind(fleet), leases.renew.bind(leases)];
  Object.assign(fleet, {
    get: (address: Parameters<typeof get>[0]) => {
      clock.now += 500;
      return get(address);
    },
  });
  Object.assign(leases, {
    renew: (worker: string, forMs: number) => {
      renewedAt.push(clock.now);
      return renew(worker, forMs);
    },
  });
  clock.now += 300_000;
  for (let n = 0; n < 10; n += 1) await beat();
  const waits = renewedAt.slice(1).map((at, n) => at - (renewedAt[n] ?? 0));
  expect(Math.max(...waits)).toBeLessThan(10_000);
});
