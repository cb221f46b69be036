// When a random life begins, how a door stands at a random moment of it, and how long it is to the next one.
import type { Situation } from "../../src/domain/ask.ts";
import type { Dice } from "./dice.ts";

export function randomSituation(dice: Dice): Situation {
  const mode = dice.draw<Situation["mode"]>([
    [60, "locked"],
    [15, "unlocked"],
    [10, "accessed"],
    [10, "lockedOpen"],
    [0.7, "blocked"],
    [1.5, "lockedDown"],
    [0.7, "doubleLocked"],
  ]);
  return { mode, interlocked: dice.chance(1) };
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Often none at all, so that several are judged at once. */
export const randomPause = (dice: Dice): number =>
  dice.draw([
    [20, 0],
    [25, dice.between(1, 9_000)],
    [25, dice.between(1_000, 2 * minuteMs)],
    [25, dice.between(minuteMs, hourMs)],
    [3, dice.between(hourMs, 24 * hourMs)],
  ]);

/** Where clocks and calendars do what they seldom do, and ordinary days. */
const beginnings = [
  "2024-02-27T10:00:00Z",
  "2025-03-29T16:00:00Z",
  "2025-10-25T16:00:00Z",
  "2026-03-07T20:00:00Z",
  "2026-10-31T20:00:00Z",
  "2026-12-28T08:00:00Z",
  "2027-04-03T08:00:00Z",
  "2028-02-26T08:00:00Z",
  "2026-06-15T08:00:00Z",
  "2026-09-14T08:00:00Z",
].map((text) => Date.parse(text));

export const randomBeginning = (dice: Dice): number => dice.pick(beginnings) + dice.between(-6 * hourMs, 6 * hourMs);
