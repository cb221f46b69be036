// When a decision would next be another one if only time went by: looks at each moment at which a rule can change; pure.
import { afterGap, instantsOf } from "../../domain/asked-time.ts";
import type { Decision } from "../../domain/decide.ts";
import { decide } from "../../domain/decide.ts";
import type { Facts } from "../../domain/facts.ts";
import { localTimeAt } from "../../domain/local-time.ts";
import type { ScheduleRule } from "../../domain/schedule.ts";
import type { UnixMs } from "../../domain/time.ts";
import { later, unixMs } from "../../domain/time.ts";

const searchedDays = 370;

export const isOpening = (decision: Decision): boolean => decision.granted || "more" in decision;

/** With everything else as it is: the first moment from which on it opens, within a year. */
export function nextOpening(facts: Facts): UnixMs | null {
  const { now, timeZone } = facts;
  const today = localTimeAt(now.wall, timeZone).day;
  const minutes = [...minutesOfChange(facts)].sort((a, b) => a - b);
  const moments = momentsOfChange(facts).filter((at) => at > now.wall);
  for (let day = today; day <= today + searchedDays; day += 1) {
    const ofDay = minutes.flatMap((minute) => {
      const found = instantsOf(day, minute, timeZone);
      return found.length === 0 ? [afterGap(day, minute, timeZone)] : found;
    });
    const end = ofDay.at(-1) ?? now.wall;
    const due = [...ofDay, ...moments.filter((at) => at <= end)].filter((at) => at > now.wall).sort((a, b) => a - b);
    const opens = due.find((at) => isOpening(decide(atMoment(facts, at))));
    if (opens !== undefined) return opens;
  }
  return moments.sort((a, b) => a - b).find((at) => isOpening(decide(atMoment(facts, at)))) ?? null;
}

export function atMoment(facts: Facts, at: UnixMs): Facts {
  const { now } = facts;
  return { ...facts, now: { ...now, wall: at, mono: later(now.mono, at - now.wall) } };
}

function minutesOfChange({ grants, factors, holidays, holder }: Facts): Set<number> {
  const rules: readonly ScheduleRule[] = [
    ...grants.map(({ schedule }) => schedule.rule),
    ...factors.map(({ rule }) => rule),
  ];
  const windows = [
    ...rules.flatMap((rule) => (rule.kind === "weekly" ? rule.windows : [])),
    ...holidays.flatMap(({ workingHours }) => workingHours),
    ...(holder?.kind === "pass" && holder.recurrence.kind !== "once" ? [holder.recurrence.window] : []),
  ];
  return new Set([0, ...windows.flatMap(({ startMinute, endMinute }) => [startMinute, endMinute % 1_440])]);
}

function momentsOfChange({ credential, holder, host }: Facts): UnixMs[] {
  const validities = [
    credential?.validity,
    holder === null || holder.kind === "public" ? undefined : holder.validity,
    host?.person.validity,
  ];
  return validities.flatMap((validity) => (validity?.from == null ? [] : [unixMs(validity.from)]));
}
