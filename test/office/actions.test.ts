// Acceptance check 13, and the requests that events set off.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test } from "vitest";
import type { ActionSpec } from "../../src/domain/action.ts";
import type { JournalEvent } from "../../src/domain/events.ts";
import { frontDoor, garageDoor, site } from "../site-fixture.ts";
import type { ActionTarget, Arrived } from "./action-target.ts";
import { actionTo, openTarget } from "./action-target.ts";
import type { OfficeBench } from "./office-bench.ts";
import { openBench, statusOf } from "./office-bench.ts";

let bench: OfficeBench;

afterEach(() => bench.close());

async function openWith(list: readonly ActionSpec[], hosts: readonly string[]): Promise<void> {
  bench = await openBench({ actions: { list, hosts } });
}

function happen(event: JournalEvent, name: string | null = null): number {
  const { seq } = bench.journal.append(event, name);
  bench.ledger.say({ kind: "head", seq });
  return seq;
}

/** Granted, and let through by the door. */
function letIn(given: Partial<Granted> = {}, name: string | null = null): void {
  const event = granted(given);
  happen(event, name);
  happen(through(event));
}
const through = ({ ask, door }: Granted): JournalEvent => ({ type: "door.unlocked", door, cause: { by: "ask", ask } });
const admitted = ({ ask, door }: Granted): JournalEvent => ({ type: "access.admitted", door, ask });
const aborted = ({ ask, door }: Granted): JournalEvent => ({ type: "access.aborted", door, ask, why: "blocked" });

type Granted = Extract<JournalEvent, { type: "access.granted" }>;
let asks = 0;
const granted = (given: Partial<Granted> = {}): Granted => ({
  type: "access.granted",
  ask: `run.${++asks}` as never,
  door: "front" as never,
  reader: "front-reader" as never,
  method: "card",
  credential: "ana-card-1" as never,
  person: "ana" as never,
  pass: null,
  usesLeft: null,
  late: false,
  directoryVersion: 1,
  ...given,
});
const appendLetIn = (): void => {
  const event = granted({ webRelay: 1 });
  bench.journal.append(event);
  bench.journal.append(through(event));
};
const forced = (door = "front"): JournalEvent => ({ type: "door.forced", door: door as never });
const noted = (type: string, action: string): Promise<string> =>
  bench.ledger.line((line) => line.includes(`"${type}"`) && line.includes(`"action":"${action}"`));
/** What arrived, once all that was asked for before has had the time of two requests to arrive. */
async function settle(target: ActionTarget): Promise<readonly string[]> {
  const isLast = ({ url }: Arrived): boolean => url === "/last";
  for (const _ of [1, 2]) {
    const next = target.firstOf(isLast, target.arrived.filter(isLast).length + 1);
    happen({ type: "input.acted", input: "x" as never, action: "last" as never });
    await next;
  }
  return target.arrived.map(({ url }) => url).filter((url) => url !== "/last");
}

test("acceptance 13: web relay 0 or none sends nothing, and n sends exactly one request to the n-th action for each grant", async () => {
  const target = await openTarget();
  await openWith(
    ["gate", "lift", "last"].map((id) => actionTo(target.host, { id })),
    [target.host],
  );
  letIn();
  letIn({ webRelay: 0 });
  letIn({ webRelay: 2 });
  letIn({ webRelay: 1 });
  letIn({ webRelay: 2 });
  expect((await settle(target)).toSorted()).toEqual(["/gate", "/lift", "/lift"]);
});

test("acceptance 13: a web relay that fails is tried once, recorded as failed, and holds nothing up", async () => {
  const target = await openTarget();
  const dead = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => dead.once("listening", resolve));
  const deadHost = `127.0.0.1:${(dead.address() as AddressInfo).port}`;
  await new Promise((resolve) => dead.close(resolve));
  await openWith(
    [actionTo(deadHost, { id: "dead" }), actionTo(target.host, { id: "angry" }), actionTo(target.host, { id: "last" })],
    [deadHost, target.host],
  );
  target.answer = ({ url }, response) => response.writeHead(url === "/angry" ? 500 : 204).end();
  letIn({ webRelay: 1 });
  letIn({ webRelay: 2 });
  letIn({ webRelay: 9 });
  expect(JSON.parse(await noted("action.failed", "dead")).event).toMatchObject({ why: "unreachable", count: 1 });
  expect(JSON.parse(await noted("action.failed", "angry")).event).toMatchObject({ why: "answeredError", count: 1 });
  expect(JSON.parse(await noted("action.failed", "9")).event).toMatchObject({ why: "unknownAction" });
  expect(await settle(target)).toEqual(["/angry"]);
});

test("no web relay acts again after the office was restarted, nor on anything older than a minute or from another boot", async () => {
  const target = await openTarget();
  await openWith([actionTo(target.host, { id: "gate" }), actionTo(target.host, { id: "last" })], [target.host]);
  letIn({ webRelay: 1 });
  await noted("action.done", "gate");
  await bench.restart();
  expect(await settle(target)).toEqual(["/gate"]);
  appendLetIn();
  bench.clock.monoMs += 60_001;
  expect(await settle(target)).toEqual(["/gate"]);
  appendLetIn();
  bench.journal.boot = "boot-2";
  await bench.restart({ actions: { ...bench.opening().actions, boot: "boot-2" } });
  expect(await settle(target)).toEqual(["/gate"]);
});

test("an office that starts without a cursor, or finds another record in place of its own, acts on nothing that is past", async () => {
  const target = await openTarget();
  await openWith([actionTo(target.host, { id: "gate" }), actionTo(target.host, { id: "last" })], [target.host]);
  appendLetIn();
  rmSync(bench.opening().actions.cursorFile);
  await bench.restart();
  expect(await settle(target)).toEqual([]);
  bench.journal.events.splice(0);
  bench.journal.epoch = 2;
  appendLetIn();
  await bench.restart();
  expect(await settle(target)).toEqual([]);
});

test("what happens while the office is restarted is acted upon once it is back", async () => {
  const target = await openTarget();
  await openWith([actionTo(target.host, { id: "gate" }), actionTo(target.host, { id: "last" })], [target.host]);
  appendLetIn();
  await bench.restart();
  expect(await settle(target)).toEqual(["/gate"]);
});

test.each([
  ["when the door is unlocked for it", through],
  ["when it is let through a door that was unlocked already", admitted],
])("a grant sets off its actions only %s, and once", async (_, settled) => {
  const target = await openTarget();
  await openWith(
    [
      actionTo(target.host, { id: "gate" }),
      actionTo(target.host, { id: "lift", onNamed: ["lift-up"] }),
      actionTo(target.host, { id: "told", on: ["access.granted"] }),
      actionTo(target.host, { id: "last" }),
    ],
    [target.host],
  );
  const event = granted({ webRelay: 1, namedEvents: ["lift-up"] });
  happen(event);
  expect(await settle(target)).toEqual([]);
  happen(settled(event));
  happen(settled(event));
  expect((await settle(target)).toSorted()).toEqual(["/gate", "/lift", "/told"]);
});

test("a grant that the door gave back sets off nothing, whatever is recorded of it afterwards, and others go on", async () => {
  const target = await openTarget();
  await openWith([actionTo(target.host, { id: "gate" }), actionTo(target.host, { id: "last" })], [target.host]);
  const [given, back] = [granted({ webRelay: 1 }), granted({ webRelay: 1 })];
  for (const event of [back, given, aborted(back), through(given), through(back)]) happen(event);
  expect(await settle(target)).toEqual(["/gate"]);
});

test("what is recorded of a late grant before it, as its relay had moved, keeps nothing back", async () => {
  const target = await openTarget();
  await openWith(
    [actionTo(target.host, { id: "told", on: ["access.granted"] }), actionTo(target.host, { id: "last" })],
    [target.host],
  );
  const event = granted({ late: true });
  happen(through(event));
  happen(event);
  expect(await settle(target)).toEqual(["/told"]);
});

test("a grant that waits for its door outlasts a restart of the office, acts once, and not when it was given back meanwhile", async () => {
  const target = await openTarget();
  await openWith([actionTo(target.host, { id: "gate" }), actionTo(target.host, { id: "last" })], [target.host]);
  const [given, back, later] = [granted({ webRelay: 1 }), granted({ webRelay: 1 }), granted({ webRelay: 1 })];
  for (const event of [given, back, later]) happen(event);
  // Something else is acted upon, so that the place behind the grants is on the disk.
  expect(await settle(target)).toEqual([]);
  bench.journal.append(through(given));
  bench.journal.append(aborted(back));
  await bench.restart();
  expect(await settle(target)).toEqual(["/gate"]);
  await bench.restart();
  happen(through(given));
  happen(through(back));
  happen(through(later));
  expect(await settle(target)).toEqual(["/gate", "/gate"]);
});

test("a grant acts after its door's trigger delay, and not when its door was unlocked for it more than a minute ago", async () => {
  const target = await openTarget();
  const doors = [{ ...frontDoor, timing: { ...frontDoor.timing, triggerDelayMs: 120_000 } }, garageDoor];
  bench = await openBench({
    site: { ...site, doors },
    actions: {
      list: [actionTo(target.host, { id: "gate" }), actionTo(target.host, { id: "last" })],
      hosts: [target.host],
    },
  });
  const [first, second] = [granted({ webRelay: 1 }), granted({ webRelay: 1 })];
  happen(first);
  happen(second);
  expect(await settle(target)).toEqual([]);
  bench.clock.monoMs += 120_000;
  happen(through(first));
  expect(await settle(target)).toEqual(["/gate"]);
  bench.journal.append(admitted(second));
  bench.clock.monoMs += 60_001;
  expect(await settle(target)).toEqual(["/gate"]);
});

test("an alarm that an ended office had not delivered is delivered by the next one", async () => {
  const target = await openTarget();
  await openWith([actionTo(target.host, { id: "guard", on: ["door.forced"] })], [target.host]);
  target.answer = (_, response) => response.writeHead(503).end();
  happen(forced());
  await noted("action.failed", "guard");
  await bench.restart();
  const [first, again] = await target.firstOf(() => true, 2);
  expect(again?.headers["idempotency-key"]).toBe(first?.headers["idempotency-key"]);
});

test("alarms, named events, a reception and inputs set off those that wait for them, at the doors that they name", async () => {
  const target = await openTarget();
  await openWith(
    [
      actionTo(target.host, { id: "guard", on: ["door.forced", "access.duress"] }),
      actionTo(target.host, { id: "garage-only", on: ["door.forced"], doors: ["garage" as never] }),
      actionTo(target.host, { id: "lift", method: "POST", onNamed: ["lift-up"] }),
      actionTo(target.host, { id: "bell", on: ["reception.opened"] }),
      actionTo(target.host, { id: "last" }),
    ],
    [target.host],
  );
  happen(forced());
  happen({ type: "access.duress", ask: "a" as never, door: "front" as never, person: "ana" as never });
  letIn({ namedEvents: ["lift-up", "unheard"] });
  happen({ type: "reception.opened", input: "bell-push" as never, door: "front" as never });
  expect((await settle(target)).toSorted()).toEqual(["/bell", "/guard", "/guard", "/lift"]);
  const [lift] = target.arrived.filter(({ url }) => url === "/lift");
  expect(JSON.parse(lift?.body ?? "")).toMatchObject({
    event: "access.granted",
    action: "lift",
    named: "lift-up",
    door: "front",
    user: "ana",
    by: "card",
  });
  expect(lift?.headers["content-type"]).toBe("application/json");
});

test("variables are filled in and encoded, and neither names nor codes are among them unless the site says so", async () => {
  const target = await openTarget();
  const url = (path: string): string =>
    `http://${target.host}/${path}?u=$active_user&c=$code&s=$card_sn&t=$open_type&r=$relay1status$relay2status$relay9status&i=$input2status&d=$door&x=$$5&v=$firmware`;
  await openWith(
    [
      actionTo(target.host, { id: "plain", url: url("plain"), on: ["access.granted"] }),
      actionTo(target.host, { id: "names", url: url("names"), revealNames: true, on: ["access.granted"] }),
      actionTo(target.host, { id: "last" }),
    ],
    [target.host],
  );
  bench.publish([statusOf("front", { locked: false, contact: "open" }), statusOf("garage")]);
  letIn({}, 'Ana & "Co"/x');
  expect((await settle(target)).toSorted()).toEqual([
    "/names?u=Ana%20%26%20%22Co%22%2Fx&c=&s=ana-card-1&t=card&r=10&i=1&d=front&x=$5&v=1.2.3",
    "/plain?u=ana&c=&s=ana-card-1&t=card&r=10&i=1&d=front&x=$5&v=1.2.3",
  ]);
});

test("a body keeps its form whatever a name holds", async () => {
  const target = await openTarget();
  const reveal = { method: "POST", revealNames: true, on: ["access.granted"] } as const;
  await openWith(
    [
      actionTo(target.host, { id: "json", body: '{"who":"$active_user"}', ...reveal }),
      actionTo(target.host, { id: "form", body: "who=$active_user&a=1", ...reveal }),
    ],
    [target.host],
  );
  letIn({}, 'A"}, {"admin":true&b=2\n');
  const bodies = Object.fromEntries((await target.firstOf(() => true, 2)).map(({ url, body }) => [url, body]));
  expect(JSON.parse(bodies["/json"] ?? "")).toEqual({ who: 'A"}, {"admin":true&b=2\n' });
  expect([...new URLSearchParams(bodies["/form"]).keys()]).toEqual(["who", "a"]);
});

test("nothing goes to a host that is not listed, and no answer sends it on to another one", async () => {
  const [target, secret] = [await openTarget(), await openTarget()];
  target.answer = (_, response) => response.writeHead(302, { location: `http://${secret.host}/` }).end();
  await openWith(
    [
      actionTo(secret.host, { id: "strange", on: ["access.granted"] }),
      actionTo(target.host, { id: "moved", on: ["access.granted"] }),
    ],
    [target.host],
  );
  letIn();
  expect(JSON.parse(await noted("action.failed", "strange")).event).toMatchObject({ why: "hostNotAllowed" });
  expect(JSON.parse(await noted("action.failed", "moved")).event).toMatchObject({ why: "redirected" });
  expect(secret.arrived).toEqual([]);
});

test("a host that says nothing is given up in time, and one that never ends is cut off", async () => {
  const target = await openTarget();
  target.answer = ({ url }, response) => {
    if (url === "/flood") response.write("x".repeat(1_000_000));
  };
  await openWith(
    [
      actionTo(target.host, { id: "silent", timeoutMs: 100, on: ["access.granted"] }),
      actionTo(target.host, { id: "flood", timeoutMs: 30_000, on: ["access.granted"] }),
    ],
    [target.host],
  );
  letIn();
  expect(JSON.parse(await noted("action.failed", "silent")).event).toMatchObject({ why: "timedOut" });
  await noted("action.done", "flood");
});

test("a secret comes from a file that others cannot read, and without it nothing is sent", async () => {
  const folder = mkdtempSync(join(tmpdir(), "postern-secret-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "gate.secret");
  writeFileSync(file, "admin:webrelay\n", { mode: 0o600 });
  const target = await openTarget();
  await openWith(
    [actionTo(target.host, { id: "gate", authorizationFile: file, on: ["access.granted"] })],
    [target.host],
  );
  letIn();
  const [request] = await target.firstOf(() => true, 1);
  expect(request?.headers.authorization).toBe(`Basic ${Buffer.from("admin:webrelay").toString("base64")}`);
  chmodSync(file, 0o644);
  letIn();
  expect(JSON.parse(await noted("action.failed", "gate")).event).toMatchObject({ why: "secretMissing" });
  expect(target.arrived).toHaveLength(1);
  expect(bench.ledger.lines.join()).not.toContain("webrelay");
});
