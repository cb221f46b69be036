// The calendar as the oracle reads it: parts that Intl writes, and plain lists of dates; shares no method with the product.
import type { Weekday } from "../../src/domain/local-time.ts";
import type { CustomRecurrence, DayWindow, Recurrence } from "../../src/domain/recurrence.ts";
import type { Holiday, ScheduleRule } from "../../src/domain/schedule.ts";

/** What the clock on the site's wall shows. `date` is `YYYY-MM-DD`, which compares as text. */
export interface WallReading {
  readonly date: string;
  readonly minute: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

export function readWall(wallMs: number, timeZone: string): WallReading {
  let format = formats.get(timeZone);
  if (format === undefined) {
    const shown = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" } as const;
    format = new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", ...shown });
    formats.set(timeZone, format);
  }
  const parts: Record<string, string> = {};
  for (const { type, value } of format.formatToParts(wallMs)) parts[type] = value;
  const { year, month, day, hour, minute } = parts;
  return { date: `${year}-${month}-${day}`, minute: Number(hour) * 60 + Number(minute) };
}

export const addDays = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

const names: readonly Weekday[] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const weekdayNames = new Map<string, Weekday>();

export function weekdayName(date: string): Weekday {
  let name = weekdayNames.get(date);
  if (name === undefined) {
    name = names[new Date(`${date}T00:00:00Z`).getUTCDay()]!;
    weekdayNames.set(date, name);
  }
  return name;
}

/** The days on which the window may have begun that the clock now stands in: none, or one. */
export function startedOn({ startMinute, endMinute }: DayWindow, { date, minute }: WallReading): string[] {
  if (startMinute < endMinute) return minute >= startMinute && minute < endMinute ? [date] : [];
  return [...(minute >= startMinute ? [date] : []), ...(minute < endMinute ? [addDays(date, -1)] : [])];
}

/** The day on which the occurrence began that the clock stands in; null between occurrences. */
export function occurrenceNow(recurrence: Recurrence, reading: WallReading): string | null {
  if (recurrence.kind === "once") return "once";
  return startedOn(recurrence.window, reading).find((day) => beginsOn(recurrence, day)) ?? null;
}

function beginsOn(recurrence: Exclude<Recurrence, { kind: "once" }>, day: string): boolean {
  switch (recurrence.kind) {
    case "daily":
      return day >= recurrence.from && day <= recurrence.until;
    case "weekly":
      return day >= recurrence.from && day <= recurrence.until && recurrence.days.includes(weekdayName(day));
    case "custom":
      return customDays(recurrence).has(day);
  }
}

const customLists = new WeakMap<CustomRecurrence, ReadonlySet<string>>();
const lastYear = 2045;

function customDays(recurrence: CustomRecurrence): ReadonlySet<string> {
  let days = customLists.get(recurrence);
  if (days === undefined) {
    days = new Set(listCustomDays(recurrence));
    customLists.set(recurrence, days);
  }
  return days;
}

/** One after the other from the first day on. A month without that day is left out, and counts for nothing. */
export function listCustomDays({ every, unit, from, until, count, except }: CustomRecurrence): string[] {
  const days: string[] = [];
  for (let turn = 0; count === null || days.length < count; turn += 1) {
    const { first, day } = turnOf(from, unit, turn * every);
    if (Number(first.slice(0, 4)) > lastYear || (until !== null && first > until)) break;
    if (day === null || (until !== null && day > until) || (except as readonly string[]).includes(day)) continue;
    days.push(day);
  }
  return days;
}

function turnOf(from: string, unit: CustomRecurrence["unit"], steps: number): { first: string; day: string | null } {
  if (unit !== "month") {
    const day = addDays(from, unit === "week" ? steps * 7 : steps);
    return { first: day, day };
  }
  const [year, month, dayOfMonth] = from.split("-").map(Number) as [number, number, number];
  const first = new Date(Date.UTC(year, month - 1 + steps, 1)).toISOString().slice(0, 10);
  const day = addDays(first, dayOfMonth - 1);
  return { first, day: day.slice(0, 7) === first.slice(0, 7) ? day : null };
}

/** `holiday`: would hold on any other day. */
export function ruleNow(
  rule: ScheduleRule,
  holidays: readonly Holiday[],
  reading: WallReading,
): "holds" | "holiday" | "outside" {
  if (rule.kind === "always") return "holds";
  if (rule.kind === "never") return "outside";
  const { from = null, until = null } = rule;
  const inWindow = rule.windows.some((window) =>
    startedOn(window, reading).some(
      (day) =>
        window.days.includes(weekdayName(day)) && (from === null || day >= from) && (until === null || day <= until),
    ),
  );
  if (!inWindow) return "outside";
  if (rule.holidayExempt === true) return "holds";
  return holidays.some((holiday) => isClosed(holiday, reading)) ? "holiday" : "holds";
}

/** Whether this is one of its days, outside its working hours. */
function isClosed(holiday: Holiday, reading: WallReading): boolean {
  if (!isDayOf(holiday, reading.date)) return false;
  return !holiday.workingHours.some((hours) => startedOn(hours, reading).some((day) => isDayOf(holiday, day)));
}

/** A yearly one is tried in each year in which it could have begun; dates compare as text, so one that a year lacks never comes. */
function isDayOf({ from, until, yearly }: Holiday, date: string): boolean {
  if (!yearly) return date >= from && date <= until;
  const span = Number(until.slice(0, 4)) - Number(from.slice(0, 4));
  const thisYear = Number(date.slice(0, 4));
  for (let year = thisYear - span; year <= thisYear; year += 1) {
    if (date >= `${year}${from.slice(4)}` && date <= `${year + span}${until.slice(4)}`) return true;
  }
  return false;
}
