// Days of the calendar as numbers since 1 January 1970, and as `YYYY-MM-DD`; knows no clock and no zone.
import type { LocalDate } from "./local-time.ts";

export interface CivilDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Counting years from March puts the leap day last, so that every month before it has its usual place. */
export function dayNumberOf({ year, month, day }: CivilDate): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const monthFromMarch = (month + 9) % 12;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + dayOfYear - daysTo1970;
}

export function civilOf(dayNumber: number): CivilDate {
  const days = dayNumber + daysTo1970;
  const era = Math.floor(days / daysPerEra);
  const dayOfEra = days - era * daysPerEra;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

/** Null for what no calendar has, such as 30 February. */
export function parseDate(text: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return null;
  const dayNumber = dayNumberOf({ year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) });
  return formatDate(dayNumber) === text ? dayNumber : null;
}

export function formatDate(dayNumber: number): LocalDate {
  const { year, month, day } = civilOf(dayNumber);
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}` as LocalDate;
}

/** A date that was checked when it was taken in. */
export const dayOf = (date: LocalDate): number => parseDate(date) ?? Number.NaN;

const pad = (value: number, width: number): string => String(value).padStart(width, "0");

/** From 1 March of the year 0. */
const daysTo1970 = 719_468;
const daysPerEra = 146_097;
