// The building's calendar: days and times of day as its people mean them, without the product's own reckoning.
import { timeZone } from "./site.ts";

export const dayMs = 86_400_000;
const minuteMs = 60_000;

const reader = new Intl.DateTimeFormat("en-CA", {
  timeZone,
  hourCycle: "h23",
  weekday: "short",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
});

/** Of a day counted from 1 January 2027, at a minute after its midnight; not for the hours in which clocks are set. */
export function wallAt(day: number, minute: number): number {
  const guess = Date.UTC(2027, 0, 1 + day) + minute * minuteMs;
  for (const hours of [1, 2]) {
    const wall = guess - hours * 60 * minuteMs;
    const parts = new Map(reader.formatToParts(wall).map(({ type, value }) => [type, value]));
    if (Number(parts.get("hour")) * 60 + Number(parts.get("minute")) === minute) return wall;
  }
  throw new Error(`there is no minute ${minute} on day ${day}`);
}

export const dateOf = (day: number): string => new Date(Date.UTC(2027, 0, 1 + day)).toISOString().slice(0, 10);

export const weekdayOf = (day: number): string =>
  ["sun", "mon", "tue", "wed", "thu", "fri", "sat"][new Date(Date.UTC(2027, 0, 1 + day)).getUTCDay()] ?? "";

/** Days on which the practice is shut. */
const holidays = new Set(["01-01", "01-06", "05-01", "08-15", "10-12", "11-01", "12-06", "12-08", "12-25"]);

export const isHoliday = (day: number): boolean => holidays.has(dateOf(day).slice(5));

export const holidayDates: readonly string[] = [...holidays];

/** The practice: weekdays 8 to 19, not on holidays. */
export const isSurgery = (day: number, minute: number): boolean =>
  !["sat", "sun"].includes(weekdayOf(day)) && !isHoliday(day) && minute >= 8 * 60 && minute < 19 * 60;
