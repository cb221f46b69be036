// Choices that look random and repeat with their seed.

export interface Choice {
  /** From 0 inclusive to 1 exclusive. */
  fraction(): number;
  /** A whole number below the limit. */
  below(limit: number): number;
  chance(probability: number): boolean;
  of<One>(several: readonly One[]): One;
  shuffled<One>(several: readonly One[]): One[];
}

export function createChoice(seed: number): Choice {
  let state = seed >>> 0;
  // Mulberry32: small, and good enough to spread instants.
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(fraction() * limit);
  return {
    fraction,
    below,
    chance: (probability) => fraction() < probability,
    of: (several) => {
      const one = several[below(several.length)];
      if (one === undefined) throw new Error("There is nothing to choose from.");
      return one;
    },
    shuffled: (several) => {
      const rest = [...several];
      return several.flatMap(() => rest.splice(below(rest.length), 1));
    },
  };
}
