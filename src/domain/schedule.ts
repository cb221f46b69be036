// When a grant holds, in the site's wall-clock time.
import type { ScheduleId } from "./ids.ts";

/** Monday first, as ISO 8601 counts. */
export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof weekdays)[number];

/** Minutes since local midnight. `end` is exclusive; `end <= start` runs into the next day, and equal means 24 hours. */
export interface WeeklyWindow {
  readonly days: readonly Weekday[];
  readonly startMinute: number;
  readonly endMinute: number;
}

export type ScheduleRule =
  | { readonly kind: "always" }
  | { readonly kind: "never" }
  | { readonly kind: "weekly"; readonly windows: readonly WeeklyWindow[] };

export interface Schedule {
  readonly id: ScheduleId;
  readonly name: string;
  readonly rule: ScheduleRule;
}

/** Built in, not deletable. */
export const always: Schedule = { id: "always" as ScheduleId, name: "Always", rule: { kind: "always" } };
export const never: Schedule = { id: "never" as ScheduleId, name: "Never", rule: { kind: "never" } };
