// How a door stands at a random moment, and how long it is to the next one.
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
