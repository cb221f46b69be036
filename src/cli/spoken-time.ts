// Times and spans as people write and read them, in the site's time; knows no command.
import { formatDate, parseDate } from "../domain/calendar-day.ts";
import type { LocalDate } from "../domain/local-time.ts";
import { formatMinute, localTimeAt, parseMinute, weekdays } from "../domain/local-time.ts";
import type { DayWindow } from "../domain/recurrence.ts";
import type { WeeklyWindow } from "../domain/schedule.ts";
import type { UnixMs } from "../domain/time.ts";
import { unixMs } from "../domain/time.ts";
import { Misuse } from "./misuse.ts";

const minuteMs = 60_000;
const minutesOfDay = 1_440;
const unitsMs = { m: minuteMs, h: 60 * minuteMs, d: minutesOfDay * minuteMs, w: 7 * minutesOfDay * minuteMs };

/** `90m`, `2h`, `3d`, `1w`. */
export function spanMs(text: string, option: string): number {
  const match = /^([1-9][0-9]{0,4})([mhdw])$/.exec(text);
  if (match === null) throw new Misuse(`${option} takes a span such as 90m, 2h, 3d or 1w.`);
  return Number(match[1]) * unitsMs[match[2] as keyof typeof unitsMs];
}

export interface TimeWords {
  readonly nowWall: number;
  readonly timeZone: string;
}

/** `2026-12-24`, `2026-12-24 18:00`, `18:00` (today) or `+2h`. A day alone is its beginning, or, as an end, all of it. */
export function momentOf(text: string, option: string, { nowWall, timeZone }: TimeWords, isEnd: boolean): UnixMs {
  if (text.startsWith("+")) return unixMs(nowWall + spanMs(text.slice(1), option));
  const match = /^(?:(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}))?|(\d{2}:\d{2}))$/.exec(text);
  const day = match?.[1] === undefined ? localTimeAt(unixMs(nowWall), timeZone).day : parseDate(match[1]);
  const clock = match?.[2] ?? match?.[3];
  const minute = clock === undefined ? (isEnd ? minutesOfDay : 0) : parseMinute(clock);
  if (match === null || day === null || minute === null) {
    throw new Misuse(`${option} takes a time such as 2026-12-24, "2026-12-24 18:00", 18:00 or +2h.`);
  }
  return wallOf(day * minutesOfDay + minute, timeZone);
}

const dayWords = /^(today|yesterday|(mon|tue|wed|thu|fri|sat|sun)[a-z]*)(?:[ T](\d{2}:\d{2}))?$/;
const dayNames = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/** As `momentOf`, for what has been: also `now`, `today`, `yesterday` and the last day of a name that has begun, each with a time or without. */
export function pastMomentOf(text: string, option: string, words: TimeWords, isEnd: boolean): UnixMs {
  if (text === "now") return unixMs(words.nowWall);
  const [, name, short, clock] = dayWords.exec(text.toLowerCase()) ?? [];
  if (name === undefined && /^[\d: T-]+$/.test(text)) return momentOf(text, option, words, isEnd);
  if (name === undefined || (short !== undefined && name !== short && !dayNames.includes(name))) {
    throw new Misuse(`${option} takes a time such as saturday, "saturday 18:00", yesterday, 2026-12-24 or 18:00.`);
  }
  const today = localTimeAt(unixMs(words.nowWall), words.timeZone);
  let { day } = today;
  if (name === "yesterday") day -= 1;
  else if (short !== undefined) {
    const since = weekdays.indexOf(today.weekday) - (weekdays as readonly string[]).indexOf(short);
    day -= (since + weekdays.length) % weekdays.length;
  }
  return momentOf(clock === undefined ? formatDate(day) : `${formatDate(day)} ${clock}`, option, words, isEnd);
}

/** `22:15:30` (today) or `2026-12-24 22:15:30`; seconds may be left out. */
export function secondOf(words: readonly string[], { nowWall, timeZone }: TimeWords): UnixMs {
  const match = /^(?:(\d{4}-\d{2}-\d{2})[ T])?(\d{2}:\d{2})(?::([0-5]\d))?$/.exec(words.join(" "));
  const day = match?.[1] === undefined ? localTimeAt(unixMs(nowWall), timeZone).day : parseDate(match[1]);
  const minute = match?.[2] === undefined ? null : parseMinute(match[2]);
  if (match === null || day === null || minute === null || minute === minutesOfDay) {
    throw new Misuse('Say the time as the clock on the wall reads: "2026-12-24 22:15:30", or 22:15 for today.');
  }
  return unixMs(wallOf(day * minutesOfDay + minute, timeZone) + Number(match[3] ?? 0) * 1_000);
}

export function secondText(wall: UnixMs, timeZone: string): string {
  const { day, minuteOfDay } = localTimeAt(wall, timeZone);
  const second = String(Math.floor(wall / 1_000) % 60).padStart(2, "0");
  return `${formatDate(day)} ${formatMinute(minuteOfDay)}:${second}`;
}

/** The instant at which the site's clock reads so; for what it skips, the one it would have been. */
function wallOf(localMinute: number, timeZone: string): UnixMs {
  let wall = localMinute * minuteMs;
  // The second round corrects for a change of the offset between the first guess and the answer.
  for (let round = 0; round < 2; round += 1) {
    const { day, minuteOfDay } = localTimeAt(unixMs(wall), timeZone);
    wall += (localMinute - (day * minutesOfDay + minuteOfDay)) * minuteMs;
  }
  return unixMs(wall);
}

export function dateOf(text: string, option: string): LocalDate {
  if (parseDate(text) === null) throw new Misuse(`${option} takes a date such as 2026-12-24.`);
  return text as LocalDate;
}

export const todayAt = ({ nowWall, timeZone }: TimeWords): LocalDate =>
  formatDate(localTimeAt(unixMs(nowWall), timeZone).day);

/** `08:00-18:00`; an end that is not later than the start lies on the next day. */
export function windowOf(text: string, option: string): DayWindow {
  const [start, end, more] = text.split("-");
  const [startMinute, endMinute] = [parseMinute(start ?? ""), parseMinute(end ?? "")];
  if (startMinute === null || startMinute === minutesOfDay || endMinute === null || more !== undefined) {
    throw new Misuse(`${option} takes hours such as 08:00-18:00.`);
  }
  return { startMinute, endMinute };
}

/** `mon-fri`, `sat,sun`, `daily`. */
export function daysOf(text: string, option: string): WeeklyWindow["days"] {
  if (text === "daily") return weekdays;
  const days = text.split(",").flatMap((part) => {
    const [first, last = first] = part.split("-");
    const [from, to] = [first, last].map((day) => (weekdays as readonly string[]).indexOf(day ?? "")) as [
      number,
      number,
    ];
    if (from < 0 || to < 0) throw new Misuse(`${option} takes days such as mon-fri, sat,sun or daily.`);
    const count = ((to - from + weekdays.length) % weekdays.length) + 1;
    return Array.from({ length: count }, (_, n) => weekdays[(from + n) % weekdays.length] ?? "mon");
  });
  return weekdays.filter((day) => days.includes(day));
}

export function timeText(wall: number, timeZone: string): string {
  const { day, minuteOfDay } = localTimeAt(unixMs(wall), timeZone);
  return `${formatDate(day)} ${formatMinute(minuteOfDay)}`;
}

export const windowText = ({ startMinute, endMinute }: DayWindow): string =>
  `${formatMinute(startMinute)}-${formatMinute(endMinute)}`;

/** Runs of three and more are written as one. */
export function daysText(days: readonly string[]): string {
  if (days.length === weekdays.length) return "daily";
  const runs: string[][] = [];
  for (const day of weekdays) {
    if (!days.includes(day)) continue;
    const run = runs.at(-1);
    const previous = weekdays[weekdays.indexOf(day) - 1];
    if (run !== undefined && run.at(-1) === previous) run.push(day);
    else runs.push([day]);
  }
  return runs.map((run) => (run.length > 2 ? `${run[0]}-${run.at(-1)}` : run.join(","))).join(",");
}

export function spanText(ms: number): string {
  const [unit, size] = spanWords.find(([, one]) => ms % one === 0) ?? ["minutes", minuteMs];
  const count = Math.round(ms / size);
  return count === 1 ? `1 ${unit.slice(0, -1)}` : `${count} ${unit}`;
}

const spanWords = [
  ["days", unitsMs.d],
  ["hours", unitsMs.h],
  ["minutes", unitsMs.m],
] as const;
