// What the clock on a site's wall reads at an instant, and times of day as text; knows no schedule and no current time.
import type { Weekday } from "./schedule.ts";
import type { UnixMs } from "./time.ts";

export interface LocalTime {
  readonly weekday: Weekday;
  readonly minuteOfDay: number;
}

export declare function localTimeAt(wall: UnixMs, timeZone: string): LocalTime;
