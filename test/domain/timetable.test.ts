// What a door's timetable says at each instant, of Madrid's summer and winter, and of clocks that nobody vouches for.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Calendar } from "../../src/domain/ask.ts";
import type { HolidayId, ScheduleId } from "../../src/domain/ids.ts";
import type { LocalDate } from "../../src/domain/local-time.ts";
import type { ScheduleRule } from "../../src/domain/schedule.ts";
import type { TimetableRule } from "../../src/domain/site.ts";
import { type Instant, monoMs, unixMs } from "../../src/domain/time.ts";
import { calendarHolds, nextLookAt, timetableAt } from "../../src/domain/timetable.ts";

const zone = "Europe/Madrid";
const everyDay = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

const daily = (startMinute: number, endMinute: number, more: object = {}): ScheduleRule => ({
  kind: "weekly",
  windows: [{ days: everyDay, startMinute, endMinute }],
  ...more,
});

const calendar: Calendar = {
  schedules: {
    ["office" as ScheduleId]: daily(540, 1_020),
    ["night" as ScheduleId]: daily(1_320, 360),
    ["exempt" as ScheduleId]: daily(540, 1_020, { holidayExempt: true }),
    ["party" as ScheduleId]: daily(1_200, 60, { from: "2026-12-05", until: "2026-12-05" }),
    ["always" as ScheduleId]: { kind: "always" },
    ["never" as ScheduleId]: { kind: "never" },
  },
  holidays: [
    {
      id: "christmas" as HolidayId,
      name: "Christmas",
      from: "2026-12-25" as LocalDate,
      until: "2026-12-25" as LocalDate,
      yearly: true,
      workingHours: [],
    },
  ],
};

const rule = (schedule: string, action: TimetableRule["action"], more: Partial<TimetableRule> = {}): TimetableRule => ({
  schedule: schedule as ScheduleId,
  action,
  afterFirstPerson: false,
  mayBeEnded: false,
  ...more,
});

/** Winter time of Madrid is UTC+1. */
const at = (utc: string, trusted = true): Instant => ({ wall: unixMs(Date.parse(utc)), mono: monoMs(7_000), trusted });

const says = (rules: readonly TimetableRule[], utc: string, trusted = true, known: Calendar | null = calendar) => {
  const { state, schedule } = timetableAt({ timetable: rules }, known, at(utc, trusted), zone);
  return schedule === null ? state : `${state} ${schedule}`;
};

const office = [rule("office", "holdOpen")];
const party = [rule("party", "holdOpen")];
const night = [rule("night", "lockDown")];

test.each<[string, readonly TimetableRule[], string, string]>([
  ["a rule holds from its first minute on", office, "2026-11-25T08:00:00Z", "holdOpen office"],
  ["not a millisecond sooner", office, "2026-11-25T07:59:59.999Z", "none"],
  ["and not at its last minute's end", office, "2026-11-25T16:00:00Z", "none"],
  ["a schedule of one date runs once", party, "2026-12-05T19:00:00Z", "holdOpen party"],
  ["to its end in that night", party, "2026-12-05T23:59:59Z", "holdOpen party"],
  ["not the day before", party, "2026-12-04T19:00:00Z", "none"],
  ["and not the day after", party, "2026-12-06T19:00:00Z", "none"],
  ["a lockdown goes over midnight", night, "2026-11-25T02:00:00Z", "lockDown night"],
  ["never is never", [rule("never", "holdOpen")], "2026-11-25T10:00:00Z", "none"],
  ["a schedule that is not there never begins", [rule("gone", "lockDown")], "2026-11-25T10:00:00Z", "none"],
  ["a holiday ends what is held open", office, "2026-12-25T10:00:00Z", "none"],
  ["save for what is exempt", [rule("exempt", "holdOpen")], "2026-12-25T10:00:00Z", "holdOpen exempt"],
  ["a holiday lifts no lockdown", night, "2026-12-25T02:00:00Z", "lockDown night"],
  [
    "what waits for the first person says so",
    [rule("office", "holdOpen", { afterFirstPerson: true })],
    "2026-11-25T10:00:00Z",
    "awaitFirst office",
  ],
  [
    "a lockdown goes before what is written above it",
    [rule("always", "holdOpen"), rule("night", "lockDown")],
    "2026-11-25T02:00:00Z",
    "lockDown night",
  ],
  [
    "of two that hold open, the first counts",
    [rule("exempt", "holdOpen", { afterFirstPerson: true }), rule("office", "holdOpen")],
    "2026-11-25T10:00:00Z",
    "awaitFirst exempt",
  ],
])("%s", (_, rules, utc, expected) => {
  expect(says(rules, utc)).toBe(expected);
});

test("before the calendar has come nothing is in force", () => {
  expect(says([rule("always", "holdOpen"), ...night], "2026-11-25T02:00:00Z", true, null)).toBe("none");
});

test("a clock that is not trusted holds nothing open by the hour, and still locks down by what it reads", () => {
  expect(says(office, "2026-11-25T10:00:00Z", false)).toBe("none");
  expect(says(night, "2026-11-25T02:00:00Z", false)).toBe("lockDown night");
  expect(says(night, "2026-11-25T10:00:00Z", false)).toBe("none");
  expect(says([rule("always", "holdOpen")], "2026-11-25T10:00:00Z", false)).toBe("holdOpen always");
});

test("a reception's schedule needs a clock that is trusted, unless it is Always", () => {
  const holds = (schedule: string, trusted: boolean) =>
    calendarHolds(calendar, schedule as ScheduleId, at("2026-11-25T10:00:00Z", trusted), zone);
  expect(holds("office", true)).toBe(true);
  expect(holds("office", false)).toBe(false);
  expect(holds("always", false)).toBe(true);
  expect(holds("gone", true)).toBe(false);
  expect(calendarHolds(null, "always" as ScheduleId, at("2026-11-25T10:00:00Z"), zone)).toBe(false);
});

test.each<TimetableRule["action"]>(["holdOpen", "lockDown"])(
  "the rule says whether somebody may end its %s",
  (action) => {
    const mayEnd = (mayBeEnded: boolean) => {
      const timetable = [rule("always", action, { mayBeEnded })];
      return timetableAt({ timetable }, calendar, at("2026-11-25T10:00:00Z"), zone).mayEnd;
    };
    expect([mayEnd(true), mayEnd(false)]).toEqual([true, false]);
  },
);

test("one looks again at the next whole minute, and never twice in the same", () => {
  expect(nextLookAt(at("2026-11-25T07:59:59.999Z"))).toBe(7_001);
  expect(nextLookAt(at("2026-11-25T08:00:00Z"))).toBe(67_000);
  expect(nextLookAt({ ...at("1969-12-31T23:59:59Z") })).toBe(8_000);
});

test("between one look and the next, what is in force does not change", () => {
  const rules = [...office, ...night, rule("exempt", "holdOpen")];
  const days = 400;
  const minute = fc.integer({ min: 0, max: days * 1_440 });
  fc.assert(
    fc.property(minute, fc.integer({ min: 0, max: 59_999 }), (minutes, intoMs) => {
      const whole = Date.UTC(2026, 0, 1) + minutes * 60_000;
      const say = (ms: number) => says(rules, new Date(ms).toISOString());
      expect(say(whole + intoMs)).toBe(say(whole));
    }),
    { numRuns: 500 },
  );
});
