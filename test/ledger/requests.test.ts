import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { createConnection, createServer } from "node:net";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { LedgerReply, LedgerRequest } from "../../src/domain/ask.ts";
import { ChangeDesk } from "../../src/ledger/change-desk.ts";
import { parseChanges } from "../../src/ledger/change-shape.ts";
import { Desk } from "../../src/ledger/desk.ts";
import { PinQueue } from "../../src/ledger/pin-hash.ts";
import { parseRequest } from "../../src/ledger/request-line.ts";
import { RequestServer } from "../../src/ledger/requests.ts";
import {
  ana,
  card,
  person,
  putCredential,
  putPerson,
  quickHash,
  TestLedger,
  temporaryFolder,
} from "./ledger-fixture.ts";

/** One end of the socket, which hands out the lines that arrive one by one. */
class Client {
  readonly socket: Socket;
  readonly #lines: string[] = [];
  readonly #waiting: ((line: string | null) => void)[] = [];
  #text = "";
  #closed = false;

  constructor(path: string) {
    this.socket = createConnection(path);
    this.socket.setEncoding("utf8");
    this.socket.on("error", () => {});
    this.socket.on("data", (chunk: string) => {
      const [...whole] = (this.#text + chunk).split("\n");
      this.#text = whole.pop() ?? "";
      for (const line of whole) {
        const next = this.#waiting.shift();
        if (next === undefined) this.#lines.push(line);
        else next(line);
      }
    });
    this.socket.on("close", () => {
      this.#closed = true;
      for (const next of this.#waiting.splice(0)) next(null);
    });
  }

  /** Null once the connection is closed. */
  async next(): Promise<LedgerReply | null> {
    const line =
      this.#lines.shift() ??
      (this.#closed ? null : await new Promise<string | null>((resolve) => this.#waiting.push(resolve)));
    return line === null ? null : (JSON.parse(line) as LedgerReply);
  }

  async ask(request: LedgerRequest | Record<string, unknown>): Promise<LedgerReply | null> {
    this.socket.write(`${JSON.stringify(request)}\n`);
    return this.next();
  }
}

function serve() {
  const tested = new TestLedger();
  const { ledger, clock, faults } = tested;
  const report = (fault: (typeof faults)[number]) => void faults.push(fault);
  const pins = new PinQueue((digits, done) => done(quickHash(digits)));
  const grew = (seq: number) => server.grew(seq);
  const schedule = (run: () => void) => void setImmediate(run);
  const desk = new Desk({ ledger, pins, now: clock.now, send: () => {}, schedule, after: () => {}, grew, report });
  const changes = new ChangeDesk({ ledger, pins, desk, grew });
  const path = join(temporaryFolder(), "ledger.sock");
  const server = new RequestServer(path, { ledger, desk, changes, report, onTaken: report });
  onTestFinished(() => server.close());
  return { tested, desk, server, path, client: () => new Client(path) };
}

const change = (...changes: unknown[]) => ({ kind: "change", by: "ops", changes });

test("only its own user may use the socket", () => {
  const { path } = serve();
  expect((statSync(path).mode & 0o777).toString(8)).toBe("600");
});

/** A socket whose server is gone without having removed it. */
async function staleSocket(): Promise<string> {
  const path = join(temporaryFolder(), "ledger.sock");
  const dead = createServer();
  await new Promise<void>((listening) => dead.listen(`${path}.dead`, listening));
  // Closing removes the name that it was given, and no other.
  renameSync(`${path}.dead`, path);
  await new Promise((closed) => dead.close(closed));
  return path;
}

const firstPage = { kind: "export", after: null } as const;

test("a socket left behind by a killed ledger is replaced", async () => {
  const { tested, desk } = serve();
  const path = await staleSocket();
  const faults: string[] = [];
  const report = (fault: { code: string }) => void faults.push(fault.code);
  const changes = {} as ChangeDesk;
  const server = new RequestServer(path, { ledger: tested.ledger, desk, changes, report, onTaken: report });
  onTestFinished(() => server.close());
  await server.settled;
  expect(await new Client(path).ask(firstPage)).toMatchObject({ kind: "exported", version: 0 });
  expect([faults, (statSync(path).mode & 0o777).toString(8)]).toEqual([[], "600"]);
});

test("a socket that another ledger serves is left to it, which is a fault", async () => {
  const { path, client, tested, desk } = serve();
  const taken: string[] = [];
  const changes = {} as ChangeDesk;
  const onTaken = (fault: { code: string }) => void taken.push(fault.code);
  const second = new RequestServer(path, { ledger: tested.ledger, desk, changes, report: () => {}, onTaken });
  await second.settled;
  expect(taken).toEqual(["ledger.taken"]);
  second.close();
  expect(await client().ask(firstPage)).toMatchObject({ kind: "exported", version: 0 });
});

test("a server closed while it looks at an old socket does not begin to listen", async () => {
  const { tested, desk } = serve();
  const path = await staleSocket();
  const parts = { ledger: tested.ledger, desk, changes: {} as ChangeDesk, report: () => {}, onTaken: () => {} };
  const server = new RequestServer(path, parts);
  server.close();
  await server.settled;
  expect(await new Client(path).next()).toBeNull();
});

test("another file of the socket's name stays and is reported", async () => {
  const { tested, desk } = serve();
  const parts = { ledger: tested.ledger, desk, changes: {} as ChangeDesk, onTaken: () => {} };
  const file = join(temporaryFolder(), "ledger.sock");
  writeFileSync(file, "precious");
  const reported = new Promise((resolve) => {
    new RequestServer(file, { ...parts, report: (fault) => resolve(fault.code) });
  });
  expect(await reported).toBe("ledger.socketFailed");
  expect(readFileSync(file, "utf8")).toBe("precious");
});

test("a path that is too long for a socket is reported and does not end the ledger", () => {
  const { tested, desk } = serve();
  const codes: string[] = [];
  const parts = { ledger: tested.ledger, desk, changes: {} as ChangeDesk, onTaken: () => {} };
  new RequestServer(`/tmp/${"x".repeat(120)}`, { ...parts, report: (fault) => codes.push(fault.code) });
  expect(codes).toEqual(["ledger.socketFailed"]);
});

test("a change is applied and its version told; the next directory shows it", async () => {
  const { client, tested } = serve();
  const one = client();
  expect(await one.ask(change(...ana))).toMatchObject({ kind: "changed", version: 1 });
  expect(await one.ask(firstPage)).toMatchObject({
    kind: "exported",
    version: 1,
    page: { holders: [{ holder: { id: "ana", name: "Ana Ruiz" } }], schedules: [], next: null },
  });
  expect(tested.last()).toEqual({ type: "directory.changed", version: 1, by: "ops", steps: ana.length });
});

test("a change that is only tried is answered like one that is made, and leaves nothing behind", async () => {
  const { client, tested } = serve();
  const one = client();
  expect(await one.ask({ kind: "tryChange", changes: ana })).toMatchObject({ kind: "changed", version: 1 });
  expect(await one.ask({ kind: "tryChange", changes: [putCredential("x", person("bo"), "qr", "y")] })).toMatchObject({
    kind: "refused",
    problems: [{ step: 0, problem: 'There is no person "bo".' }],
  });
  expect(await one.ask(firstPage)).toMatchObject({ version: 0, page: { holders: [] } });
  expect([tested.events(), tested.outcome(card("00B775D2"))]).toEqual([[], "unknownCredential"]);
  expect(await one.ask(change(...ana))).toMatchObject({ kind: "changed", version: 1 });
});

test("what the rules or the directory refuse comes back step by step", async () => {
  const one = serve().client();
  expect(await one.ask(change(putPerson("bo"), putCredential("x", person("bo"), "pin", "1")))).toEqual({
    kind: "refused",
    problems: [
      { step: 1, problem: "The PIN is not 2 to 8 digits.", remedy: "Give 2 to 8 digits; leading zeros count." },
    ],
  });
  expect(await one.ask(change(putCredential("x", person("bo"), "qr", "y")))).toMatchObject({
    kind: "refused",
    problems: [{ step: 0, problem: 'There is no person "bo".' }],
  });
});

test("watchers hear of each commit that appended, others do not", async () => {
  const { client, tested, desk } = serve();
  const [watcher, other] = [client(), client()];
  expect(await watcher.ask({ kind: "watch" })).toEqual({ kind: "head", seq: 0 });
  expect(await other.ask(change(...ana))).toMatchObject({ kind: "changed", version: 1 });
  expect(await watcher.next()).toEqual({ kind: "head", seq: 1 });
  desk.receive({
    kind: "open",
    run: "run-1" as never,
    boot: "boot-1" as never,
    site: (await import("../site-fixture.ts")).site,
    at: tested.clock.now(),
  });
  desk.receive({ kind: "ask", ask: tested.ask(card("00B775D2")) });
  expect(await watcher.next()).toEqual({ kind: "head", seq: 2 });
});

test.each([
  ["console.entered", { type: "console.entered", how: "code" }],
  ["http.accessChanged", { type: "http.accessChanged", what: "tokenMade", name: "bridge" }],
  ["cards.keyChanged", { type: "cards.keyChanged", what: "set", profile: "staff" }],
  ["http.opened", { type: "http.opened", over: "bearer", door: "front", who: "token bridge", count: 1 }],
  ["action.done", { type: "action.done", action: "gate", count: 2 }],
  ["action.failed", { type: "action.failed", action: "gate", why: "timedOut", count: 1 }],
  ["homeAssistant.obeyed", { type: "homeAssistant.obeyed", door: "front", order: "open", count: 1 }],
  ["homeAssistant.refused", { type: "homeAssistant.refused", why: "retained", count: 2 }],
  ["http.refused", { type: "http.refused", over: "httpAuth", why: "credential", count: 3 }],
])("the office may note %s", async (_, event) => {
  const { client, tested } = serve();
  expect(await client().ask({ kind: "note", event })).toEqual({ kind: "noted" });
  expect(tested.last()).toEqual(event);
});

test.each([
  ["a grant", { type: "access.granted", ask: "x" }],
  ["a cleared alarm", { type: "door.forcedCleared", door: "front", who: "me" }],
  ["a pruning", { type: "log.pruned", fromSeq: 1, toSeq: 9, lastHash: "" }],
  ["an accepted configuration", { type: "config.accepted", digest: "abc" }],
  ["a refused configuration", { type: "config.refused", problems: 2, first: "no" }],
  ["a restart of the record", { type: "log.restarted", lostEpoch: 1, lostSeq: 9, lostHash: "" }],
  ["a note without its text", { type: "console.entered" }],
  ["a text too long", { type: "console.entered", how: "x".repeat(501) }],
  ["a text with a line end", { type: "console.entered", how: "a\nb" }],
  ["a refusal for no known reason", { type: "http.refused", over: "bearer", why: "password intercom", count: 1 }],
  ["a refusal in no known form", { type: "http.refused", over: "/fcgi/do?x", why: "door", count: 1 }],
  ["an action by a name that is none", { type: "action.done", action: "http://x/?code=1", count: 1 }],
  ["a failure with an address in it", { type: "action.failed", action: "gate", why: "http://u:p@x", count: 1 }],
  ["a card's key in place of its profile", { type: "cards.keyChanged", what: "set", profile: "A0A1A2A3A4A5" }],
  ["a token in place of its name", { type: "http.accessChanged", what: "tokenMade", name: "postern_AbC" }],
  ["an opening by a person", { type: "http.opened", over: "bearer", door: "front", who: "Ana Gil", count: 1 }],
  ["a refusal that never was", { type: "http.refused", over: "bearer", why: "door", count: 0 }],
  ["an order that is none", { type: "homeAssistant.obeyed", door: "front", order: "lockDown", count: 1 }],
  ["a message in place of why it was refused", { type: "homeAssistant.refused", why: "OPEN front", count: 1 }],
  ["nothing", null],
])("nobody may note %s", async (_, event) => {
  const { client, tested } = serve();
  expect(await client().ask({ kind: "note", event })).toMatchObject({ kind: "error" });
  expect(tested.events()).toEqual([]);
});

test("a note takes only the members that belong to it", () => {
  const parsed = parseRequest(
    '{"kind":"note","event":{"type":"console.entered","how":"code","__proto__":{"x":1},"more":1}}',
  );
  expect(parsed).toEqual({ ok: true, request: { kind: "note", event: { type: "console.entered", how: "code" } } });
});

test.each([
  "",
  "{",
  "null",
  "[]",
  "42",
  '"change"',
  "{}",
  '{"kind":"constructor"}',
  '{"kind":"open"}',
  '{"kind":"change"}',
  '{"kind":"change","by":"","changes":[]}',
  '{"kind":"change","by":7,"changes":[]}',
  '{"kind":"change","by":"ops","changes":{}}',
  '{"kind":"note"}',
  '{"kind":"tryChange"}',
])("a line that is no request is answered, and the next one is served: %s", async (line) => {
  const one = serve().client();
  one.socket.write(`${line}\n`);
  expect(await one.next()).toMatchObject({ kind: "error" });
  expect(await one.ask({ kind: "watch" })).toEqual({ kind: "head", seq: 0 });
});

test.each([
  ["nothing", null],
  ["an unknown step", { op: "dropTables" }],
  ["a step without its parts", { op: "putPerson" }],
  ["an inherited step", { op: "__proto__" }],
  ["a member too many", { ...putCredential("x", person("a"), "pin", "1234"), note: "hi" }],
  ["a number for a text", { ...putCredential("x", person("a"), "pin", "1234"), secret: 1234 }],
  [
    "a text for a number",
    {
      op: "putPass",
      pass: {
        kind: "pass",
        id: "p",
        name: "P",
        state: "active",
        validity: { from: null, until: "soon" },
        usesPerDoor: 1,
      },
    },
  ],
  ["an unknown state", { op: "setCredentialState", id: "x", state: "open" }],
  [
    "a revoked person",
    {
      op: "putPerson",
      person: { kind: "person", id: "p", name: "P", state: "revoked", validity: { from: null, until: null } },
    },
  ],
  ["an endless text", { op: "removeCredential", id: "x".repeat(2_000) }],
  ["a holder of no kind", { op: "removeHolder", holder: { kind: "group", id: "x" } }],
])("a step that is none is refused: %s", (_, step) => {
  const parsed = parseChanges([putPerson("bo"), step]);
  expect(parsed).toMatchObject({ ok: false, problems: [{ step: 1 }] });
});

test("no problem with the shape of a step repeats a value, which might be a secret", () => {
  const parsed = parseChanges([
    { ...putCredential("x", person("a"), "pin", "1234"), kind: "48151623" },
    { ...putCredential("x", person("a"), "pin", "1234"), secret: 48_151_623 },
    { op: "48151623" },
    { ...putCredential("x", person("a"), "pin", "1234"), "48151623": 1 },
  ]);
  expect(parsed.ok).toBe(false);
  expect(JSON.stringify(parsed)).not.toContain("48151623");
});

test("too many steps are refused before they are looked at", () => {
  expect(parseChanges(Array(100_000).fill(null))).toMatchObject({
    ok: false,
    problems: [{ problem: "The change has 100000 steps." }],
  });
});

test("requests that come in pieces, or many at once, are answered one by one in order", async () => {
  const one = serve().client();
  const text = `${JSON.stringify(change(...ana))}\n${JSON.stringify(firstPage)}\n`;
  for (const character of text) one.socket.write(character);
  expect(await one.next()).toMatchObject({ kind: "changed", version: 1 });
  expect(await one.next()).toMatchObject({ kind: "exported", version: 1 });
  one.socket.write('{"kind":"watch"}\n'.repeat(3_000));
  for (let answer = 0; answer < 3_000; answer += 1) expect(await one.next()).toEqual({ kind: "head", seq: 1 });
});

test("a line of four megabytes is read, a longer one ends the connection", async () => {
  const { client } = serve();
  const one = client();
  const big = { ...firstPage, padding: "x".repeat(4 * 1024 * 1024 - 100) };
  expect(await one.ask(big)).toMatchObject({ kind: "exported" });
  const two = client();
  two.socket.write("x".repeat(4 * 1024 * 1024 + 200_000));
  expect(await two.next()).toMatchObject({ kind: "error" });
  expect(await two.next()).toBeNull();
  expect(await one.ask(firstPage)).toMatchObject({ kind: "exported" });
});

test("the seventeenth connection is turned away, and one that ends makes room", async () => {
  const { client } = serve();
  const clients = Array.from({ length: 16 }, client);
  for (const one of clients) expect(await one.ask(firstPage)).toMatchObject({ kind: "exported" });
  const late = client();
  expect(await late.next()).toEqual({ kind: "error", problem: "Too many connections." });
  expect(await late.next()).toBeNull();
  const closed = new Promise((resolve) => clients[0]!.socket.once("close", resolve));
  clients[0]!.socket.destroy();
  await closed;
  await turn();
  expect(await client().ask(firstPage)).toMatchObject({ kind: "exported" });
});

test("whoever had something recorded is answered first, and watchers hear once of all that came together", async () => {
  const { client, server } = serve();
  const one = client();
  expect(await one.ask({ kind: "watch" })).toEqual({ kind: "head", seq: 0 });
  expect(await one.ask({ kind: "note", event: { type: "console.entered", how: "in a test" } })).toEqual({
    kind: "noted",
  });
  expect(await one.next()).toEqual({ kind: "head", seq: 1 });
  for (let seq = 2; seq <= 100; seq += 1) server.grew(seq);
  expect(await one.next()).toEqual({ kind: "head", seq: 100 });
});

test("a watcher that does not listen is dropped", async () => {
  const { client, server } = serve();
  const deaf = client();
  expect(await deaf.ask({ kind: "watch" })).toEqual({ kind: "head", seq: 0 });
  deaf.socket.pause();
  const closed = new Promise((resolve) => deaf.socket.once("close", resolve));
  for (let seq = 0; seq < 30_000; seq += 1) {
    server.grew(seq);
    await turn();
  }
  deaf.socket.resume();
  await closed;
});

test("each page of the directory names the version that it is of, so that whoever reads on sees a change in between", async () => {
  const { client, tested } = serve();
  tested.change(...Array.from({ length: 450 }, (_, n) => putPerson(`p-${n}`)));
  const one = client();
  const first = await one.ask(firstPage);
  if (first?.kind !== "exported") throw new Error(JSON.stringify(first));
  expect([first.version, first.page.holders.length]).toEqual([1, 200]);
  tested.change(putPerson("late"));
  expect(await one.ask({ kind: "export", after: first.page.next })).toMatchObject({ kind: "exported", version: 2 });
});

test("before the door loop has opened the ledger, requests are turned away", async () => {
  const { tested, desk } = serve();
  const fresh = new (await import("../../src/ledger/ledger.ts")).Ledger(tested.parts);
  const path = join(temporaryFolder(), "ledger.sock");
  const changes = {} as ChangeDesk;
  const server = new RequestServer(path, { ledger: fresh, desk, changes, report: () => {}, onTaken: () => {} });
  onTestFinished(() => server.close());
  expect(await new Client(path).ask(firstPage)).toEqual({
    kind: "error",
    problem: "The ledger is starting; try again.",
  });
});
