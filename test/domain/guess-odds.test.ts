// What the guess bound means for an attacker: his tries against an exhaustive search, his chances against plain counting.
import fc from "fast-check";
import { expect, test } from "vitest";
import { failGuess, freshGuess, type GuessState, guessOdds } from "../../src/domain/guess.ts";
import type { GuessPolicy } from "../../src/domain/site.ts";
import { monoMs } from "../../src/domain/time.ts";

const usual: GuessPolicy = { failures: 5, blockMs: 30_000, maxBlockMs: 900_000, drainMs: 1_200_000 };
const dayMs = 86_400_000;
const fresh = freshGuess(monoMs(0));

/** Tries whenever the door lets him, until the time is up. */
function tryTirelessly(policy: GuessPolicy, untilMs: number): number {
  let state = fresh;
  let tries = 0;
  for (let now = 0; now < untilMs; now = state.blockedUntil ?? now) {
    state = failGuess(state, policy, monoMs(now)).state;
    tries += 1;
  }
  return tries;
}

/** The most tries in a day by trying everything: at every tick at which the door is free, try or wait. */
function mostTriesByExhaustion(policy: GuessPolicy, tickMs: number): number {
  const ticks = Math.floor(dayMs / tickMs);
  const best = new Map<string, number>();
  const from = (tick: number, state: GuessState): number => {
    if (tick > ticks) return 0;
    const now = monoMs(tick * tickMs);
    const drained = Math.max(0, state.level * policy.drainMs - (now - state.at));
    const key = `${tick} ${Math.round((drained / tickMs) * 2)}`;
    const known = best.get(key);
    if (known !== undefined) return known;
    const failed = failGuess(state, policy, now).state;
    const freeTick = Math.ceil((failed.blockedUntil ?? now) / tickMs);
    const found = Math.max(from(tick + 1, state), 1 + from(freeTick, failed));
    best.set(key, found);
    return found;
  };
  return from(0, fresh);
}

test("the stated tries of a day are exactly what the best of all timings gets", () => {
  // Seven minutes do not divide a day, and a drain one millisecond short lets a try on the tick just miss each rounding.
  const tickMs = 420_000;
  const policies = fc.record({
    failures: fc.integer({ min: 1, max: 4 }),
    block: fc.integer({ min: 1, max: 9 }),
    longer: fc.integer({ min: 0, max: 10 }),
    drain: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(
    fc.property(policies, ({ failures, block, longer, drain }) => {
      const policy: GuessPolicy = {
        failures,
        blockMs: block * tickMs,
        maxBlockMs: (block + longer) * tickMs,
        drainMs: drain * 2 * tickMs - 1,
      };
      expect(mostTriesByExhaustion(policy, tickMs)).toBe(guessOdds(policy, []).triesPerDay);
    }),
    // Where a block outlasts what it lets drain, saving up failures beats hammering.
    {
      numRuns: 60,
      examples: [[{ failures: 3, block: 9, longer: 0, drain: 2 }], [{ failures: 4, block: 8, longer: 0, drain: 3 }]],
    },
  );
});

test("hammering without a thought comes close to the bound and never over it", () => {
  const policies = fc.record({
    failures: fc.integer({ min: 1, max: 20 }),
    blockMs: fc.integer({ min: 1_000, max: 120_000 }),
    maxBlockMs: fc.integer({ min: 120_000, max: 7_200_000 }),
    drainMs: fc.integer({ min: 60_000, max: 7_200_000 }),
  });
  fc.assert(
    fc.property(policies, (policy) => {
      const { triesPerDay, triesPerYear } = guessOdds(policy, []);
      expect(tryTirelessly(policy, dayMs)).toBeLessThanOrEqual(triesPerDay);
      expect(tryTirelessly(policy, 365 * dayMs)).toBeLessThanOrEqual(triesPerYear);
      expect(triesPerYear).toBeLessThanOrEqual(365 * triesPerDay);
    }),
    { numRuns: 15 },
  );
});

test("the usual policy gives about a hundred tries a day, and hammering gets nearly all of them", () => {
  const odds = guessOdds(usual, [{ length: 6, count: 1 }]);
  expect(odds).toMatchObject({ triesPerDay: 105, triesPerYear: 35_049 });
  expect(odds.perDay).toBeCloseTo(105e-6, 12);
  expect(odds.perYear).toBeCloseTo(0.035049, 12);
  expect(tryTirelessly(usual, dayMs)).toBeGreaterThanOrEqual(104);
});

test("a policy that hardly limits is judged as quickly, and never too kindly", () => {
  const lax: GuessPolicy = { failures: 3, blockMs: 1_000, maxBlockMs: 1_000, drainMs: 60_000 };
  const { triesPerYear, perYear } = guessOdds(lax, [{ length: 6, count: 1 }]);
  const tries = tryTirelessly(lax, 10 * dayMs);
  expect(triesPerYear).toBeGreaterThanOrEqual(36.5 * (tries - 3));
  expect(triesPerYear).toBeLessThan(36.6 * tries);
  expect(perYear).toBe(1);
  const none: GuessPolicy = { failures: 1_000_000, blockMs: 1, maxBlockMs: 1, drainMs: 1 };
  expect(guessOdds(none, [{ length: 8, count: 1 }])).toMatchObject({ perDay: 1, perYear: 1 });
});

/** Try by try: each miss takes one code out of the space. */
function oddsByCounting(tries: number, space: number, live: number): number {
  let miss = 1;
  for (let tried = 0; tried < tries; tried += 1) miss *= Math.max(0, space - live - tried) / (space - tried);
  return 1 - miss;
}

test.each<[string, readonly { length: number; count: number }[], number]>([
  ["no codes cannot be hit", [], 0],
  ["codes that no longer live cannot be hit", [{ length: 4, count: 0 }], 0],
  ["one four-digit code", [{ length: 4, count: 1 }], 105 / 10_000],
  ["forty four-digit codes", [{ length: 4, count: 40 }], oddsByCounting(105, 10_000, 40)],
  ["a thousand six-digit codes", [{ length: 6, count: 1_000 }], oddsByCounting(105, 1_000_000, 1_000)],
  [
    "the same in two entries",
    [
      { length: 6, count: 400 },
      { length: 6, count: 600 },
    ],
    oddsByCounting(105, 1e6, 1_000),
  ],
  [
    "a weak length beside many strong codes",
    [
      { length: 8, count: 20_000 },
      { length: 4, count: 3 },
    ],
    oddsByCounting(105, 1e4, 3),
  ],
  ["a two-digit code", [{ length: 2, count: 1 }], 1],
  ["every code of a length", [{ length: 3, count: 1_000 }], 1],
  ["a sixteen-digit code", [{ length: 16, count: 1 }], 105e-16],
])("the chance of a day with %s", (_, codes, chance) => {
  expect(guessOdds(usual, codes).perDay).toBeCloseTo(chance, 10);
});

test("chances grow with tries and with codes and never pass one", () => {
  const codes = fc.array(fc.record({ length: fc.integer({ min: 1, max: 16 }), count: fc.nat(20_000) }), {
    maxLength: 5,
  });
  fc.assert(
    fc.property(codes, (each) => {
      const { perDay, perYear } = guessOdds(usual, each);
      expect(perDay).toBeGreaterThanOrEqual(0);
      expect(perYear).toBeGreaterThanOrEqual(perDay);
      expect(perYear).toBeLessThanOrEqual(1);
      const more = guessOdds(usual, [...each, { length: 6, count: 10 }]);
      expect(more.perDay).toBeGreaterThanOrEqual(perDay);
    }),
    { numRuns: 20 },
  );
});
