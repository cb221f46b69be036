// What the guess limit does in a living building over a year, and to somebody who holds one code and tries for another. The
// ledger's own decisions in virtual time.
import { expect, test } from "vitest";
import { failGuess, freshGuess, guessOdds, isBlocked, refundGuess, withinOneEdit } from "../../src/domain/guess.ts";
import { monoMs } from "../../src/domain/time.ts";
import { forgiveFailures, rememberFailure } from "../../src/ledger/typing-errors.ts";
import { ana, pin, TestLedger } from "../ledger/ledger-fixture.ts";
import { site } from "../site-fixture.ts";
import { seededRandom } from "./random.ts";

const dayMs = 86_400_000;
const policy = site.guessing;
const own = "4711";

/** As the ledger does it at one keypad: a failure counts, a success gives the typing errors of the last minute back. */
class Keypad {
  now = 0;
  #state = freshGuess(monoMs(0));
  #failures: ReturnType<typeof rememberFailure> = [];

  get isBlocked(): boolean {
    return isBlocked(this.#state, monoMs(this.now));
  }

  get freeAt(): number {
    return this.#state.blockedUntil ?? this.now;
  }

  fail(digits: string): void {
    this.#state = failGuess(this.#state, policy, monoMs(this.now)).state;
    this.#failures = rememberFailure(this.#failures, { digits, at: monoMs(this.now), tries: 1 });
  }

  succeed(digits: string): void {
    const { forgiven, rest } = forgiveFailures(this.#failures, digits, monoMs(this.now));
    this.#failures = rest;
    for (let n = 0; n < forgiven; n += 1) this.#state = refundGuess(this.#state, policy, monoMs(this.now));
  }
}

/** One digit replaced, left out, doubled, or two neighbors swapped: what fingers do. */
function mistyped(code: string, roll: (below: number) => number): string {
  const at = roll(code.length);
  switch (roll(4)) {
    case 0:
      return `${code.slice(0, at)}${(Number(code[at]) + 1 + roll(9)) % 10}${code.slice(at + 1)}`;
    case 1:
      return code.slice(0, at) + code.slice(at + 1);
    case 2:
      return code.slice(0, at + 1) + code.slice(at);
    default:
      return `${code.slice(0, at)}${code[at + 1] ?? ""}${code[at] ?? ""}${code.slice(at + 2)}`;
  }
}

test("a year of a building of 200 flats with 3 % typing errors locks no resident out", () => {
  const random = seededRandom("typing year");
  const roll = random.int;
  const residents = Array.from({ length: 500 }, (_, n) => String(100_000 + n * 1_777).slice(0, 6));
  const keypad = new Keypad();
  let entries = 0;
  let errors = 0;
  while (keypad.now < 365 * dayMs) {
    // Two entries a minute in the evening rush, on average 2,400 a day.
    keypad.now += -Math.log(1 - random.next()) * (dayMs / 2_400);
    const code = residents[roll(residents.length)] ?? "";
    for (;;) {
      if (keypad.isBlocked) throw new Error(`a resident was locked out on day ${keypad.now / dayMs}`);
      const typed = random.next() < 0.03 ? mistyped(code, roll) : code;
      entries += 1;
      if (typed === code || residents.includes(typed)) {
        keypad.succeed(typed);
        break;
      }
      errors += 1;
      keypad.fail(typed);
      keypad.now += 3_000 + random.next() * 12_000;
    }
  }
  expect(entries).toBeGreaterThan(800_000);
  expect(errors / entries).toBeGreaterThan(0.02);
});

test("somebody who holds one code and types it between guesses gets no guess more than without it", () => {
  const tries = (between: (keypad: Keypad) => void): number => {
    const keypad = new Keypad();
    let guess = 0;
    while (keypad.now < 30 * dayMs) {
      const digits = String((guess * 7_919) % 10_000).padStart(4, "0");
      // Codes beside the own one are given back: trying those is dealt with below.
      guess += 1;
      if (withinOneEdit(digits, own) || digits === own) continue;
      keypad.fail(digits);
      between(keypad);
      keypad.now = Math.max(keypad.now + 1_000, keypad.freeAt);
    }
    return guess;
  };
  const without = tries(() => {});
  expect(tries((keypad) => keypad.isBlocked || keypad.succeed(own))).toBe(without);
  expect(without).toBeLessThanOrEqual(30 * guessOdds(policy, []).triesPerDay);
});

test("what the forgiving of typing errors opens to a holder of one code is the codes beside it, and no more", () => {
  const beside = new Set<string>();
  for (let value = 0; value < 100_000; value += 1) {
    for (const length of [3, 4, 5]) {
      const digits = String(value).padStart(length, "0");
      if (digits.length === length && withinOneEdit(digits, own)) beside.add(digits);
    }
  }
  expect(beside.size).toBeLessThan(100);
});

test("the ledger gives an attacker with one valid code exactly as many guesses as one without", () => {
  const guesses = (own: string | null): number => {
    const tested = new TestLedger();
    tested.change(...ana);
    const begin = tested.clock.mono;
    let count = 0;
    for (let n = 0; tested.clock.mono - begin < dayMs; n += 1) {
      const outcome = tested.outcome(pin(String(100_000 + n * 7)));
      if (outcome === "unknownCredential") count += 1;
      if (own !== null) tested.outcome(pin(own));
      tested.clock.pass(outcome === "accessLimited" ? 5_000 : 1_000);
    }
    return count;
  };
  const without = guesses(null);
  expect(without).toBeGreaterThan(90);
  expect(guesses("4711")).toBe(without);
});
