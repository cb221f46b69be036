// Whole lines in virtual time: cards arrive once each, whatever the line does to frames, and no reader holds up another.
import { describe, expect, test } from "vitest";
import { type Noise, openBench, ownKey, seeded } from "./bench.ts";
import { SimulatedReader, type SimulatedReaderOptions } from "./reader-simulator.ts";

const cardCount = 40;

const reader = (n: number, more: Partial<SimulatedReaderOptions> = {}): SimulatedReader =>
  new SimulatedReader({ address: n, key: ownKey(n), random: seeded(n + 99), ...more });

const cardBits = (n: number): string => (0x2000000 + n * 7).toString(2).padStart(26, "0");

async function play(seed: number, baud: number, noise: Noise, more: Partial<SimulatedReaderOptions>) {
  const random = seeded(seed);
  const one = reader(0, { random, ...more });
  const bench = await openBench({ readers: [one], baud, noise, random });
  bench.clock.advance(2_000);
  for (let n = 0; n < cardCount; n += 1) {
    one.present(cardBits(n));
    bench.clock.advance(150 + Math.floor(random() * 500));
  }
  bench.clock.advance(15_000);
  bench.part.stop();
  return { heard: bench.cards(), sessions: one.sessions, attacks: bench.attacks() };
}

const allCards = Array.from({ length: cardCount }, (_, n) => cardBits(n));
const seeds = Array.from({ length: 12 }, (_, n) => n + 1);

describe.each([9_600, 115_200])("a line at %i baud", (baud) => {
  test("brings every card once and in order when nothing disturbs it", async () => {
    const { heard, sessions } = await play(1, baud, { drop: 0, flip: 0 }, {});
    expect(heard).toEqual(allCards);
    expect(sessions).toBe(1);
  });

  test("with 5 percent of frames dropped loses no card and doubles none", async () => {
    for (const seed of seeds) {
      const { heard } = await play(seed, baud, { drop: 0.05, flip: 0 }, {});
      expect(heard, `seed ${seed}`).toEqual(allCards);
    }
  });

  test.each(["ignore", "drop"] as const)(
    "with 0.2 percent of bytes flipped loses no card and doubles none, when readers %s what is damaged",
    async (onDamage) => {
      for (const seed of seeds) {
        const { heard } = await play(seed, baud, { drop: 0, flip: 0.002 }, { onDamage, keepsCards: true });
        expect(heard, `seed ${seed}`).toEqual(allCards);
      }
    },
  );

  test("doubles no card even when readers forget with their session what was not acknowledged, and loses few", async () => {
    let lost = 0;
    for (const seed of seeds) {
      const { heard } = await play(seed, baud, { drop: 0, flip: 0.002 }, { onDamage: "drop" });
      expect(new Set(heard).size, `seed ${seed}`).toBe(heard.length);
      lost += cardCount - heard.length;
    }
    expect(lost).toBeLessThan(seeds.length * cardCount * 0.01);
  });
});
