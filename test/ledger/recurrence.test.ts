import { expect, test } from "vitest";
import type { DirectoryChange, PassGiven } from "../../src/domain/directory.ts";
import type { PassId } from "../../src/domain/ids.ts";
import type { Recurrence } from "../../src/domain/recurrence.ts";
import { unixMs } from "../../src/domain/time.ts";
import { site } from "../site-fixture.ts";
import { card, noon, TestLedger } from "./ledger-fixture.ts";
import { changedFront, dayMs, garage, guest } from "./rules-fixture.ts";

const hourMs = 3_600_000;
const key = card("00FACADE");
/** 13:00 to 18:00 each day; `noon` is 14:00 there. */
const afternoons: Recurrence = {
  kind: "custom",
  every: 1,
  unit: "day",
  from: "2026-11-20" as never,
  until: "2026-12-20" as never,
  count: null,
  window: { startMinute: 780, endMinute: 1_080 },
  except: ["2026-11-22" as never],
};

function pass(more: Partial<PassGiven>): TestLedger {
  const tested = new TestLedger();
  const outcome = tested.change(...guest("eva", { card: "00FACADE" }, more));
  if (!outcome.applied) throw new Error(JSON.stringify(outcome.problems));
  return tested;
}

test("uses are counted in each occurrence for itself, at each door and in all", () => {
  const tested = pass({ recurrence: afternoons, usesPerDoor: 2, usesTotal: 3 });
  expect(tested.outcome(key)).toBe("granted");
  expect(tested.outcome(key)).toBe("granted");
  expect(tested.outcome(key)).toBe("usesExhausted");
  expect(tested.outcome(key, garage)).toBe("granted");
  expect(tested.outcome(key, garage)).toBe("usesExhausted");
  tested.clock.pass(5 * hourMs);
  expect(tested.outcome(key)).toBe("betweenOccurrences");
  tested.clock.pass(19 * hourMs);
  expect(tested.outcome(key)).toBe("granted");
  tested.clock.pass(dayMs);
  expect(tested.outcome(key)).toBe("betweenOccurrences");
});

test("a use goes back to the occurrence that it was spent in, also after the next has begun and a restart", () => {
  const tested = pass({ recurrence: afternoons, usesTotal: 1 });
  const ask = tested.ask(key);
  tested.decideAll([ask]);
  expect(tested.outcome(key)).toBe("usesExhausted");
  tested.restart();
  tested.record({ settle: "aborted", ask: ask.id, door: ask.door, why: "blocked" });
  expect(tested.outcome(key)).toBe("granted");
  expect(tested.outcome(key)).toBe("usesExhausted");
  tested.clock.pass(dayMs);
  expect(tested.outcome(key)).toBe("granted");
  tested.record({ settle: "aborted", ask: ask.id, door: ask.door, why: "blocked" });
  expect(tested.outcome(key)).toBe("usesExhausted");
});

test("a use in all counts over all doors", () => {
  const tested = pass({ usesTotal: 2 });
  expect(tested.outcome(key)).toBe("granted");
  expect(tested.outcome(key, garage)).toBe("granted");
  expect(tested.outcome(key)).toBe("usesExhausted");
  expect(tested.outcome(key, garage)).toBe("usesExhausted");
});

test("the first use begins the limited time, anew in each occurrence", () => {
  const tested = pass({ recurrence: afternoons, activationMs: hourMs });
  expect(tested.outcome(key)).toBe("granted");
  tested.clock.pass(hourMs - 1);
  expect(tested.outcome(key)).toBe("granted");
  tested.clock.pass(1);
  expect(tested.outcome(key)).toBe("activationOver");
  tested.clock.pass(dayMs);
  expect(tested.outcome(key)).toBe("granted");
});

test("a restart does not give the limited time anew", () => {
  const tested = pass({ activationMs: hourMs });
  tested.present(key);
  tested.clock.pass(hourMs);
  tested.restart("run-2", "boot-2");
  expect(tested.outcome(key)).toBe("activationOver");
});

test("a first use that the door refused has begun nothing", () => {
  const tested = pass({ activationMs: hourMs });
  const ask = tested.ask(key);
  tested.decideAll([ask]);
  tested.record({ settle: "aborted", ask: ask.id, door: ask.door, why: "expired" });
  tested.clock.pass(hourMs);
  expect(tested.outcome(key)).toBe("granted");
});

test("a later use that the door refused leaves the limited time as it began", () => {
  const tested = pass({ activationMs: hourMs });
  tested.present(key);
  tested.clock.pass(60_000);
  const ask = tested.ask(key);
  tested.decideAll([ask]);
  tested.record({ settle: "aborted", ask: ask.id, door: ask.door, why: "expired" });
  tested.clock.pass(hourMs - 60_000);
  expect(tested.outcome(key)).toBe("activationOver");
});

const stamp = (wall: number): DirectoryChange => ({ op: "activatePass", id: "eva" as PassId, at: unixMs(wall) });

test("the issuer's stamp begins the time of the occurrence that it falls into; the first counts, a late one does not", () => {
  const tested = pass({ recurrence: afternoons, activationMs: hourMs });
  tested.change(stamp(noon - 30 * 60_000), stamp(noon));
  tested.clock.pass(30 * 60_000 - 1);
  expect(tested.outcome(key)).toBe("granted");
  tested.clock.pass(1);
  expect(tested.outcome(key)).toBe("activationOver");
  tested.clock.pass(dayMs);
  expect(tested.outcome(key)).toBe("granted");
});

test("a site that does not let the first use begin it waits for the issuer's stamp", () => {
  const tested = new TestLedger({ ...changedFront({}), passes: { ...site.passes, activateOnFirstUse: false } });
  tested.change(...guest("eva", { card: "00FACADE" }, { activationMs: hourMs }));
  expect(tested.outcome(key)).toBe("notYetValid");
  tested.change(stamp(noon));
  expect(tested.outcome(key)).toBe("granted");
});
