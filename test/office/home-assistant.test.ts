// Home Assistant's connection against a real Mosquitto, read and written with its own clients.
import { existsSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { JournalEvent } from "../../src/domain/events.ts";
import type { HomeAssistantSpec } from "../../src/domain/home-assistant.ts";
import { frontDoor, site } from "../site-fixture.ts";
import type { Mosquitto, Seen, Watcher } from "./mosquitto.ts";
import { openMosquitto, password } from "./mosquitto.ts";
import type { BenchOptions, OfficeBench } from "./office-bench.ts";
import { openBench, statusOf } from "./office-bench.ts";

let broker: Mosquitto;
let bench: OfficeBench;

beforeEach(async () => {
  broker = await openMosquitto();
});
afterEach(async () => {
  await bench.close();
  await broker.close();
});

const base = "postern/ha/postern";
const discovery = "homeassistant/device/postern_postern/config";
const order = (door = "front"): string => `${base}/doors/${door}/order`;

const specAt = (changed: Partial<HomeAssistantSpec> = {}): HomeAssistantSpec => ({
  broker: `mqtt://127.0.0.1:${broker.port}`,
  caFile: null,
  username: "postern",
  passwordFile: broker.passwordFile,
  discoveryPrefix: "homeassistant",
  id: "postern",
  mayOpen: true,
  revealDetails: false,
  ...changed,
});

async function openWith(changed: Partial<HomeAssistantSpec> = {}, options: BenchOptions = {}): Promise<Watcher> {
  bench = await openBench({ ...options, homeAssistant: specAt(changed) });
  bench.publish([statusOf("front"), statusOf("garage")]);
  const watcher = await broker.watch();
  await watcher.until(isOnline);
  return watcher;
}

const at =
  (topic: string, payload?: string | RegExp) =>
  (seen: Seen): boolean =>
    seen.topic === topic &&
    (payload === undefined || (typeof payload === "string" ? seen.payload === payload : payload.test(seen.payload)));
const isOnline = at(`${base}/availability`, "online");
const commands = () => bench.told.flatMap((one) => (one.kind === "command" ? [{ who: one.who, ...one.command }] : []));
const isRefusal =
  (why: string) =>
  (line: string): boolean =>
    line.includes("homeAssistant.refused") && line.includes(`"${why}"`);
const refused = (why: string): Promise<string> => bench.ledger.line(isRefusal(why));
const happen = (event: JournalEvent, name: string | null = null): void => {
  const { seq } = bench.journal.append(event, name);
  bench.ledger.say({ kind: "head", seq });
};
test("device, doors and availability are there to be found, and stay so when nobody listened", async () => {
  await openWith();
  const kept = await broker.kept();
  expect([...kept.keys()].sort()).toEqual(
    [discovery, `${base}/availability`, `${base}/controller`, `${base}/doors/front`, `${base}/doors/garage`].sort(),
  );
  const message = JSON.parse(kept.get(discovery) ?? "");
  expect(message).toMatchObject({
    device: { identifiers: ["postern_postern"], name: "Test site", sw_version: "1.2.3" },
  });
  expect(message.components.front_lock).toMatchObject({ command_topic: order(), state_topic: `${base}/doors/front` });
  expect(JSON.parse(kept.get(`${base}/doors/front`) ?? "")).toMatchObject({ lock: "LOCKED", contact: "OFF" });
});

test("what changes at a door is told, and only that", async () => {
  const watcher = await openWith();
  const from = watcher.seen.length;
  bench.publish([statusOf("front", { locked: false, contact: "open", forced: true }), statusOf("garage")]);
  const { payload } = await watcher.until(at(`${base}/doors/front`, /UNLOCKED/), from);
  expect(JSON.parse(payload)).toMatchObject({ lock: "UNLOCKED", unlocked: "ON", contact: "ON", forced: "ON" });
  bench.publish([statusOf("front"), statusOf("garage")]);
  await watcher.until(at(`${base}/doors/front`, /"LOCKED"/), from);
  expect(watcher.seen.slice(from).map(({ topic }) => topic)).toEqual([`${base}/doors/front`, `${base}/doors/front`]);
});

test("an order opens the door in Home Assistant's name, within its life, and is in the record", async () => {
  await openWith();
  broker.publish(order(), "OPEN");
  const told = await bench.command();
  expect(told).toMatchObject({
    who: "Home Assistant",
    command: { kind: "access", door: "front", by: "operator" },
    expiresAt: bench.clock.monoMs + 2_000,
  });
  const line = await bench.ledger.line((one) => one.includes("homeAssistant.obeyed"));
  expect(JSON.parse(line).event).toEqual({ type: "homeAssistant.obeyed", door: "front", order: "open", count: 1 });
});

test("without leave nothing opens, nothing offers to, and every try is in the record", async () => {
  await openWith({ mayOpen: false });
  broker.publish(order(), "UNLOCK");
  const line = await refused("notAllowed");
  expect(JSON.parse(line).event).toEqual({ type: "homeAssistant.refused", why: "notAllowed", count: 1 });
  expect(commands()).toEqual([]);
  expect((await broker.kept()).get(discovery)).not.toContain("command_topic");
});

test("an order that is to be kept opens nothing when it comes, nor when Postern comes back to it", async () => {
  const watcher = await openWith();
  broker.publish(order(), "OPEN", "-r");
  await refused("retained");
  const from = watcher.seen.length;
  await bench.restart();
  bench.publish([statusOf("front"), statusOf("garage")]);
  await watcher.until(isOnline, from);
  broker.publish(order(), "nonsense");
  await refused("malformed");
  expect(commands()).toEqual([]);
});

test("an order that was sent while Postern was away opens nothing when it is back", async () => {
  const watcher = await openWith();
  const away = bench.office;
  await away.close();
  await watcher.until(at(`${base}/availability`, "offline"));
  for (const qos of ["0", "1", "2"]) broker.publish(order(), "OPEN", "-q", qos);
  const from = watcher.seen.length;
  await bench.restart();
  await watcher.until(isOnline, from);
  broker.publish(order(), "nonsense", "-q", "1");
  await refused("malformed");
  expect(commands()).toEqual([]);
});

test.each([
  ["is too long", order(), "OPEN".padEnd(100), "oversized"],
  ["says nothing that is known", order(), "open sesame", "malformed"],
  ["is for a door that is not there", order("attic"), "OPEN", "unknownDoor"],
])("a message that %s opens nothing and is in the record", async (_, topic, payload, why) => {
  await openWith();
  broker.publish(topic, payload);
  await refused(why);
  expect(commands()).toEqual([]);
});

test("an order that may have been under way for long opens nothing", async () => {
  await openWith();
  bench.clock.monoMs += 6_000;
  broker.publish(order(), "OPEN");
  await refused("late");
  expect(commands()).toEqual([]);
});

test("a flood of orders is cut off, and counted", async () => {
  await openWith();
  for (let n = 0; n < 14; n += 1) broker.publish(order(), "LOCK");
  await refused("flooded");
  expect(commands().length).toBeLessThanOrEqual(10);
});

test("an order to unlock does not undo a block", async () => {
  await openWith();
  bench.publish([statusOf("front", { mode: "blocked", standing: "blocked" }), statusOf("garage")]);
  broker.publish(order(), "UNLOCK");
  await refused("door");
  expect(commands()).toEqual([]);
});

test("who may not publish there opens nothing", async () => {
  const watcher = await openWith();
  broker.publish(order(), "OPEN", "-u", "guest", "-P", password);
  broker.publish("postern/ha/marker", "after");
  await watcher.until(at("postern/ha/marker"));
  expect(watcher.seen.filter(({ topic }) => topic === order())).toEqual([]);
});

test("when Home Assistant says that it has started, everything is told again", async () => {
  const watcher = await openWith();
  const from = watcher.seen.length;
  broker.publish("homeassistant/status", "online");
  await watcher.until(isOnline, from);
  const again = watcher.seen.slice(from).map(({ topic }) => topic);
  for (const topic of [discovery, `${base}/doors/front`, `${base}/doors/garage`, `${base}/controller`])
    expect(again).toContain(topic);
});

const grant = {
  ask: "run.1",
  door: "front",
  reader: "front-keypad",
  method: "pin",
  credential: "ana-pin",
  person: "ana",
  pass: null,
};
const granted = { type: "access.granted", usesLeft: null, late: false, directoryVersion: 1, ...grant } as never;
const denied = {
  type: "access.denied",
  reason: "unknownCredential",
  directoryVersion: 1,
  ...grant,
  ask: "run.2",
} as never;
const isEvent = at(`${base}/doors/front/events`);

test("a grant is told once its door let it through, without a name, and is kept by nobody", async () => {
  const watcher = await openWith();
  happen(granted, "Ana Gil");
  happen(denied, "Ana Gil");
  expect((await watcher.until(isEvent)).payload).toBe('{"event_type":"denied","method":"pin","reader":"front-keypad"}');
  happen({ type: "door.unlocked", door: frontDoor.id, cause: { by: "ask", ask: "run.1" as never } });
  const { payload } = await watcher.until(at(`${base}/doors/front/events`, /granted/));
  expect(payload).toBe('{"event_type":"granted","method":"pin","reader":"front-keypad"}');
  expect([...(await broker.kept()).keys()]).not.toContain(`${base}/doors/front/events`);
});

test("what happened while the broker was away is not told afterwards as if it were new", async () => {
  const watcher = await openWith();
  await broker.kill();
  happen(denied);
  bench.clock.monoMs += 20_000;
  await broker.start();
  const later = await broker.watch();
  await later.until((seen) => isOnline(seen) && !seen.retained);
  happen({ type: "exit.pressed", door: frontDoor.id, input: "front-exit" as never });
  expect((await later.until(isEvent)).payload).toBe('{"event_type":"exit"}');
  watcher.stop();
});

test("a broker that dies and returns without its memory is told everything anew, and no door has moved", async () => {
  await openWith();
  await broker.kill();
  await broker.start();
  const watcher = await broker.watch();
  await watcher.until(isOnline);
  expect([...(await broker.kept()).keys()]).toContain(discovery);
  expect(commands()).toEqual([]);
});

test("when the controller dies, it is shown as away", async () => {
  const watcher = await openWith();
  await bench.office.close();
  await watcher.until(at(`${base}/availability`, "offline"));
  await bench.restart();
});

test("a door that leaves the site takes its components and its state along", async () => {
  const watcher = await openWith();
  const from = watcher.seen.length;
  bench.publish([statusOf("front")]);
  await bench.restart({ site: { ...site, doors: [frontDoor] } });
  await watcher.until(isOnline, from);
  const [first, second] = watcher.seen
    .slice(from)
    .filter(at(discovery))
    .map(({ payload }) => JSON.parse(payload).components);
  expect(first.garage_lock).toEqual({ platform: "lock" });
  expect(first.garage_contact).toEqual({ platform: "binary_sensor" });
  expect(Object.keys(second).filter((name) => name.startsWith("garage"))).toEqual([]);
  expect([...(await broker.kept()).keys()]).not.toContain(`${base}/doors/garage`);
});

test("once it may open no more, the lock and its button are gone", async () => {
  const watcher = await openWith();
  const from = watcher.seen.length;
  await bench.restart({ homeAssistant: { ...bench.opening().homeAssistant, spec: specAt({ mayOpen: false }) } });
  await watcher.until(isOnline, from);
  const [first] = watcher.seen
    .slice(from)
    .filter(at(discovery))
    .map(({ payload }) => JSON.parse(payload).components);
  expect(first).toMatchObject({ front_lock: { platform: "lock" }, front_open: { platform: "button" } });
  expect((await broker.kept()).get(discovery)).not.toContain("front_lock");
});

test("switched off, everything is taken back, and then forgotten", async () => {
  const watcher = await openWith();
  const from = watcher.seen.length;
  const { memoryFile } = bench.opening().homeAssistant;
  expect(readFileSync(memoryFile, "utf8")).not.toContain("oakum");
  await bench.restart({ homeAssistant: { spec: null, memoryFile } });
  await watcher.until(at(`${base}/doors/garage`, ""), from);
  expect((await broker.kept()).size).toBe(0);
  expect(existsSync(memoryFile)).toBe(false);
});

test("called otherwise, what stands under the old name is taken back while the new one is told", async () => {
  const watcher = await openWith();
  const from = watcher.seen.length;
  const { memoryFile } = bench.opening().homeAssistant;
  await bench.restart({ homeAssistant: { spec: specAt({ id: "gate" }), memoryFile } });
  await watcher.until(at("postern/ha/gate/availability", "online"), from);
  await watcher.until(at(`${base}/doors/garage`, ""), from);
  expect([...(await broker.kept()).keys()].filter((topic) => !/\/gate\/|postern_gate/.test(topic))).toEqual([]);
});

test("looked for below another prefix, it is found there and no more where it was", async () => {
  const watcher = await openWith();
  const from = watcher.seen.length;
  const { memoryFile } = bench.opening().homeAssistant;
  await bench.restart({ homeAssistant: { spec: specAt({ discoveryPrefix: "homeassistant/second" }), memoryFile } });
  await watcher.until(isOnline, from);
  const topics = [...(await broker.kept()).keys()];
  expect(topics).toContain("homeassistant/second/device/postern_postern/config");
  expect(topics).toContain(`${base}/doors/garage`);
  expect(topics).not.toContain(discovery);
});
