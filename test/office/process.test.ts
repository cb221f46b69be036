// The office as a process of its own: what it says to the main process, and how it ends.
import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FromOffice, OfficeOpening, ToOffice } from "../../src/domain/status.ts";
import { site } from "../site-fixture.ts";
import { EventStream, fetchFrom, logIn } from "./http-client.ts";
import { digestOf, entryCode, sessionKeyHex, statusOf } from "./office-bench.ts";

let folder: string;
let child: ChildProcess;
let stderr = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-process-"));
  stderr = "";
  child = fork(join(import.meta.dirname, "office-child.ts"), { stdio: ["ignore", "ignore", "pipe", "ipc"] });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
});

afterEach(async () => {
  const gone = ended();
  child.kill("SIGKILL");
  await gone;
  rmSync(folder, { recursive: true });
});

function ended(): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once("exit", (code) => resolve(code)));
}

const tell = (message: ToOffice): boolean => child.send(message);

function hear<Kind extends FromOffice["kind"]>(kind: Kind): Promise<Extract<FromOffice, { kind: Kind }>> {
  return new Promise((resolve) => {
    const listen = (message: FromOffice): void => {
      if (message.kind !== kind) return;
      child.off("message", listen);
      resolve(message as Extract<FromOffice, { kind: Kind }>);
    };
    child.on("message", listen);
  });
}

const opening = (port = 0): OfficeOpening => ({
  site,
  console: { host: "127.0.0.1", port, tls: null },
  databasePath: join(folder, "none.db"),
  ledgerSocket: join(folder, "none-ledger.sock"),
  boardSocket: null,
  samples: [],
  codeDigest: digestOf(entryCode),
  codeExpiresWallMs: Date.now() + 60_000,
  cloud: null,
  sessionKeyHex,
  actions: {
    list: [],
    hosts: [],
    relays: [],
    inputs: [],
    cursorFile: join(folder, "action-cursor.json"),
    boot: "boot-1",
    version: "1.2.3",
  },
  homeAssistant: { spec: null, memoryFile: join(folder, "home-assistant.json") },
  api: {
    opening: { modes: [], addresses: [], sessionCheck: false, doors: [] },
    callPermission: true,
    accessFile: join(folder, "http-access.json"),
    digestKeyHex: sessionKeyHex,
  },
});

async function open(): Promise<string> {
  const ready = hear("ready");
  tell({ kind: "open", opening: opening() });
  return (await ready).address;
}

test("the office opens its console without ledger or board, and says where", async () => {
  const address = await open();
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:[0-9]+$/);
  expect((await fetchFrom(address, "/")).status).toBe(200);
});

test("it answers a ping at once, also before it is open", async () => {
  const pong = hear("pong");
  tell({ kind: "ping", n: 7 });
  expect(await pong).toEqual({ kind: "pong", n: 7 });
});

test("what the main process publishes reaches a page, and a page's command the main process", async () => {
  const address = await open();
  const entered = hear("entered");
  const cookie = await logIn(address);
  await entered;
  const stream = await EventStream.open(address, cookie);
  tell({
    kind: "doors",
    doors: [statusOf("front", { forced: true })],
    health: [],
    time: { aheadMs: 0, source: "network", proven: false },
  });
  await stream.next("doors", ({ doors }) => doors[0]?.forced === true);
  const commanded = hear("command");
  const body = { command: { kind: "clearForced", door: "front" } };
  const asked = fetchFrom(address, "/doors", { cookie, body });
  const command = await commanded;
  expect(command).toMatchObject({ who: "console", command: { kind: "clearForced", door: "front" } });
  tell({ kind: "commandDone", n: command.n, problem: "The door is still open." });
  const reply = await asked;
  expect([reply.status, reply.json.problem]).toEqual([409, "The door is still open."]);
});

test("a new code replaces the old one, also when it arrives before the console is open", async () => {
  const ready = hear("ready");
  tell({ kind: "open", opening: opening() });
  tell({ kind: "code", codeDigest: digestOf("MNPQ-RSTU-VWXY"), codeExpiresWallMs: Date.now() + 60_000 });
  const { address } = await ready;
  const old = await fetchFrom(address, "/login", { body: { code: entryCode } });
  expect(old.json.code).toBe("codeWrong");
  await logIn(address, "MNPQ-RSTU-VWXY");
});

test("it ends with the main process, and not with the terminal's Ctrl-C", async () => {
  await open();
  child.kill("SIGINT");
  const pong = hear("pong");
  tell({ kind: "ping", n: 1 });
  await pong;
  child.disconnect();
  expect(await ended()).toBe(0);
  expect(stderr).toBe("");
});

test("a console that cannot listen ends the process with one line on why", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as { port: number };
  tell({ kind: "open", opening: opening(port) });
  expect(await ended()).toBe(1);
  expect(stderr).toBe(
    `office: console.listenFailed: The console cannot listen on 127.0.0.1:${port}: another program has the port.\n`,
  );
  taken.close();
});
