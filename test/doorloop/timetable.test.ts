// Doors that open and shut by the clock: at its minutes, over its faults, with the ledger and without.
import { expect, test } from "vitest";
import type { Calendar } from "../../src/domain/ask.ts";
import type { DoorId, ScheduleId } from "../../src/domain/ids.ts";
import type { TimetableRule } from "../../src/domain/site.ts";
import { unixMs } from "../../src/domain/time.ts";
import { frontDoor, garageDoor } from "../site-fixture.ts";
import { type BenchParts, granted, LoopBench } from "./loop-bench.ts";

const everyDay = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const windows = (startMinute: number, endMinute: number) => [{ days: everyDay, startMinute, endMinute }];

const calendar: Calendar = {
  schedules: {
    ["office" as ScheduleId]: { kind: "weekly", windows: windows(540, 1_020) },
    ["night" as ScheduleId]: { kind: "weekly", windows: windows(1_320, 360) },
  },
  holidays: [],
};

const rule = (schedule: string, action: TimetableRule["action"], more: Partial<TimetableRule> = {}): TimetableRule => ({
  schedule: schedule as ScheduleId,
  action,
  afterFirstPerson: false,
  mayBeEnded: false,
  ...more,
});

/** Times are UTC; Madrid is an hour ahead in November. */
const bench = (startUtc: string, rules: readonly TimetableRule[], more: Partial<BenchParts> = {}) =>
  new LoopBench({
    startUtc,
    calendar,
    ...more,
    site: { doors: [{ ...frontDoor, timetable: rules }, garageDoor], ...more.site },
  });

const mode = (one: LoopBench) => one.door("front").mode;
const office = [rule("office", "holdOpen")];

test("a door is held open from the first minute of its schedule to the last", () => {
  const one = bench("2026-11-25T07:59:30Z", office);
  expect(mode(one)).toBe("locked");
  one.clock.advance(29_999);
  expect(mode(one)).toBe("locked");
  one.clock.advance(1);
  expect(mode(one)).toBe("unlocked");
  one.clock.advance(8 * 3_600_000 - 1);
  expect(mode(one)).toBe("unlocked");
  one.clock.advance(1);
  expect(mode(one)).toBe("locked");
  expect(one.recorded("door.modeChanged")[0]).toMatchObject({ cause: { by: "schedule", schedule: "office" } });
});

test("a step of the clock into or out of the schedule is followed at once", () => {
  const one = bench("2026-11-25T06:00:00Z", office);
  one.clock.stepWall(4 * 3_600_000);
  expect(mode(one)).toBe("unlocked");
  one.clock.stepWall(-4 * 3_600_000);
  expect(mode(one)).toBe("locked");
});

test("a clock that loses its trust lets go of the door, and holds it again when it is trusted", () => {
  const one = bench("2026-11-25T10:00:00Z", office);
  expect(mode(one)).toBe("unlocked");
  one.clock.distrust();
  expect(mode(one)).toBe("locked");
  one.clock.trust();
  expect(mode(one)).toBe("unlocked");
});

test("a door that an operator has locked before its time stays locked through a loss of the clock's trust", () => {
  const one = bench("2026-11-25T10:00:00Z", office);
  one.loop.command({ kind: "lock", door: "front" as DoorId }, "Ana");
  one.clock.distrust();
  one.clock.trust();
  expect(mode(one)).toBe("locked");
  one.clock.stepWall(-6_000);
  one.clock.advance(120_000);
  expect(mode(one)).toBe("locked");
  one.clock.advance(24 * 3_600_000);
  expect(mode(one)).toBe("unlocked");
});

test("a clock that starts behind the time that was known before the restart holds nothing open until it is past it", () => {
  const clockFloor = unixMs(Date.parse("2026-11-25T12:00:00Z"));
  const one = bench("2026-11-25T10:00:00Z", office, { restored: { clockFloor } });
  expect(mode(one)).toBe("locked");
  one.clock.advance(2 * 3_600_000 - 60_000);
  expect(mode(one)).toBe("locked");
  one.clock.advance(60_000);
  expect(mode(one)).toBe("unlocked");
});

test("a clock that is set back after the end of the schedule does not hold the door open a second time", () => {
  const one = bench("2026-11-25T15:30:00Z", office);
  one.clock.advance(3_600_000);
  expect(mode(one)).toBe("locked");
  one.clock.stepWall(-3_600_000);
  expect(mode(one)).toBe("locked");
});

test("a clock that drifts still finds the minute", () => {
  const one = bench("2026-11-25T07:30:00Z", office);
  one.clock.setDrift(-100_000);
  one.clock.advance(33 * 60_000);
  expect(mode(one)).toBe("locked");
  one.clock.advance(60_000);
  expect(mode(one)).toBe("unlocked");
});

test("before the calendar has come the door is an ordinary one, and then what it says is done at once", () => {
  const one = new LoopBench({
    startUtc: "2026-11-25T10:00:00Z",
    site: { doors: [{ ...frontDoor, timetable: office }] },
  });
  one.clock.advance(120_000);
  expect(mode(one)).toBe("locked");
  one.tellCalendar(calendar);
  expect(mode(one)).toBe("unlocked");
});

test("without the ledger the last calendar goes on, and a new one takes its place", () => {
  const one = bench("2026-11-25T10:00:00Z", office);
  one.loop.ledgerLost("killed");
  one.clock.advance(8 * 3_600_000);
  expect(mode(one)).toBe("locked");
  one.clock.advance(16 * 3_600_000);
  expect(mode(one)).toBe("unlocked");
  one.connect();
  one.tellCalendar({ ...calendar, schedules: { ["office" as ScheduleId]: { kind: "never" } } });
  expect(mode(one)).toBe("locked");
});

test("a lockdown by the clock keeps residents out and lets exempt people in, until its end", () => {
  const one = bench("2026-11-25T20:59:00Z", [rule("night", "lockDown")]);
  one.clock.advance(60_000);
  expect(mode(one)).toBe("lockedDown");
  one.board.tap("front-reader", "B775D2");
  one.answer(one.asks.at(-1), granted());
  expect(one.door("front").locked).toBe(true);
  one.board.tap("front-reader", "B775D2");
  one.answer(one.asks.at(-1), granted({ lockdownExempt: true }));
  expect(one.door("front").locked).toBe(false);
  one.clock.advance(8 * 3_600_000);
  expect(mode(one)).toBe("locked");
});

test("a lockdown that somebody ordered and a restart brought back is not ended by a calendar that knows none", () => {
  const restored = { lockdowns: [{ door: "garage" as DoorId, leftMs: null }] };
  const one = bench("2026-11-25T10:00:00Z", office, { restored });
  expect(one.door("garage").mode).toBe("lockedDown");
});

test("acceptance 19: a door that waits for the first person stays shut, is held from the first opening by somebody who may, and shuts at the end", () => {
  const one = bench("2026-11-25T08:00:00Z", [rule("office", "holdOpen", { afterFirstPerson: true })]);
  expect(mode(one)).toBe("locked");
  one.board.tap("front-reader", "B775D2");
  one.answer(one.asks.at(-1), granted());
  expect(mode(one)).toBe("accessed");
  one.clock.advance(10_000);
  expect(mode(one)).toBe("locked");
  one.board.tap("front-reader", "B775D2");
  one.answer(one.asks.at(-1), granted({ mayHoldOpen: true }));
  one.clock.advance(3_600_000);
  expect(mode(one)).toBe("unlocked");
  one.clock.advance(7 * 3_600_000);
  expect(mode(one)).toBe("locked");
});

test("a site without timetables sets no timer for them", () => {
  const one = new LoopBench({ calendar });
  expect(one.clock.nextDue()).toBe(null);
});
