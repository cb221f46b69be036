import { expect, test } from "vitest";
import type { DoorId } from "../../src/domain/ids.ts";
import { PastRecord } from "../../src/ledger/past-record.ts";
import { ana, card, noon, TestLedger } from "./ledger-fixture.ts";

/** A lockdown and two decisions, then more events than are read at once, then a decision. */
function long(): TestLedger {
  const tested = new TestLedger();
  tested.change(...ana);
  tested.record({ type: "door.modeChanged", door: "front" as DoorId, mode: "lockedDown", cause: { by: "start" } });
  tested.outcome(card("00B775D2"));
  tested.outcome(card("00000001"), { door: "garage", reader: "garage-reader" });
  for (let part = 0; part < 6; part += 1) {
    tested.record(...Array.from({ length: 1_000 }, () => ({ type: "controller.stopped" }) as const));
  }
  tested.clock.pass(60_000);
  tested.outcome(card("00B775D2"));
  return tested;
}

test("decisions are found however far back they lie, by door, time and outcome", () => {
  const tested = long();
  const record = new PastRecord(tested.parts.db);
  const filter = { door: null, fromWall: noon, untilWall: noon + 1, deniedOnly: false };
  const seqs = (more: Partial<typeof filter> | { door: string }, limit = 10) =>
    record.decisions({ ...filter, ...more }, limit).map(({ seq }) => seq);
  expect(seqs({})).toEqual([4, 3]);
  expect(seqs({ untilWall: noon + 60_001 })).toEqual([6_005, 4, 3]);
  expect(seqs({ untilWall: noon + 60_001 }, 1)).toEqual([6_005]);
  expect(seqs({ deniedOnly: true })).toEqual([4]);
  expect(seqs({ door: "front" })).toEqual([3]);
  expect(seqs({ fromWall: noon + 1 })).toEqual([]);
  expect([record.oldest, record.newest]).toEqual([1, 6_005]);
  expect([...record.range(6_000, 6_005)].map(({ seq }) => seq)).toEqual([6_000, 6_001, 6_002, 6_003, 6_004, 6_005]);
});

test("what put a door into its mode is found however long ago, and only for that door and before", () => {
  const tested = long();
  const record = new PastRecord(tested.parts.db);
  expect(record.lastModeBefore(6_005, "front" as DoorId)).toMatchObject({ seq: 2, event: { mode: "lockedDown" } });
  expect(record.lastModeBefore(2, "front" as DoorId)).toBeNull();
  expect(record.lastModeBefore(6_005, "garage" as DoorId)).toBeNull();
});
