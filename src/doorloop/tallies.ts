// What readers and devices report in floods, counted into the record; and the rest that devices say of themselves.
import type { BoardEvent } from "../../hal/board.ts";
import type { Clock } from "../../hal/clock.ts";
import type { JournalEvent } from "../domain/events.ts";
import type { ReaderId } from "../domain/ids.ts";
import { createTally } from "./tally.ts";

type Attack = Extract<BoardEvent, { kind: "attack" }>;

export interface Tallies {
  /** A presentation that was not looked up, for want of time. */
  shed(reader: ReaderId): void;
  misread(reader: ReaderId, problem: string): void;
  attacked(event: Attack): void;
}

export function createTallies(clock: Clock, record: (event: JournalEvent) => void): Tallies {
  const shed = createTally(clock, "shed presentations", (reader, count) =>
    record({ type: "access.shed", reader: reader as ReaderId, count }),
  );
  const misreads = createTally(clock, "misreads", (key, count) => {
    const [reader, problem] = parted(key);
    record({ type: "reader.misread", reader: reader as ReaderId, problem, count });
  });
  const attacks = createTally(clock, "attacks", (key, count) => {
    const [device, what] = parted(key);
    record({ type: "device.attacked", device, what, count });
  });
  return {
    shed: (reader) => shed.count(reader),
    misread: (reader, problem) => misreads.count(`${reader} ${problem}`),
    attacked: ({ device, what }) => attacks.count(`${device} ${what}`),
  };
}

/** An id has no space in it. */
function parted(key: string): readonly [string, string] {
  const end = key.indexOf(" ");
  return [key.slice(0, end), key.slice(end + 1)];
}

export function deviceEvent(
  event: Extract<BoardEvent, { kind: "found" | "faulty" | "mended" | "pairing" }>,
): JournalEvent {
  const { kind, device } = event;
  if (kind === "pairing") {
    const reader = device as ReaderId;
    return event.paired ? { type: "reader.paired", reader } : { type: "reader.pairingClosed", reader, why: event.why };
  }
  if (kind === "faulty") return { type: "device.faulted", device, why: event.why };
  return { type: kind === "found" ? "device.found" : "device.mended", device };
}
