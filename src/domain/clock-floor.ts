// The latest time that a trusted clock has told: none before it can come again, so a clock that says so is not believed. Pure.
import type { Instant, MonoMs } from "./time.ts";

/** Clocks are corrected by moments all the time, and an older presentation may be decided after a newer record. */
const slackMs = 5_000;

export interface ClockFloor {
  readonly wall: number;
  /** When a time without proof was first told, or last raised it; null before, and anew in each run. */
  readonly mono: MonoMs | null;
}

export const noFloor: ClockFloor = { wall: 0, mono: null };

export const isBelowFloor = (at: Instant, floorWall: number): boolean => at.wall < floorWall - slackMs;

export const believedAbove = (at: Instant, floorWall: number): Instant =>
  at.trusted && isBelowFloor(at, floorWall) ? { ...at, trusted: false } : at;

/**
 * A proven time counts as it is. One without proof raises the floor no faster than time passes: whoever lies about it may set
 * the clock far ahead, but cannot make the true time be refused for ever after. The very first one has nothing to go by.
 */
export function raisedFloor(floor: ClockFloor, at: Instant): ClockFloor {
  if (!at.trusted) return floor;
  if (at.plain !== true || floor.wall <= 0) {
    return at.wall > floor.wall ? { wall: at.wall, mono: at.mono } : floor;
  }
  if (floor.mono === null) return { ...floor, mono: at.mono };
  const wall = Math.min(at.wall, floor.wall + Math.max(0, at.mono - floor.mono));
  return wall > floor.wall ? { wall, mono: at.mono } : floor;
}
