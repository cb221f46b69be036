// The guess bound: what residents feel of it, what an attacker gets out of it, and what no restart or clock may change.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  failGuess,
  freshGuess,
  type GuessState,
  guessOdds,
  isBlocked,
  refundGuess,
  restoreGuess,
  storeGuess,
  withinOneEdit,
} from "../../src/domain/guess.ts";
import type { GuessPolicy } from "../../src/domain/site.ts";
import { type Instant, type MonoMs, monoMs, unixMs } from "../../src/domain/time.ts";

const usual: GuessPolicy = { failures: 5, blockMs: 30_000, maxBlockMs: 900_000, drainMs: 1_200_000 };
const dayMs = 86_400_000;
const fresh = freshGuess(monoMs(0));

const instant = (mono: number, wall: number, trusted = true): Instant => ({
  mono: monoMs(mono),
  wall: unixMs(wall),
  trusted,
});

/** Fails at each of these times, which must not be blocked; the blocks that began. */
function failAt(times: readonly number[], policy = usual): { state: GuessState; blocks: (number | null)[] } {
  let state = fresh;
  const blocks: (number | null)[] = [];
  for (const time of times) {
    expect(isBlocked(state, monoMs(time))).toBe(false);
    const failed = failGuess(state, policy, monoMs(time));
    state = failed.state;
    blocks.push(failed.blockMs);
  }
  return { state, blocks };
}

test("a fresh door is not blocked, and four wrong codes do not block it", () => {
  expect(isBlocked(fresh, monoMs(0))).toBe(false);
  expect(failAt([0, 3_000, 6_000, 9_000]).blocks).toEqual([null, null, null, null]);
});

test("the fifth wrong code blocks for thirty seconds, to the millisecond", () => {
  const { state, blocks } = failAt([0, 3_000, 6_000, 9_000, 12_000]);
  expect(blocks.at(-1)).toBe(30_000);
  expect(isBlocked(state, monoMs(12_000))).toBe(true);
  expect(isBlocked(state, monoMs(41_999))).toBe(true);
  expect(isBlocked(state, monoMs(42_000))).toBe(false);
});

test("further wrong codes double the block, save for what drained meanwhile, up to a quarter of an hour", () => {
  const times = [0, 1, 2, 3, 4, 30_004, 90_004, 210_004, 450_004, 930_004, 1_830_004, 2_730_004, 3_630_004];
  const { blocks } = failAt(times);
  expect(blocks.slice(4)).toEqual([30, 60, 120, 240, 480, 480, 480, 900, 900].map((seconds) => seconds * 1_000));
});

test("wrong codes that come slower than they are forgotten never block", () => {
  const hourly = Array.from({ length: 1_000 }, (_, index) => index * usual.drainMs);
  expect(failAt(hourly).blocks.every((block) => block === null)).toBe(true);
});

test("after a year of attack the door is as new within four hours, not within a year", () => {
  let state = fresh;
  for (let now = 0; now < 365 * dayMs; now = state.blockedUntil ?? now)
    state = failGuess(state, usual, monoMs(now)).state;
  const after = monoMs((state.blockedUntil ?? 0) + 4 * 3_600_000);
  expect(failGuess(state, usual, after)).toMatchObject({ blockMs: null, state: { level: 1, blockedUntil: null } });
});

test("a failure that comes during a block nevertheless does not shorten it", () => {
  const policy = { ...usual, maxBlockMs: 40_000 };
  const blocked = failAt([0, 0, 0, 0, 0], policy).state;
  const failed = failGuess(blocked, { ...policy, blockMs: 1 }, monoMs(10));
  expect(failed.state.blockedUntil).toBe(30_000);
});

test("a refund takes one failure back, so that the next wrong code counts as the one before", () => {
  const four = failAt([0, 0, 0, 0]).state;
  const refunded = refundGuess(four, usual, monoMs(0));
  expect(refunded.level).toBe(3);
  expect(failGuess(refunded, usual, monoMs(0)).blockMs).toBe(null);
  expect(failGuess(four, usual, monoMs(0)).blockMs).toBe(30_000);
});

test("refunds never save up failures and never shorten a block", () => {
  expect(refundGuess(fresh, usual, monoMs(5)).level).toBe(0);
  const blocked = failAt([0, 0, 0, 0, 0]).state;
  const refunded = refundGuess(refundGuess(blocked, usual, monoMs(10_000)), usual, monoMs(10_000));
  expect(refunded.blockedUntil).toBe(30_000);
  expect(refundGuess(blocked, usual, monoMs(30_000)).blockedUntil).toBe(null);
});

test("a resident who mistypes once at every visit is never blocked", () => {
  let state = fresh;
  for (let visit = 0; visit < 1_000; visit += 1) {
    const failed = failGuess(state, usual, monoMs(visit * 15_000));
    expect(failed.blockMs).toBe(null);
    state = refundGuess(failed.state, usual, monoMs(visit * 15_000 + 5_000));
  }
});

test("within one boot a restart changes nothing, whatever was done to the wall clock meanwhile", () => {
  const { state } = failAt([1_000, 2_000, 3_000, 4_000, 5_000]);
  for (const [storedWall, restoredWall] of [
    [0, 9e12],
    [9e12, 0],
    [1e12, 1e12 + 5_000],
  ] as const) {
    for (const trusted of [false, true]) {
      const stored = storeGuess(state, instant(5_000, storedWall, trusted), "a");
      const back = restoreGuess(stored, instant(10_000, restoredWall, true), "a", usual);
      expect(back.blockedUntil).toBe(35_000);
      expect(failGuess(back, usual, monoMs(35_000))).toEqual(failGuess(state, usual, monoMs(35_000)));
    }
  }
});

const blockedAt1000 = failAt([1_000, 1_000, 1_000, 1_000, 1_000]).state;

test.each<[string, Instant, Instant, number | null, number]>([
  [
    "time that two trusted clocks agree on has passed",
    instant(1_000, 5e11),
    instant(50, 5e11 + 20_000),
    10_050,
    20_000,
  ],
  ["a block that ended meanwhile is over", instant(1_000, 5e11), instant(50, 5e11 + 30_000), null, 30_000],
  ["and its failures are forgotten in time", instant(1_000, 5e11), instant(50, 5e11 + dayMs), null, dayMs],
  ["a wall clock that went back counts for nothing", instant(1_000, 5e11), instant(50, 4e11), 30_050, 0],
  ["nor does one that was not trusted before", instant(1_000, 0, false), instant(50, 5e11), 30_050, 0],
  ["nor one that is not trusted now", instant(1_000, 5e11), instant(50, 6e11, false), 30_050, 0],
  ["nor do two that never were", instant(1_000, 0, false), instant(50, 6e11, false), 30_050, 0],
  ["a state stored late counts from when it arose", instant(11_000, 5e11), instant(50, 5e11 + 5_000), 15_050, 15_000],
])("over a boot, %s", (_, before, after, blockedUntil, passedMs) => {
  const back = restoreGuess(storeGuess(blockedAt1000, before, "a"), after, "b", usual);
  expect(back.blockedUntil).toBe(blockedUntil);
  const level = Math.max(0, 5 - passedMs / usual.drainMs) + 1;
  expect(failGuess(back, usual, after.mono).state.level).toBeCloseTo(level, 9);
});

test("a door that was never tried survives any restart as new", () => {
  const stored = storeGuess(fresh, instant(7_000, 5e11), "a");
  for (const boot of ["a", "b"]) {
    expect(restoreGuess(stored, instant(9_000, 6e11), boot, usual)).toMatchObject({ level: 0, blockedUntil: null });
  }
});

test("what was stored under a stricter policy, or by nobody, stays within the one in force", () => {
  const stored = { level: 1e9, atMono: monoMs(0), atWall: unixMs(0), trusted: false, boot: "a" };
  const back = restoreGuess({ ...stored, blockedUntilMono: monoMs(1e15) }, instant(0, 0, false), "b", usual);
  // As many of the longest blocks as may come at once, and what drains in them.
  expect(back.blockedUntil).toBe(5 * usual.maxBlockMs);
  expect(back.level).toBe(10 + (5 * usual.maxBlockMs) / usual.drainMs);
  expect(restoreGuess({ ...stored, level: -3, blockedUntilMono: null }, instant(0, 0), "b", usual).level).toBe(0);
});

interface Interruption {
  readonly offMs: number;
  readonly otherBoot: boolean;
  readonly trusted: boolean;
  readonly wallNoise: number;
  readonly monoOrigin: number;
}

const interruption: fc.Arbitrary<Interruption> = fc.record({
  offMs: fc.nat(2_000_000),
  otherBoot: fc.boolean(),
  trusted: fc.boolean(),
  wallNoise: fc.integer({ min: -1e12, max: 1e12 }),
  monoOrigin: fc.nat(1e9),
});

/** A machine whose trusted wall clock is right, whose untrusted one is anything, and whose boots count from anywhere. */
class Machine {
  real = 0;
  boot = 0;
  trusted = true;
  private origin = 0;
  private noise = 0;

  mono(): MonoMs {
    return monoMs(this.real - this.origin);
  }

  now(): Instant {
    return instant(this.mono(), 1e12 + this.real + (this.trusted ? 0 : this.noise), this.trusted);
  }

  interrupt(state: GuessState, how: Interruption, policy: GuessPolicy): GuessState {
    const stored = storeGuess(state, this.now(), String(this.boot));
    this.real += how.offMs;
    this.trusted = how.trusted;
    this.noise = how.wallNoise;
    if (how.otherBoot) {
      this.boot += 1;
      this.origin = this.real - how.monoOrigin;
    }
    return restoreGuess(stored, this.now(), String(this.boot), policy);
  }
}

test("no restart, at any point and with any clock, leaves more room than going on would have", () => {
  const steps = fc.array(fc.nat(400_000), { minLength: 1, maxLength: 14 });
  fc.assert(
    fc.property(steps, fc.nat(500_000), interruption, fc.boolean(), (gaps, later, how, trustedBefore) => {
      const machine = new Machine();
      machine.trusted = trustedBefore;
      let state = fresh;
      for (const gap of gaps) {
        machine.real += gap;
        if (!isBlocked(state, machine.mono())) state = failGuess(state, usual, machine.mono()).state;
      }
      machine.real += later;
      const wentOn = state;
      const back = machine.interrupt(state, how, usual);
      const leftMs = Math.max(0, (back.blockedUntil ?? 0) - machine.mono());
      expect(leftMs).toBeGreaterThanOrEqual(Math.max(0, (wentOn.blockedUntil ?? 0) - machine.real));
      const level = failGuess(wentOn, usual, monoMs(machine.real)).state.level;
      expect(failGuess(back, usual, machine.mono()).state.level).toBeGreaterThanOrEqual(level - 1e-9);
    }),
    { numRuns: 2_000 },
  );
});

test("an attacker who picks his moments, cuts the power and sets the clock stays under the stated bound of a day", () => {
  const { triesPerDay } = guessOdds(usual, []);
  const move = fc.oneof(
    { weight: 6, arbitrary: fc.record({ waitMs: fc.oneof(fc.constant(0), fc.nat(1_300_000)) }) },
    { weight: 1, arbitrary: interruption },
  );
  fc.assert(
    fc.property(fc.array(move, { minLength: 10, maxLength: 400 }), (moves) => {
      const machine = new Machine();
      let state = fresh;
      let tries = 0;
      for (const each of moves) {
        if ("offMs" in each) state = machine.interrupt(state, each, usual);
        else machine.real += Math.max(each.waitMs, (state.blockedUntil ?? 0) - machine.mono());
        if (machine.real >= dayMs) break;
        if (isBlocked(state, machine.mono())) continue;
        state = failGuess(state, usual, machine.mono()).state;
        tries += 1;
      }
      expect(tries).toBeLessThanOrEqual(triesPerDay);
    }),
    { numRuns: 300 },
  );
});

test.each<[string, string, boolean]>([
  ["1234", "1234", false],
  ["", "", false],
  ["1234", "1235", true],
  ["1234", "9234", true],
  ["1234", "1994", false],
  ["1234", "134", true],
  ["1234", "12334", true],
  ["1234", "01234", true],
  ["1234", "12345", true],
  ["1234", "2134", true],
  ["1234", "1243", true],
  ["1234", "1324", true],
  ["1234", "3214", false],
  ["1234", "4321", false],
  ["1234", "2143", false],
  ["1234", "12", false],
  ["", "1", true],
  ["", "12", false],
  ["1", "2", true],
  ["12", "21", true],
  ["1111", "111", true],
  ["1122", "1212", true],
])("%s and %s within one edit: %s", (a, b, within) => {
  expect(withinOneEdit(a, b)).toBe(within);
  expect(withinOneEdit(b, a)).toBe(within);
});

/** Every code that one typing error makes of this one. */
function edits(code: string): Set<string> {
  const made = new Set<string>();
  for (let at = 0; at <= code.length; at += 1) {
    const [head, tail] = [code.slice(0, at), code.slice(at)];
    for (const digit of "0123") made.add(head + digit + tail);
    if (tail === "") continue;
    made.add(head + tail.slice(1));
    for (const digit of "0123") made.add(head + digit + tail.slice(1));
    if (tail.length > 1) made.add(head + tail.charAt(1) + tail.charAt(0) + tail.slice(2));
  }
  made.delete(code);
  return made;
}

test("one edit is exactly one substitution, insertion, deletion or swap", () => {
  const code = fc.array(fc.constantFrom(..."0123"), { maxLength: 6 }).map((digits) => digits.join(""));
  fc.assert(
    fc.property(code, code, (a, b) => {
      expect(withinOneEdit(a, b)).toBe(edits(a).has(b));
    }),
    { numRuns: 2_000 },
  );
  fc.assert(fc.property(code, (a) => [...edits(a)].every((b) => withinOneEdit(a, b) && withinOneEdit(b, a))));
});
