// Inputs whose levels must stand a while, mean the other way around, or have wires that can be seen to break.
import { expect, test } from "vitest";
import type { BoardEvent, BoardSpec } from "../../hal/board.ts";
import { createSimBoard } from "../../hal/sim/board.ts";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import { parseCommand, runCommand } from "../../hal/sim/command.ts";
import { compareWrites, parseTrace, recordBoard, replayBoard } from "../../hal/trace.ts";

const spec: BoardSpec = {
  relays: [{ id: "siren", pin: 1 }],
  inputs: [
    { id: "plain", pin: 2 },
    { id: "bouncing", pin: 3, debounceMs: 50 },
    { id: "high", pin: 4, activeLevel: "high" },
    { id: "low", pin: 5, activeLevel: "low" },
    { id: "watched", pin: 6, supervised: true, debounceMs: 20 },
  ],
  readers: [],
};

function started() {
  const clock = createVirtualClock({ startWallMs: 0, trusted: true });
  const board = createSimBoard(spec, clock);
  const heard: string[] = [];
  const listen = (event: BoardEvent) => {
    if (event.kind === "input") heard.push(`${event.at} ${event.input} ${event.active ? "active" : "inactive"}`);
    else if (event.kind === "fault") heard.push(`${event.at} ${event.input} ${event.fault}`);
    else if ("device" in event) heard.push(`${event.at} ${event.device} ${event.kind}`);
  };
  board.start(listen);
  heard.length = 0;
  const say = (line: string): string | null => {
    const parsed = parseCommand(line);
    if (!parsed.ok) return parsed.problem;
    const outcome = runCommand(parsed.command, board, clock);
    return outcome.ok ? null : outcome.problem;
  };
  return { board, clock, heard, say, listen };
}

test("a level is reported once it has stood for the debounce time, and a shorter one never", () => {
  const { board, clock, heard } = started();
  board.setInput("bouncing", true);
  clock.advance(49);
  board.setInput("bouncing", false);
  clock.advance(200);
  expect(heard).toEqual([]);
  board.setInput("bouncing", true);
  clock.advance(30);
  board.setInput("bouncing", false);
  clock.advance(5);
  board.setInput("bouncing", true);
  clock.advance(50);
  expect(heard).toEqual(["334 bouncing active"]);
  board.setInput("plain", true);
  expect(heard.at(-1)).toBe("334 plain active");
});

test("a press shorter than the debounce time is not heard, a longer one lasts as long as it did", () => {
  const { board, clock, heard } = started();
  board.press("bouncing", 40);
  clock.advance(500);
  board.press("bouncing", 100);
  clock.advance(500);
  expect(heard).toEqual(["550 bouncing active", "650 bouncing inactive"]);
});

test("what a line's voltage means is the wiring's to say", () => {
  const { heard, say } = started();
  for (const line of ["low high", "high high", "high plain", "low low", "low plain"]) expect(say(line)).toBe(null);
  expect(heard).toEqual(["0 high active", "0 low active", "0 plain active"]);
});

test("a supervised wire that is cut or shorted hides the level until it is healed", () => {
  const { clock, heard, say } = started();
  expect(say("cut watched")).toBe(null);
  expect(say("cut watched")).toBe(null);
  expect(say("activate watched")).toBe(null);
  clock.advance(100);
  expect(heard).toEqual(["0 watched cut"]);
  say("short watched");
  say("heal watched");
  expect(heard).toEqual(["0 watched cut", "100 watched shorted", "100 watched active"]);
});

test("health names a broken wire, and an unsupervised input has none", () => {
  const { board, clock, say } = started();
  clock.advance(7);
  say("short watched");
  expect(board.health()).toContainEqual({ device: "watched", state: "lost", why: "its wire is shorted", since: 7 });
  expect(say("cut plain")).toBe('Input "plain" is not supervised: on its line a broken wire is just a level.');
  expect(say("heal watched")).toBe(null);
  expect(board.health().every(({ state }) => state === "ok")).toBe(true);
});

test("a wire that is broken while its input is unplugged is told of when it is plugged in, and at each start", () => {
  const { board, heard, say, listen } = started();
  say("lose watched");
  say("cut watched");
  expect(heard).toEqual(["0 watched lost"]);
  say("find watched");
  expect(heard.slice(1)).toEqual(["0 watched found", "0 watched cut"]);
  board.stop();
  heard.length = 0;
  board.start(listen);
  expect(heard).toContain("0 watched cut");
});

test("a level that is still settling when its wire is healed settles first", () => {
  const { clock, heard, say } = started();
  say("cut watched");
  say("activate watched");
  clock.advance(10);
  say("heal watched");
  expect(heard).toEqual(["0 watched cut"]);
  clock.advance(10);
  expect(heard.at(-1)).toBe("20 watched active");
});

test("a trace holds broken wires, and replays them", () => {
  const clock = createVirtualClock({ startWallMs: 0, trusted: true });
  const board = createSimBoard(spec, clock);
  const lines: string[] = [];
  const recording = recordBoard(board, clock, (line) => lines.push(line), {});
  const attach = (to: Pick<typeof recording, "start" | "drive">) =>
    to.start((event) => {
      if (event.kind === "fault") to.drive("siren", true, event.fault);
      else if (event.kind === "input" && event.input === "watched") to.drive("siren", event.active, "level");
    });
  attach(recording);
  board.breakWire("watched", "cut");
  clock.advance(1_000);
  board.healWire("watched");
  const parsed = parseTrace(lines.join("\n"));
  if (!parsed.ok) throw new Error(parsed.problem);
  const replay = replayBoard(parsed.trace, createVirtualClock({ startWallMs: 0, trusted: true }));
  attach(replay.board);
  replay.run();
  expect(compareWrites(parsed.trace, replay.writes)).toBe(null);
  expect(replay.writes.map(({ cause }) => cause)).toEqual(["level", "cut", "level"]);
});
