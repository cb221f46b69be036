// When a grant holds, in the site's wall-clock time.
import type { ScheduleId } from "./ids.ts";
import type { Weekday } from "./local-time.ts";
import { localTimeAt } from "./local-time.ts";
import type { UnixMs } from "./time.ts";

/** Minutes since local midnight. `end` is exclusive; `end <= start` runs into the next day, and equal means 24 hours. */
export interface WeeklyWindow {
  readonly days: readonly Weekday[];
  readonly startMinute: number;
  readonly endMinute: number;
}

export type ScheduleRule =
  | { readonly kind: "always" }
  | { readonly kind: "never" }
  | { readonly kind: "weekly"; readonly windows: readonly WeeklyWindow[] };

export interface Schedule {
  readonly id: ScheduleId;
  readonly name: string;
  readonly rule: ScheduleRule;
}

/** Built in, not deletable. */
export const always: Schedule = { id: "always" as ScheduleId, name: "Always", rule: { kind: "always" } };
export const never: Schedule = { id: "never" as ScheduleId, name: "Never", rule: { kind: "never" } };

/**
 * Whether the clock on the site's wall reads a time inside the rule. An hour that comes twice therefore counts twice, a
 * start inside a skipped hour begins with the next time there is, and a window wholly inside one is void that day.
 */
export function scheduleHolds(rule: ScheduleRule, wall: UnixMs, timeZone: string): boolean {
  if (rule.kind !== "weekly") return rule.kind === "always";
  const { weekday, minuteOfDay } = localTimeAt(wall, timeZone);
  return rule.windows.some((window) => windowCovers(window, weekday, minuteOfDay));
}

function windowCovers(window: WeeklyWindow, weekday: Weekday, minute: number): boolean {
  const { days, startMinute, endMinute } = window;
  if (endMinute > startMinute) return minute >= startMinute && minute < endMinute && days.includes(weekday);
  if (minute >= startMinute && days.includes(weekday)) return true;
  return minute < endMinute && days.includes(dayBefore[weekday]);
}

const dayBefore: Readonly<Record<Weekday, Weekday>> = {
  mon: "sun",
  tue: "mon",
  wed: "tue",
  thu: "wed",
  fri: "thu",
  sat: "fri",
  sun: "sat",
};
