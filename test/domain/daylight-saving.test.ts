// Weekly windows against an independent calculation over every minute of two years: zones by their written rules, own
// calendar, own intervals; neither Intl nor any of the product's arithmetic.
import { expect, test } from "vitest";
import type { Weekday } from "../../src/domain/local-time.ts";
import { scheduleHolds, type WeeklyWindow } from "../../src/domain/schedule.ts";
import { type UnixMs, unixMs } from "../../src/domain/time.ts";

const years = [2026, 2027];
const minutesPerDay = 1_440;
const isLeap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

/** Days since 1970-01-01, counted year by year and month by month. */
function dayNumber(year: number, month: number, day: number): number {
  let days = 0;
  for (let past = 1970; past < year; past += 1) days += isLeap(past) ? 366 : 365;
  const lengths = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  for (let past = 1; past < month; past += 1) days += lengths[past - 1]!;
  return days + day - 1;
}

const utcMinute = (year: number, month: number, day: number, hour = 0, minute = 0) =>
  dayNumber(year, month, day) * minutesPerDay + hour * 60 + minute;
const wallOf = (minute: number): UnixMs => unixMs(minute * 60_000);

/** 2026-01-01 is a Thursday by any printed calendar. Monday is 0. */
const weekdayOfDay = (day: number) => (((day - dayNumber(2026, 1, 1) + 3) % 7) + 7) % 7;
const names: readonly Weekday[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const sundayOnOrAfter = (day: number) => day + ((6 - weekdayOfDay(day) + 7) % 7);
const lastSundayOf31 = (year: number, month: number) => sundayOnOrAfter(dayNumber(year, month, 25));
const firstSunday = (year: number, month: number) => sundayOnOrAfter(dayNumber(year, month, 1));

/** The offset that a zone starts a year with, and its changes in that year: UTC minute, then the new offset. */
interface ZoneRules {
  readonly atNewYear: number;
  readonly changes: (year: number) => readonly (readonly [number, number])[];
}

const zoneRules: Readonly<Record<string, ZoneRules>> = {
  // European Union: last Sundays of March and October, at 01:00 UTC.
  "Europe/Madrid": {
    atNewYear: 60,
    changes: (year) => [
      [lastSundayOf31(year, 3) * minutesPerDay + 60, 120],
      [lastSundayOf31(year, 10) * minutesPerDay + 60, 60],
    ],
  },
  // First Sundays of April and October, at 02:00 standard time, which is 16:00 UTC on the Saturday.
  "Australia/Sydney": {
    atNewYear: 660,
    changes: (year) => [
      [firstSunday(year, 4) * minutesPerDay - 480, 600],
      [firstSunday(year, 10) * minutesPerDay - 480, 660],
    ],
  },
  // The same Sundays at 02:00 of whatever the clock reads; summer is half an hour ahead (+10:30, +11:00).
  "Australia/Lord_Howe": {
    atNewYear: 660,
    changes: (year) => [
      [firstSunday(year, 4) * minutesPerDay + 120 - 660, 630],
      [firstSunday(year, 10) * minutesPerDay + 120 - 630, 660],
    ],
  },
  // Chile: Sundays on or after 2 April at 03:00 UTC and 2 September at 04:00 UTC, so that midnight itself is skipped.
  "America/Santiago": {
    atNewYear: -180,
    changes: (year) => [
      [sundayOnOrAfter(dayNumber(year, 4, 2)) * minutesPerDay + 180, -240],
      [sundayOnOrAfter(dayNumber(year, 9, 2)) * minutesPerDay + 240, -180],
    ],
  },
};

interface Segment {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
}

function segmentsOf(rules: ZoneRules): Segment[] {
  const bounds = [[utcMinute(2026, 1, 1), rules.atNewYear] as const, ...years.flatMap((year) => rules.changes(year))];
  return bounds.map(([from, offset], at) => ({ from, offset, to: bounds[at + 1]?.[0] ?? utcMinute(2028, 1, 1) }));
}

/** The UTC minutes of a window as a merged list of [from, to), cut wherever the offset changes. */
function intervalsOf(window: WeeklyWindow, segments: readonly Segment[]): (readonly [number, number])[] {
  const lasts = window.endMinute - window.startMinute;
  const length = lasts > 0 ? lasts : lasts + minutesPerDay;
  const found: [number, number][] = [];
  for (let day = dayNumber(2025, 12, 30); day < dayNumber(2028, 1, 3); day += 1) {
    if (!window.days.includes(names[weekdayOfDay(day)]!)) continue;
    const reads = day * minutesPerDay + window.startMinute;
    for (const { from, to, offset } of segments) {
      const start = Math.max(from, reads - offset);
      const end = Math.min(to, reads + length - offset);
      if (start < end) found.push([start, end]);
    }
  }
  found.sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [start, end] of found) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

const at = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const window = (days: readonly Weekday[], start: string, end: string): WeeklyWindow => ({
  days,
  startMinute: at(start),
  endMinute: at(end),
});

const windows: readonly WeeklyWindow[] = [
  window(["mon", "tue", "wed", "thu", "fri"], "09:00", "17:00"),
  window(["sun"], "02:00", "03:00"),
  window(["sun"], "02:15", "02:45"),
  window(["sun"], "01:30", "02:30"),
  window(["sun"], "02:30", "05:00"),
  window(["sat"], "22:00", "06:00"),
  window(["sat"], "23:30", "00:30"),
  window(["sun"], "00:00", "01:00"),
  window(["sun"], "23:00", "02:20"),
  window(["sat"], "02:30", "02:30"),
  window(["sun"], "00:00", "24:00"),
  window(["sat", "sun"], "00:00", "00:00"),
  window(names, "23:59", "00:01"),
];

test.each(Object.keys(zoneRules))(
  "in %s every window agrees with its written rules in every minute of two years",
  (zone) => {
    const segments = segmentsOf(zoneRules[zone]!);
    expect(segments).toHaveLength(5);
    const tracks = windows.map((each) => ({
      name: JSON.stringify(each),
      rule: { kind: "weekly", windows: [each] } as const,
      intervals: intervalsOf(each, segments),
      next: 0,
    }));
    const disagreements: string[] = [];
    for (let minute = utcMinute(2026, 1, 1); minute < utcMinute(2028, 1, 1); minute += 1) {
      for (const track of tracks) {
        while (track.next < track.intervals.length && track.intervals[track.next]![1] <= minute) track.next += 1;
        const covered = track.next < track.intervals.length && track.intervals[track.next]![0] <= minute;
        if (scheduleHolds(track.rule, [], wallOf(minute), zone) !== covered)
          disagreements.push(`${track.name} ${minute}`);
      }
    }
    expect(disagreements.slice(0, 5)).toEqual([]);
  },
  60_000,
);

test("several windows agree with the union of their intervals in every minute of two years", () => {
  const segments = segmentsOf(zoneRules["Europe/Madrid"]!);
  const together = [windows[1]!, windows[5]!, windows[8]!];
  const rule = { kind: "weekly", windows: together } as const;
  const covered = new Set<number>();
  for (const each of together) {
    for (const [from, to] of intervalsOf(each, segments))
      for (let minute = from; minute < to; minute += 1) covered.add(minute);
  }
  for (let minute = utcMinute(2026, 1, 1); minute < utcMinute(2028, 1, 1); minute += 1) {
    if (scheduleHolds(rule, [], wallOf(minute), "Europe/Madrid") !== covered.has(minute)) expect.fail(`at ${minute}`);
  }
});

/** Cases worked out on paper: the zone, a window, a UTC time, whether it holds. */
test.each<[string, string, WeeklyWindow, readonly [number, number, number, number, number], boolean]>([
  [
    "a 02:30 start in Madrid's skipped hour waits for 03:00: 01:59 reads 01:59",
    "Europe/Madrid",
    windows[4]!,
    [2026, 3, 29, 0, 59],
    false,
  ],
  [
    "a 02:30 start in Madrid's skipped hour begins at 03:00, the next time there is",
    "Europe/Madrid",
    windows[4]!,
    [2026, 3, 29, 1, 0],
    true,
  ],
  ["its end is still at 05:00", "Europe/Madrid", windows[4]!, [2026, 3, 29, 2, 59], true],
  ["and exclusive", "Europe/Madrid", windows[4]!, [2026, 3, 29, 3, 0], false],
  ["02:15 to 02:45 does not exist on Madrid's spring night", "Europe/Madrid", windows[2]!, [2026, 3, 29, 1, 0], false],
  ["01:30 to 02:30 ends where the hour is skipped", "Europe/Madrid", windows[3]!, [2026, 3, 29, 1, 0], false],
  ["Madrid's repeated 02:15 counts the first time", "Europe/Madrid", windows[2]!, [2026, 10, 25, 0, 15], true],
  ["and the second", "Europe/Madrid", windows[2]!, [2026, 10, 25, 1, 15], true],
  ["but not what lies between them", "Europe/Madrid", windows[2]!, [2026, 10, 25, 0, 50], false],
  ["Lord Howe skips only 02:00 to 02:30", "Australia/Lord_Howe", windows[2]!, [2026, 10, 3, 15, 30], true],
  ["Lord Howe repeats 01:30 to 02:00", "Australia/Lord_Howe", windows[3]!, [2026, 4, 4, 15, 10], true],
  [
    "Santiago's Saturday night runs on through the skipped midnight",
    "America/Santiago",
    windows[5]!,
    [2026, 9, 6, 4, 0],
    true,
  ],
  [
    "00:00 to 01:00 does not exist on Santiago's spring Sunday",
    "America/Santiago",
    windows[7]!,
    [2026, 9, 6, 4, 0],
    false,
  ],
  [
    "Santiago's repeated hour before midnight is Saturday's still",
    "America/Santiago",
    windows[6]!,
    [2026, 4, 5, 3, 15],
    false,
  ],
  ["and its half past eleven counts again", "America/Santiago", windows[6]!, [2026, 4, 5, 3, 30], true],
])("%s", (_, zone, each, [year, month, day, hour, minute], holds) => {
  const wall = wallOf(utcMinute(year, month, day, hour, minute));
  expect(scheduleHolds({ kind: "weekly", windows: [each] }, [], wall, zone)).toBe(holds);
});
