// Reads a time as a person types it, by the clock on the site's wall, and says where that clock skips or repeats it; knows no clock.
import { formatDate, parseDate } from "./calendar-day.ts";
import type { Weekday } from "./local-time.ts";
import { formatMinute, localTimeAt, parseMinute, weekdayOf, weekdays } from "./local-time.ts";
import type { UnixMs } from "./time.ts";
import { unixMs } from "./time.ts";

export type AskedTime =
  | {
      readonly ok: true;
      readonly at: UnixMs;
      /** The next minute that the wall's clock reads differently: what was asked for is all up to it. */
      readonly until: UnixMs;
      /** A sentence where the time is not the one and only of its name. */
      readonly note: string | null;
    }
  | { readonly ok: false; readonly problem: string };

const minuteMs = 60_000;
const dayMs = 86_400_000;
const minutesOfDay = 1_440;
export const askedTimeForms =
  '"03:00", "sunday 03:00", "today 03:00", "2026-12-24 03:00", or "now"; in a repeated hour with its offset, "2026-10-25 02:30 +01:00"';

/** A time without a date is the nearest to come, or the last that was. */
export function parseAskedTime(text: string, timeZone: string, now: UnixMs, toward: "future" | "past"): AskedTime {
  const words = text
    .trim()
    .toLowerCase()
    .replace("t", text.includes("T") ? " " : "t")
    .split(/\s+/);
  if (words.length === 1 && words[0] === "now") return { ok: true, at: now, until: unixMs(now + minuteMs), note: null };
  const offset = offsetOf(words.at(-1) ?? "");
  if (offset !== null) words.pop();
  if (words[0] === "next" || words[0] === "last") words.shift();
  const time = words.at(-1) ?? "";
  const minute = parseMinute(time);
  const [day = null] = words.length === 2 ? words : [];
  if (minute === null || minute === minutesOfDay || words.length > 2) return unreadable;
  const days = daysMeant(day, timeZone, now, toward);
  if (days === null) return unreadable;
  for (const one of days) {
    const found = instantOf(one, minute, timeZone, offset);
    const fits = found.ok && (toward === "future" ? found.at >= now - minuteMs + 1 : found.at <= now);
    if (fits || days.length === 1) return found;
  }
  return unreadable;
}

const unreadable: AskedTime = { ok: false, problem: `This is not a time; write ${askedTimeForms}.` };

/** In the order in which they are tried. */
function daysMeant(day: string | null, timeZone: string, now: UnixMs, toward: "future" | "past"): number[] | null {
  const today = localTimeAt(now, timeZone).day;
  const step = toward === "future" ? 1 : -1;
  if (day === null) return [today, today + step];
  const relative = { yesterday: -1, today: 0, tomorrow: 1 }[day];
  if (relative !== undefined) return [today + relative];
  const date = parseDate(day);
  if (date !== null) return [date];
  const weekday = weekdays.find((one) => day === one || (day.length > 3 && dayNames[one].startsWith(day)));
  if (weekday === undefined) return null;
  const week = Array.from({ length: 8 }, (_, n) => today + n * step);
  return week.filter((one) => weekdayOf(one) === weekday);
}

export const dayNames: Readonly<Record<Weekday, string>> = {
  mon: "monday",
  tue: "tuesday",
  wed: "wednesday",
  thu: "thursday",
  fri: "friday",
  sat: "saturday",
  sun: "sunday",
};

function instantOf(day: number, minute: number, timeZone: string, offset: number | null): AskedTime {
  const instants = instantsOf(day, minute, timeZone);
  const said = `${formatDate(day)} ${formatMinute(minute)}`;
  if (offset !== null) {
    const exact = unixMs(day * dayMs + (minute - offset) * minuteMs);
    if (!instants.includes(exact))
      return { ok: false, problem: `The clock of ${timeZone} never reads ${said} with that offset.` };
    return { ok: true, at: exact, until: unixMs(exact + minuteMs), note: null };
  }
  const [first, second] = instants;
  if (first === undefined) {
    const at = afterGap(day, minute, timeZone);
    const local = localTimeAt(at, timeZone);
    const note = `${said} did not exist on the site's clock, which was put forward; ${formatMinute(local.minuteOfDay)} is meant, the next time there was.`;
    return { ok: true, at, until: unixMs(at + minuteMs), note };
  }
  if (second === undefined) return { ok: true, at: first, until: unixMs(first + minuteMs), note: null };
  const forms = instants.map((at) => `"${said} ${formatOffset(offsetMinutes(at, timeZone))}"`);
  const note = `${said} came twice, as the clock was put back; the first is meant. Write ${forms.join(" or ")}.`;
  return { ok: true, at: first, until: unixMs(first + minuteMs), note };
}

/** When the clock on the site's wall reads this: never in a skipped hour, twice in a repeated one. */
export function instantsOf(day: number, minute: number, timeZone: string): UnixMs[] {
  const asUtc = day * dayMs + minute * minuteMs;
  const offsets = new Set([-dayMs, dayMs].map((ms) => offsetMinutes(unixMs(asUtc + ms), timeZone)));
  return [...offsets]
    .map((offset) => unixMs(asUtc - offset * minuteMs))
    .filter((at) => {
      const local = localTimeAt(at, timeZone);
      return local.day === day && local.minuteOfDay === minute;
    })
    .sort((a, b) => a - b);
}

/** The moment at which the clock jumped over it. */
export function afterGap(day: number, minute: number, timeZone: string): UnixMs {
  for (let later = minute; later < minute + 2 * minutesOfDay; later += 1) {
    const [at] = instantsOf(day + Math.floor(later / minutesOfDay), later % minutesOfDay, timeZone);
    if (at !== undefined) return at;
  }
  return unixMs(day * dayMs + minute * minuteMs);
}

export function offsetMinutes(at: UnixMs, timeZone: string): number {
  const { day, minuteOfDay } = localTimeAt(at, timeZone);
  return day * minutesOfDay + minuteOfDay - Math.floor(at / minuteMs);
}

export function formatOffset(minutes: number): string {
  return `${minutes < 0 ? "-" : "+"}${formatMinute(Math.abs(minutes))}`;
}

function offsetOf(word: string): number | null {
  const match = /^([+-])(\d\d):(\d\d)$/.exec(word);
  if (match === null) return null;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === "-" ? -minutes : minutes;
}

/** Such as `Sunday 2026-11-29 03:00`. */
export function formatLocal(at: UnixMs, timeZone: string): string {
  const { day, weekday, minuteOfDay } = localTimeAt(at, timeZone);
  const name = dayNames[weekday];
  return `${name.charAt(0).toUpperCase()}${name.slice(1)} ${formatDate(day)} ${formatMinute(minuteOfDay)}`;
}
