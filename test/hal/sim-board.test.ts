// What is expected of a board without wires.
import { expect, test } from "vitest";
import type { BoardEvent, BoardSpec } from "../../hal/board.ts";
import { Fault } from "../../hal/fault.ts";
import { openBoard } from "../../hal/open-board.ts";
import { type BoardChange, createSimBoard, maxTextLength } from "../../hal/sim/board.ts";
import { createVirtualClock } from "../../hal/sim/clock.ts";

const spec: BoardSpec = {
  relays: [
    { id: "front-strike", pin: 17 },
    { id: "back-strike", pin: 27 },
  ],
  inputs: [
    { id: "front-exit", pin: 22 },
    { id: "front-contact", pin: 23 },
  ],
  readers: [
    { id: "front-in", kind: "wiegand", pins: { d0: 5, d1: 6 }, format: "w34", keypad: true },
    { id: "back-in", kind: "wiegand", pins: { d0: 13, d1: 19 }, format: "w26", keypad: false },
    { id: "pad", kind: "keypad", pins: { d0: 20, d1: 21 } },
    { id: "scan", kind: "scanner", port: "/dev/ttyACM0", baud: 9_600 },
  ],
};

function build() {
  const clock = createVirtualClock({ startWallMs: 1_000_000, trusted: true });
  const board = createSimBoard(spec, clock);
  const events: BoardEvent[] = [];
  const changes: BoardChange[] = [];
  board.observe((change) => changes.push(change));
  return { clock, board, events, changes, start: () => board.start((event) => events.push(event)) };
}

function started() {
  const built = build();
  built.start();
  built.events.length = 0;
  built.changes.length = 0;
  return built;
}

const faultOf = (run: () => void): { code: string; message: string } => {
  try {
    run();
  } catch (error) {
    if (error instanceof Fault) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("nothing was thrown");
};

test("all relays are released at creation and every input's level is reported once at the start", () => {
  const { board, events, start } = build();
  expect(board.snapshot()).toEqual({
    relays: { "front-strike": false, "back-strike": false },
    inputs: { "front-exit": false, "front-contact": false },
    readers: {
      "front-in": { kind: "wiegand", format: "w34", keypad: true, lost: false },
      "back-in": { kind: "wiegand", format: "w26", keypad: false, lost: false },
      pad: { kind: "keypad", format: null, keypad: true, lost: false },
      scan: { kind: "scanner", format: null, keypad: false, lost: false },
    },
  });
  board.setInput("front-contact", true);
  expect(events).toEqual([]);
  start();
  expect(events).toEqual([
    { kind: "input", input: "front-exit", active: false, at: 0 },
    { kind: "input", input: "front-contact", active: true, at: 0 },
  ]);
});

test("what is lost before the start is reported as lost at the start, and its level is not", () => {
  const { board, events, start } = build();
  board.lose("front-contact", "cut");
  board.lose("scan", "unplugged");
  start();
  expect(events).toEqual([
    { kind: "lost", device: "scan", why: "unplugged", at: 0 },
    { kind: "lost", device: "front-contact", why: "cut", at: 0 },
    { kind: "input", input: "front-exit", active: false, at: 0 },
  ]);
});

test("cards, frames, keys and text arrive in the shape that the reader's kind sends", () => {
  const { board, clock, events } = started();
  clock.advance(70);
  board.tap("front-in", "02B775D2");
  board.tap("back-in", "B775D2");
  board.frame("back-in", "101");
  board.keys("front-in", "1#");
  board.keys("pad", "0*");
  board.text("scan", "PASS:1 2");
  expect(events).toEqual([
    { kind: "frame", reader: "front-in", bits: "1000000101011011101110101110100100", at: 70 },
    { kind: "frame", reader: "back-in", bits: "11011011101110101110100101", at: 70 },
    { kind: "frame", reader: "back-in", bits: "101", at: 70 },
    { kind: "frame", reader: "front-in", bits: "0001", at: 70 },
    { kind: "frame", reader: "front-in", bits: "1011", at: 70 },
    { kind: "key", reader: "pad", key: "0", at: 70 },
    { kind: "key", reader: "pad", key: "*", at: 70 },
    { kind: "text", reader: "scan", text: "PASS:1 2", at: 70 },
  ]);
});

test("text that a scanner's driver would drop does not arrive", () => {
  const { board, events } = started();
  board.text("scan", "x".repeat(maxTextLength + 1));
  board.text("scan", "");
  for (const control of ["a\u0007b", "a\nb", "\u007f", "\u0085"]) board.text("scan", control);
  expect(events).toEqual([]);
  board.text("scan", "é".repeat(maxTextLength));
  expect(events).toHaveLength(1);
});

test("an input reports changes only, and a press holds it for its time and no longer", () => {
  const { board, clock, events } = started();
  board.setInput("front-contact", false);
  board.setInput("front-contact", true);
  board.setInput("front-contact", true);
  expect(events).toEqual([{ kind: "input", input: "front-contact", active: true, at: 0 }]);
  events.length = 0;
  board.press("front-exit", 500);
  clock.advance(499);
  expect(events).toEqual([{ kind: "input", input: "front-exit", active: true, at: 0 }]);
  clock.advance(1_000);
  expect(events).toEqual([
    { kind: "input", input: "front-exit", active: true, at: 0 },
    { kind: "input", input: "front-exit", active: false, at: 500 },
  ]);
});

test("pressing a held button again holds it for so long from then, and a hand on it ends the press", () => {
  const { board, clock, events } = started();
  board.press("front-exit", 500);
  clock.advance(400);
  board.press("front-exit", 500);
  clock.advance(499);
  expect(events).toHaveLength(1);
  clock.advance(1);
  expect(events[1]).toEqual({ kind: "input", input: "front-exit", active: false, at: 900 });
  events.length = 0;
  board.press("front-exit", 500);
  board.setInput("front-exit", true);
  clock.advance(10_000);
  expect(events).toHaveLength(1);
});

test("a button comes up after every other timer that is due at the same instant", () => {
  const { board, clock, events } = started();
  const order: string[] = [];
  board.press("front-exit", 500);
  clock.after(500, "relock", () => order.push(`relock with ${events.length} event`));
  clock.advance(500);
  expect(order).toEqual(["relock with 1 event"]);
  expect(events).toHaveLength(2);
});

test("nothing shown at a lost reader arrives, and it shows nothing, until it is found", () => {
  const { board, clock, events, changes } = started();
  board.lose("front-in", "no power");
  board.lose("front-in", "again");
  board.tap("front-in", "02B775D2");
  board.keys("front-in", "1");
  board.signal("front-in", "denied");
  clock.advance(5);
  board.find("front-in");
  board.find("front-in");
  board.tap("front-in", "02B775D2");
  board.signal("front-in", "granted");
  expect(events.map(({ kind, at }) => `${kind}@${at}`)).toEqual(["lost@0", "found@5", "frame@5"]);
  expect(changes.filter(({ kind }) => kind === "signal")).toEqual([
    { kind: "signal", reader: "front-in", signal: "granted", at: 5 },
  ]);
});

test("a lost input keeps its last reported level and reports the real one when it is found", () => {
  const { board, events } = started();
  board.lose("front-contact", "cut");
  board.setInput("front-contact", true);
  expect(events).toEqual([{ kind: "lost", device: "front-contact", why: "cut", at: 0 }]);
  board.find("front-contact");
  expect(events.slice(1)).toEqual([
    { kind: "found", device: "front-contact", at: 0 },
    { kind: "input", input: "front-contact", active: true, at: 0 },
  ]);
});

test("a press whose wire is cut meanwhile ends unreported", () => {
  const { board, clock, events } = started();
  board.press("front-exit", 500);
  board.lose("front-exit", "cut");
  clock.advance(1_000);
  board.find("front-exit");
  expect(events.map((event) => (event.kind === "input" ? event.active : event.kind))).toEqual([
    true,
    "lost",
    "found",
    false,
  ]);
});

test("a stuck relay refuses with relay.failed and does not move; freed, it takes writes again", () => {
  const { board, changes } = started();
  board.drive("front-strike", true, "ask 1");
  board.stickRelay("front-strike", "welded");
  expect(faultOf(() => board.drive("front-strike", false, "time"))).toEqual({
    code: "relay.failed",
    message: expect.stringContaining("welded"),
  });
  expect(board.snapshot().relays["front-strike"]).toBe(true);
  expect(board.health()).toContainEqual({ device: "front-strike", state: "lost", why: "welded", since: 0 });
  board.freeRelay("front-strike");
  expect(board.snapshot().relays["front-strike"]).toBe(true);
  board.drive("front-strike", false, "time");
  expect(changes).toEqual([
    { kind: "relay", relay: "front-strike", energized: true, cause: "ask 1", at: 0 },
    { kind: "relay", relay: "front-strike", energized: false, cause: "time", at: 0 },
  ]);
  expect(faultOf(() => board.drive("nowhere", true, "x")).code).toBe("relay.failed");
});

test("health names every device, and what is wrong with it since when", () => {
  const { board, clock } = started();
  clock.advance(9);
  board.lose("scan", "unplugged");
  const health = board.health();
  expect(health.map(({ device }) => device).sort()).toEqual(
    ["front-in", "back-in", "pad", "scan", "front-exit", "front-contact", "front-strike", "back-strike"].sort(),
  );
  expect(health.filter(({ state }) => state === "lost")).toEqual([
    { device: "scan", state: "lost", why: "unplugged", since: 9 },
  ]);
});

test("an observer hears of an event before what the listener makes of it, and of nothing once it left", () => {
  const { board } = build();
  const heard: string[] = [];
  const leave = board.observe(({ kind }) => heard.push(kind));
  board.start((event) => {
    if (event.kind === "input" && event.active) board.drive("front-strike", true, "exit");
  });
  heard.length = 0;
  board.press("front-exit", 100);
  expect(heard).toEqual(["input", "event", "relay"]);
  leave();
  board.drive("front-strike", false, "time");
  expect(heard).toEqual(["input", "event", "relay"]);
});

test("after stop nothing is reported and no press comes up, while relays can still be put to their safe level", () => {
  const { board, clock, events } = started();
  board.press("front-exit", 100);
  board.drive("front-strike", true, "exit");
  board.stop();
  board.tap("front-in", "02B775D2");
  clock.advance(1_000);
  board.drive("front-strike", false, "stop");
  expect(events).toHaveLength(1);
  expect(board.snapshot().relays["front-strike"]).toBe(false);
});

test("unknown ids, wrong kinds and nonsense are refused in one sentence and change nothing", () => {
  const { board, events, changes } = started();
  const attempts: (() => void)[] = [
    () => board.tap("nowhere", "02B775D2"),
    () => board.tap("constructor", "02B775D2"),
    () => board.tap("__proto__", "02B775D2"),
    () => board.tap("pad", "02B775D2"),
    () => board.tap("scan", "02B775D2"),
    () => board.tap("back-in", "02B775D2"),
    () => board.tap("front-in", "card"),
    () => board.frame("scan", "1010"),
    () => board.frame("pad", "1010"),
    () => board.frame("front-in", ""),
    () => board.frame("front-in", "10201"),
    () => board.frame("front-in", "1".repeat(129)),
    () => board.keys("back-in", "1"),
    () => board.keys("scan", "1"),
    () => board.keys("pad", ""),
    () => board.keys("pad", "12A4"),
    () => board.keys("pad", "1".repeat(65)),
    () => board.text("front-in", "hello"),
    () => board.setInput("front-strike", true),
    () => board.press("front-exit", 0),
    () => board.press("front-exit", Number.NaN),
    () => board.press("front-exit", 1e12),
    () => board.press("nowhere", 100),
    () => board.lose("front-strike", "why"),
    () => board.lose("nowhere", "why"),
    () => board.find("nowhere"),
    () => board.stickRelay("front-exit", "why"),
    () => board.freeRelay("x".repeat(3_000)),
  ];
  for (const attempt of attempts) {
    const { code, message } = faultOf(attempt);
    expect(code).toBe("sim.refused");
    expect(message).toMatch(/^.{10,200}\.$/);
  }
  expect(events).toEqual([]);
  expect(changes).toEqual([]);
});

test("two things of one kind with one id are refused, and so is a second start", () => {
  const clock = createVirtualClock({ startWallMs: 0, trusted: true });
  const doubled = { ...spec, relays: [...spec.relays, { id: "front-strike", pin: 4 }] };
  expect(faultOf(() => createSimBoard(doubled, clock)).code).toBe("sim.refused");
  const { start } = started();
  expect(faultOf(start).code).toBe("board.running");
});

test("a signal to an unknown reader is a fault, not silence", () => {
  expect(faultOf(() => started().board.signal("nowhere", "granted")).code).toBe("reader.unknown");
});

test("openBoard loads the simulated driver with its controls", async () => {
  const { board, simulated } = await openBoard(
    "simulated",
    spec,
    createVirtualClock({ startWallMs: 0, trusted: true }),
    "keys",
  );
  expect(board.kind).toBe("simulated");
  expect(Object.keys(simulated?.snapshot().relays ?? {})).toEqual(["front-strike", "back-strike"]);
});

test("an OSDP reader is played with like any other, and relays and inputs in it like those on pins", () => {
  const clock = createVirtualClock({ startWallMs: 0, trusted: true });
  const board = createSimBoard(
    {
      relays: [],
      inputs: [],
      rs485: [{ id: "line", port: "ttyUSB0", baud: 9_600 }],
      readers: [
        { id: "osdp", kind: "osdp", line: "line", address: 0, format: "w26", keypad: true, security: "required" },
      ],
      readerRelays: [{ id: "gate", reader: "osdp", output: 0 }],
      readerInputs: [{ id: "case", reader: "osdp", point: "tamper", activeLevel: "low" }],
    },
    clock,
  );
  const heard: BoardEvent[] = [];
  board.start((event) => heard.push(event));
  board.tap("osdp", "00C0FFEE");
  board.keys("osdp", "1#");
  board.setInput("case", true);
  board.drive("gate", true, "test");
  expect(heard.map((event) => (event.kind === "key" ? event.key : event.kind))).toEqual([
    "input",
    "frame",
    "1",
    "#",
    "input",
  ]);
  expect(board.snapshot().relays).toEqual({ gate: true });
});
