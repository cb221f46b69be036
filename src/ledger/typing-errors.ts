// Codes that failed at a reader within the last minute, in memory only, to tell a typing error from a guess. Pure.
import { withinOneEdit } from "../domain/guess.ts";
import type { MonoMs } from "../domain/time.ts";

export interface FailedEntry {
  readonly digits: string;
  readonly at: MonoMs;
}

const forgivenWithinMs = 60_000;
const maxRemembered = 16;

export function rememberFailure(entries: readonly FailedEntry[], digits: string, now: MonoMs): readonly FailedEntry[] {
  return [...recent(entries, now), { digits, at: now }].slice(-maxRemembered);
}

/** Each entry that was one edit away from the code that now succeeded, once. */
export function forgiveFailures(
  entries: readonly FailedEntry[],
  digits: string,
  now: MonoMs,
): { readonly forgiven: number; readonly rest: readonly FailedEntry[] } {
  const known = recent(entries, now);
  const rest = known.filter((entry) => !withinOneEdit(entry.digits, digits));
  return { forgiven: known.length - rest.length, rest };
}

const recent = (entries: readonly FailedEntry[], now: MonoMs): readonly FailedEntry[] =>
  entries.filter((entry) => now - entry.at <= forgivenWithinMs);
