// When passes come round again: by hand for what people would argue about, and against plain lists of days for the rest.
import fc from "fast-check";
import { expect, test } from "vitest";
import { dayOf, formatDate } from "../../src/domain/calendar-day.ts";
import { type LocalDate, weekdays } from "../../src/domain/local-time.ts";
import {
  beginsOn,
  type CustomRecurrence,
  type DayWindow,
  occurrenceAt,
  onlyOccurrence,
  type Recurrence,
} from "../../src/domain/recurrence.ts";
import { unixMs } from "../../src/domain/time.ts";
import { listCustomDays } from "../oracle/oracle-calendar.ts";

const date = (text: string) => text as LocalDate;
const utc = (text: string) => unixMs(Date.parse(`${text}Z`));
const occurrence = (recurrence: Recurrence, text: string, zone = "UTC"): string | null => {
  const found = occurrenceAt(recurrence, utc(text), zone);
  return found === null ? null : formatDate(found);
};

const office: DayWindow = { startMinute: 540, endMinute: 1_020 };
const night: DayWindow = { startMinute: 1_320, endMinute: 360 };
const allDay: DayWindow = { startMinute: 0, endMinute: 1_440 };

const daily: Recurrence = { kind: "daily", from: date("2026-06-01"), until: date("2026-06-05"), window: office };
const nightly: Recurrence = { ...daily, window: night };
const weekly: Recurrence = { ...daily, kind: "weekly", days: ["mon", "thu"] };
const custom = (rule: Partial<CustomRecurrence>): CustomRecurrence => ({
  kind: "custom",
  every: 1,
  unit: "day",
  from: date("2026-06-01"),
  until: null,
  count: null,
  window: allDay,
  except: [],
  ...rule,
});
/** The days of a year on which it begins, from its first on. */
const daysOf = (recurrence: CustomRecurrence, days = 400): string[] => {
  const first = dayOf(recurrence.from) - 5;
  return Array.from({ length: days }, (_, n) => first + n)
    .filter((day) => beginsOn(recurrence, day))
    .map(formatDate);
};

test("what does not recur is one occurrence, at any time", () => {
  for (const text of ["1970-01-01T00:00", "2026-06-03T23:59", "2099-01-01T00:00"]) {
    expect(occurrenceAt({ kind: "once" }, utc(text), "UTC")).toBe(onlyOccurrence);
  }
});

test.each<[string, Recurrence, string, string | null]>([
  ["daily, in its first minute", daily, "2026-06-01T09:00", "2026-06-01"],
  ["daily, a moment before", daily, "2026-06-01T08:59:59.999", null],
  ["daily, at its end", daily, "2026-06-03T17:00", null],
  ["daily, on its last day", daily, "2026-06-05T16:59:59.999", "2026-06-05"],
  ["daily, after its last day", daily, "2026-06-06T12:00", null],
  ["daily, before its first day", daily, "2026-05-31T12:00", null],
  ["nightly, past midnight it is still yesterday's", nightly, "2026-06-03T05:59", "2026-06-02"],
  ["nightly, in the evening it is today's", nightly, "2026-06-03T22:00", "2026-06-03"],
  ["nightly, between two nights", nightly, "2026-06-03T12:00", null],
  ["nightly, the last night runs past the last day", nightly, "2026-06-06T03:00", "2026-06-05"],
  ["nightly, and not a night longer", nightly, "2026-06-06T23:00", null],
  ["nightly, no night before the first", nightly, "2026-06-01T03:00", null],
  ["weekly, on a day of it", weekly, "2026-06-04T12:00", "2026-06-04"],
  ["weekly, on another day", weekly, "2026-06-03T12:00", null],
  [
    "a window of equal ends is a whole day",
    { ...daily, window: { startMinute: 540, endMinute: 540 } },
    "2026-06-02T08:59",
    "2026-06-01",
  ],
  [
    "and its next occurrence begins at once",
    { ...daily, window: { startMinute: 540, endMinute: 540 } },
    "2026-06-02T09:00",
    "2026-06-02",
  ],
])("%s", (_, recurrence, text, expected) => expect(occurrence(recurrence, text)).toBe(expected));

test("every third day", () => {
  expect(daysOf(custom({ every: 3, count: 4 }))).toEqual(["2026-06-01", "2026-06-04", "2026-06-07", "2026-06-10"]);
});

test("every second week keeps to its weekday", () => {
  const days = daysOf(custom({ every: 2, unit: "week", until: date("2026-07-13") }));
  expect(days).toEqual(["2026-06-01", "2026-06-15", "2026-06-29", "2026-07-13"]);
});

test("an exception is left out and takes nothing from the count", () => {
  const rule = custom({ every: 7, count: 3, except: [date("2026-06-08"), date("2026-06-09")] });
  expect(daysOf(rule)).toEqual(["2026-06-01", "2026-06-15", "2026-06-22"]);
});

test("the first day may itself be an exception", () => {
  expect(daysOf(custom({ count: 2, except: [date("2026-06-01")] }))).toEqual(["2026-06-02", "2026-06-03"]);
});

test("of count and last day the earlier one ends it", () => {
  expect(daysOf(custom({ count: 5, until: date("2026-06-02") }))).toEqual(["2026-06-01", "2026-06-02"]);
  expect(daysOf(custom({ count: 1, until: date("2026-06-09") }))).toEqual(["2026-06-01"]);
});

test("the 31st of each month is left out where a month has none, and what is left out is not counted", () => {
  expect(daysOf(custom({ unit: "month", from: date("2026-01-31"), count: 5 }))).toEqual([
    "2026-01-31",
    "2026-03-31",
    "2026-05-31",
    "2026-07-31",
    "2026-08-31",
  ]);
});

test("the 30th is left out in February only, and the 29th in leap years not even there", () => {
  const thirtieth = daysOf(custom({ unit: "month", from: date("2027-12-30"), count: 4 }));
  expect(thirtieth).toEqual(["2027-12-30", "2028-01-30", "2028-03-30", "2028-04-30"]);
  expect(daysOf(custom({ unit: "month", from: date("2027-12-29"), count: 3 }))).toEqual([
    "2027-12-29",
    "2028-01-29",
    "2028-02-29",
  ]);
  expect(daysOf(custom({ unit: "month", from: date("2026-12-29"), count: 3 }))).toEqual([
    "2026-12-29",
    "2027-01-29",
    "2027-03-29",
  ]);
});

test("every twelve months from a leap day comes again with the next one", () => {
  const days = daysOf(custom({ every: 12, unit: "month", from: date("2024-02-29"), count: 3 }), 4_000);
  expect(days).toEqual(["2024-02-29", "2028-02-29", "2032-02-29"]);
});

test("an exception of a night takes that night, and not the morning after the night before", () => {
  const nights = custom({ window: night, until: date("2026-06-30"), except: [date("2026-06-03")] });
  expect(occurrence(nights, "2026-06-03T05:00")).toBe("2026-06-02");
  expect(occurrence(nights, "2026-06-03T23:00")).toBeNull();
  expect(occurrence(nights, "2026-06-04T05:00")).toBeNull();
});

test("when the hour is skipped, a window inside it is void that day and one that begins in it begins after it", () => {
  const inside = custom({ from: date("2026-03-20"), window: { startMinute: 130, endMinute: 170 } });
  const from0230 = custom({ from: date("2026-03-20"), window: { startMinute: 150, endMinute: 240 } });
  // In Madrid the clock goes from 02:00 to 03:00 at 01:00 UTC.
  expect(occurrence(inside, "2026-03-29T00:59:59.999", "Europe/Madrid")).toBeNull();
  expect(occurrence(inside, "2026-03-29T01:00", "Europe/Madrid")).toBeNull();
  expect(occurrence(from0230, "2026-03-29T00:59:59.999", "Europe/Madrid")).toBeNull();
  expect(occurrence(from0230, "2026-03-29T01:00", "Europe/Madrid")).toBe("2026-03-29");
  expect(occurrence(from0230, "2026-03-29T02:00", "Europe/Madrid")).toBeNull();
});

test("when the hour is repeated, a window inside it holds both times, as one occurrence", () => {
  const inside = custom({ from: date("2026-10-20"), window: { startMinute: 135, endMinute: 165 } });
  // 02:15 comes at 00:15 and at 01:15 UTC.
  for (const text of ["2026-10-25T00:15", "2026-10-25T00:44:59", "2026-10-25T01:15", "2026-10-25T01:44:59"]) {
    expect(occurrence(inside, text, "Europe/Madrid")).toBe("2026-10-25");
  }
  for (const text of ["2026-10-25T00:14:59", "2026-10-25T00:45", "2026-10-25T01:14:59", "2026-10-25T01:45"]) {
    expect(occurrence(inside, text, "Europe/Madrid")).toBeNull();
  }
});

test("on the day that a zone skips nothing can begin", () => {
  const rule = custom({ from: date("2011-12-28"), count: 5 });
  // Samoa went from 29 to 31 December 2011 at midnight, which was 10:00 UTC.
  expect(occurrence(rule, "2011-12-30T09:59:59", "Pacific/Apia")).toBe("2011-12-29");
  expect(occurrence(rule, "2011-12-30T10:00:00", "Pacific/Apia")).toBe("2011-12-31");
});

const anyCustom = fc.record({
  kind: fc.constant("custom" as const),
  every: fc.integer({ min: 1, max: 40 }),
  unit: fc.constantFrom("day" as const, "week" as const, "month" as const),
  from: fc.integer({ min: 19_000, max: 21_500 }).map(formatDate),
  until: fc.option(fc.integer({ min: 19_000, max: 22_500 }).map(formatDate)),
  count: fc.option(fc.integer({ min: 1, max: 60 })),
  window: fc.constant(allDay),
  except: fc.array(fc.integer({ min: 19_000, max: 21_600 }).map(formatDate), { maxLength: 20 }),
});

test("any custom recurrence begins on the days that counting one by one gives", () => {
  fc.assert(
    fc.property(anyCustom, (rule) => {
      const listed = listCustomDays(rule).filter((day) => day < "2029-12-31");
      const found: string[] = [];
      for (let day = 18_990; day < dayOf(date("2029-12-31")); day += 1) {
        if (beginsOn(rule, day)) found.push(formatDate(day));
      }
      expect(found).toEqual(listed);
    }),
    { numRuns: 60 },
  );
});

test("each weekday is its own", () => {
  for (const [index, day] of weekdays.entries()) {
    const rule: Recurrence = {
      kind: "weekly",
      from: date("2026-06-01"),
      until: date("2026-06-07"),
      days: [day],
      window: allDay,
    };
    expect(occurrence(rule, `2026-06-0${index + 1}T12:00`)).toBe(`2026-06-0${index + 1}`);
    expect(occurrence(rule, `2026-06-0${((index + 1) % 7) + 1}T12:00`)).toBeNull();
  }
});
