// When a pass comes round again, in the site's wall-clock time; knows no pass and no door.
import { civilOf, dayNumberOf, dayOf } from "./calendar-day.ts";
import type { LocalDate, Weekday } from "./local-time.ts";
import { localTimeAt, weekdayOf } from "./local-time.ts";
import type { UnixMs } from "./time.ts";

/** Minutes since local midnight. `end` is exclusive; `end <= start` runs into the next day, and equal means 24 hours. */
export interface DayWindow {
  readonly startMinute: number;
  readonly endMinute: number;
}

export type Recurrence =
  /** The pass's time frame, once. */
  | { readonly kind: "once" }
  | { readonly kind: "daily"; readonly from: LocalDate; readonly until: LocalDate; readonly window: DayWindow }
  | {
      readonly kind: "weekly";
      readonly from: LocalDate;
      readonly until: LocalDate;
      readonly days: readonly Weekday[];
      readonly window: DayWindow;
    }
  | CustomRecurrence;

export interface CustomRecurrence {
  readonly kind: "custom";
  readonly every: number;
  readonly unit: "day" | "week" | "month";
  readonly from: LocalDate;
  /** The last day on which one may begin; null leaves it to `count`. */
  readonly until: LocalDate | null;
  /** How many there are, exceptions not counted; null leaves it to `until`. */
  readonly count: number | null;
  readonly window: DayWindow;
  readonly except: readonly LocalDate[];
}

/** Names the one occurrence of what does not recur. */
export const onlyOccurrence = 0;
/** Beyond it a recurrence by count is over, whatever it says. */
export const maxOccurrences = 1_000;

/**
 * Which occurrence the site's clock stands in: the number of the day on which it began. Null between occurrences. Like
 * schedules, an occurrence covers what that clock reads, so an hour that comes twice counts twice.
 */
export function occurrenceAt(recurrence: Recurrence, wall: UnixMs, timeZone: string): number | null {
  if (recurrence.kind === "once") return onlyOccurrence;
  const { day, minuteOfDay } = localTimeAt(wall, timeZone);
  const { startMinute, endMinute } = recurrence.window;
  const overnight = endMinute <= startMinute;
  const today = minuteOfDay >= startMinute && (overnight || minuteOfDay < endMinute);
  if (today && beginsOn(recurrence, day)) return day;
  const yesterday = overnight && minuteOfDay < endMinute;
  return yesterday && beginsOn(recurrence, day - 1) ? day - 1 : null;
}

/** Whether an occurrence begins on that day. */
export function beginsOn(recurrence: Exclude<Recurrence, { kind: "once" }>, day: number): boolean {
  if (day < dayOf(recurrence.from)) return false;
  if (recurrence.until !== null && day > dayOf(recurrence.until)) return false;
  switch (recurrence.kind) {
    case "daily":
      return true;
    case "weekly":
      return recurrence.days.includes(weekdayOf(day));
    case "custom":
      return customBeginsOn(recurrence, day);
  }
}

function customBeginsOn(recurrence: CustomRecurrence, day: number): boolean {
  const exceptions = new Set(recurrence.except.map(dayOf));
  if (exceptions.has(day)) return false;
  if (recurrence.count === null) return isStep(recurrence, day);
  let held = 0;
  for (const step of steps(recurrence, day)) {
    if (exceptions.has(step)) continue;
    held += 1;
    if (held > recurrence.count) return false;
    if (step === day) return true;
  }
  return false;
}

function isStep(recurrence: CustomRecurrence, day: number): boolean {
  const first = dayOf(recurrence.from);
  if (recurrence.unit !== "month") return (day - first) % daysPerStep(recurrence) === 0;
  const from = civilOf(first);
  const to = civilOf(day);
  return to.day === from.day && ((to.year - from.year) * 12 + to.month - from.month) % recurrence.every === 0;
}

/** Ascending, up to and including a day; a month without that day is left out. */
function* steps(recurrence: CustomRecurrence, upTo: number): Generator<number> {
  const first = dayOf(recurrence.from);
  const from = civilOf(first);
  for (let n = 0; n < maxOccurrences; n += 1) {
    const day =
      recurrence.unit === "month"
        ? dayInMonth(from.year, from.month - 1 + n * recurrence.every, from.day)
        : first + n * daysPerStep(recurrence);
    if (day === null) continue;
    if (day > upTo) return;
    yield day;
  }
}

const daysPerStep = ({ every, unit }: CustomRecurrence): number => every * (unit === "week" ? 7 : 1);

function dayInMonth(year: number, monthsOn: number, day: number): number | null {
  const month = { year: year + Math.floor(monthsOn / 12), month: (monthsOn % 12) + 1 };
  const found = dayNumberOf({ ...month, day });
  return civilOf(found).month === month.month ? found : null;
}
