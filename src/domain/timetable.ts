// What a door's timetable says at an instant, and when to look again; knows no door's state and keeps no time itself.
import type { Calendar } from "./ask.ts";
import type { TimetableInput } from "./door-input.ts";
import type { ScheduleId } from "./ids.ts";
import type { ScheduleState } from "./schedule.ts";
import { scheduleState } from "./schedule.ts";
import type { DoorSpec, TimetableRule } from "./site.ts";
import type { Instant, MonoMs } from "./time.ts";
import { later } from "./time.ts";

const minuteMs = 60_000;

const none: TimetableInput = { kind: "timetable", state: "none", schedule: null, mayEnd: false };

/**
 * A lockdown goes before whatever would hold the door open; otherwise the first rule whose time it is counts.
 * Null is a calendar that has not come yet.
 */
export function timetableAt(
  { timetable }: Pick<DoorSpec, "timetable">,
  calendar: Calendar | null,
  at: Instant,
  timeZone: string,
): TimetableInput {
  if (calendar === null) return none;
  const inForce = timetable.filter((rule) => isInForce(rule, calendar, at, timeZone));
  const rule = inForce.find(({ action }) => action === "lockDown") ?? inForce[0];
  if (rule === undefined) return at.trusted ? none : { ...none, unsure: true };
  const { schedule, action, afterFirstPerson, mayBeEnded: mayEnd } = rule;
  const holding = afterFirstPerson ? "awaitFirst" : "holdOpen";
  return { kind: "timetable", state: action === "lockDown" ? "lockDown" : holding, schedule, mayEnd };
}

/** A clock that nobody vouches for holds nothing open, and still locks down by what it reads; a holiday lifts no lockdown. */
function isInForce({ action, schedule }: TimetableRule, calendar: Calendar, at: Instant, timeZone: string): boolean {
  if (action === "holdOpen") return calendarHolds(calendar, schedule, at, timeZone);
  const state = stateOf(calendar, schedule, at, timeZone);
  return state === "holds" || state === "holiday";
}

/** Whether it is the schedule's time beyond doubt. `Always` needs no clock. */
export function calendarHolds(calendar: Calendar | null, schedule: ScheduleId, at: Instant, timeZone: string): boolean {
  if (calendar === null || stateOf(calendar, schedule, at, timeZone) !== "holds") return false;
  return at.trusted || calendar.schedules[schedule]?.kind === "always";
}

function stateOf(calendar: Calendar, schedule: ScheduleId, { wall }: Instant, timeZone: string): ScheduleState {
  const rule = calendar.schedules[schedule];
  return rule === undefined ? "outside" : scheduleState(rule, calendar.holidays, wall, timeZone);
}

/** Schedules begin and end on whole minutes of the wall clock; when that is stepped, one has to look at once. */
export function nextLookAt({ wall, mono }: Instant): MonoMs {
  const intoMinuteMs = ((wall % minuteMs) + minuteMs) % minuteMs;
  return later(mono, minuteMs - intoMinuteMs);
}
