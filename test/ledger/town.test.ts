// Decisions over a directory of a whole town are right; what they cost is measured by `scripts/bench scale`.
import { expect, test } from "vitest";
import { isFullRun } from "../full-run.ts";
import { decideOnce, fillTown, showings } from "../town.ts";

const size = { people: isFullRun ? 50_000 : 20_000, passes: 2_000, schedules: 500 };

test(`acceptance 21: with ${size.people} people and five cards each, everybody is known by each card and by the PIN`, {
  timeout: 300_000,
}, () => {
  const ledger = fillTown(size);
  for (const [kind, make] of Object.entries(showings)) {
    const words = new Set(Array.from({ length: 300 }, (_, n) => decideOnce(ledger, make(n * 61, size))));
    expect({ kind, words: [...words] }).toEqual({
      kind,
      words: [kind === "unknown card" ? "unknownCredential" : "granted"],
    });
  }
});
