// When a grant holds, in the site's wall-clock time, holidays included.
import { civilOf, dayOf } from "./calendar-day.ts";
import type { HolidayId, ScheduleId } from "./ids.ts";
import type { LocalDate, LocalTime, Weekday } from "./local-time.ts";
import { localTimeAt, weekdayOf } from "./local-time.ts";
import type { DayWindow } from "./recurrence.ts";
import type { UnixMs } from "./time.ts";

export interface WeeklyWindow extends DayWindow {
  readonly days: readonly Weekday[];
}

export type ScheduleRule =
  | { readonly kind: "always" }
  | { readonly kind: "never" }
  | {
      readonly kind: "weekly";
      readonly windows: readonly WeeklyWindow[];
      /** First and last day on which a window may begin; left out or null is unbounded. */
      readonly from?: LocalDate | null;
      readonly until?: LocalDate | null;
      /** Holds on holidays as on any other day. */
      readonly holidayExempt?: boolean;
    };

export interface Schedule {
  readonly id: ScheduleId;
  readonly name: string;
  readonly rule: ScheduleRule;
}

/** Days on which schedules do not hold, save for those that are exempt and during working hours. */
export interface Holiday {
  readonly id: HolidayId;
  readonly name: string;
  readonly from: LocalDate;
  /** Inclusive. */
  readonly until: LocalDate;
  /** Comes again each year on the same days; 29 February in leap years only. */
  readonly yearly: boolean;
  readonly workingHours: readonly DayWindow[];
}

/** Built in, not deletable. */
export const always: Schedule = { id: "always" as ScheduleId, name: "Always", rule: { kind: "always" } };
export const never: Schedule = { id: "never" as ScheduleId, name: "Never", rule: { kind: "never" } };

export type ScheduleState = "holds" | "outside" | "holiday";

/**
 * Whether the clock on the site's wall reads a time inside the rule. An hour that comes twice therefore counts twice, a
 * start inside a skipped hour begins with the next time there is, and a window wholly inside one is void that day.
 */
export function scheduleState(
  rule: ScheduleRule,
  holidays: readonly Holiday[],
  wall: UnixMs,
  timeZone: string,
): ScheduleState {
  if (rule.kind !== "weekly") return rule.kind === "always" ? "holds" : "outside";
  const now = localTimeAt(wall, timeZone);
  if (!rule.windows.some((window) => windowCovers(rule, window, now))) return "outside";
  if (rule.holidayExempt === true) return "holds";
  const today = holidays.filter((holiday) => isOn(holiday, now.day));
  return today.every((holiday) => holiday.workingHours.some((hours) => worksAt(holiday, hours, now)))
    ? "holds"
    : "holiday";
}

export const scheduleHolds = (
  rule: ScheduleRule,
  holidays: readonly Holiday[],
  wall: UnixMs,
  timeZone: string,
): boolean => scheduleState(rule, holidays, wall, timeZone) === "holds";

type WeeklyRule = Extract<ScheduleRule, { kind: "weekly" }>;

function windowCovers(rule: WeeklyRule, window: WeeklyWindow, now: LocalTime): boolean {
  const { startMinute, endMinute } = window;
  const overnight = endMinute <= startMinute;
  const today = now.minuteOfDay >= startMinute && (overnight || now.minuteOfDay < endMinute);
  if (today && beginsOn(rule, window, now.day)) return true;
  return overnight && now.minuteOfDay < endMinute && beginsOn(rule, window, now.day - 1);
}

function beginsOn({ from = null, until = null }: WeeklyRule, { days }: WeeklyWindow, day: number): boolean {
  if (from !== null && day < dayOf(from)) return false;
  if (until !== null && day > dayOf(until)) return false;
  return days.includes(weekdayOf(day));
}

/** Working hours begin on a day of the holiday; what of them runs over midnight belongs to the day before. */
function worksAt(holiday: Holiday, { startMinute, endMinute }: DayWindow, { day, minuteOfDay }: LocalTime): boolean {
  if (endMinute > startMinute) return minuteOfDay >= startMinute && minuteOfDay < endMinute;
  return minuteOfDay >= startMinute || (minuteOfDay < endMinute && isOn(holiday, day - 1));
}

/** By the date on the site's wall. A yearly one may run over the end of the year. */
export function isOn({ from, until, yearly }: Holiday, day: number): boolean {
  const first = dayOf(from);
  const last = dayOf(until);
  if (!yearly) return day >= first && day <= last;
  if (last - first >= 365) return true;
  const [begin, end, today] = [first, last, day].map(monthDay) as [number, number, number];
  return begin <= end ? today >= begin && today <= end : today >= begin || today <= end;
}

function monthDay(day: number): number {
  const { month, day: dayOfMonth } = civilOf(day);
  return month * 100 + dayOfMonth;
}
