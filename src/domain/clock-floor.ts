// The latest time that a trusted clock has told: none before it can come again, so a clock that says so is not believed. Pure.
import type { Instant } from "./time.ts";

/** Clocks are corrected by moments all the time, and an older presentation may be decided after a newer record. */
const slackMs = 5_000;

export const isBelowFloor = (at: Instant, floorWall: number): boolean => at.wall < floorWall - slackMs;

export const believedAbove = (at: Instant, floorWall: number): Instant =>
  at.trusted && isBelowFloor(at, floorWall) ? { ...at, trusted: false } : at;
