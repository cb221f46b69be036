// The ledger and a naive second implementation judge random lives of random sites alike.
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { carriedRefusals, denyReasons } from "../../src/domain/reasons.ts";
import { isFullRun } from "../full-run.ts";
import { randomWorld } from "./random-world.ts";
import { playWorld, shrinkWorld, tell } from "./run-world.ts";

const showsPerWorld = 2_000;
const decisions = isFullRun ? 1_000_000 : 60_000;
const leastOfEach = decisions / 1_000;
const firstSeed = Number(process.env["POSTERN_TEST_SEED"] ?? 1);

/** What only the door loop says, when the ledger does not; and what carried passes and a silent cloud are refused for: these worlds have neither. */
const neverSaid: readonly string[] = ["ledgerUnavailable", "busy", "directoryStale", ...carriedRefusals];
const words = [
  "granted",
  "more: cardAndPin",
  "more: qrAndCode",
  "more: twoPeople",
  ...denyReasons.filter((reason) => !neverSaid.includes(reason)),
];

test(`the ledger and the oracle agree on ${decisions} random decisions`, { timeout: 3_600_000 }, async () => {
  const counts = new Map<string, number>();
  let shows = 0;
  let seed = firstSeed;
  for (; shows < decisions; seed += 1) {
    const world = randomWorld(seed, showsPerWorld);
    const played = playWorld(world);
    if (played.disagreement !== null) {
      const shrunk = shrinkWorld(world);
      expect.fail(tell(shrunk, playWorld(shrunk).disagreement ?? played.disagreement));
    }
    shows += played.shows;
    // What a closed database leaves behind is freed between turns of the event loop only.
    await nextTurn();
    for (const [word, count] of played.words) counts.set(word, (counts.get(word) ?? 0) + count);
  }
  const table = [...counts].sort(([, a], [, b]) => b - a).map(([word, count]) => `${word} ${count}`);
  console.log(`seeds ${firstSeed} to ${seed - 1}, ${shows} decisions: ${table.join(", ")}`);
  expect(words.filter((word) => (counts.get(word) ?? 0) < leastOfEach)).toEqual([]);
  expect((counts.get("granted") ?? 0) / shows).toBeGreaterThan(0.3);
});
