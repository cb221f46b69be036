// What a plan is made of: the directory as it is, the steps to what a file wants, and what they come to in words.
import type { DirectoryChange } from "../domain/directory.ts";
import type { ExportedHolder, Owned } from "../domain/directory-export.ts";
import type { Holiday, Schedule } from "../domain/schedule.ts";

export interface KnownDirectory {
  readonly holders: readonly ExportedHolder[];
  readonly schedules: readonly Owned<Schedule>[];
  readonly holidays: readonly Owned<Holiday>[];
}

export interface PlannedStep {
  readonly change: DirectoryChange;
  /** Where the file asks for it; null where it asks by leaving something out. */
  readonly line: number | null;
}

export interface PlannedNews {
  readonly verb: "adds" | "changes" | "removes" | "leaves";
  readonly text: string;
  /** The same with ids instead of names, for logs that nobody purges. */
  readonly quiet: string;
}

export interface Plan {
  readonly steps: readonly PlannedStep[];
  readonly news: readonly PlannedNews[];
}

export interface PlannedParts {
  /** Before anything is put, so that it makes room. */
  readonly removals: readonly PlannedStep[];
  readonly puts: readonly PlannedStep[];
  readonly words: readonly string[];
}

export interface Compared {
  /** Whether the credential's code is this one. */
  isSame(credential: string, secret: string): boolean;
}

/** Members that are null or absent are the same, whatever their order. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a == null && b == null) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((one, n) => sameValue(one, b[n]));
  }
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((key) => sameValue(left[key], right[key]));
}
