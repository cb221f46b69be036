// Times as installers write them: instants with a zone or in the site's own, and windows of a day. Pure.
import { parseDate } from "../domain/calendar-day.ts";
import { formatMinute, localTimeAt, parseMinute } from "../domain/local-time.ts";
import type { DayWindow } from "../domain/recurrence.ts";
import type { UnixMs } from "../domain/time.ts";
import { unixMs } from "../domain/time.ts";

const instant = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?(Z|[+-]\d{2}:\d{2})?$/;
const minuteMs = 60_000;
const dayMinutes = 1_440;

/** `2026-11-25T08:00` is the site's wall clock, `…Z` and `…+01:00` say their zone. Null for what is no time. */
export function parseInstant(text: string, timeZone: string): UnixMs | null {
  const [, date = "", clock = "", seconds = "0", fraction = "0", zone] = instant.exec(text.trim()) ?? [];
  const day = parseDate(date);
  const minute = parseMinute(clock);
  if (day === null || minute === null || minute === dayMinutes || Number(seconds) > 59) return null;
  const local = day * dayMinutes + minute;
  const rest = Number(seconds) * 1_000 + Number(fraction.padEnd(3, "0"));
  if (zone === undefined) return unixMs(atWall(local, timeZone) * minuteMs + rest);
  const offset = offsetOf(zone);
  return offset === null ? null : unixMs((local - offset) * minuteMs + rest);
}

export const formatInstant = (at: UnixMs): string => new Date(at).toISOString();

function offsetOf(zone: string): number | null {
  if (zone === "Z") return 0;
  const minutes = parseMinute(zone.slice(1));
  if (minutes === null) return null;
  return zone.startsWith("-") ? -minutes : minutes;
}

/** The first instant, in minutes, at which the wall reads this; where it skips it, as if it had not. */
function atWall(local: number, timeZone: string): number {
  const wallOf = (minute: number) => {
    const { day, minuteOfDay } = localTimeAt(unixMs(minute * minuteMs), timeZone);
    return day * dayMinutes + minuteOfDay;
  };
  const tries = [local - dayMinutes, local + dayMinutes].map((near) => local - (wallOf(near) - near));
  const fitting = tries.filter((minute) => wallOf(minute) === local);
  return Math.min(...(fitting.length > 0 ? fitting : tries));
}

/** `08:00-18:00`; null for what is no window. */
export function parseWindow(text: string): DayWindow | null {
  const [start, end, ...more] = text.split("-").map((clock) => parseMinute(clock.trim()));
  if (start == null || end == null || more.length > 0 || start === dayMinutes) return null;
  return { startMinute: start, endMinute: end };
}

export const formatWindow = ({ startMinute, endMinute }: DayWindow): string =>
  `${formatMinute(startMinute)}-${formatMinute(endMinute)}`;
