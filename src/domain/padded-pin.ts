// Digits that somebody types before and after a PIN so that onlookers do not learn it; knows no person and no store.
import type { GuessPolicy } from "./site.ts";

/** Of so many digits a PIN must be to be found in a longer entry. */
export const leastPaddedDigits = 6;
/** Before and after it together. Each costs a further slow hash. */
export const mostPadding = 4;
export const mostWindows = mostPadding + 1;

/** Each run of digits in the entry that may be a PIN of that length; null where it may not have digits around it. */
export function windowsOf(entry: string, pinDigits: number): readonly string[] | null {
  const padding = entry.length - pinDigits;
  if (pinDigits < leastPaddedDigits || padding < 1 || padding > mostPadding) return null;
  return Array.from({ length: padding + 1 }, (_, from) => entry.slice(from, from + pinDigits));
}

/** As how many wrong codes an entry counts: as many as it holds, and yet none blocks by itself, for everybody slips once. */
export const triesIn = (windows: number, policy: Pick<GuessPolicy, "failures">): number =>
  Math.max(1, Math.min(windows, policy.failures - 1));
