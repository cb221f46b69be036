// A relay that was lost after it took its level is told again until it holds it, and the record says so once.
import { expect, test } from "vitest";
import type { Board } from "../../hal/board.ts";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import type { JournalEvent } from "../../src/domain/events.ts";
import type { RelayId } from "../../src/domain/ids.ts";
import { createDrives } from "../../src/doorloop/drives.ts";

const gate = "gate" as RelayId;

function bench() {
  const clock = createVirtualClock({ startWallMs: 0, trusted: true });
  const events: string[] = [];
  const writes: boolean[] = [];
  const relay = { isLost: false };
  const board: Board = {
    kind: "test",
    start: () => {},
    drive: (_relay, energized) => {
      if (relay.isLost) throw new Error("its reader does not answer");
      writes.push(energized);
    },
    signal: () => {},
    health: () => [],
    stop: () => {},
  };
  const drives = createDrives(board, clock, (event: JournalEvent) => events.push(event.type));
  return { clock, events, writes, relay, drives };
}

test("a relay that is lost counts as failed until it has taken its level again", () => {
  const { clock, events, writes, relay, drives } = bench();
  drives.drive(gate, true, { by: "start" });
  relay.isLost = true;
  expect(drives.lose(gate, "its reader does not answer")).toBe(true);
  clock.advance(5_000);
  expect([drives.failed(), events]).toEqual([[gate], ["relay.failed"]]);
  relay.isLost = false;
  expect(drives.find(gate)).toBe(true);
  expect([drives.failed(), events, writes]).toEqual([[], ["relay.failed", "relay.restored"], [true, true]]);
});

test("what was wanted last is what it is told when it is back", () => {
  const { events, writes, relay, drives } = bench();
  drives.drive(gate, true, { by: "start" });
  relay.isLost = true;
  drives.lose(gate, "gone");
  drives.drive(gate, false, { by: "time" });
  relay.isLost = false;
  drives.find(gate);
  expect([writes, events]).toEqual([
    [true, false],
    ["relay.failed", "relay.restored"],
  ]);
});

test("a device that is no relay, or was never driven, is not its business", () => {
  const { drives } = bench();
  expect([drives.lose(gate, "gone"), drives.find(gate)]).toEqual([false, false]);
});
