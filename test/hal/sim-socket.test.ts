// What is expected of the control socket, from friendly, clumsy and hostile clients alike; over real Unix sockets.
import { linkSync, lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { BoardEvent, BoardSpec } from "../../hal/board.ts";
import { createSimBoard } from "../../hal/sim/board.ts";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import { type BoardServer, maxClients, maxUnreadBytes, serveBoard } from "../../hal/sim/socket.ts";

const spec: BoardSpec = {
  relays: [{ id: "strike", pin: 17 }],
  inputs: [{ id: "exit", pin: 22 }],
  readers: [
    { id: "in", kind: "wiegand", pins: { d0: 5, d1: 6 }, format: "w26", keypad: true },
    { id: "scan", kind: "scanner", port: "/dev/ttyACM0", baud: 9_600 },
  ],
};

type Message = Record<string, unknown>;

/** A client that keeps every message and lets a test wait for one. */
class Caller {
  readonly socket: Socket;
  readonly messages: Message[] = [];
  readonly closed: Promise<void>;
  bytes = 0;
  #rest = "";
  #waiting: { matches: (message: Message) => boolean; resolve: (message: Message) => void }[] = [];

  constructor(path: string) {
    this.socket = connect(path);
    this.socket.on("data", (chunk) => this.#take(chunk));
    this.socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => this.socket.once("close", () => resolve()));
  }

  #take(chunk: Buffer): void {
    this.bytes += chunk.length;
    const lines = (this.#rest + chunk.toString()).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const message = JSON.parse(line) as Message;
      this.messages.push(message);
      const [done, waiting] = [this.#waiting.filter((one) => one.matches(message)), this.#waiting];
      this.#waiting = waiting.filter((one) => !done.includes(one));
      for (const { resolve } of done) resolve(message);
    }
  }

  until(matches: (message: Message) => boolean): Promise<Message> {
    const had = this.messages.find(matches);
    return had === undefined
      ? new Promise((resolve) => this.#waiting.push({ matches, resolve }))
      : Promise.resolve(had);
  }

  answer(line: number): Promise<Message> {
    return this.until((message) => message["line"] === line);
  }

  async say(line: string, number: number): Promise<Message> {
    this.socket.write(`${line}\n`);
    return this.answer(number);
  }
}

let folder = "";
let callers: Caller[] = [];
let servers: BoardServer[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "board-"));
  callers = [];
  servers = [];
});

afterEach(async () => {
  for (const { socket } of callers) socket.destroy();
  for (const server of servers) await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(path = join(folder, "board.sock")) {
  const clock = createVirtualClock({ startWallMs: 5_000, trusted: false });
  const board = createSimBoard(spec, clock);
  const events: BoardEvent[] = [];
  board.start((event) => {
    events.push(event);
    if (event.kind === "input" && event.active) board.drive("strike", true, "exit");
    if (event.kind === "frame") board.signal(event.reader, "denied");
  });
  events.length = 0;
  const server = await serveBoard(board, clock, path);
  servers.push(server);
  return { clock, board, events, server, path };
}

async function call(path: string): Promise<Caller> {
  const caller = new Caller(path);
  callers.push(caller);
  await caller.until(({ kind }) => kind === "snapshot");
  return caller;
}

test("a client gets a snapshot first, then every event, relay, signal and clock change as it happens", async () => {
  const { path, clock, board } = await serve();
  const caller = await call(path);
  clock.advance(7);
  expect(await caller.say("press exit 1s", 1)).toEqual({ kind: "done", line: 1 });
  await caller.say("tap in B775D2", 2);
  await caller.say("clock step 1h", 3);
  await caller.say("clock trust", 4);
  board.lose("scan", "unplugged");
  await caller.until((message) => message["kind"] === "event" && JSON.stringify(message).includes("unplugged"));
  expect(caller.messages).toEqual([
    {
      kind: "snapshot",
      relays: { strike: false },
      inputs: { exit: false },
      readers: {
        in: { kind: "wiegand", format: "w26", keypad: true, lost: false },
        scan: { kind: "scanner", format: null, keypad: false, lost: false },
      },
      clock: { wallMs: 5_000, trusted: false },
    },
    { kind: "event", event: { kind: "input", input: "exit", active: true, at: 7 } },
    { kind: "relay", relay: "strike", energized: true, cause: "exit", atMono: 7 },
    { kind: "done", line: 1 },
    { kind: "event", event: { kind: "frame", reader: "in", bits: "11011011101110101110100101", at: 7 } },
    { kind: "signal", reader: "in", signal: "denied", atMono: 7 },
    { kind: "done", line: 2 },
    { kind: "clock", wallMs: 3_605_007, trusted: false },
    { kind: "done", line: 3 },
    { kind: "clock", wallMs: 3_605_007, trusted: true },
    { kind: "done", line: 4 },
    { kind: "event", event: { kind: "lost", device: "scan", why: "unplugged", at: 7 } },
  ]);
});

test("the socket is for its owner only, and nothing else is left in the folder", async () => {
  const { path, server } = await serve();
  expect(lstatSync(path).isSocket()).toBe(true);
  expect(lstatSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["board.sock"]);
  await server.close();
  expect(readdirSync(folder)).toEqual([]);
});

test("every line is answered by its number: blank ones, comments and refused ones too, however they are cut up", async () => {
  const { path, events } = await serve();
  const caller = await call(path);
  const text = "# hello\n\ntap nowhere B775D2\r\nfly\ntext scan Grüße, 世界\n";
  for (const byte of Buffer.from(text)) caller.socket.write(Buffer.from([byte]));
  await caller.answer(5);
  expect(caller.messages.filter(({ line }) => line !== undefined)).toEqual([
    { kind: "done", line: 1 },
    { kind: "done", line: 2 },
    { kind: "refused", line: 3, problem: 'There is no reader "nowhere".' },
    { kind: "refused", line: 4, problem: expect.stringContaining('There is no command "fly"') },
    { kind: "done", line: 5 },
  ]);
  expect(events).toEqual([{ kind: "text", reader: "scan", text: "Grüße, 世界", at: 0 }]);
});

test("a client that shuts its writing side still gets its answers; a line cut off by the end is not obeyed", async () => {
  const { path, events } = await serve();
  const caller = await call(path);
  caller.socket.end("keys in 1\npress exit 20");
  await caller.closed;
  expect(caller.messages.at(-1)).toEqual({ kind: "done", line: 1 });
  expect(events).toHaveLength(1);
});

test("all clients see what one of them does", async () => {
  const { path } = await serve();
  const [one, two] = [await call(path), await call(path)];
  one.socket.write("activate exit\n");
  expect(await two.until(({ kind }) => kind === "relay")).toMatchObject({ relay: "strike", energized: true });
  expect(two.messages.some(({ kind }) => kind === "done")).toBe(false);
});

test("twenty thousand commands in one go are all obeyed in order, within the time of five thousand a second", async () => {
  const { path, events } = await serve();
  const caller = await call(path);
  const count = 20_000;
  const started = performance.now();
  caller.socket.write(Array.from({ length: count }, (_, index) => `text scan ${index}\n`).join(""));
  await caller.answer(count);
  expect(performance.now() - started).toBeLessThan((count / 5_000) * 1_000);
  expect(events.map((event) => (event.kind === "text" ? event.text : ""))).toEqual(
    Array.from({ length: count }, (_, index) => String(index)),
  );
  expect(caller.messages.filter(({ kind }) => kind === "done")).toHaveLength(count);
});

test("a press does not wait for another client's burst to end", async () => {
  const { path, events } = await serve();
  const [flood, hand] = [await call(path), await call(path)];
  const count = 3_000;
  flood.socket.write("keys in 1\n".repeat(count));
  hand.socket.write("press exit\n");
  await flood.answer(count);
  await hand.answer(1);
  const pressed = events.findIndex(({ kind }) => kind === "input");
  expect(pressed).toBeGreaterThanOrEqual(0);
  expect(pressed).toBeLessThan(count / 2);
});

test("garbage is refused line by line and harms nobody", async () => {
  const { path, events } = await serve();
  const [hostile, friend] = [await call(path), await call(path)];
  hostile.socket.write(Buffer.from([0xff, 0xfe, 0x00, 0x0a, 0x00, 0x0a, 0x74, 0x61, 0x70, 0x0a, 0xc3, 0x28, 0x0a]));
  await hostile.answer(4);
  expect(hostile.messages.filter(({ kind }) => kind === "refused")).toHaveLength(4);
  expect(await friend.say("keys in 1", 1)).toEqual({ kind: "done", line: 1 });
  expect(events).toHaveLength(1);
});

test.each([
  ["complete", `text scan ${"x".repeat(5_000)}\nkeys in 1\n`],
  ["endless", "y".repeat(200_000)],
])("a line that is too long and %s is refused, its connection closed, and nothing after it obeyed", async (_, text) => {
  const { path, events } = await serve();
  const hostile = await call(path);
  expect(await hostile.say("keys in 1", 1)).toEqual({ kind: "done", line: 1 });
  hostile.socket.write(text);
  await hostile.closed;
  expect(hostile.messages.at(-1)).toEqual({ kind: "refused", line: 2, problem: "A line has at most 4096 bytes." });
  expect(events).toHaveLength(1);
});

test("a line of exactly the limit is obeyed", async () => {
  const { path } = await serve();
  const caller = await call(path);
  expect(await caller.say(`# ${"x".repeat(4_094)}`, 1)).toEqual({ kind: "done", line: 1 });
});

test("a client that does not read is dropped, and the others go on", async () => {
  const { path } = await serve();
  const [sleeper, worker] = [await call(path), await call(path)];
  sleeper.socket.pause();
  const count = 20_000;
  worker.socket.write("tap in B775D2\n".repeat(count));
  await worker.answer(count);
  sleeper.socket.resume();
  await sleeper.closed;
  expect(worker.bytes).toBeGreaterThan(2 * maxUnreadBytes);
  expect(sleeper.bytes).toBeLessThan(worker.bytes / 2);
  expect(await worker.say("keys in 1", count + 1)).toEqual({ kind: "done", line: count + 1 });
});

test("a client that floods without reading its answers is dropped", async () => {
  const { path } = await serve();
  const hostile = await call(path);
  hostile.socket.pause();
  hostile.socket.write("tap in B775D2\n".repeat(50_000));
  const friend = await call(path);
  // The friend sees every event; when the flood stops, it is because its sender was dropped.
  hostile.socket.once("error", () => undefined);
  await new Promise<void>((resolve) => {
    hostile.socket.once("close", () => resolve());
  });
  expect(friend.messages.filter(({ kind }) => kind === "event").length).toBeLessThan(50_000);
  expect(await friend.say("keys in 1", 1)).toEqual({ kind: "done", line: 1 });
});

test("the seventeenth client is told so and closed; when one leaves, there is room again", async () => {
  const { path } = await serve();
  const first = await call(path);
  for (let count = 1; count < maxClients; count += 1) await call(path);
  const extra = new Caller(path);
  callers.push(extra);
  await extra.closed;
  expect(extra.messages).toEqual([{ kind: "refused", line: 0, problem: "There are 16 clients already." }]);
  first.socket.end();
  await first.closed;
  const next = await call(path);
  expect(await next.say("keys in 1", 1)).toEqual({ kind: "done", line: 1 });
});

test("a client that breaks off in the middle of everything harms nobody", async () => {
  const { path } = await serve();
  for (let count = 0; count < 100; count += 1) {
    const socket = connect(path);
    await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
    socket.write("tap in B775D2\ntap in");
    socket.destroy();
  }
  const friend = await call(path);
  expect(await friend.say("keys in 1", 1)).toEqual({ kind: "done", line: 1 });
});

test("a dead server's socket file is replaced", async () => {
  const path = join(folder, "board.sock");
  const dead = createServer();
  await new Promise<void>((resolve) => dead.listen(join(folder, "dead"), () => resolve()));
  linkSync(join(folder, "dead"), path);
  await new Promise<void>((resolve) => dead.close(() => resolve()));
  expect(lstatSync(path).isSocket()).toBe(true);
  await serve(path);
  const caller = await call(path);
  expect(await caller.say("keys in 1", 1)).toEqual({ kind: "done", line: 1 });
  expect(readdirSync(folder)).toEqual(["board.sock"]);
});

test("a live server's socket is not taken, and the server goes on", async () => {
  const { path } = await serve();
  await expect(serve(path)).rejects.toMatchObject({ code: "socket.busy" });
  const caller = await call(path);
  expect(await caller.say("keys in 1", 1)).toEqual({ kind: "done", line: 1 });
  expect(readdirSync(folder)).toEqual(["board.sock"]);
});

test("of many that start at once on a stale file, one gets the path and keeps it", async () => {
  const path = join(folder, "board.sock");
  const dead = createServer();
  await new Promise<void>((resolve) => dead.listen(join(folder, "dead"), () => resolve()));
  linkSync(join(folder, "dead"), path);
  await new Promise<void>((resolve) => dead.close(() => resolve()));
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => serve(path)));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "socket.busy" });
  }
  const caller = await call(path);
  expect(await caller.say("keys in 1", 1)).toEqual({ kind: "done", line: 1 });
  expect(readdirSync(folder)).toEqual(["board.sock"]);
});

test("a file that is no socket is not replaced, nor is a path taken that is too long", async () => {
  const path = join(folder, "board.sock");
  writeFileSync(path, "precious");
  await expect(serve(path)).rejects.toMatchObject({ code: "socket.refused" });
  expect(readdirSync(folder)).toEqual(["board.sock"]);
  await expect(serve(join(folder, "x".repeat(100)))).rejects.toMatchObject({ code: "socket.refused" });
});

test("closing ends every connection, leaves another server's socket alone, and the board goes on", async () => {
  const { path, server, board, clock } = await serve();
  const caller = await call(path);
  rmSync(path);
  const successor = await serve(path);
  await server.close();
  await caller.closed;
  board.tap("in", "B775D2");
  clock.stepWall(1_000);
  expect(lstatSync(path).isSocket()).toBe(true);
  const next = await call(successor.path);
  expect(await next.say("keys in 1", 1)).toEqual({ kind: "done", line: 1 });
});
