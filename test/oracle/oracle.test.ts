// The ledger and a naive second implementation judge random lives of random sites alike.
import { expect, test } from "vitest";
import { randomWorld } from "./random-world.ts";
import { playWorld, shrinkWorld, tell } from "./run-world.ts";

const showsPerWorld = 2_000;
const isFull = process.env["POSTERN_TEST_FULL"] === "1";
const decisions = isFull ? 1_000_000 : 60_000;
const firstSeed = Number(process.env["POSTERN_TEST_SEED"] ?? 1);

test(`the ledger and the oracle agree on ${decisions} random decisions`, { timeout: 3_600_000 }, () => {
  console.log(`seeds from ${firstSeed} on, ${decisions} decisions`);
  const words = new Map<string, number>();
  let shows = 0;
  for (let seed = firstSeed; shows < decisions; seed += 1) {
    const world = randomWorld(seed, showsPerWorld);
    const played = playWorld(world);
    if (played.disagreement !== null) {
      const shrunk = shrinkWorld(world);
      expect.fail(tell(shrunk, playWorld(shrunk).disagreement ?? played.disagreement));
    }
    shows += played.shows;
    for (const [word, count] of played.words) words.set(word, (words.get(word) ?? 0) + count);
  }
  const table = [...words].sort((a, b) => b[1] - a[1]);
  console.log(table.map(([word, count]) => `${word} ${count}`).join(", "));
});
