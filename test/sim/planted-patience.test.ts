import { expect, test, vi } from "vitest";
import { runSoak, SoakFailure } from "./soak.ts";

/** The whole product then believes that somebody may stand at a door for twenty seconds. */
vi.mock("../../src/domain/ask.ts", async (original) => ({ ...(await original<object>()), askLifeMs: 20_000 }));

test("an answer that opens the door for whoever stands there later is caught", { timeout: 600_000 }, () => {
  const found = ["patience-1", "patience-2", "patience-3"].map((seed) => {
    try {
      runSoak({ seed, steps: 6_000, troubles: ["slowness", "ledgerStalls", "directory"], recordDeadlineMs: 300 });
      return null;
    } catch (error) {
      return error instanceof SoakFailure ? error.invariant : error;
    }
  });
  for (const one of found) expect(["notAfterTwoSeconds", "everyoneIsAnswered"]).toContain(one);
  expect(found).toContain("notAfterTwoSeconds");
});
