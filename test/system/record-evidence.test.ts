// The judge of the kill test against a short life written by hand: what is wrong in it must be found, and nothing else.
import { expect, test } from "vitest";
import type { JournalEvent, RecordedEvent } from "../../src/domain/events.ts";
import { busyDoors } from "./busy-site.ts";
import { readLife } from "./life-trace.ts";
import { holdAgainst } from "./record-evidence.ts";

type Fact = Readonly<Record<string, unknown>>;

const relay = (mono: number, id: string, energized: boolean, cause: string): Fact => {
  return { kind: "relay", relay: id, energized, cause, failed: null, mono };
};
const opened = (mono: number, cause: string): Fact => relay(mono, "north-strike", true, cause);
const locked = (mono: number): Fact => relay(mono, "north-strike", false, "time");
const heard = (mono: number, event: object): Fact => ({ kind: "event", event, mono });
const tapped = (mono: number, reader = "north-cards"): Fact =>
  heard(mono, { kind: "frame", reader, bits: "0".repeat(26) });
const pressed = (mono: number): Fact => heard(mono, { kind: "input", input: "north-exit", active: true });
const signaled = (mono: number, signal: string, reader = "north-cards"): Fact => {
  return { kind: "signal", reader, signal, mono };
};
const starts: readonly Fact[] = [
  ...busyDoors.map(({ exit }) => heard(100, { kind: "input", input: exit, active: false })),
  { kind: "started", mono: 100 },
  ...busyDoors.map((door) => relay(101, door.relay, door.lock === "failSafe", "start")),
];

const lifeOf = (facts: readonly Fact[], begin = 100) =>
  readLife([{ trace: 1, mono: begin }, ...facts].map((fact) => `${JSON.stringify(fact)}\n`).join(""));

const holding = { credential: "many-card", person: null, pass: "many", directoryVersion: 1 };
const shown = (ask: string) => ({ ask, door: "north", reader: "north-cards", method: "card" });
const grants = (ask: string, usesLeft = 998): object => {
  return { type: "access.granted", usesLeft, late: false, ...shown(ask), ...holding };
};
const denies = (ask: string, reason = "ledgerUnavailable"): object => {
  return { type: "access.denied", reason, ...shown(ask), ...holding, pass: null };
};
const unlocks = (cause: object): object => ({ type: "door.unlocked", door: "north", cause });
const locks = { type: "door.locked", door: "north", cause: { by: "time" } };
const presses = { type: "exit.pressed", door: "north", input: "north-exit" };
const byAsk = (ask: string): object => unlocks({ by: "ask", ask });
const byExit = unlocks({ by: "exit", input: "north-exit" });
const ledgerLost = { type: "ledger.lost", why: "" };
const ledgerRestored = { type: "ledger.restored", downMs: 5 };

const recordOf = (events: readonly (readonly [number, object])[]): RecordedEvent[] =>
  [[102, { type: "controller.started" }] as const, ...events].map(
    ([mono, event], n) => ({ seq: n + 1, at: { mono }, event: event as JournalEvent }) as RecordedEvent,
  );

/** A card opens the door, it locks, an exit opens it, it locks, and the second card finds no ledger. */
const facts: readonly Fact[] = [
  ...starts,
  ...[tapped(200), opened(210, "ask:r.1"), signaled(211, "granted"), locked(310)],
  ...[pressed(400), opened(401, "exit:north-exit"), locked(501)],
  ...[tapped(600), signaled(600, "denied")],
];
const events: readonly (readonly [number, object])[] = [
  [205, grants("r.1")],
  [210, byAsk("r.1")],
  [310, locks],
  [401, byExit],
  [401, presses],
  [501, locks],
  [550, ledgerLost],
  [600, denies("r.2")],
  [650, ledgerRestored],
];

const judge = (changedFacts: readonly Fact[], changedEvents: typeof events): readonly string[] =>
  holdAgainst([lifeOf(changedFacts)], recordOf(changedEvents)).problems;
const without = (...places: readonly number[]): typeof events => events.filter((_, n) => !places.includes(n));

test("a record that tells what happened has nothing wrong", () => {
  expect(judge(facts, events)).toEqual([]);
});

test("an opening that no event grants, or that was aborted, is found", () => {
  expect(judge(facts, without(0)).join()).toContain("opened at 210 for ask r.1, which no event grants");
  const aborted = { type: "access.aborted", ask: "r.1", door: "north", why: "ledgerLost" };
  const told = judge(facts, [...events, [700, aborted]]).join();
  expect(told).toContain("opened at 210 for ask r.1, which was aborted");
});

test("an event that comes twice is found, whichever it is", () => {
  for (const [n, [, event]] of events.entries()) {
    const type = (event as { type: string }).type;
    expect(judge(facts, [...events.slice(0, n + 1), ...events.slice(n)]), type).not.toEqual([]);
  }
});

test("an event that is missing is found, whichever it is", () => {
  for (const [n, [, event]] of events.entries()) {
    const type = (event as { type: string }).type;
    // A loss from which the ledger had not come back is nothing wrong.
    if (type !== "ledger.restored") expect(judge(facts, without(n)), type).not.toEqual([]);
  }
});

test("after a kill the end may be missing, and nothing before it", () => {
  const later = lifeOf(starts, 1_000);
  const restart: typeof events = [[1_002, { type: "controller.started" }]];
  const judgeKilled = (kept: typeof events) => holdAgainst([lifeOf(facts), later], recordOf([...kept, ...restart]));
  expect(judgeKilled(events)).toEqual({ problems: [], unrecordedMoves: 0 });
  expect(judgeKilled(events.slice(0, 2))).toEqual({ problems: [], unrecordedMoves: 4 });
  expect(judgeKilled(events.slice(0, 1))).toEqual({ problems: [], unrecordedMoves: 5 });
  expect(judgeKilled(without(2)).problems).not.toEqual([]);
  expect(judgeKilled(without(7)).problems.join()).toContain("ask r.2, denied at 600: the record does not know it");
  expect(judgeKilled([]).problems.join()).toContain("no event grants");
});

test("a relay that moves at the start, or that nobody asked for, is found", () => {
  const isFirstLock = (fact: Fact) => fact["cause"] === "start" && fact["relay"] === "north-strike";
  const energized = facts.map((fact) => (isFirstLock(fact) ? { ...fact, energized: true } : fact));
  expect(judge(energized, events).join()).toContain("not how a start begins");
  expect(
    judge(
      facts.filter((fact) => !isFirstLock(fact)),
      events,
    ).join(),
  ).toContain("before all was locked");
  const byTime = [...facts, opened(700, "time")];
  expect(judge(byTime, [...events, [700, unlocks({ by: "time" })]]).join()).toContain("nobody asked for it");
});

test("an exit button that opens nothing is found", () => {
  const dead = facts.filter((fact) => fact["cause"] !== "exit:north-exit");
  expect(judge(dead, without(3)).join()).toContain("the exit button of north did not open it");
});

test("an ask that opens too late, or after its ledger was lost, is found", () => {
  const late = [...starts, tapped(200), opened(2_600, "ask:r.1"), signaled(2_600, "granted")];
  const told = judge(late, [
    [205, grants("r.1")],
    [2_600, byAsk("r.1")],
  ]);
  expect(told).toEqual(["the north door opened for ask r.1 at 2600, shown at 200"]);
  const [granted, unlocked, ...rest] = events as [(typeof events)[0], ...typeof events];
  const outlived = judge(facts, [granted, [208, ledgerLost], [209, ledgerRestored], unlocked!, ...rest]);
  expect(outlived).toEqual(["ask r.1 of 200 opened at 210, and the ledger was lost at 208"]);
});

test("a door that opens for another run's ask, or for one shown elsewhere, is found", () => {
  const old = facts.map((fact) => (fact["cause"] === "ask:r.1" ? { ...fact, cause: "ask:old.1" } : fact));
  expect(judge(old, events).join()).toContain("ask:old.1");
  const elsewhere = [...starts, tapped(200, "vault-cards"), opened(210, "ask:r.1")];
  expect(judge(elsewhere, events).join()).toContain("shown at vault-cards");
});

test("records that found no room are found", () => {
  const told = judge(facts, [...events, [700, { type: "records.dropped", count: 3 }]]);
  expect(told).toEqual(["event 11: 3 records were dropped"]);
});

test("a use too many, and a use that is not counted, are found", () => {
  const once = { ...grants("r.1", 0), pass: "once" };
  const again = { ...grants("r.2", 0), pass: "once" };
  expect(judge(facts, [[205, once], ...events.slice(1), [700, again]]).join()).toContain(
    "use 2 of 1 for once at north",
  );
  expect(judge(facts, [[205, grants("r.1", 999)], ...events.slice(1)]).join()).toContain("leaves 999 uses");
});

test("what a busy reader refuses is counted, and not decided", () => {
  const both = [tapped(700), tapped(701), signaled(701, "denied"), signaled(710, "denied")];
  const decided: typeof events = [...events, [705, denies("r.3", "unknownCredential")]];
  const shed = (count: number) => ({ type: "access.shed", reader: "north-cards", count });
  expect(judge([...facts, ...both], [...decided, [1_701, shed(1)]])).toEqual([]);
  expect(judge([...facts, ...both], decided)).toEqual(["0 presentations are recorded as shed, and 1 were"]);
  expect(judge([...facts, ...both], [...decided, [1_701, shed(2)]])).toHaveLength(1);
  const twice: typeof events = [...decided, [706, denies("r.4", "unknownCredential")], [1_701, shed(1)]];
  expect(judge([...facts, ...both], twice).join()).toContain("ask r.4, shed at 701: the record decides it");
});
