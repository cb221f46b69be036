// What is expected of a recording: that it replays to the same events and the same relay writes.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Board, BoardEvent, BoardSpec } from "../../hal/board.ts";
import type { Clock, ClockChange } from "../../hal/clock.ts";
import { createSimBoard } from "../../hal/sim/board.ts";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import { parseCommand, runCommand } from "../../hal/sim/command.ts";
import { compareWrites, parseTrace, recordBoard, replayBoard, type Trace } from "../../hal/trace.ts";

const spec: BoardSpec = {
  relays: [
    { id: "strike", pin: 17 },
    { id: "siren", pin: 18 },
  ],
  inputs: [
    { id: "exit", pin: 22 },
    { id: "contact", pin: 23 },
  ],
  readers: [{ id: "in", kind: "wiegand", pins: { d0: 5, d1: 6 }, format: "w26", keypad: true }],
};

interface Witness {
  readonly events: string[];
  readonly failures: string[];
}

/** A tiny controller: cards and exit unlock for 3 s, an opening while locked sounds the siren, trust is asked for cards. */
function attach(board: Board, clock: Clock, relockMs = 3_000): Witness {
  const witness: Witness = { events: [], failures: [] };
  const startMono = clock.mono();
  let relockAt: number | null = null;
  const drive = (relay: string, energized: boolean, cause: string): void => {
    try {
      board.drive(relay, energized, cause);
    } catch (error) {
      witness.failures.push(String(error));
    }
  };
  const relock = (): void => {
    if (relockAt === null || clock.mono() < relockAt) return;
    relockAt = null;
    drive("strike", false, "time");
  };
  const unlock = (cause: string): void => {
    relockAt = clock.mono() + relockMs;
    clock.after(relockMs, "relock", relock);
    drive("strike", true, cause);
  };
  drive("strike", false, "start");
  board.start((event) => {
    const { at, ...rest } = event;
    witness.events.push(JSON.stringify({ ...rest, at: at - startMono, wall: clock.wall(), trusted: clock.trusted() }));
    if (event.kind === "frame") {
      const grants = clock.trusted() && clock.wall() % 2 === 0;
      board.signal(event.reader, grants ? "granted" : "denied");
      if (grants) unlock("card");
    }
    if (event.kind === "input" && event.input === "exit" && event.active) unlock("exit");
    if (event.kind === "input" && event.input === "contact") {
      drive("siren", event.active && relockAt === null, "contact");
    }
  });
  return witness;
}

function record(play: (run: (line: string) => void, advance: (ms: number) => void) => void, startMono = 0) {
  const clock = createVirtualClock({ startWallMs: 1_000_000, trusted: false, startMono });
  const board = createSimBoard(spec, clock);
  const lines: string[] = [];
  const recorder = recordBoard(board, clock, (line) => lines.push(line), { site: "test" });
  clock.onChange(recorder.clockChanged);
  const witness = attach(recorder, clock);
  play(
    (line) => {
      const parsed = parseCommand(line);
      if (!parsed.ok) throw new Error(parsed.problem);
      runCommand(parsed.command, board, clock);
    },
    (ms) => clock.advance(ms),
  );
  return { text: `${lines.join("\n")}\n`, lines, witness };
}

const traceOf = (text: string): Trace => {
  const parsed = parseTrace(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.trace;
};

function replay(trace: Trace, relockMs?: number) {
  const clock = createVirtualClock({ startWallMs: 77, trusted: true, startMono: 500 });
  const changes: ClockChange[] = [];
  const replayed = replayBoard(trace, clock);
  const witness = attach(replayed.board, clock, relockMs);
  clock.onChange((change) => changes.push(change));
  replayed.run();
  return { witness, changes, writes: replayed.writes, board: replayed.board, clock };
}

const busyDay = (run: (line: string) => void, advance: (ms: number) => void): void => {
  run("tap in B775D2");
  advance(250);
  run("clock trust");
  run("clock step 90m");
  advance(4);
  run("tap in B775D2");
  advance(1_000);
  run("open contact");
  advance(100);
  run("close contact");
  advance(5_000);
  run("open contact");
  run("clock drift 5000");
  advance(7_001);
  run("press exit 3s");
  advance(10_000);
  run("stick strike welded");
  run("press exit");
  advance(1_000);
  run("lose in cut");
  run("free strike");
  advance(10_000);
  run("find in");
  run("clock distrust");
  run("tap in 000001");
  advance(1_000);
};

test("a trace starts with its header and holds events, writes with cause and outcome, signals and clock changes", () => {
  const { lines } = record((run, advance) => {
    run("clock trust");
    advance(2);
    run("tap in B775D2");
    run("stick strike welded");
    advance(3_000);
  });
  const stamped = { mono: 2, wall: 1_000_002, trusted: true };
  const untrusted = { mono: 0, wall: 1_000_000, trusted: false };
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { trace: 1, header: { site: "test" }, ...untrusted },
    { kind: "relay", relay: "strike", energized: false, cause: "start", failed: null, ...untrusted },
    { kind: "event", event: { kind: "input", input: "exit", active: false, at: 0 }, ...untrusted },
    { kind: "event", event: { kind: "input", input: "contact", active: false, at: 0 }, ...untrusted },
    { kind: "relay", relay: "siren", energized: false, cause: "contact", failed: null, ...untrusted },
    { kind: "started", ...untrusted },
    { kind: "clock", change: { kind: "trusted" }, ...untrusted, trusted: true },
    { kind: "event", event: { kind: "frame", reader: "in", bits: "11011011101110101110100101", at: 2 }, ...stamped },
    { kind: "signal", reader: "in", signal: "granted", ...stamped },
    { kind: "relay", relay: "strike", energized: true, cause: "card", failed: null, ...stamped },
    {
      ...{ kind: "relay", relay: "strike", energized: false, cause: "time" },
      ...{ failed: expect.stringContaining("welded"), mono: 3_002, wall: 1_003_002, trusted: true },
    },
  ]);
  expect(lines[0]?.startsWith('{"trace":1,')).toBe(true);
});

test("a recorded day replays to the same events, wall readings, trust, failures and relay writes", () => {
  const { text, witness } = record(busyDay, 123_456);
  const trace = traceOf(text);
  const again = replay(trace);
  expect(again.witness).toEqual(witness);
  expect(witness.failures).toHaveLength(1);
  expect(compareWrites(trace, again.writes)).toBe(null);
  expect(again.changes).toEqual([{ kind: "trusted" }, { kind: "stepped", byMs: 5_400_000 }, { kind: "distrusted" }]);
  expect(again.board.health()).toEqual([{ device: "in", state: "ok", why: "", since: expect.any(Number) }]);
});

test("a replay that is recorded again gives the same trace but for its clock's origin", () => {
  const trace = traceOf(record(busyDay).text);
  const clock = createVirtualClock({ startWallMs: 0, trusted: true });
  const replayed = replayBoard(trace, clock);
  const lines: string[] = [];
  const recorder = recordBoard(replayed.board, clock, (line) => lines.push(line), { site: "test" });
  clock.onChange(recorder.clockChanged);
  attach(recorder, clock);
  replayed.run();
  const withoutWall = (one: Trace) => one.entries.map(({ wall, ...entry }) => entry);
  expect(withoutWall(traceOf(`${lines.join("\n")}\n`))).toEqual(withoutWall(trace));
});

test("any day at all replays to the same events and writes", () => {
  const act = fc.oneof(
    fc.constantFrom(0, 1, 250, 1_000, 2_000, 3_000, 5_000).map((ms) => `advance ${ms}`),
    fc.constantFrom(
      ...["tap in B775D2", "keys in 12#", "press exit 3s", "press exit 1s", "open contact", "close contact", "lose in"],
      ...["find in", "lose contact", "find contact", "stick strike", "free strike", "clock trust", "clock distrust"],
      ...["clock step +1s", "clock step -7s", "clock drift 300", "clock drift -20"],
    ),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60, size: "max" }), (acts) => {
      const { text, witness } = record((run, advance) => {
        for (const one of acts) {
          if (one.startsWith("advance ")) advance(Number(one.slice(8)));
          else run(one);
        }
      });
      const trace = traceOf(text);
      const again = replay(trace);
      expect(again.witness).toEqual(witness);
      expect(compareWrites(trace, again.writes)).toBe(null);
    }),
  );
});

test("clock changes that the recorder was not told of move the replay's wall without a word", () => {
  const clock = createVirtualClock({ startWallMs: 1_000_000, trusted: true });
  const board = createSimBoard(spec, clock);
  const lines: string[] = [];
  const witness = attach(
    recordBoard(board, clock, (line) => lines.push(line), {}),
    clock,
  );
  clock.stepWall(60_000);
  clock.advance(10);
  board.tap("in", "B775D2");
  const again = replay(traceOf(lines.join("\n")));
  expect(again.witness).toEqual(witness);
  expect(again.changes).toEqual([]);
});

test("a replay's start has the wall of the recorded start, however long after the recorder it came", () => {
  const clock = createVirtualClock({ startWallMs: 1_000_000, trusted: true });
  const lines: string[] = [];
  const recorder = recordBoard(createSimBoard(spec, clock), clock, (line) => lines.push(line), {});
  clock.advance(5_001);
  const witness = attach(recorder, clock);
  expect(witness.events[0]).toContain('"wall":1005001');
  expect(replay(traceOf(lines.join("\n"))).witness).toEqual(witness);
});

test("a controller that behaves otherwise is found out, with the first difference in words", () => {
  const trace = traceOf(record(busyDay).text);
  expect(compareWrites(trace, replay(trace, 1_000).writes)).toMatch(/^write \d+, \d+ ms into the recording: recorded/);
  const write = { relay: "strike", energized: true, cause: "" };
  const recorded = traceOf(record((run) => run("press exit")).text);
  expect(recorded.entries.filter(({ kind }) => kind === "relay")).toHaveLength(3);
  const same = recorded.entries.filter((entry) => entry.kind === "relay");
  expect(compareWrites(recorded, same)).toBe(null);
  expect(compareWrites(recorded, same.slice(0, 2))).toBe(
    "write 3, 0 ms into the recording: recorded relay strike energized, but the replay wrote no more",
  );
  expect(compareWrites(recorded, [...same, { ...write, energized: false }])).toBe(
    "write 4: nothing more recorded, replayed relay strike released",
  );
  expect(compareWrites(recorded, [write, ...same])).toBe(
    "write 1, 0 ms into the recording: recorded relay strike released, replayed relay strike energized",
  );
  expect(compareWrites(recorded, [...same.slice(0, 2), { ...write, relay: "siren" }])).toContain(
    "relay siren energized",
  );
});

test("a sink that fails is not called again, health says so, and the board goes on", () => {
  const clock = createVirtualClock({ startWallMs: 0, trusted: true });
  const board = createSimBoard(spec, clock);
  let calls = 0;
  const recorder = recordBoard(
    board,
    clock,
    () => {
      calls += 1;
      if (calls === 2) throw new Error("disk full");
    },
    {},
  );
  const events: BoardEvent[] = [];
  recorder.start((event) => events.push(event));
  recorder.drive("strike", true, "test");
  expect(calls).toBe(2);
  expect(events).toHaveLength(2);
  expect(board.snapshot().relays["strike"]).toBe(true);
  expect(recorder.health()).toContainEqual({ device: "trace", state: "lost", why: "disk full", since: 0 });
  recorder.stop();
  board.tap("in", "B775D2");
  expect(events).toHaveLength(2);
});

test("a bad line is named, whatever is wrong with it", () => {
  const { lines } = record((run) => run("press exit"));
  const [header = "", ...rest] = lines;
  const stamp = '"mono":0,"wall":0,"trusted":true';
  const bad: [string, RegExp][] = [
    ["", /^The trace is empty/],
    ["hello", /^Line 1 is not a JSON object/],
    ["[1]", /^Line 1 is not a JSON object/],
    [`{"trace":2,"header":{},${stamp}}`, /^Line 1 is not the header of a trace of version 1/],
    [`{"trace":1,${stamp}}`, /^Line 1 is not the header/],
    [rest.join("\n"), /^Line 1 is not the header/],
    [`${header}\n${rest[0]?.slice(0, -5)}`, /^Line 2 is not a JSON object; it may be cut off/],
    [`${header}\n\n${rest[0]}`, /^Line 2 is not a JSON object/],
    [`${header}\n{"kind":"started"}`, /^Line 2 lacks "mono"/],
    [`${header}\n{"kind":"started","mono":"0","wall":0,"trusted":true}`, /^Line 2 lacks/],
    [
      `${header}\n{"kind":"started","mono":5,"wall":0,"trusted":true}\n{"kind":"started",${stamp}}`,
      /^Line 3 is earlier/,
    ],
  ];
  const noEntries = [
    '"kind":"dance"',
    '"kind":"relay","relay":"strike","energized":1,"cause":"","failed":null',
    '"kind":"relay","relay":"strike","energized":true,"cause":""',
    '"kind":"signal","reader":"in","signal":"sing"',
    '"kind":"event"',
    '"kind":"event","event":{"kind":"frame","reader":"in","bits":"12","at":0}',
    '"kind":"event","event":{"kind":"input","input":"exit","active":true}',
    '"kind":"event","event":{"kind":"key","reader":"in","at":0}',
    '"kind":"event","event":{"kind":"text","reader":"in","at":0}',
    '"kind":"event","event":{"kind":"lost","device":"in","at":0}',
    '"kind":"event","event":{"kind":"found","at":0}',
    '"kind":"clock","change":{"kind":"stepped"}',
    '"kind":"clock"',
  ];
  for (const entry of noEntries)
    bad.push([`${header}\n{${entry},${stamp}}`, /^Line 2 is no entry that a trace can hold/]);
  for (const [text, problem] of bad) {
    expect(parseTrace(text)).toEqual({ ok: false, problem: expect.stringMatching(problem) });
  }
});

test("whatever events a board can report survive the way to JSON and back", () => {
  const id = fc.constantFrom("in", "exit", "strike");
  const at = fc.nat();
  const event = fc.oneof(
    fc.record({ kind: fc.constant("frame"), reader: id, bits: fc.stringMatching(/^[01]{1,128}$/), at }),
    fc.record({ kind: fc.constant("key"), reader: id, key: fc.constantFrom(..."0123456789*#"), at }),
    fc.record({ kind: fc.constant("text"), reader: id, text: fc.string({ unit: "binary" }), at }),
    fc.record({ kind: fc.constant("input"), input: id, active: fc.boolean(), at }),
    fc.record({ kind: fc.constant("lost"), device: id, why: fc.string({ unit: "binary" }), at }),
    fc.record({ kind: fc.constant("found"), device: id, at }),
  );
  fc.assert(
    fc.property(fc.array(event), (events) => {
      const clock = createVirtualClock({ startWallMs: 0, trusted: true });
      const lines: string[] = [];
      const inner: Board = {
        ...createSimBoard(spec, clock),
        kind: "scripted",
        start: (listen) => {
          for (const one of events) listen(one as BoardEvent);
        },
      };
      recordBoard(inner, clock, (line) => lines.push(line), {}).start(() => undefined);
      const heard: BoardEvent[] = [];
      replayBoard(traceOf(lines.join("\n")), createVirtualClock({ startWallMs: 0, trusted: true })).board.start((one) =>
        heard.push(one),
      );
      expect(heard).toEqual(events);
    }),
  );
});

test("a replay runs only after its board was started, and starts once", () => {
  const trace = traceOf(record(busyDay).text);
  const { board, run } = replayBoard(trace, createVirtualClock({ startWallMs: 0, trusted: true }));
  expect(run).toThrow(expect.objectContaining({ code: "board.idle" }));
  board.start(() => undefined);
  expect(() => board.start(() => undefined)).toThrow(expect.objectContaining({ code: "board.running" }));
});

test("a replayed board that was stopped reports no more", () => {
  const trace = traceOf(record(busyDay).text);
  const replayed = replayBoard(trace, createVirtualClock({ startWallMs: 0, trusted: true }));
  const heard: BoardEvent[] = [];
  replayed.board.start((event) => heard.push(event));
  replayed.board.stop();
  replayed.run();
  expect(heard).toHaveLength(2);
});
