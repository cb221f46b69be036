// The modes of doors through the whole door loop: what a grant still may when an order came between, further relays, restarts.
import { describe, expect, test } from "vitest";
import type { Restored } from "../../src/domain/ask.ts";
import type { DoorId, InputId, RelayId } from "../../src/domain/ids.ts";
import type { AuxRelaySpec, DoorSpec } from "../../src/domain/site.ts";
import type { DoorCommand } from "../../src/domain/status.ts";
import { frontDoor, garageDoor, wires } from "../site-fixture.ts";
import { type BenchParts, granted, LoopBench } from "./loop-bench.ts";

const front = frontDoor.id;
const garage = garageDoor.id;
const lockDown: DoorCommand = { kind: "lockDown", doors: [], forMs: null };

function order(bench: LoopBench, command: DoorCommand): void {
  expect(bench.loop.command(command, "operator")).toBeNull();
}

function tapFront(bench: LoopBench) {
  bench.board.tap("front-reader", "B775D2");
  return bench.asks.at(-1);
}

test("a lockdown or a block that comes between the question and the answer wins, and the use goes back", () => {
  const blocked: readonly DoorCommand[] = [lockDown, { kind: "block", door: front }];
  for (const command of blocked) {
    const bench = new LoopBench();
    const ask = tapFront(bench);
    order(bench, command);
    bench.answer(ask, granted());
    expect(bench.isEnergized("front-strike")).toBe(false);
    expect(bench.signals).toEqual(["front-reader denied"]);
    expect(bench.recorded("settle")).toEqual([
      { type: "settle.aborted", settle: "aborted", ask: ask?.id, door: "front", why: "blocked" },
    ]);
  }
});

test("whoever is exempt is let in in a lockdown and nobody else, also while the door is still unlocked for them", () => {
  const bench = new LoopBench();
  order(bench, lockDown);
  bench.answer(tapFront(bench), granted({ lockdownExempt: true }));
  expect(bench.isEnergized("front-strike")).toBe(true);
  const second = tapFront(bench);
  expect(second?.situation.mode).toBe("lockedDown");
  bench.clock.advance(5_000);
  expect(bench.isEnergized("front-strike")).toBe(false);
  expect(bench.door("front")).toMatchObject({ mode: "lockedDown", locked: true });
});

test("a grant that the disk was late with and the door then refuses is settled as never answered", () => {
  const bench = new LoopBench();
  const ask = tapFront(bench);
  bench.answer(ask, granted(), "tentative");
  order(bench, { kind: "block", door: front });
  bench.clock.advance(300);
  expect(bench.isEnergized("front-strike")).toBe(false);
  expect(bench.signals).toEqual(["front-reader denied"]);
  expect(bench.types("settle")).toEqual(["settle.unanswered"]);
});

test("who waits for a trigger delay when the door is blocked was shown a grant, and gets the use back", () => {
  const slow = { ...frontDoor, timing: { ...frontDoor.timing, triggerDelayMs: 3_000 } };
  const bench = new LoopBench({ site: { doors: [slow, garageDoor] } });
  bench.answer(tapFront(bench), granted());
  bench.clock.advance(2_999);
  expect(bench.isEnergized("front-strike")).toBe(false);
  order(bench, { kind: "block", door: front });
  bench.clock.advance(60_000);
  expect(bench.isEnergized("front-strike")).toBe(false);
  expect(bench.types("settle")).toEqual(["settle.aborted"]);
});

test("acceptance 10: the exit button opens at once with the ledger gone, guessing limited, the clock untrusted and a lockdown in force, and the door is locked down again afterwards", () => {
  const bench = new LoopBench({ trusted: false });
  order(bench, lockDown);
  bench.board.keys("front-keypad", "1111#2222#3333#4444#5555#6666#");
  bench.loop.ledgerLost("the disk is gone");
  for (const [exit, relay, unlocked] of [
    ["front-exit", "front-strike", true],
    ["garage-exit", "garage-magnet", false],
  ] as const) {
    bench.board.press(exit, 100);
    expect(bench.isEnergized(relay)).toBe(unlocked);
  }
  bench.clock.advance(10_000);
  expect(bench.isEnergized("front-strike")).toBe(false);
  expect(bench.isEnergized("garage-magnet")).toBe(true);
  expect(bench.door("front").mode).toBe("lockedDown");
});

test("acceptance 10: neither a block, a double lock, an interlock nor a trigger delay stands between an exit button and its relay", () => {
  const slow = { ...frontDoor, timing: { ...frontDoor.timing, triggerDelayMs: 60_000 } };
  const parts: BenchParts = { site: { doors: [slow, garageDoor], interlocks: [[front, garage]] } };
  for (const kind of ["block", "doubleLock", "lock"] as const) {
    const bench = new LoopBench(parts);
    order(bench, { kind, door: front });
    order(bench, { kind: "unlock", door: garage });
    bench.board.press("front-exit", 100);
    expect(bench.isEnergized("front-strike")).toBe(true);
  }
});

test("fire releases a fail-safe door in every mode, and clearing it leaves the door as it was ordered to stand", () => {
  for (const [command, mode] of [
    [lockDown, "lockedDown"],
    [{ kind: "block", door: garage }, "blocked"],
    [{ kind: "doubleLock", door: garage }, "doubleLocked"],
  ] as const) {
    const bench = new LoopBench();
    order(bench, command);
    bench.board.setInput("fire-panel", true);
    expect(bench.isEnergized("garage-magnet")).toBe(false);
    bench.board.setInput("fire-panel", false);
    order(bench, { kind: "clearFire" });
    expect(bench.isEnergized("garage-magnet")).toBe(true);
    expect(bench.door("garage").mode).toBe(mode);
  }
});

test("a lockdown with a time ends by itself, locked, and its release is refused where there is none", () => {
  const bench = new LoopBench();
  order(bench, { kind: "unlock", door: garage });
  order(bench, { kind: "lockDown", doors: [], forMs: 60_000 });
  bench.clock.advance(60_000);
  expect(["front", "garage"].map((id) => bench.door(id).mode)).toEqual(["locked", "locked"]);
  expect(bench.loop.command({ kind: "lockDownRelease", doors: [] }, "operator")).toBe("No door is locked down.");
  expect(bench.loop.command({ kind: "lockDownRelease", doors: [front] }, "operator")).toBe(
    "Front door is not locked down.",
  );
  expect(bench.loop.command({ kind: "lockDown", doors: [], forMs: -1 }, "operator")).toMatch(/seven days/);
});

test("a lockdown of some doors does nothing when one of them does not exist, and says which one cannot be", () => {
  const bench = new LoopBench();
  const none = "cellar" as DoorId;
  expect(bench.loop.command({ kind: "lockDown", doors: [front, none], forMs: null }, "operator")).toBe(
    'There is no door "cellar".',
  );
  expect(bench.door("front").mode).toBe("locked");
  order(bench, { kind: "lockOpen", door: garage });
  expect(bench.loop.command(lockDown, "operator")).toBe("Garage is locked open; release that first.");
  expect(bench.door("front").mode).toBe("lockedDown");
});

const lastRun = (restored: Partial<Restored>): LoopBench => new LoopBench({ restored });

test("what was in force when the last run ended is in force before anybody is served, and nothing is recorded of it", () => {
  const bench = lastRun({
    lockdowns: [{ door: front, leftMs: 30_000 }],
    blocked: [garage],
    tampered: [garage],
  });
  expect(bench.door("front").mode).toBe("lockedDown");
  expect(bench.door("garage")).toMatchObject({ mode: "blocked", tampered: false });
  expect(bench.types("door.modeChanged", "door.tampered")).toEqual([]);
  bench.answer(tapFront(bench), granted());
  expect(bench.isEnergized("front-strike")).toBe(false);
  bench.clock.advance(30_000);
  expect(bench.door("front").mode).toBe("locked");
});

test("what was ordered before the ledger was there is not undone by what it restores", () => {
  const bench = new LoopBench({
    connected: false,
    restored: { lockdowns: [{ door: front, leftMs: null }], blocked: [garage] },
  });
  order(bench, { kind: "lock", door: front });
  order(bench, { kind: "unlock", door: garage });
  bench.connect();
  expect(["front", "garage"].map((id) => bench.door(id).mode)).toEqual(["locked", "unlocked"]);
});

test("a reader warns before the door has stood open too long, and only its own door's", () => {
  const careful = { ...frontDoor, timing: { ...frontDoor.timing, preAlarmMs: 10_000 } };
  const bench = new LoopBench({ site: { doors: [careful, garageDoor] } });
  order(bench, { kind: "access", door: front, by: "operator" });
  bench.board.setInput("front-contact", true);
  bench.clock.advance(50_000);
  expect(bench.signals).toEqual(["front-reader warning", "front-keypad warning", "front-scanner warning"]);
  expect(bench.door("front")).toMatchObject({ heldOpenSoon: true, heldOpen: false });
});

describe("further relays", () => {
  const aux = (changed: Partial<AuxRelaySpec>): AuxRelaySpec => ({
    relay: "gate" as RelayId,
    mode: "monostable",
    delayMs: 0,
    holdMs: 2_000,
    methods: ["card", "exit", "operator"],
    ...changed,
  });
  const withRelay = (changed: Partial<AuxRelaySpec> = {}): BenchParts => ({
    site: { doors: [{ ...frontDoor, auxRelays: [aux(changed)] } satisfies DoorSpec, garageDoor] },
    wires: { relays: [...wires.relays, { id: "gate", pin: 19 }] },
  });

  test("a relay moves with the ways in that it is set to, holds its time and falls back", () => {
    const bench = new LoopBench(withRelay());
    bench.answer(tapFront(bench), granted());
    expect(bench.isEnergized("gate")).toBe(true);
    bench.clock.advance(1_999);
    expect(bench.isEnergized("gate")).toBe(true);
    bench.clock.advance(1);
    expect(bench.isEnergized("gate")).toBe(false);
    bench.board.keys("front-keypad", "1234#");
    bench.answer(bench.asks.at(-1), granted());
    expect(bench.isEnergized("gate")).toBe(false);
    order(bench, { kind: "access", door: front, by: "http" });
    expect(bench.isEnergized("gate")).toBe(false);
    order(bench, { kind: "access", door: front, by: "operator" });
    expect(bench.isEnergized("gate")).toBe(true);
  });

  test("its delay counts for credentials and never for an exit button", () => {
    const bench = new LoopBench(withRelay({ delayMs: 1_000 }));
    bench.answer(tapFront(bench), granted());
    expect(bench.isEnergized("gate")).toBe(false);
    bench.board.press("front-exit", 100);
    expect(bench.isEnergized("gate")).toBe(true);
    bench.clock.advance(1_000);
    expect(bench.isEnergized("gate")).toBe(true);
    bench.clock.advance(2_000);
    expect(bench.isEnergized("gate")).toBe(false);
  });

  test("a bistable one switches with each, an exit button only ever switches it on, and an order to shut the door releases it", () => {
    const bench = new LoopBench(withRelay({ mode: "bistable" }));
    const expectTap = (energized: boolean) => {
      bench.answer(tapFront(bench), granted());
      expect(bench.isEnergized("gate")).toBe(energized);
    };
    expectTap(true);
    bench.clock.advance(3_600_000);
    expectTap(false);
    expectTap(true);
    bench.board.press("front-exit", 100);
    expect(bench.isEnergized("gate")).toBe(true);
    order(bench, lockDown);
    expect(bench.isEnergized("gate")).toBe(false);
  });

  test("a lockdown stops what waits for its delay, but not what an exit button has just opened", () => {
    const waiting = new LoopBench(withRelay({ delayMs: 1_000 }));
    waiting.answer(tapFront(waiting), granted());
    order(waiting, lockDown);
    waiting.clock.advance(60_000);
    expect(waiting.isEnergized("gate")).toBe(false);
    const leaving = new LoopBench(withRelay());
    leaving.board.press("front-exit", 100);
    order(leaving, lockDown);
    expect(leaving.isEnergized("gate")).toBe(true);
    leaving.clock.advance(2_000);
    expect(leaving.isEnergized("gate")).toBe(false);
  });

  test("a refused grant moves no relay of the door, and one that does not take its level is tried again", () => {
    const bench = new LoopBench(withRelay());
    const ask = tapFront(bench);
    order(bench, { kind: "block", door: front });
    bench.answer(ask, granted());
    expect(bench.isEnergized("gate")).toBe(false);
    bench.board.stickRelay("gate", "driver overheated");
    bench.board.press("front-exit", 100);
    expect(bench.isEnergized("gate")).toBe(false);
    expect(bench.loop.failedRelays()).toEqual(["gate"]);
    bench.board.freeRelay("gate");
    bench.clock.advance(1_000);
    expect(bench.isEnergized("gate")).toBe(true);
    bench.clock.advance(5_000);
    expect(bench.isEnergized("gate")).toBe(false);
  });

  test("a stop leaves every relay at its safe level", () => {
    const bench = new LoopBench(withRelay({ mode: "bistable" }));
    bench.answer(tapFront(bench), granted());
    order(bench, { kind: "unlock", door: front });
    bench.loop.stop();
    expect(bench.board.snapshot().relays).toEqual({ "front-strike": false, "garage-magnet": true, gate: false });
  });
});

test("a tamper contact raises an alarm that stays until it is cleared, and is not cleared while it reports", () => {
  const doors = [{ ...frontDoor, tampers: ["front-tamper" as InputId] }, garageDoor];
  const bench = new LoopBench({
    site: { doors },
    wires: { inputs: [...wires.inputs, { id: "front-tamper", pin: 4 }] },
  });
  expect(bench.loop.command({ kind: "clearTamper", door: front }, "operator")).toBe(
    "Front door has no tamper alarm to clear.",
  );
  bench.board.setInput("front-tamper", true);
  expect(bench.door("front").tampered).toBe(true);
  expect(bench.loop.command({ kind: "clearTamper", door: front }, "operator")).toMatch(/still reports tampering/);
  bench.board.setInput("front-tamper", false);
  expect(bench.door("front").tampered).toBe(true);
  order(bench, { kind: "clearTamper", door: front });
  expect(bench.door("front").tampered).toBe(false);
  expect(bench.types("door.tamper")).toEqual(["door.tampered", "door.tamperCleared"]);
});
