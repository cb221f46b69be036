import { expect, test } from "vitest";
import type { JournalEvent } from "../../src/domain/events.ts";
import { TestLedger } from "./ledger-fixture.ts";
import { dayMs } from "./rules-fixture.ts";

const lockedDown = (door: string, leftMs: number | null): JournalEvent =>
  ({ type: "door.modeChanged", door, mode: "lockedDown", cause: { by: "operator", who: "ops" }, leftMs }) as never;
const unlockedAgain = (door: string): JournalEvent =>
  ({ type: "door.modeChanged", door, mode: "locked", cause: { by: "operator", who: "ops" } }) as never;

test("a tamper alarm stays over restarts until somebody clears it", () => {
  const tested = new TestLedger();
  tested.record({ type: "door.tampered", door: "front", input: "lid" } as never);
  expect(tested.restart().tampered).toEqual(["front"]);
  expect(tested.restart("run-2", "boot-2").tampered).toEqual(["front"]);
  tested.record({ type: "door.tamperCleared", door: "front", who: "ops" } as never);
  expect(tested.restart().tampered).toEqual([]);
});

test("a lockdown without an end stays until the door's mode changes, and only that door's", () => {
  const tested = new TestLedger();
  tested.record(lockedDown("front", null), lockedDown("garage", null));
  tested.record(unlockedAgain("garage"));
  tested.clock.pass(365 * dayMs);
  expect(tested.restart("run-2", "boot-2").lockdowns).toEqual([{ door: "front", leftMs: null }]);
});

test("a block stays until the door's mode changes, and what the timetable locked down is the timetable's to lock down again", () => {
  const tested = new TestLedger();
  const changed = (door: string, mode: string, cause: object): JournalEvent =>
    ({ type: "door.modeChanged", door, mode, cause, ...(mode === "lockedDown" ? { leftMs: null } : {}) }) as never;
  const operator = { by: "operator", who: "ops" };
  tested.record(changed("front", "blocked", operator), changed("garage", "lockedDown", operator));
  tested.record(changed("garage", "lockedDown", { by: "schedule", schedule: "nights" }));
  expect(tested.restart("run-2", "boot-2")).toMatchObject({ blocked: ["front"], lockdowns: [] });
  tested.record(changed("front", "locked", operator));
  expect(tested.restart("run-3", "boot-2").blocked).toEqual([]);
});

test("within a boot a lockdown goes on with what the monotonic clock has left of it", () => {
  const tested = new TestLedger();
  tested.record(lockedDown("front", 60_000));
  tested.clock.mono += 45_000;
  tested.clock.wall -= dayMs;
  expect(tested.restart("run-2").lockdowns).toEqual([{ door: "front", leftMs: 15_000 }]);
});

test("over a boot a lockdown goes on with what a clock trusted both times has left of it", () => {
  const tested = new TestLedger();
  tested.record(lockedDown("front", 60_000));
  tested.clock.mono = 3;
  tested.clock.wall += 45_000;
  expect(tested.restart("run-2", "boot-2").lockdowns).toEqual([{ door: "front", leftMs: 15_000 }]);
});

test("over a boot a lockdown begins again in full when either clock cannot be trusted, or tells of the past", () => {
  const untrustedThen = new TestLedger();
  untrustedThen.clock.trusted = false;
  untrustedThen.record(lockedDown("front", 60_000));
  untrustedThen.clock.trusted = true;
  untrustedThen.clock.wall += 45_000;
  expect(untrustedThen.restart("run-2", "boot-2").lockdowns).toEqual([{ door: "front", leftMs: 60_000 }]);

  const untrustedNow = new TestLedger();
  untrustedNow.record(lockedDown("front", 60_000));
  untrustedNow.clock.trusted = false;
  untrustedNow.clock.wall += 45_000;
  expect(untrustedNow.restart("run-2", "boot-2").lockdowns).toEqual([{ door: "front", leftMs: 60_000 }]);

  const past = new TestLedger();
  past.record(lockedDown("front", 60_000));
  past.clock.wall -= dayMs;
  expect(past.restart("run-2", "boot-2").lockdowns).toEqual([{ door: "front", leftMs: 60_000 }]);
});

test("a lockdown whose time is up is not restored, and does not come back with a clock that knows less", () => {
  const tested = new TestLedger();
  tested.record(lockedDown("front", 60_000));
  tested.clock.wall += 60_000;
  expect(tested.restart("run-2", "boot-2").lockdowns).toEqual([]);
  tested.record({ type: "controller.started", version: "1", board: "sim" });
  tested.clock.trusted = false;
  expect(tested.restart("run-3", "boot-3").lockdowns).toEqual([]);
});

test("a new lockdown after one whose time was up stays", () => {
  const tested = new TestLedger();
  tested.record(lockedDown("front", 60_000));
  tested.clock.wall += 60_000;
  tested.restart("run-2", "boot-2");
  tested.record(lockedDown("front", 30_000));
  tested.clock.mono += 10_000;
  expect(tested.restart("run-2", "boot-2").lockdowns).toEqual([{ door: "front", leftMs: 20_000 }]);
});

test("a lockdown that is renewed has its new time", () => {
  const tested = new TestLedger();
  tested.record(lockedDown("front", 60_000));
  tested.clock.mono += 50_000;
  tested.record(lockedDown("front", 60_000));
  tested.clock.mono += 50_000;
  expect(tested.restart().lockdowns).toEqual([{ door: "front", leftMs: 10_000 }]);
});
