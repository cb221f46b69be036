// A building of 200 flats lives: residents, couriers, cleaners, visitors, lost cards, moves, holidays, power cuts, wrong clocks.
// Everybody gets what is theirs, and the record holds. A month of it; the year with `scripts/test full`.
import { expect, test } from "vitest";
import { isFullRun } from "../full-run.ts";
import { Building } from "./building/building.ts";

test(`${isFullRun ? "a year" : "a month"} of a building of 200 flats: everybody gets what is theirs, and the record holds`, {
  timeout: 600_000,
}, () => {
  const lived = new Building("olmo").live(isFullRun ? 365 : 31);
  console.log(`building: ${JSON.stringify(lived)}`);
  expect(lived.shown).toBeGreaterThan(isFullRun ? 150_000 : 10_000);
  expect(lived.letIn / lived.shown).toBeGreaterThan(0.9);
  expect(lived.power).toBeGreaterThan(0);
  expect(lived.kept).toBeLessThan(lived.events);
  expect(lived.forgotten).toBeGreaterThan(5_000);
});
