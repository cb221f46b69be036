// Day numbers and dates against another calendar: that of Date, in UTC, over a whole cycle of leap years and beyond.
import { expect, test } from "vitest";
import { civilOf, dayNumberOf, dayOf, formatDate, parseDate } from "../../src/domain/calendar-day.ts";
import type { LocalDate } from "../../src/domain/local-time.ts";

const dayMs = 86_400_000;

test("each day of four hundred years has the number and the date that Date gives it, and back", () => {
  const first = Date.UTC(1899, 11, 30) / dayMs;
  const wrong: number[] = [];
  for (let day = first; day <= first + 146_097 + 3; day += 1) {
    const date = new Date(day * dayMs);
    const civil = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
    const text = date.toISOString().slice(0, 10);
    const found = civilOf(day);
    const agrees = found.year === civil.year && found.month === civil.month && found.day === civil.day;
    if (!agrees || dayNumberOf(civil) !== day || formatDate(day) !== text || parseDate(text) !== day) wrong.push(day);
  }
  expect(wrong).toEqual([]);
});

test.each([
  ["1970-01-01", 0],
  ["1969-12-31", -1],
  ["2000-02-29", 11_016],
  ["2000-03-01", 11_017],
  ["0000-03-01", -719_468],
  ["9999-12-31", 2_932_896],
])("%s is day %i", (text, day) => {
  expect(parseDate(text)).toBe(day);
  expect(dayOf(text as LocalDate)).toBe(day);
});

test.each([
  "2026-02-29",
  "1900-02-29",
  "2100-02-29",
  "2026-04-31",
  "2026-13-01",
  "2026-00-10",
  "2026-01-00",
  "2026-1-01",
  "26-01-01",
  "2026-01-01 ",
  "2026-01-01T00:00",
  "",
])("%j is on no calendar", (text) => expect(parseDate(text)).toBeNull());
