// What guessing offline codes comes to: each number that opens at one moment is made and counted, and guessers play against the limiter.
import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { minuteMs, unixOfMinute } from "../../src/domain/carried-pass/pass-claims.ts";
import { failGuess, freshGuess, guessOdds } from "../../src/domain/guess.ts";
import { codeMinutes, encodeCode, liveOfflineCodes } from "../../src/domain/offline-code.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";
import { randomOf } from "../qr/scene.ts";
import { site } from "../site-fixture.ts";

const secret = Buffer.alloc(32, 9);
const mac = (key: Uint8Array, message: Uint8Array) => createHmac("sha256", key).update(message).digest();
const now = unixOfMinute(1_000_005);
const dayMs = 86_400_000;
const space = 10 ** 10;

/** By trying every start of every length, once and many times, both of each. */
function openingNow(): ReadonlySet<number> {
  const quarterMs = 15 * minuteMs;
  const opening = new Set<number>();
  for (const minutes of codeMinutes) {
    for (let back = -2; back <= minutes / 15 + 2; back += 1) {
      const from = unixMs(Math.floor(now / quarterMs) * quarterMs - back * quarterMs);
      if (from > now || now >= from + minutes * minuteMs) continue;
      for (const [once, n] of [
        [true, 0],
        [true, 1],
        [false, 0],
        [false, 1],
      ] as const) {
        opening.add(Number(encodeCode({ from, minutes, once, n }, 10, secret, { mac })));
      }
    }
  }
  return opening;
}

/** Tries made in that time by somebody who tries whenever the door lets him. */
function triesWithin(untilMs: number): number {
  let [state, tries] = [freshGuess(monoMs(0)), 0];
  for (let at = 0; at < untilMs; at = state.blockedUntil ?? at) {
    state = failGuess(state, site.guessing, monoMs(at)).state;
    tries += 1;
  }
  return tries;
}

test("so many numbers open as are stated, and guessers of a day and of a year get in as often as is computed", () => {
  const opening = openingNow();
  expect(opening.size).toBe(liveOfflineCodes(10));
  const odds = guessOdds(site.guessing, [{ length: 10, count: opening.size }]);
  const [perDay, perYear] = [triesWithin(dayMs), triesWithin(365 * dayMs)];
  expect(perDay).toBeLessThanOrEqual(odds.triesPerDay);
  expect(perYear).toBeLessThanOrEqual(odds.triesPerYear);
  const random = randomOf(20_261_126);
  const getsIn = (tries: number): boolean => {
    for (let one = 0; one < tries; one += 1) if (opening.has(Math.floor(random() * space))) return true;
    return false;
  };
  const guessers = 100;
  const years = Array.from({ length: guessers }, () => getsIn(perYear)).filter(Boolean).length;
  const expected = guessers * odds.perYear;
  expect(Math.abs(years - expected)).toBeLessThan(3 * Math.sqrt(expected));
  expect(Array.from({ length: guessers }, () => getsIn(perDay)).filter(Boolean).length).toBeLessThanOrEqual(2);
  expect(odds.perDay).toBeLessThan(0.001);
});
