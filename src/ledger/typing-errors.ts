// Codes that failed at a reader within the last minute, in memory only, to tell a typing error from a guess. Pure.
import { withinOneEdit } from "../domain/guess.ts";
import type { MonoMs } from "../domain/time.ts";

export interface FailedEntry {
  readonly digits: string;
  readonly at: MonoMs;
  /** As how many it was counted. */
  readonly tries: number;
}

const forgivenWithinMs = 60_000;
const maxRemembered = 16;

export const rememberFailure = (entries: readonly FailedEntry[], failed: FailedEntry): readonly FailedEntry[] =>
  [...recent(entries, failed.at), failed].slice(-maxRemembered);

/** All that was counted for entries that were one edit away from the code that now succeeded, once. */
export function forgiveFailures(
  entries: readonly FailedEntry[],
  digits: string,
  now: MonoMs,
): { readonly forgiven: number; readonly rest: readonly FailedEntry[] } {
  const known = recent(entries, now);
  const rest = known.filter((entry) => !withinOneEdit(entry.digits, digits));
  const forgiven = known.filter((entry) => !rest.includes(entry)).reduce((sum, { tries }) => sum + tries, 0);
  return { forgiven, rest };
}

const recent = (entries: readonly FailedEntry[], now: MonoMs): readonly FailedEntry[] =>
  entries.filter((entry) => now - entry.at <= forgivenWithinMs);
