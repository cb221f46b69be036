// Doors worked by rescue alone, over a simulated board: what opens, what does not, and that everything locks again.
import { expect, test } from "vitest";
import { createSimBoard } from "../../hal/sim/board.ts";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import type { CredentialId, DoorId } from "../../src/domain/ids.ts";
import type { RescueCard, RescueOpening } from "../../src/domain/rescue.ts";
import { cardDoorsOf, rescuePlanOf } from "../../src/domain/rescue.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import { RescueLoop } from "../../src/rescue/rescue-loop.ts";
import { frontDoor, garageDoor, site, wires } from "../site-fixture.ts";

const cardOf = (number: string, doors: readonly string[], given: Partial<RescueCard> = {}): RescueCard => ({
  credential: `card-${number.toLowerCase()}` as CredentialId,
  token: `whole ${number}`,
  low: `low ${number.slice(2)}`,
  direction: null,
  doors: doors as DoorId[],
  ...given,
});
const boss = cardOf("00B775D2", ["front", "garage"]);

function build(over: Partial<SiteSpec> = {}, cards: readonly RescueCard[] = [boss], fireLatched = false) {
  const clock = createVirtualClock({ startWallMs: 0, trusted: false });
  const board = createSimBoard(wires, clock);
  const openings: RescueOpening[] = [];
  const said: string[] = [];
  const moves: string[] = [];
  const signals: string[] = [];
  let fires = 0;
  board.observe((change) => {
    if (change.kind === "relay") moves.push(`${change.relay} ${change.energized ? "on" : "off"}`);
    if (change.kind === "signal") signals.push(`${change.reader} ${change.signal}`);
  });
  const loop = new RescueLoop({
    plan: rescuePlanOf({ ...site, ...over }, { kind: "simulated", wires }, cards),
    board,
    clock,
    tokensOf: (shown) => {
      if (shown.method !== "card") throw new Error("only cards are looked up");
      return shown.short === true
        ? { tokens: [], low: `low ${shown.code.slice(2)}` }
        : { tokens: [`whole ${shown.code}`], low: null };
    },
    fireLatched,
    opened: (opening) => openings.push(opening),
    fireRaised: () => {
      fires += 1;
    },
    trouble: (sentence) => said.push(sentence),
  });
  const isOn = (relay: string) => board.snapshot().relays[relay];
  return { clock, board, loop, openings, said, moves, signals, isOn, fires: () => fires };
}

function started(...args: Parameters<typeof build>) {
  const bench = build(...args);
  bench.loop.start();
  return bench;
}

test("every door is locked before anything is heard", () => {
  const bench = build();
  bench.board.setInput("front-exit", true);
  bench.loop.start();
  expect(bench.moves).toEqual(["front-strike off", "garage-magnet on", "front-strike on"]);
});

test("an administrator's card unlocks for unlockMs, at readers that tell all of it and at those that tell three bytes", () => {
  const bench = started();
  bench.board.tap("front-reader", "B775D2");
  expect(bench.isOn("front-strike")).toBe(true);
  bench.board.tap("garage-reader", "00B775D2");
  expect(bench.isOn("garage-magnet")).toBe(false);
  bench.clock.advance(4_999);
  expect(bench.isOn("front-strike")).toBe(true);
  bench.clock.advance(1);
  expect([bench.isOn("front-strike"), bench.isOn("garage-magnet")]).toEqual([false, true]);
  const card = { by: "card", credential: "card-00b775d2" };
  expect(bench.openings).toEqual([
    { door: "front", ...card },
    { door: "garage", ...card },
  ]);
  expect(bench.signals).toEqual(["front-reader granted", "garage-reader granted"]);
});

test("other cards, other doors, the other direction, PINs and QR texts open nothing", () => {
  const leaving = cardOf("00111111", ["front"], { direction: "exit" });
  const bench = started({}, [cardOf("00B775D2", ["garage"]), leaving]);
  for (const number of ["B775D2", "123456", "111111"]) {
    bench.board.tap("front-reader", number);
    bench.clock.advance(1_000);
  }
  bench.board.tap("garage-reader", "01B775D2");
  bench.board.keys("front-keypad", "1234#");
  bench.board.text("front-scanner", "whole 00B775D2");
  expect(bench.openings).toEqual([]);
  expect(bench.isOn("front-strike")).toBe(false);
  expect(bench.signals).toEqual([...Array(3).fill("front-reader denied"), "garage-reader denied"]);
});

test("a reader looks once in a quarter of a second", () => {
  const bench = started();
  bench.board.tap("front-reader", "123456");
  bench.clock.advance(249);
  bench.board.tap("front-reader", "B775D2");
  expect(bench.isOn("front-strike")).toBe(false);
  bench.clock.advance(1);
  bench.board.tap("front-reader", "B775D2");
  expect(bench.isOn("front-strike")).toBe(true);
});

test("an exit button opens at once and as long as it is held, but not for ever, and not when its wire breaks", () => {
  const bench = started();
  bench.board.setInput("front-exit", true);
  bench.clock.advance(29_999);
  expect(bench.isOn("front-strike")).toBe(true);
  bench.clock.advance(1);
  expect(bench.isOn("front-strike")).toBe(false);
  bench.board.setInput("front-exit", false);
  bench.board.setInput("front-exit", true);
  bench.board.lose("front-exit", "pulled out");
  bench.clock.advance(5_000);
  expect(bench.isOn("front-strike")).toBe(false);
  expect(bench.openings.map(({ by }) => by)).toEqual(["exit", "exit"]);
});

test("fire releases fail-safe doors for as long as rescue runs, also one that was raised before", () => {
  const bench = started();
  bench.board.setInput("fire-panel", true);
  bench.board.setInput("fire-panel", false);
  bench.clock.advance(3_600_000);
  expect([bench.isOn("garage-magnet"), bench.isOn("front-strike")]).toEqual([false, false]);
  expect([bench.openings, bench.fires()]).toEqual([[{ door: "garage", by: "fire", credential: null }], 1]);
  expect(started({}, [], true).moves).toEqual(["front-strike off", "garage-magnet off"]);
});

test("of doors of which only one may be open, a card opens no second one; an exit button does", () => {
  const bench = started({ interlocks: [[frontDoor.id, garageDoor.id]] });
  bench.board.setInput("garage-contact", true);
  bench.board.tap("front-reader", "B775D2");
  expect(bench.isOn("front-strike")).toBe(false);
  bench.board.setInput("front-exit", true);
  expect(bench.isOn("front-strike")).toBe(true);
});

test("a relay that does not take its level is tried again, and said once", () => {
  const bench = started();
  bench.board.stickRelay("front-strike", "burnt");
  bench.board.tap("front-reader", "B775D2");
  bench.clock.advance(2_000);
  bench.board.freeRelay("front-strike");
  bench.clock.advance(1_000);
  expect(bench.isOn("front-strike")).toBe(true);
  expect(bench.said).toHaveLength(1);
});

test("its end locks every door, save from fire, and nothing opens any more", () => {
  const bench = started();
  bench.board.tap("front-reader", "B775D2");
  bench.board.setInput("garage-exit", true);
  bench.loop.stop();
  expect([bench.isOn("front-strike"), bench.isOn("garage-magnet")]).toEqual([false, true]);
  const burning = started({}, [], true);
  burning.loop.stop();
  expect(burning.isOn("garage-magnet")).toBe(false);
});

test("doors that ever ask for two things, or take no cards, are no doors for rescue", () => {
  const two = [{ schedule: "night", need: "cardAndPin" }] as unknown as typeof frontDoor.factors;
  expect(cardDoorsOf({ ...site, doors: [{ ...frontDoor, factors: two }, garageDoor] })).toEqual(["garage"]);
  expect(cardDoorsOf({ ...site, doors: [{ ...frontDoor, methods: ["pin"] }, garageDoor] })).toEqual(["garage"]);
  expect(cardDoorsOf({ ...site, features: { ...site.features, card: false } })).toEqual([]);
});
