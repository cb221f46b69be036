// What a carried pass or an offline code says, once it is proven; knows neither bytes nor digits.
import type { Weekday } from "../local-time.ts";
import type { UnixMs } from "../time.ts";
import { unixMs } from "../time.ts";

export interface PassClaims {
  /** With the key's number it names the pass. */
  readonly serial: number;
  readonly from: UnixMs;
  /** Exclusive. */
  readonly until: UnixMs;
  /** By number; null is all places of the key. */
  readonly places: readonly number[] | null;
  readonly uses: { readonly count: number; readonly over: "door" | "all" } | null;
  readonly recurrence: { readonly start: number; readonly minutes: number; readonly days: readonly Weekday[] } | null;
  /** By number; `person` is those of the key's person. */
  readonly floors: readonly number[] | "person" | null;
  /** Whether its code must be typed after it at every door. */
  readonly code: boolean;
  readonly revokes: Revokes | null;
}

/** Older passes of the same key: all up to a serial, and single ones. */
export interface Revokes {
  readonly upTo: number | null;
  readonly serials: readonly number[];
}

/** 2025-01-01T00:00:00Z. */
const epochMs = 1_735_689_600_000;
export const minuteMs = 60_000;

export const unixOfMinute = (minute: number): UnixMs => unixMs(epochMs + minute * minuteMs);
export const minuteOfUnix = (wall: UnixMs): number => Math.floor((wall - epochMs) / minuteMs);
