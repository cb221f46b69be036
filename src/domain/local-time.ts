// What the clock on a site's wall reads at an instant, and times of day as text; knows no schedule and not what time it is.
import type { UnixMs } from "./time.ts";

/** Monday first, as ISO 8601 counts. */
export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof weekdays)[number];

/** `YYYY-MM-DD`. */
export type LocalDate = string & { readonly date: "local" };

export interface LocalTime {
  /** Days since 1 January 1970, by the calendar on that wall. */
  readonly day: number;
  readonly weekday: Weekday;
  readonly minuteOfDay: number;
}

export function localTimeAt(wall: UnixMs, timeZone: string): LocalTime {
  const minute = Math.floor((wall + offsetMsAt(wall, timeZone)) / minuteMs);
  const day = Math.floor(minute / minutesOfDay);
  return { day, weekday: weekdayOf(day), minuteOfDay: minute - day * minutesOfDay };
}

export const weekdayOf = (day: number): Weekday => fromThursday[((day % 7) + 7) % 7] ?? "thu";

/** Names only: an offset such as `+02:00` would tell the time, but knows no summer. */
export function isTimeZone(name: string): boolean {
  if (name.length > 64 || !/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** `HH:MM` to minutes since midnight. `24:00` gives 1440, which is the end of a day and never a start. */
export function parseMinute(text: string): number | null {
  const match = /^([01][0-9]|2[0-3]):([0-5][0-9])$|^24:00$/.exec(text);
  if (match === null) return null;
  return match[1] === undefined ? minutesOfDay : Number(match[1]) * 60 + Number(match[2]);
}

export function formatMinute(minute: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

const minutesOfDay = 1_440;
const minuteMs = 60_000;
/** Zones change their offset on quarter hours of UTC; where one did not, its quarter hour is not cached. */
const quarterMs = 15 * minuteMs;
/** Intl refuses what lies further from 1970. */
const maxDateMs = 8.64e15;
/** 1970 began on a Thursday. */
const fromThursday: readonly Weekday[] = ["thu", "fri", "sat", "sun", "mon", "tue", "wed"];

interface Zone {
  readonly format: Intl.DateTimeFormat;
  readonly offsets: Map<number, number>;
  lastQuarter: number;
  lastOffsetMs: number;
}

/** Memoized, as asking Intl costs microseconds: a site has one zone, an explanation of a fleet a few. */
const zones = new Map<string, Zone>();
const maxZones = 16;
const maxQuarters = 4_096;

function offsetMsAt(wall: UnixMs, timeZone: string): number {
  const zone = zones.get(timeZone) ?? openZone(timeZone);
  const quarter = Math.floor(wall / quarterMs);
  if (quarter === zone.lastQuarter) return zone.lastOffsetMs;
  const offsetMs = zone.offsets.get(quarter) ?? constantOffsetMs(zone, quarter);
  if (offsetMs === null) return askOffsetMs(zone, wall);
  zone.lastQuarter = quarter;
  zone.lastOffsetMs = offsetMs;
  return offsetMs;
}

function openZone(timeZone: string): Zone {
  const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  const zone: Zone = { format, offsets: new Map(), lastQuarter: Number.NaN, lastOffsetMs: 0 };
  if (zones.size >= maxZones) zones.clear();
  zones.set(timeZone, zone);
  return zone;
}

/** Null when the offset changes within this quarter hour. */
function constantOffsetMs(zone: Zone, quarter: number): number | null {
  const offsetMs = askOffsetMs(zone, quarter * quarterMs);
  if (askOffsetMs(zone, (quarter + 1) * quarterMs - 1) !== offsetMs) return null;
  if (zone.offsets.size >= maxQuarters) zone.offsets.clear();
  zone.offsets.set(quarter, offsetMs);
  return offsetMs;
}

/** Intl writes `… GMT`, `… GMT+02:00`, `… GMT-00:44:30`. */
function askOffsetMs(zone: Zone, wallMs: number): number {
  const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(
    zone.format.format(Math.max(-maxDateMs, Math.min(maxDateMs, wallMs))),
  );
  const [, sign, hours, minutes, seconds] = match ?? [];
  if (sign === undefined) return 0;
  const offsetMs = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds ?? 0)) * 1_000;
  return sign === "-" ? -offsetMs : offsetMs;
}
