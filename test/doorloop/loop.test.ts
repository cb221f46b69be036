import { expect, test } from "vitest";
import { createSimBoard } from "../../hal/sim/board.ts";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import type { Ask, RecordEntry, Restored, ToLedger, Verdict } from "../../src/domain/ask.ts";
import { noRights } from "../../src/domain/ask.ts";
import type { BootId, DoorId, InputId, RunId } from "../../src/domain/ids.ts";
import { DoorLoop } from "../../src/doorloop/loop.ts";
import { site, wires } from "../site-fixture.ts";

const yes: Verdict = {
  granted: true,
  usesLeft: null,
  directoryVersion: 1,
  credential: null,
  person: null,
  pass: null,
  ...noRights,
};
const no: Verdict = { granted: false, reason: "unknownCredential" };

const nothingLatched: Restored = { forcedDoors: [], tampered: [], lockdowns: [], blocked: [], fire: false };

/** A loop over a simulated board, with a ledger that does only what the test tells it. */
function start(options: { ledger?: boolean; restored?: Partial<Restored> } = {}) {
  const clock = createVirtualClock({ startWallMs: 1_800_000_000_000, trusted: true });
  const board = createSimBoard(wires, clock);
  const loop = new DoorLoop({
    site,
    board,
    clock,
    run: "run" as RunId,
    boot: "boot" as BootId,
    version: "test",
    onChange: () => {},
  });
  const writes: string[] = [];
  const signals: string[] = [];
  board.observe((change) => {
    if (change.kind === "relay") writes.push(`${change.relay} ${change.energized ? "on" : "off"} ${change.cause}`);
    if (change.kind === "signal" && change.signal !== "key") signals.push(`${change.reader} ${change.signal}`);
  });
  const asks: Ask[] = [];
  const entries: RecordEntry[] = [];
  const connect = (restored: Partial<Restored> = options.restored ?? {}) => {
    loop.link.connect((message: ToLedger) => {
      if (message.kind === "ask") asks.push(message.ask);
      if (message.kind === "record") entries.push(...message.entries);
    });
    loop.link.receive({ kind: "ready", restored: { ...nothingLatched, ...restored } });
  };
  if (options.ledger !== false) connect();
  loop.start();
  const answer = (verdict: Verdict, stage: "committed" | "tentative" = "committed", ask = asks.at(-1)) => {
    if (ask === undefined) throw new Error("nothing was asked");
    loop.link.receive({ kind: "answer", answer: { ask: ask.id, verdict, stage } });
  };
  const recorded = () =>
    entries
      .map(({ what }) => ("settle" in what ? `settle ${what.settle}` : what.type))
      .filter((one) => one !== "controller.started");
  writes.length = 0;
  return { clock, board, loop, writes, signals, asks, entries, connect, answer, recorded };
}

test("a card that the ledger grants moves the relay with the ask as its cause, signals, and locks again", () => {
  const { board, clock, writes, signals, asks, answer } = start();
  board.tap("front-reader", "B775D2");
  expect(asks.at(-1)?.presentation).toEqual({ method: "card", code: "00B775D2", short: true });
  expect(writes).toEqual([]);
  answer(yes);
  expect(writes).toEqual([`front-strike on ask:${asks.at(-1)?.id}`]);
  expect(signals).toEqual(["front-reader granted"]);
  clock.advance(5_000);
  expect(writes.at(-1)).toBe("front-strike off time");
});

test("keys become one ask at the confirm key, and a denial only signals", () => {
  const { board, writes, signals, asks, answer } = start();
  board.keys("front-keypad", "0123");
  expect(asks).toHaveLength(0);
  board.keys("front-keypad", "#");
  expect(asks.at(-1)?.presentation).toEqual({ method: "pin", digits: "0123" });
  answer(no);
  expect(writes).toEqual([]);
  expect(signals).toEqual(["front-keypad denied"]);
});

test("keys on a Wiegand reader with a keypad arrive as frames and become the same entry", () => {
  const { board, asks } = start();
  board.keys("garage-reader", "90*47#");
  expect(asks.at(-1)?.presentation).toEqual({ method: "pin", digits: "47" });
});

test("a scanned text is asked about as it is; control characters and oversized texts never get so far", () => {
  const { board, asks, recorded, clock } = start();
  board.text("front-scanner", "POSTERN-1a2b");
  expect(asks.at(-1)?.presentation).toEqual({ method: "qr", text: "POSTERN-1a2b" });
  board.text("front-scanner", "bell\u0007");
  board.text("front-scanner", "x".repeat(400));
  expect(asks).toHaveLength(1);
  clock.advance(1_000);
  expect(recorded()).toContain("reader.misread");
});

test("without a ledger the exit button, relocking and fire work, and presentations are denied and settled later", () => {
  const { board, clock, writes, signals, connect, entries, recorded } = start({ ledger: false });
  board.press("front-exit", 200);
  expect(writes).toEqual(["front-strike on exit:front-exit"]);
  clock.advance(5_000);
  expect(writes.at(-1)).toBe("front-strike off time");
  board.tap("front-reader", "B775D2");
  expect(signals).toEqual(["front-reader denied"]);
  board.setInput("fire-panel", true);
  expect(writes.at(-1)).toBe("garage-magnet off fire");
  expect(entries).toEqual([]);
  connect();
  expect(recorded()).toEqual([
    "door.unlocked",
    "exit.pressed",
    "door.locked",
    "settle unanswered",
    "door.unlocked",
    "fire.raised",
  ]);
});

test("records that a ledger took without saying so are sent again under the same numbers to the next one", () => {
  const { board, loop, entries, connect } = start();
  board.press("front-exit", 200);
  const first = entries.map((entry) => entry.n);
  loop.ledgerLost("was ended by SIGKILL");
  entries.length = 0;
  connect();
  expect(entries.slice(0, first.length).map((entry) => entry.n)).toEqual(first);
  loop.link.receive({ kind: "recorded", upTo: Math.max(...entries.map((entry) => entry.n)) });
  expect(loop.link.unrecorded()).toBe(0);
});

test("a grant that the old ledger sends after its death was noticed opens nothing", () => {
  const { board, loop, writes, signals, asks, answer, recorded, connect } = start();
  board.tap("front-reader", "B775D2");
  const old = asks.at(-1);
  loop.ledgerLost("ended with code 1");
  answer(yes, "committed", old);
  connect();
  answer(yes, "committed", old);
  expect(writes).toEqual([]);
  expect(signals).toEqual(["front-reader denied"]);
  expect(recorded()).toEqual(expect.arrayContaining(["ledger.lost", "settle unanswered", "ledger.restored"]));
});

test("a grant that arrives two seconds after the presentation opens nothing, although the record said yes", () => {
  const { board, clock, writes, answer, recorded, asks } = start();
  board.tap("front-reader", "B775D2");
  const old = asks.at(-1);
  clock.advance(2_000);
  answer(yes, "committed", old);
  expect(writes).toEqual([]);
  expect(recorded()).toContain("settle unanswered");
});

test("a disk that does not answer opens for an uncounted card after the record deadline, and the record hears of it", () => {
  const { board, clock, writes, answer, recorded, asks } = start();
  board.tap("front-reader", "B775D2");
  answer(yes, "tentative");
  expect(writes).toEqual([]);
  clock.advance(299);
  expect(writes).toEqual([]);
  clock.advance(1);
  expect(writes).toEqual([`front-strike on ask:${asks.at(-1)?.id}`]);
  expect(recorded()).toContain("settle late");
  answer(yes);
  clock.advance(10);
  expect(writes).toHaveLength(1);
});

test("five hundred taps in a second at one reader make one ask and one count, and the exit button still opens at once", () => {
  const { board, clock, writes, asks, entries } = start();
  for (let i = 0; i < 500; i += 1) {
    board.tap("front-reader", "B775D2");
    clock.advance(1);
  }
  expect(asks).toHaveLength(1);
  board.press("front-exit", 200);
  expect(writes).toEqual(["front-strike on exit:front-exit"]);
  clock.advance(1_000);
  const shed = entries.map((entry) => entry.what).filter((what) => "type" in what && what.type === "access.shed");
  expect(shed).toEqual([{ type: "access.shed", reader: "front-reader", count: 499 }]);
});

test("a relay that does not take its level is reported once and driven again until it does", () => {
  const { board, clock, entries, writes, loop } = start();
  board.press("front-exit", 100);
  board.stickRelay("front-strike", "driver overheated");
  clock.advance(8_000);
  expect(loop.failedRelays()).toEqual(["front-strike"]);
  board.freeRelay("front-strike");
  clock.advance(1_000);
  expect(writes.at(-1)).toBe("front-strike off time");
  expect(loop.failedRelays()).toEqual([]);
  expect(entries.filter(({ what }) => "type" in what && what.type === "relay.failed")).toHaveLength(1);
});

test("fire stays latched after the input falls, is refused to clear while it burns, and ends by command", () => {
  const { board, loop, writes } = start();
  board.setInput("fire-panel", true);
  expect(loop.command({ kind: "clearFire" }, "operator")).toMatch(/still reports fire/);
  board.setInput("fire-panel", false);
  expect(loop.statuses().map((door) => door.fire)).toEqual([false, true]);
  expect(loop.command({ kind: "clearFire" }, "operator")).toBeNull();
  expect(writes).toEqual(["garage-magnet off fire", "garage-magnet on operator"]);
  expect(loop.command({ kind: "clearFire" }, "operator")).toMatch(/no fire/);
});

test("a restart restores a latched fire and a forced door without recording them again", () => {
  const { loop, board, recorded } = start({ restored: { forcedDoors: ["front" as DoorId], fire: true } });
  expect(loop.statuses().map((door) => [door.forced, door.fire])).toEqual([
    [true, false],
    [false, true],
  ]);
  expect(board.snapshot().relays).toEqual({ "front-strike": false, "garage-magnet": false });
  expect(recorded()).not.toContain("fire.raised");
  expect(recorded()).not.toContain("door.forced");
  expect(loop.command({ kind: "clearForced", door: "front" as DoorId }, "operator")).toBeNull();
  expect(loop.command({ kind: "clearForced", door: "front" as DoorId }, "operator")).toMatch(/no forced-door alarm/);
});

test("what an operator cleared before the ledger was there for the first time is not put in force by it", () => {
  const { loop, board, writes, connect } = start({ ledger: false });
  board.setInput("fire-panel", true);
  board.setInput("fire-panel", false);
  board.setInput("front-contact", true);
  loop.command({ kind: "clearFire" }, "operator");
  loop.command({ kind: "clearForced", door: "front" as DoorId }, "operator");
  writes.length = 0;
  connect({ forcedDoors: ["front" as DoorId], fire: true });
  expect(writes).toEqual([]);
  expect(loop.statuses().map((door) => [door.forced, door.fire])).toEqual([
    [false, false],
    [false, false],
  ]);
});

test("a recovered database is told of until an operator takes note, whatever an older ledger still says, and again after another", () => {
  const { loop, entries, connect } = start();
  const recovered = (epoch: number) => ({ forcedDoors: [], fire: false, recovery: { epoch, why: "It was damaged." } });
  const clearRecovery = () => loop.command({ kind: "clearRecovery" }, "command line");
  expect(clearRecovery()).toMatch(/no recovery/);
  connect(recovered(7));
  expect(loop.recovery()).toBe("It was damaged.");
  expect(clearRecovery()).toBeNull();
  expect(entries.at(-1)?.what).toEqual({ type: "ledger.recoveryCleared", epoch: 7, who: "command line" });
  connect(recovered(7));
  expect(loop.recovery()).toBeNull();
  connect(recovered(8));
  expect(loop.recovery()).toBe("It was damaged.");
});

test("starting locks every door: a strike is released, a magnet is energized", () => {
  const clock = createVirtualClock({ startWallMs: 1_800_000_000_000, trusted: false });
  const board = createSimBoard(wires, clock);
  const writes: string[] = [];
  board.observe((change) => change.kind === "relay" && writes.push(`${change.relay} ${change.energized}`));
  new DoorLoop({
    site,
    board,
    clock,
    run: "r" as RunId,
    boot: "b" as BootId,
    version: "t",
    onChange: () => {},
  }).start();
  expect(writes).toEqual(["front-strike false", "garage-magnet true"]);
});

test("stopping in the middle of a passage locks the door and leaves a fire release open", () => {
  const { board, loop, writes } = start();
  board.press("front-exit", 100);
  board.setInput("fire-panel", true);
  writes.length = 0;
  loop.stop();
  expect(writes).toEqual(["front-strike off stop"]);
});

test("stepping the wall clock back an hour does not stretch the unlock", () => {
  const { board, clock, writes } = start();
  board.press("front-exit", 100);
  clock.stepWall(-3_600_000);
  clock.advance(5_000);
  expect(writes.at(-1)).toBe("front-strike off time");
});

test("a lost contact is unknown, a lost exit button counts as let go, and both are recorded", () => {
  const { board, loop, clock, writes, recorded } = start();
  board.setInput("front-exit", true);
  board.lose("front-exit", "wire cut");
  clock.advance(5_000);
  expect(writes.at(-1)).toBe("front-strike off time");
  board.lose("front-contact", "wire cut");
  expect(loop.statuses()[0]?.contact).toBe("unknown");
  board.find("front-contact");
  expect(recorded().filter((one) => one.startsWith("device"))).toEqual(["device.lost", "device.lost", "device.found"]);
});

test("one exit button that serves two doors opens both", () => {
  const clock = createVirtualClock({ startWallMs: 1_800_000_000_000, trusted: true });
  const board = createSimBoard(wires, clock);
  const writes: string[] = [];
  const shared = { ...site, doors: site.doors.map((door) => ({ ...door, exitButtons: ["front-exit" as InputId] })) };
  new DoorLoop({
    site: shared,
    board,
    clock,
    run: "r" as RunId,
    boot: "b" as BootId,
    version: "t",
    onChange: () => {},
  }).start();
  board.observe((change) => change.kind === "relay" && writes.push(`${change.relay} ${change.energized}`));
  board.press("front-exit", 200);
  expect(writes).toEqual(["front-strike true", "garage-magnet false"]);
});

test("starting during a fire never energizes the magnet of a released door", () => {
  const clock = createVirtualClock({ startWallMs: 1_800_000_000_000, trusted: true });
  const board = createSimBoard(wires, clock);
  board.setInput("fire-panel", true);
  const writes: string[] = [];
  board.observe((change) => change.kind === "relay" && writes.push(`${change.relay} ${change.energized}`));
  new DoorLoop({
    site,
    board,
    clock,
    run: "r" as RunId,
    boot: "b" as BootId,
    version: "t",
    onChange: () => {},
  }).start();
  expect(writes).toEqual(["garage-magnet false", "front-strike false"]);
});

test("a ledger that comes back does not undo what an operator has cleared meanwhile", () => {
  const { board, loop, writes, connect } = start();
  board.setInput("fire-panel", true);
  board.setInput("fire-panel", false);
  expect(loop.command({ kind: "clearFire" }, "operator")).toBeNull();
  loop.ledgerLost("was ended by SIGKILL");
  writes.length = 0;
  connect({ forcedDoors: ["front" as DoorId], fire: true });
  expect(writes).toEqual([]);
  expect(loop.statuses().map((door) => [door.fire, door.forced])).toEqual([
    [false, false],
    [false, false],
  ]);
});

test("after a stop no answer, input or timer moves a relay, and what was asked is settled", () => {
  const { board, loop, clock, writes, answer, recorded, asks } = start();
  board.stickRelay("garage-magnet", "stuck");
  board.tap("front-reader", "B775D2");
  const asked = asks.at(-1);
  loop.stop();
  writes.length = 0;
  answer(yes, "committed", asked);
  loop.link.receive({ kind: "ready", restored: { ...nothingLatched, fire: true } });
  board.freeRelay("garage-magnet");
  clock.advance(60_000);
  expect(writes).toEqual([]);
  expect(recorded()).toContain("settle unanswered");
  expect(recorded().at(-1)).toBe("controller.stopped");
  expect(loop.command({ kind: "clearFire" }, "operator")).toMatch(/stopping/);
});

test("a fire release latched in the last run is in force before any door is locked", () => {
  const clock = createVirtualClock({ startWallMs: 1_800_000_000_000, trusted: true });
  const board = createSimBoard(wires, clock);
  const writes: string[] = [];
  board.observe((change) => change.kind === "relay" && writes.push(`${change.relay} ${change.energized}`));
  const loop = new DoorLoop({
    ...{ site, board, clock, run: "r" as RunId, boot: "b" as BootId, version: "t", onChange: () => {} },
    fireLatched: true,
  });
  loop.start();
  expect(writes).toEqual(["garage-magnet false", "front-strike false"]);
  expect(loop.isFireLatched()).toBe(true);
});

test("a flood cannot crowd an alarm or a settlement out of the record, and what found no room is counted in it", () => {
  const { board, loop, clock, entries } = start();
  for (let i = 0; i < 4_000; i += 1) {
    board.setInput("garage-contact", i % 2 === 0);
    clock.advance(1);
  }
  clock.advance(10_000);
  board.setInput("front-contact", true);
  let acknowledged = 0;
  while (entries.length > acknowledged) {
    acknowledged = entries.length;
    loop.link.receive({ kind: "recorded", upTo: Math.max(...entries.map((entry) => entry.n)) });
  }
  const types = entries.map(({ what }) => ("type" in what ? what.type : what.settle));
  expect(types).toContain("door.forced");
  const dropped = entries.map(({ what }) => ("type" in what && what.type === "records.dropped" ? what.count : 0));
  expect(dropped.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
  expect(loop.link.unrecorded()).toBe(0);
});

test("a door whose strike is stuck is not called locked until the strike has let go", () => {
  const { board, loop, clock, recorded } = start();
  board.press("front-exit", 100);
  board.stickRelay("front-strike", "welded");
  clock.advance(6_000);
  expect(loop.statuses()[0]?.locked).toBe(false);
  board.freeRelay("front-strike");
  clock.advance(1_000);
  expect(loop.statuses()[0]?.locked).toBe(true);
  expect(recorded()).toContain("relay.restored");
});
