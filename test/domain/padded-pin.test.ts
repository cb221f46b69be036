// Digits around a PIN: which PINs an entry may hold, and as how many tries it counts.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  failGuess,
  freshGuess,
  type GuessState,
  isBlocked,
  paddedOdds,
  restoreGuess,
  storeGuess,
} from "../../src/domain/guess.ts";
import { mostWindows, triesIn, windowsOf } from "../../src/domain/padded-pin.ts";
import type { GuessPolicy } from "../../src/domain/site.ts";
import { type MonoMs, monoMs, unixMs } from "../../src/domain/time.ts";

const dayMs = 86_400_000;
const ofPerson: GuessPolicy = { failures: 5, blockMs: 300_000, maxBlockMs: 300_000, drainMs: 1_200_000 };
const policies = fc.record({
  failures: fc.integer({ min: 1, max: 12 }),
  blockMs: fc.integer({ min: 1_000, max: 900_000 }),
  maxBlockMs: fc.integer({ min: 900_000, max: 7_200_000 }),
  // Odd, so that no level of whole milliseconds lies on the edge of rounding.
  drainMs: fc.integer({ min: 30_000, max: 3_600_000 }).map((half) => 2 * half + 1),
});

test("an entry holds each run of digits that is as long as the PIN", () => {
  expect(windowsOf("9947110688", 6)).toEqual(["994711", "947110", "471106", "711068", "110688"]);
  expect(windowsOf("4711067", 6)).toEqual(["471106", "711067"]);
});

test.each([
  ["a PIN of fewer than six digits", "994711", 5],
  ["the PIN as it is", "471106", 6],
  ["fewer digits than it has", "47110", 6],
  ["more than four digits around it", "99947110688", 6],
])("%s may have no digits around it", (_, entry, digits) => {
  expect(windowsOf(entry, digits)).toBe(null);
});

test("no entry, of any length, takes more than five slow hashes", () => {
  for (let length = 1; length <= 16; length += 1) {
    for (let digits = 2; digits <= 8; digits += 1) {
      expect((windowsOf("7".repeat(length), digits) ?? ["one"]).length).toBeLessThanOrEqual(mostWindows);
    }
  }
});

test("an entry counts as many times as it holds PINs, and no single one blocks whoever slips", () => {
  expect([1, 2, 3, 4, 5].map((windows) => triesIn(windows, ofPerson))).toEqual([1, 2, 3, 4, 4]);
  expect([1, 5].map((windows) => triesIn(windows, { failures: 1 }))).toEqual([1, 1]);
  const slipped = failGuess(freshGuess(monoMs(0)), ofPerson, monoMs(0), triesIn(5, ofPerson));
  expect(slipped).toMatchObject({ blockMs: null, state: { level: 4 } });
});

/** Each as soon as the one before it allows; and when the next one could be. */
function oneAfterTheOther(state: GuessState, policy: GuessPolicy, now: MonoMs, failures: number) {
  let [last, freeAt] = [state, now];
  for (let n = 0; n < failures; n += 1) {
    last = failGuess(last, policy, freeAt).state;
    freeAt = last.blockedUntil ?? freeAt;
  }
  return { state: last, freeAt };
}

test("several failures at once block and are forgotten as if each had been waited for", () => {
  const lives = fc.array(fc.record({ gapMs: fc.nat(3_000_000), failures: fc.integer({ min: 1, max: mostWindows }) }), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(policies, lives, fc.nat(9_000_000), (policy, life, laterMs) => {
      let [atOnce, apart] = [freshGuess(monoMs(0)), freshGuess(monoMs(0))];
      let [now, freeAt] = [monoMs(0), monoMs(0)];
      for (const { gapMs, failures } of life) {
        now = monoMs(freeAt + gapMs);
        atOnce = failGuess(atOnce, policy, now, failures).state;
        ({ state: apart, freeAt } = oneAfterTheOther(apart, policy, now, failures));
        expect(atOnce.blockedUntil ?? now).toBe(freeAt);
      }
      const after = monoMs(freeAt + laterMs);
      const next = (state: GuessState) => failGuess(state, policy, after).state.level;
      expect(next(atOnce)).toBeCloseTo(next(apart), 6);
    }),
    { numRuns: 200 },
  );
});

test("no restart makes several failures at once block for less, whatever becomes of the clock", () => {
  const { state } = failGuess({ level: 4, at: monoMs(0), blockedUntil: null }, ofPerson, monoMs(0), 4);
  expect(state.blockedUntil).toBe(4 * 300_000);
  const stored = storeGuess(state, { mono: monoMs(0), wall: unixMs(5e11), trusted: false }, "a");
  const sameBoot = restoreGuess(stored, { mono: monoMs(1_000), wall: unixMs(0), trusted: false }, "a", ofPerson);
  expect(sameBoot.blockedUntil).toBe(4 * 300_000);
  const nextBoot = restoreGuess(stored, { mono: monoMs(50), wall: unixMs(9e11), trusted: true }, "b", ofPerson);
  expect(nextBoot.blockedUntil).toBe(50 + 4 * 300_000);
  const [freed, went] = [nextBoot, state].map(
    ({ blockedUntil, ...rest }) =>
      failGuess({ ...rest, blockedUntil }, ofPerson, blockedUntil ?? monoMs(0)).state.level,
  );
  expect(freed).toBeCloseTo(went ?? 0, 9);
});

test("the odds for whoever has found a card are never passed, however full the entries are", () => {
  const entries = fc.array(fc.integer({ min: 1, max: mostWindows }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(policies, entries, fc.nat(4_000_000), (policy, kinds, pauseMs) => {
      let state = freshGuess(monoMs(0));
      let codes = 0;
      let n = 0;
      for (let now = 0; now <= dayMs && codes < 5_000; n += 1) {
        const windows = kinds[n % kinds.length] ?? 1;
        expect(isBlocked(state, monoMs(now))).toBe(false);
        state = failGuess(state, policy, monoMs(now), triesIn(windows, policy)).state;
        codes += windows;
        now = Math.max(state.blockedUntil ?? now, now + (n % 3 === 2 ? pauseMs : 1));
      }
      expect(codes).toBeLessThanOrEqual(Math.max(paddedOdds(policy, []).triesPerDay, codes >= 5_000 ? codes : 0));
    }),
    { numRuns: 40 },
  );
});

test("with the usual policy a found card is worth a quarter more tries than without", () => {
  const { triesPerDay, perDay, perYear } = paddedOdds(ofPerson, [{ length: 6, count: 1 }]);
  expect(triesPerDay).toBe(370);
  expect(perDay).toBeLessThan(0.0004);
  expect(perYear).toBeLessThan(0.14);
});
