// What inputs set off by their role: broken wires, tampering, lockdown, reception buttons, actions.
import { expect, test } from "vitest";
import type { Calendar } from "../../src/domain/ask.ts";
import type { ActionId, DoorId, InputId, RelayId, ScheduleId } from "../../src/domain/ids.ts";
import type { InputActionSpec, InputOpeningSpec } from "../../src/domain/site.ts";
import { frontDoor, garageDoor, wires } from "../site-fixture.ts";
import type { BenchParts } from "./loop-bench.ts";
import { granted, LoopBench } from "./loop-bench.ts";

const input = (id: string) => id as InputId;
const supervised = { inputs: wires.inputs.map((wiring) => ({ ...wiring, supervised: true })) };
const more = (...ids: readonly string[]) => ({
  inputs: [...supervised.inputs, ...ids.map((id, n) => ({ id, pin: 100 + n, supervised: true }))],
});

test("a broken wire is recorded once with what is wrong, and once when it is well again", () => {
  const bench = new LoopBench({ wires: supervised });
  bench.board.breakWire("front-contact", "cut");
  bench.board.breakWire("front-contact", "shorted");
  bench.board.healWire("front-contact");
  expect(bench.recorded("input.")).toEqual([
    { type: "input.faulted", input: "front-contact", fault: "cut" },
    { type: "input.faulted", input: "front-contact", fault: "shorted" },
    { type: "input.healed", input: "front-contact" },
  ]);
});

test("a contact whose wire is broken is unknown and alarms nothing, and tells where the door stands once it is well", () => {
  const bench = new LoopBench({ wires: supervised });
  bench.board.breakWire("front-contact", "shorted");
  bench.board.setInput("front-contact", true);
  expect(bench.door("front")).toMatchObject({ contact: "unknown", forced: false });
  bench.board.healWire("front-contact");
  expect(bench.door("front")).toMatchObject({ contact: "open", forced: false });
});

test("an exit button whose wire breaks counts as let go, and opens again when it is pressed after that", () => {
  const bench = new LoopBench({ wires: supervised });
  bench.board.setInput("front-exit", true);
  bench.clock.advance(20_000);
  expect(bench.door("front").locked).toBe(false);
  bench.board.breakWire("front-exit", "cut");
  expect(bench.door("front").locked).toBe(true);
  bench.board.setInput("front-exit", false);
  bench.board.healWire("front-exit");
  bench.board.press("front-exit", 100);
  expect(bench.door("front").locked).toBe(false);
});

test("a broken wire of the fire panel neither raises nor ends a fire release", () => {
  const bench = new LoopBench({ wires: supervised });
  bench.board.breakWire("fire-panel", "cut");
  expect(bench.door("garage").fire).toBe(false);
  bench.board.healWire("fire-panel");
  bench.board.setInput("fire-panel", true);
  bench.board.breakWire("fire-panel", "shorted");
  expect(bench.door("garage").fire).toBe(true);
});

test("a tamper contact that opens, or whose wire is cut, raises the door's tamper alarm, which stays until it is cleared", () => {
  const doors = [
    { ...frontDoor, tampers: [input("box")] },
    { ...garageDoor, tampers: [input("box-2")] },
  ];
  const bench = new LoopBench({ wires: more("box", "box-2"), site: { doors } });
  bench.board.setInput("box", true);
  bench.board.breakWire("box-2", "cut");
  expect(bench.recorded("door.tampered")).toEqual([
    { type: "door.tampered", door: "front", input: "box" },
    { type: "door.tampered", door: "garage", input: "box-2" },
  ]);
  const clear = () => bench.loop.command({ kind: "clearTamper", door: "front" as DoorId }, "olga");
  expect(clear()).toMatch(/still reports tampering/);
  bench.board.setInput("box", false);
  expect(bench.door("front").tampered).toBe(true);
  expect(clear()).toBe(null);
  expect(bench.door("front").tampered).toBe(false);
});

const lockdown = { site: { lockdownInput: input("switch") }, wires: more("switch") };

test("the lockdown switch shuts every door until an operator releases it, and not before it is off", () => {
  const bench = new LoopBench(lockdown);
  bench.board.setInput("switch", true);
  expect(bench.recorded("door.modeChanged")).toEqual(
    ["front", "garage"].map((door) => ({
      type: "door.modeChanged",
      door,
      mode: "lockedDown",
      cause: { by: "input", input: "switch" },
      leftMs: null,
    })),
  );
  const release = () => bench.loop.command({ kind: "lockDownRelease", doors: [] }, "olga");
  expect(release()).toBe("The lockdown switch is still on; switch it off first.");
  bench.board.setInput("switch", false);
  bench.clock.advance(3_600_000);
  expect(bench.door("front").mode).toBe("lockedDown");
  expect(release()).toBe(null);
  expect(bench.door("front").mode).toBe("locked");
});

test("in a lockdown the exit button opens, a resident's card does not, and an exempt person's does", () => {
  const bench = new LoopBench(lockdown);
  bench.board.setInput("switch", true);
  bench.board.press("front-exit", 100);
  expect(bench.door("front").locked).toBe(false);
  bench.clock.advance(60_000);
  bench.board.tap("front-reader", "B775D2");
  expect(bench.asks.at(-1)?.situation.mode).toBe("lockedDown");
  bench.answer(bench.asks.at(-1), granted());
  expect(bench.door("front").locked).toBe(true);
  expect(bench.types("settle")).toEqual(["settle.aborted"]);
  bench.board.tap("front-reader", "B775D2");
  bench.answer(bench.asks.at(-1), granted({ lockdownExempt: true }));
  expect(bench.door("front").locked).toBe(false);
});

test("a switch that is on when the controller starts shuts the doors, and a door that was locked open as soon as it can", () => {
  const bench = new LoopBench(lockdown);
  expect(bench.loop.command({ kind: "lockOpen", door: "front" as DoorId }, "olga")).toBe(null);
  bench.board.setInput("switch", true);
  expect(bench.door("front").mode).toBe("lockedOpen");
  expect(bench.loop.command({ kind: "lockOpenRelease", door: "front" as DoorId }, "olga")).toBe(null);
  expect(bench.door("front").mode).toBe("lockedDown");
});

test("a broken wire of the lockdown switch neither raises nor ends a lockdown", () => {
  const bench = new LoopBench(lockdown);
  bench.board.breakWire("switch", "cut");
  expect(bench.door("front").mode).toBe("locked");
  bench.board.healWire("switch");
  bench.board.setInput("switch", true);
  bench.board.breakWire("switch", "shorted");
  expect(bench.door("front").mode).toBe("lockedDown");
});

const office: Calendar = {
  schedules: {
    ["office" as ScheduleId]: {
      kind: "weekly",
      windows: [{ days: ["mon", "tue", "wed", "thu", "fri"], startMinute: 540, endMinute: 1_020 }],
    },
  },
  holidays: [],
};

const reception = {
  site: {
    receptions: [{ input: input("button"), doors: [frontDoor.id, garageDoor.id], schedule: "office" as ScheduleId }],
  },
  wires: more("button"),
  calendar: office,
};

test("a reception's button opens its doors for one passage while its schedule holds, and the record says so", () => {
  const bench = new LoopBench(reception);
  bench.board.press("button", 300);
  expect(bench.door("front").locked).toBe(false);
  expect(bench.recorded("reception")).toEqual([
    { type: "reception.opened", input: "button", door: "front" },
    { type: "reception.opened", input: "button", door: "garage" },
  ]);
  expect(bench.recorded("door.unlocked")[0]).toMatchObject({ cause: { by: "input", input: "button" } });
  bench.clock.advance(5_000);
  expect(bench.door("front").locked).toBe(true);
});

test.each<[string, object, (bench: LoopBench) => void]>([
  ["outside its schedule", { startUtc: "2026-11-25T20:00:00Z" }, () => {}],
  ["while the clock is not trusted", { trusted: false }, () => {}],
  [
    "when it was down already at the start",
    {},
    (bench) => {
      bench.board.breakWire("button", "shorted");
      bench.board.setInput("button", true);
      bench.board.healWire("button");
      bench.board.breakWire("button", "cut");
    },
  ],
])("a reception's button opens nothing %s", (_, parts, before) => {
  const bench = new LoopBench({ ...reception, ...parts });
  before(bench);
  bench.board.press("button", 300);
  bench.clock.advance(1_000);
  expect(bench.recorded("reception", "door.unlocked")).toEqual([]);
});

test("a reception's button opens no door that is locked down or blocked, and its others all the same", () => {
  const bench = new LoopBench(reception);
  expect(bench.loop.command({ kind: "block", door: "front" as DoorId }, "olga")).toBe(null);
  bench.board.press("button", 300);
  expect(bench.recorded("reception")).toEqual([{ type: "reception.opened", input: "button", door: "garage" }]);
});

test("before the calendar has come a reception's button opens nothing", () => {
  const { calendar: _, ...parts } = reception;
  const bench = new LoopBench(parts);
  bench.board.press("button", 300);
  expect(bench.recorded("reception", "door.unlocked")).toEqual([]);
});

const openingBench = (opening: Partial<InputOpeningSpec>, parts: BenchParts = {}) => {
  const usual = { input: input("bell"), door: frontDoor.id, schedule: "office" as ScheduleId };
  const bench = new LoopBench({
    calendar: office,
    ...parts,
    site: { inputOpenings: [{ ...usual, delayMs: 10_000, delayMode: "unconditional", ...opening }], ...parts.site },
    wires: { ...more("bell"), ...parts.wires },
  });
  bench.board.breakWire("bell", "cut");
  bench.board.healWire("bell");
  return bench;
};
const opened = [{ type: "input.opened", input: "bell", door: "front" }];

test("an input opens its door when its delay is over, for one passage, with itself as the cause on record", () => {
  const bench = openingBench({});
  bench.board.press("bell", 300);
  bench.clock.advance(9_999);
  expect(bench.door("front").locked).toBe(true);
  bench.clock.advance(1);
  expect(bench.isEnergized("front-strike")).toBe(true);
  expect(bench.recorded("input.opened")).toEqual(opened);
  expect(bench.recorded("door.unlocked")).toMatchObject([{ door: "front", cause: { by: "input", input: "bell" } }]);
  bench.clock.advance(5_000);
  expect(bench.door("front").locked).toBe(true);
});

test("an input opens at once without a delay, and nothing when it was let go before a delay that asks for it", () => {
  const atOnce = openingBench({ delayMs: 0 });
  atOnce.board.press("bell", 300);
  expect(atOnce.recorded("input.opened")).toEqual(opened);
  const held = openingBench({ delayMode: "ifStillActive" });
  held.board.press("bell", 9_000);
  held.clock.advance(60_000);
  expect(held.recorded("input.opened", "door.unlocked")).toEqual([]);
  held.board.press("bell", 10_000);
  held.clock.advance(10_000);
  expect(held.recorded("input.opened")).toEqual(opened);
});

test("a further relay that follows inputs is driven with the door that an input opens, and no other relay", () => {
  const relay = (id: string, method: "input" | "card") => ({
    ...{ relay: id as RelayId, mode: "monostable" as const, delayMs: 1_000, holdMs: 2_000 },
    methods: [method],
  });
  const doors = [{ ...frontDoor, auxRelays: [relay("gate", "input"), relay("lift", "card")] }, garageDoor];
  const relays = [...wires.relays, { id: "gate", pin: 110 }, { id: "lift", pin: 111 }];
  const bench = openingBench({ delayMs: 0 }, { site: { doors }, wires: { relays } });
  bench.board.press("bell", 300);
  bench.clock.advance(1_000);
  expect([bench.isEnergized("gate"), bench.isEnergized("lift")]).toEqual([true, false]);
  bench.clock.advance(2_000);
  expect(bench.isEnergized("gate")).toBe(false);
});

test.each<[string, BenchParts, (bench: LoopBench) => void]>([
  ["when its schedule has ended by then", { startUtc: "2026-11-25T15:59:55Z" }, () => {}],
  ["while the clock is not trusted", { trusted: false }, () => {}],
  [
    "of a door that was locked down meanwhile",
    {},
    (bench) => bench.loop.command({ kind: "lockDown", doors: ["front" as DoorId], forMs: null }, "olga"),
  ],
  [
    "of a door whose group another one stands open in by then",
    { site: { interlocks: [[frontDoor.id, garageDoor.id]] } },
    (bench) => bench.board.press("garage-exit", 20_000),
  ],
])("an input opens nothing %s, and drives nothing", (_, parts, meanwhile) => {
  const bench = openingBench({}, parts);
  bench.board.press("bell", 300);
  meanwhile(bench);
  bench.clock.advance(60_000);
  expect(bench.recorded("input.opened")).toEqual([]);
  expect(bench.isEnergized("front-strike")).toBe(false);
});

test("a lockdown that comes and is released within an input's delay ends what waited, and the next press counts anew", () => {
  const bench = openingBench({});
  bench.board.press("bell", 300);
  bench.loop.command({ kind: "lockDown", doors: ["front" as DoorId], forMs: null }, "olga");
  bench.loop.command({ kind: "lockDownRelease", doors: ["front" as DoorId] }, "olga");
  bench.clock.advance(60_000);
  expect(bench.recorded("input.opened")).toEqual([]);
  bench.board.press("bell", 300);
  bench.clock.advance(10_000);
  expect(bench.recorded("input.opened")).toEqual(opened);
});

test("an input that was active before it was first heard opens nothing until it is let go and active again", () => {
  const bench = openingBench({ delayMs: 0 });
  bench.board.breakWire("bell", "cut");
  bench.board.setInput("bell", true);
  bench.board.healWire("bell");
  expect(bench.recorded("input.opened")).toEqual([]);
  bench.board.setInput("bell", false);
  bench.board.setInput("bell", true);
  expect(bench.recorded("input.opened")).toEqual(opened);
});

test("a fire keeps its doors open through an input's opening, and the end of that passage", () => {
  const bench = openingBench({ door: garageDoor.id, delayMs: 1_000 });
  bench.board.press("bell", 300);
  bench.board.setInput("fire-panel", true);
  bench.clock.advance(60_000);
  expect(bench.isEnergized("garage-magnet")).toBe(false);
  expect(bench.door("garage")).toMatchObject({ fire: true, locked: false });
});

const withActions = (...inputActions: readonly Partial<InputActionSpec>[]) =>
  new LoopBench({
    site: {
      inputActions: inputActions.map((one) => ({
        input: input("front-contact"),
        action: "call" as ActionId,
        delayMs: 10_000,
        delayMode: "ifStillActive",
        ...one,
      })),
    },
    wires: supervised,
  });

test("acceptance 11: a door that is shut before the delay is over sets off no action that needs it still open, and the other", () => {
  const bench = withActions({}, { action: "log" as ActionId, delayMode: "unconditional" });
  bench.board.setInput("front-contact", true);
  bench.clock.advance(9_000);
  bench.board.setInput("front-contact", false);
  bench.clock.advance(60_000);
  expect(bench.recorded("input.acted")).toEqual([{ type: "input.acted", input: "front-contact", action: "log" }]);
});

test("an action happens at its time, also when nothing else is pending", () => {
  const bench = withActions({});
  bench.board.setInput("front-contact", true);
  bench.clock.advance(9_999);
  expect(bench.recorded("input.acted")).toEqual([]);
  bench.clock.advance(1);
  expect(bench.recorded("input.acted")).toHaveLength(1);
});

test("an action's delay keeps neither an exit button nor the fire panel waiting", () => {
  const bench = withActions({ input: input("front-exit") }, { input: input("fire-panel") });
  bench.board.setInput("front-exit", true);
  bench.board.setInput("fire-panel", true);
  expect(bench.isEnergized("front-strike")).toBe(true);
  expect(bench.isEnergized("garage-magnet")).toBe(false);
  bench.clock.advance(10_000);
  expect(bench.types("input.acted")).toEqual(["input.acted", "input.acted"]);
});
