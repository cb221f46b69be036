// What is expected of the language that scenarios and the control socket share, and of stories told in it.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { BoardEvent, BoardSpec } from "../../hal/board.ts";
import { createSimBoard } from "../../hal/sim/board.ts";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import { type Command, parseCommand, parseDuration, runCommand } from "../../hal/sim/command.ts";
import type { Stage } from "../../hal/sim/scenario.ts";
import { parseScenario, playScenario } from "../../hal/sim/scenario.ts";

const spec: BoardSpec = {
  relays: [{ id: "strike", pin: 17 }],
  inputs: [{ id: "exit", pin: 22 }],
  readers: [
    { id: "in", kind: "wiegand", pins: { d0: 5, d1: 6 }, format: "w26", keypad: true },
    { id: "out", kind: "wiegand", pins: { d0: 13, d1: 19 }, format: "w26", keypad: false },
    { id: "scan", kind: "scanner", port: "/dev/ttyACM0", baud: 9_600 },
  ],
};
const goodCard = "11011011101110101110100101";

/** A listener with one rule: the good card and the exit button energize the strike for three seconds. */
function stage() {
  const clock = createVirtualClock({ startWallMs: 1_000_000, trusted: false });
  const board = createSimBoard(spec, clock);
  const events: BoardEvent[] = [];
  const unlock = (): void => {
    board.drive("strike", true, "test");
    clock.after(3_000, "relock", () => board.drive("strike", false, "test"));
  };
  board.start((event) => {
    events.push(event);
    if (event.kind === "frame" && event.bits.length === 4) board.signal(event.reader, "key");
    if (event.kind === "frame" && event.bits.length > 4) {
      board.signal(event.reader, event.bits === goodCard ? "granted" : "denied");
      if (event.bits === goodCard) unlock();
    }
    if (event.kind === "input" && event.input === "exit" && event.active) unlock();
  });
  events.length = 0;
  return { board, clock, events };
}

const commandOf = (line: string): Command => {
  const parsed = parseCommand(line);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.command;
};

const play = (text: string, on: Stage = stage()) => {
  const parsed = parseScenario(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return playScenario(parsed.steps, on);
};

test.each([
  ["tap in B775D2", { kind: "tap", reader: "in", card: "B775D2" }],
  ["  frame in 1010 ", { kind: "frame", reader: "in", bits: "1010" }],
  ["keys in 1234#", { kind: "keys", reader: "in", keys: "1234#" }],
  ["keys in #", { kind: "keys", reader: "in", keys: "#" }],
  ["text scan  two  spaces # and a mark ", { kind: "text", reader: "scan", text: " two  spaces # and a mark " }],
  ["text scan pass\r", { kind: "text", reader: "scan", text: "pass" }],
  ["press exit", { kind: "press", input: "exit", durationMs: 200 }],
  ["press exit 5s", { kind: "press", input: "exit", durationMs: 5_000 }],
  ["activate exit", { kind: "setInput", input: "exit", active: true }],
  ["release exit", { kind: "setInput", input: "exit", active: false }],
  ["open contact", { kind: "setInput", input: "contact", active: true }],
  ["close contact", { kind: "setInput", input: "contact", active: false }],
  ["lose in", { kind: "lose", device: "in", why: "unplugged" }],
  ["lose in the cable was cut", { kind: "lose", device: "in", why: "the cable was cut" }],
  ["find in", { kind: "find", device: "in" }],
  ["stick strike", { kind: "stick", relay: "strike", why: "stuck" }],
  ["stick strike welded shut", { kind: "stick", relay: "strike", why: "welded shut" }],
  ["free strike", { kind: "free", relay: "strike" }],
  ["clock step -1h", { kind: "clockStep", byMs: -3_600_000 }],
  ["clock step +2d", { kind: "clockStep", byMs: 172_800_000 }],
  ["clock drift -12.5", { kind: "clockDrift", ppm: -12.5 }],
  ["clock trust", { kind: "clockTrust" }],
  ["clock distrust", { kind: "clockDistrust" }],
  ["", { kind: "nothing" }],
  ["   ", { kind: "nothing" }],
  ["# tap in B775D2", { kind: "nothing" }],
])("%j is understood", (line, command) => {
  expect(commandOf(line)).toEqual(command);
});

test.each([
  "open",
  "tap in",
  "tap in B775D2 twice",
  "text scan",
  "press exit 5",
  "press exit -5s",
  "press exit 5s 6s",
  "clock",
  "clock step",
  "clock step 1",
  "clock step --1h",
  "clock drift fast",
  "clock drift 1e9",
  "clock trust me",
  "clock stop",
  "fly in",
  "TAP in B775D2",
  "constructor in",
  "__proto__",
  "\u0000",
])("%j is refused in one sentence", (line) => {
  expect(parseCommand(line)).toEqual({ ok: false, problem: expect.stringMatching(/^[A-Z].{5,250}\.$/) });
});

test("durations are whole numbers with a unit, up to a hundred years", () => {
  const known = { "0ms": 0, "200ms": 200, "5s": 5_000, "10m": 600_000, "2h": 7_200_000, "3d": 259_200_000 };
  for (const [text, ms] of Object.entries(known)) expect(parseDuration(text)).toBe(ms);
  for (const text of ["", "5", "s", "5 s", "1.5s", "-5s", "5S", "1e3s", "36526d", "99999999999ms"]) {
    expect(parseDuration(text)).toBe(null);
  }
});

test("no line, however strange, throws or is answered without a command or a problem", () => {
  const verb = fc.constantFrom(
    "tap",
    "frame",
    "keys",
    "text",
    "press",
    "lose",
    "stick",
    "clock",
    "at",
    "+1s",
    "expect",
  );
  const line = fc.tuple(verb, fc.array(fc.string({ unit: "binary", maxLength: 8 }), { maxLength: 4 }));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        line.map(([first, rest]) => [first, ...rest].join(" ")),
      ),
      (text) => {
        const { board, clock } = stage();
        const parsed = parseCommand(text);
        if (parsed.ok) {
          const outcome = runCommand(parsed.command, board, clock);
          if (!outcome.ok) expect(outcome.problem.endsWith(".")).toBe(true);
        } else {
          expect(parsed.problem.endsWith(".")).toBe(true);
        }
        const scenario = parseScenario(text);
        if (!scenario.ok) expect(scenario.problems.length).toBeGreaterThan(0);
      },
    ),
  );
});

test("every command reaches the board or the clock", () => {
  const { board, clock, events } = stage();
  const run = (line: string) => runCommand(commandOf(line), board, clock);
  for (const line of ["tap in B775D2", "frame in 11", "keys in 7", "text scan hello", "press exit 1s", "lose in cut"]) {
    expect(run(line)).toEqual({ ok: true });
  }
  expect(events.map(({ kind }) => kind)).toEqual(["frame", "frame", "frame", "text", "input", "lost"]);
  run("find in");
  run("stick strike");
  expect(() => run("tap in B775D2")).toThrow(/stuck/);
  run("free strike");
  run("clock step 1h");
  run("clock trust");
  expect([clock.wall(), clock.trusted()]).toEqual([4_600_000, true]);
  run("clock distrust");
  run("clock drift 1000");
  clock.advance(10_000);
  expect([clock.wall(), clock.trusted()]).toEqual([4_610_010, false]);
  expect(run("activate nowhere")).toEqual({ ok: false, problem: 'There is no input "nowhere".' });
  expect(run("clock step -3d")).toMatchObject({ ok: false });
  expect(run("clock drift 600000")).toMatchObject({ ok: false });
});

test("a scenario plays at its times on the virtual clock and its expectations hold", () => {
  const played = play(`# A good card, a bad one, and the exit button.
expect relay strike released
expect reader in quiet

at 10s tap in B775D2
expect relay strike energized
expect reader in granted
+2999ms expect relay strike energized
+1ms    expect relay strike released
+2s tap in 000001
expect reader in denied
expect reader in quiet
at 1m press exit
  expect relay strike energized
+1d
expect relay strike released
`);
  expect(played).toEqual({ ok: true });
});

test("a reader's last grant or denial is kept until that reader is asked about, whatever others show", () => {
  const played = play(`tap in B775D2
tap out 000001
keys in 1
expect reader out denied
expect reader in granted
keys in 1
expect reader in quiet
`);
  expect(played).toEqual({ ok: true });
});

test("each failed expectation and each refused command is told by its line, and the story goes on", () => {
  const played = play(`tap in 000001
expect reader in granted
expect relay strike energized
tap nowhere 00
expect relay nowhere released
expect reader nowhere quiet
expect relay constructor released
expect reader in quiet
`);
  expect(played).toEqual({
    ok: false,
    failures: [
      { line: 2, problem: "Reader in showed denied, expected granted." },
      { line: 3, problem: "Relay strike is released, expected energized." },
      { line: 4, problem: 'There is no reader "nowhere".' },
      { line: 5, problem: 'There is no relay "nowhere".' },
      { line: 6, problem: 'There is no reader "nowhere".' },
      { line: 7, problem: 'There is no relay "constructor".' },
    ],
  });
});

test("what a scenario tells the controller reaches it in its own words and at its time, and its refusal is a failure", () => {
  const on = stage();
  const heard: string[] = [];
  const controller = (words: string) => {
    heard.push(`${on.clock.mono()} ${words}`);
    return words === "stop" ? "It does not stop." : null;
  };
  expect(play("at 5s controller do  this\n+1s controller stop", { ...on, controller })).toEqual({
    ok: false,
    failures: [{ line: 2, problem: "It does not stop." }],
  });
  expect(heard).toEqual(["5000 do this", "6000 stop"]);
  expect(play("controller do this", on)).toMatchObject({ ok: false });
  expect(parseScenario("controller")).toMatchObject({ ok: false });
});

test("a scenario may start on a clock that has run already, and leaves no observer behind", () => {
  const on = stage();
  on.clock.advance(12_345);
  expect(play("at 1s tap in B775D2\nexpect reader in granted", on)).toEqual({ ok: true });
  expect(on.clock.mono()).toBe(13_345);
  expect(play("expect reader in quiet", on)).toEqual({ ok: true });
});

test("all problems of a scenario are told at once, by line", () => {
  const parsed = parseScenario(`tap in
at 10s tap in B775D2
at 5s tap in B775D2
at soon tap in B775D2
+ tap in B775D2
at
expect relay strike locked
expect
expect reader in granted twice
${"x".repeat(5_000)}
+36525d
fly
keys in 1234#`);
  expect(parsed.ok).toBe(false);
  if (parsed.ok) return;
  expect(parsed.problems.map(({ line }) => line)).toEqual([1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(parsed.problems[1]?.problem).toContain("10000 ms already");
});

test("lines end in LF or CRLF, and steps carry line and time", () => {
  const parsed = parseScenario("+1s keys in 1\r\n\r\nat 3s keys in 2\r\n");
  expect(parsed).toMatchObject({
    ok: true,
    steps: [
      { line: 1, atMs: 1_000, action: { command: { kind: "keys", keys: "1" } } },
      { line: 2, atMs: 1_000, action: { command: { kind: "nothing" } } },
      { line: 3, atMs: 3_000, action: { command: { kind: "keys", keys: "2" } } },
      { line: 4, atMs: 3_000, action: { command: { kind: "nothing" } } },
    ],
  });
});

test("a scenario that is too long is refused as a whole", () => {
  expect(parseScenario("\n".repeat(200_001))).toMatchObject({ ok: false, problems: [{ line: 200_001 }] });
});
