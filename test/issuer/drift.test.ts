// What is said of how far a controller is behind.
import { expect, test } from "vitest";
import type { ChainNote } from "../../src/issuer/chain-judge.ts";
import { driftOf, workerText } from "../../src/issuer/drift.ts";
import type { Controller } from "../../src/issuer/store.ts";

const controller: Controller = {
  ...{ site: "hof", controller: "gate", part: 1, keys: [], doors: ["front"], board: 1, viewVersion: 1, addedAt: 0 },
  ...{
    state: "{}",
    online: true,
    seenAt: 1_000,
    aheadMs: 20,
    directory: 9,
    snapshot: null,
    refused: [],
    syncedAt: 1_000,
  },
  chain: { epoch: 3, seq: 40, hash: "aa" },
};
const facts = {
  controller,
  head: 9,
  missing: 0,
  notes: [],
  told: { epoch: 3, seq: 40 },
  denied: [],
  hasWorker: true,
  now: 100_000,
};
const note = (kind: ChainNote["kind"]): ChainNote => ({ kind, epoch: 3, seq: 1, toSeq: null, hash: null, what: "" });

test("a controller that has everything is in step", () => {
  expect(driftOf(facts)).toEqual({
    ...{ inStep: true, hasWorker: true, connection: "connected", directory: "9", record: "40", clock: "right" },
  });
});

test("whatever is missing is said, and is not in step", () => {
  const of = (change: Partial<Controller>, more: object = {}) =>
    driftOf({ ...facts, ...more, controller: { ...controller, ...change } });
  expect(of({ directory: 7 }, { missing: 2 })).toMatchObject({
    inStep: false,
    directory: "7 of 9, 2 documents behind",
  });
  expect(of({ doors: null })).toMatchObject({ inStep: false, directory: "its doors are not known yet" });
  expect(of({ snapshot: { snapshot: 9, upTo: "1:person:ana" } })).toMatchObject({
    ...{ inStep: false, directory: "takes a snapshot, at 1:person:ana" },
  });
  expect(of({ refused: ["ana", "bob"] })).toMatchObject({ inStep: false, directory: "9; refused: ana, bob" });
  expect(of({ online: false })).toMatchObject({ inStep: false, connection: "away since 99 s" });
  expect(of({ seenAt: null, online: false })).toMatchObject({ connection: "never heard of" });
  expect(of({ aheadMs: -600_000 })).toMatchObject({ inStep: false, clock: "10 min behind" });
  expect(of({ aheadMs: 7_200_001 })).toMatchObject({ inStep: false, clock: "2 h ahead" });
  expect(of({}, { told: { epoch: 3, seq: 45 } })).toMatchObject({ inStep: false, record: "40, 5 behind" });
  expect(of({ chain: null })).toMatchObject({ inStep: false, record: "none yet, nothing of its 40 events" });
  expect(of({}, { told: { epoch: 4, seq: 7 } })).toMatchObject({
    inStep: false,
    record: "40, nothing of its 7 events",
  });
  expect(of({}, { denied: ["vault"] })).toMatchObject({ inStep: false, directory: "9; not its own: vault" });
  expect(of({}, { notes: [note("forked")] })).toMatchObject({ inStep: false, record: "40, FORKED" });
  expect(of({}, { notes: [note("gap"), note("restarted")] })).toMatchObject({
    ...{ inStep: true, record: "40, with a gap, began anew" },
  });
});

test("where no worker runs nothing is in step, and it is said since when", () => {
  expect(driftOf({ ...facts, hasWorker: false })).toMatchObject({ inStep: false, connection: "was connected" });
  const [gate, yard] = [
    { controller: "gate", hasWorker: false },
    { controller: "yard", hasWorker: true },
  ];
  expect(workerText([gate], 1_700_000_000_000)).toBe(
    "No worker has run since 2023-11-14T22:13:20Z; what stands here is from then. Start one with `postern issuer run`.",
  );
  expect(workerText([gate], null)).toMatch(/^No worker has run yet, /);
  expect(workerText([gate, yard], 1)).toMatch(/^No worker has gate at present; /);
  expect(workerText([yard], 1)).toBeNull();
});
