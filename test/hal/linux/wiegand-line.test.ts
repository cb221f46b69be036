// Frames from pulses: every well-formed burst is one, and nothing else ever is.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { LineOutcome, Pulse, PulseRules } from "../../../hal/linux/wiegand-line.ts";
import { idleLine, stepPulse, stepQuiet } from "../../../hal/linux/wiegand-line.ts";

const rules: PulseRules = { frameGapMs: 30, pulses: "even" };

function read(pulses: readonly Pulse[], by: PulseRules = rules): readonly LineOutcome[] {
  let line = idleLine;
  const outcomes: LineOutcome[] = [];
  for (const pulse of pulses) {
    const step = stepPulse(line, pulse, by);
    line = step.line;
    outcomes.push(...step.outcomes);
  }
  const lastUs = pulses.at(-1)?.atUs ?? 0;
  return [...outcomes, ...stepQuiet(line, lastUs + by.frameGapMs * 1_000 + 1, by).outcomes];
}

const burst = (bits: string, periodUs: number, fromUs = 1_000_000): readonly Pulse[] =>
  [...bits].map((bit, n) => ({ bit: bit as Pulse["bit"], atUs: fromUs + n * periodUs, afterLoss: false }));

const whys = (outcomes: readonly LineOutcome[]) =>
  outcomes.map((outcome) => (outcome.kind === "frame" ? outcome.bits : outcome.why));

const card = "10110011100011110000111110";
const bitsOf = (min: number, max: number) =>
  fc.array(fc.constantFrom("0", "1"), { minLength: min, maxLength: max }).map((bits) => bits.join(""));

test("bits of any frame come out as they went in, at any rate that readers have, jitter included", () => {
  fc.assert(
    fc.property(
      bitsOf(4, 128),
      fc.integer({ min: 60, max: 20_000 }),
      fc.array(fc.double({ min: -0.1, max: 0.1, noNaN: true }), { minLength: 128, maxLength: 128 }),
      (bits, periodUs, jitter) => {
        const pulses = burst(bits, periodUs).map((pulse, n) => ({
          ...pulse,
          atUs: Math.round(pulse.atUs + (jitter[n] ?? 0) * periodUs),
        }));
        expect(whys(read(pulses))).toEqual([bits]);
      },
    ),
  );
});

test("frames one after the other are told apart by their gap alone", () => {
  const second = "00000000111111110000000011";
  const pulses = [...burst(card, 2_000), ...burst(second, 2_000, 1_000_000 + 25 * 2_000 + 31_000)];
  expect(whys(read(pulses))).toEqual([card, second]);
});

test("a pulse that is lost or one too many anywhere in an even burst changes the bits' count, or spoils it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 1_999 }), (place, afterUs) => {
      const even = burst(card, 2_000);
      const stray: Pulse = { bit: "1", atUs: (even[place]?.atUs ?? 0) + afterUs, afterLoss: false };
      for (const broken of [even.toSpliced(place, 1), even.toSpliced(place + 1, 0, stray)]) {
        const [outcome, ...more] = read(broken);
        expect(more).toEqual([]);
        expect(outcome?.kind === "frame" ? outcome.bits.length : 0).not.toBe(card.length);
      }
    }),
  );
});

test("an interrupt that was served late, so that one pulse seems to come after its time, spoils nothing", () => {
  for (let place = 1; place < 25; place += 1) {
    const late = burst(card, 2_000).map((pulse, n) => (n === place ? { ...pulse, atUs: pulse.atUs + 1_900 } : pulse));
    expect(whys(read(late))).toEqual([card]);
  }
});

test("pulses on both lines at once are no bits", () => {
  const both = burst("01", 3).concat(burst(card.slice(2), 2_000, 1_002_000));
  expect(whys(read(both))).toEqual(["tooClose"]);
});

test("single stray pulses are no frame, and leave the card after them whole", () => {
  const stray = burst("1", 0, 500_000);
  expect(whys(read([...stray, ...burst(card, 2_000)]))).toEqual(["tooShort", card]);
});

test("more bits than any card has are dropped whole, and what follows them counts", () => {
  const flood = burst("01".repeat(300), 200);
  expect(whys(read([...flood, ...burst(card, 2_000, 2_000_000)]))).toEqual(["tooLong", card]);
  expect(whys(read(burst("1".repeat(128), 200)))).toEqual(["1".repeat(128)]);
  expect(whys(read(burst("1".repeat(129), 200)))).toEqual(["tooLong"]);
});

test("where the kernel lost pulses, both what was being read and what begins are dropped", () => {
  const within = burst(card, 2_000).map((pulse, n) => ({ ...pulse, afterLoss: n === 20 }));
  expect(whys(read(within))).toEqual(["lost"]);
  const between = burst(card, 2_000, 2_000_000).map((pulse, n) => ({ ...pulse, afterLoss: n === 0 }));
  expect(whys(read([...burst(card, 2_000), ...between]))).toEqual(["lost", "lost"]);
});

test("uneven pulses are noise, save at a reader that is known to pause", () => {
  const paused = burst(card, 1_000).map((pulse, n) => ({ ...pulse, atUs: pulse.atUs + Math.floor(n / 8) * 9_000 }));
  expect(whys(read(paused))).toEqual(["uneven"]);
  expect(whys(read(paused, { ...rules, pulses: "any" }))).toEqual([card]);
});

test("of 20,000 bursts of noise with a card's number of pulses not one is a frame", () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
  const pulses: Pulse[] = [];
  let atUs = 0;
  for (let n = 0; n < 20_000 * 26; n += 1) {
    const sinceUs = n % 26 === 0 ? 100_000 : Math.min(29_000, Math.ceil(-Math.log(1 - random()) * 2_000));
    atUs += sinceUs;
    pulses.push({ bit: random() < 0.5 ? "0" : "1", atUs, afterLoss: false });
  }
  expect(read(pulses).filter(({ kind }) => kind === "frame")).toEqual([]);
});

test("the same card within 200 ms is its own echo, and keys may repeat", () => {
  const again = (bits: string, pauseUs: number) => [
    ...burst(bits, 1_000),
    ...burst(bits, 1_000, 1_000_000 + (bits.length - 1) * 1_000 + pauseUs),
  ];
  expect(whys(read(again(card, 100_000)))).toEqual([card, "repeated"]);
  expect(whys(read(again(card, 250_000)))).toEqual([card, card]);
  expect(whys(read(again("0101", 100_000)))).toEqual(["0101", "0101"]);
});

test("a frame is told only when nothing of it can still come", () => {
  let line = idleLine;
  for (const pulse of burst(card, 2_000)) line = stepPulse(line, pulse, rules).line;
  const lastUs = 1_000_000 + 25 * 2_000;
  expect(stepQuiet(line, lastUs + 30_000, rules).outcomes).toEqual([]);
  expect(whys(stepQuiet(line, lastUs + 30_001, rules).outcomes)).toEqual([card]);
});
