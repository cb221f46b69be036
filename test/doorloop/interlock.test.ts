// Doors of which only one may be open at a time: who comes second stays outside, save on the way out.
import { expect, test } from "vitest";
import type { DoorId, RelayId } from "../../src/domain/ids.ts";
import { frontDoor, garageDoor, wires } from "../site-fixture.ts";
import { type BenchParts, granted, LoopBench } from "./loop-bench.ts";

const airlock: BenchParts = { site: { interlocks: [[frontDoor.id, garageDoor.id]] } };

const tapBoth = (bench: LoopBench) => {
  bench.board.tap("front-reader", "B775D2");
  bench.board.tap("garage-reader", "00C0FFEE");
  return bench.asks.slice(-2);
};

test("two grants at the same instant at two doors of a group open one of them, and the other's use goes back", () => {
  const bench = new LoopBench(airlock);
  const [first, second] = tapBoth(bench);
  expect([first, second].map((ask) => ask?.situation.interlocked)).toEqual([false, false]);
  bench.answer(first, granted());
  bench.answer(second, granted());
  expect(bench.isEnergized("front-strike")).toBe(true);
  expect(bench.door("garage").locked).toBe(true);
  expect(bench.signals).toEqual(["front-reader granted", "garage-reader denied"]);
  expect(bench.recorded("settle")).toEqual([
    { type: "settle.aborted", settle: "aborted", ask: second?.id, door: "garage", why: "interlocked" },
  ]);
});

test("the same two grants in the other order open the other one", () => {
  const bench = new LoopBench(airlock);
  const [first, second] = tapBoth(bench);
  bench.answer(second, granted());
  bench.answer(first, granted());
  expect([bench.door("front").locked, bench.door("garage").locked]).toEqual([true, false]);
});

test("a tentative grant that comes second is refused as well", () => {
  const bench = new LoopBench(airlock);
  const [first, second] = tapBoth(bench);
  bench.answer(first, granted());
  bench.answer(second, granted(), "tentative");
  bench.clock.advance(400);
  expect(bench.door("garage").locked).toBe(true);
  expect(bench.signals.at(-1)).toBe("garage-reader denied");
});

test("while a door stands open or unlocked the ledger is told, and once it is shut and locked it is not", () => {
  const bench = new LoopBench(airlock);
  const situation = () => {
    bench.board.tap("garage-reader", "00C0FFEE");
    const ask = bench.asks.at(-1);
    bench.answer(ask, { granted: false, reason: "interlocked" });
    return ask?.situation.interlocked;
  };
  bench.board.tap("front-reader", "B775D2");
  bench.answer(bench.asks.at(-1), granted());
  expect(situation()).toBe(true);
  bench.board.setInput("front-contact", true);
  bench.clock.advance(10_000);
  expect(bench.door("front").locked).toBe(true);
  expect(situation()).toBe(true);
  bench.board.setInput("front-contact", false);
  expect(situation()).toBe(false);
});

test("a contact that cannot be seen counts as open, a door without one as closed", () => {
  const bench = new LoopBench(airlock);
  bench.board.lose("front-contact", "unplugged");
  const [, second] = tapBoth(bench);
  expect(second?.situation.interlocked).toBe(true);
  const blind = new LoopBench({ site: { ...airlock.site, doors: [{ ...frontDoor, contact: null }, garageDoor] } });
  expect(tapBoth(blind)[1]?.situation.interlocked).toBe(false);
});

test("a door whose relay did not lock it keeps the others shut", () => {
  const bench = new LoopBench(airlock);
  bench.board.tap("front-reader", "B775D2");
  bench.answer(bench.asks.at(-1), granted());
  bench.board.stickRelay("front-strike", "welded");
  bench.clock.advance(10_000);
  bench.board.tap("garage-reader", "00C0FFEE");
  expect(bench.asks.at(-1)?.situation.interlocked).toBe(true);
});

test("an exit button opens its door whatever the others do", () => {
  const bench = new LoopBench(airlock);
  bench.board.tap("front-reader", "B775D2");
  bench.answer(bench.asks.at(-1), granted());
  bench.board.press("garage-exit", 200);
  expect([bench.door("front").locked, bench.door("garage").locked]).toEqual([false, false]);
});

test("a grant whose trigger delay runs keeps the others shut, and yields to an exit that came in between", () => {
  const slow = { ...frontDoor, timing: { ...frontDoor.timing, triggerDelayMs: 3_000 } };
  const bench = new LoopBench({ site: { ...airlock.site, doors: [slow, garageDoor] } });
  const [first, second] = tapBoth(bench);
  bench.answer(first, granted());
  bench.answer(second, granted());
  expect(bench.door("garage").locked).toBe(true);
  bench.clock.advance(2_000);
  bench.board.press("garage-exit", 200);
  bench.clock.advance(2_000);
  expect([bench.door("front").locked, bench.door("garage").locked]).toEqual([true, false]);
  expect(bench.recorded("settle").map((one) => ("ask" in one ? one.ask : null))).toEqual([second?.id, first?.id]);
});

test("who is turned away at the end of a trigger delay has no further relay moved for them either", () => {
  const gate = {
    relay: "gate" as RelayId,
    mode: "monostable",
    delayMs: 4_000,
    holdMs: 9_000,
    methods: ["card"],
  } as const;
  const slow = { ...frontDoor, auxRelays: [gate], timing: { ...frontDoor.timing, triggerDelayMs: 3_000 } };
  const relays = [...wires.relays, { id: "gate", pin: 19 }];
  const bench = new LoopBench({ site: { ...airlock.site, doors: [slow, garageDoor] }, wires: { relays } });
  const [first] = tapBoth(bench);
  bench.answer(first, granted());
  bench.board.press("garage-exit", 200);
  bench.clock.advance(5_000);
  expect(bench.recorded("settle").at(-1)).toMatchObject({ ask: first?.id, why: "interlocked" });
  expect(bench.isEnergized("gate")).toBe(false);
});

test("an operator is told which rule keeps a door shut", () => {
  const bench = new LoopBench(airlock);
  bench.board.setInput("front-contact", true);
  const access = bench.loop.command({ kind: "access", door: "garage" as DoorId, by: "operator" }, "olga");
  expect(access).toMatch(/^Garage stays shut while another door of its interlock group is open;/);
});
