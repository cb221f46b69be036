import { expect, test } from "vitest";
import { always } from "../../src/domain/schedule.ts";
import type { AreaSpec, DoorSpec } from "../../src/domain/site.ts";
import { card, noon, pin, TestLedger } from "./ledger-fixture.ts";
import {
  areaSite,
  dayMs,
  fireInput,
  garage,
  garageOut,
  guest,
  notTakenBy,
  out,
  publicPin,
  resident,
  takenBy,
} from "./rules-fixture.ts";

const ana = card("00B775D2");
const ben = card("00C0FFEE");
const eva = card("00FACADE");

function areas(area: Partial<AreaSpec> = {}, front: Partial<DoorSpec> = {}): TestLedger {
  const tested = new TestLedger(areaSite(area, front));
  tested.change(
    ...resident("ana", { pin: "4711", card: "00B775D2" }),
    ...resident("ben", { pin: "8642", card: "00C0FFEE" }),
    ...guest("eva", { card: "00FACADE" }),
    ...publicPin("135790"),
  );
  return tested;
}

/** Shown, granted, and seen going through. */
function enters(tested: TestLedger, who: typeof ana, at: Parameters<TestLedger["ask"]>[1] = {}): string {
  const ask = tested.ask(who, at);
  const [answer] = tested.decideAll([ask]);
  if (answer?.verdict.granted !== true)
    return answer !== undefined && "reason" in answer.verdict ? answer.verdict.reason : "more";
  tested.record(takenBy(ask.id));
  return "entered";
}

test("hard passback keeps out whom the area holds to be inside, until he has left", () => {
  const tested = areas();
  expect(enters(tested, ana)).toBe("entered");
  expect(enters(tested, ana)).toBe("passback");
  expect(enters(tested, ben)).toBe("entered");
  expect(enters(tested, ana, out)).toBe("entered");
  expect(enters(tested, ana)).toBe("entered");
});

test("who was let in and did not open the door has not moved", () => {
  const tested = areas();
  const ask = tested.ask(ana);
  tested.decideAll([ask]);
  tested.record(notTakenBy(ask.id));
  expect(enters(tested, ana)).toBe("entered");
});

test("a grant that the door refused moves nobody, whatever is said of it later", () => {
  const tested = areas();
  const ask = tested.ask(ana);
  tested.decideAll([ask]);
  tested.record({ settle: "aborted", ask: ask.id, door: ask.door, why: "blocked" }, takenBy(ask.id));
  expect(enters(tested, ana)).toBe("entered");
});

test("an ask moves its holder once, however often it is told to have been taken", () => {
  const tested = areas();
  const ask = tested.ask(ana);
  tested.decideAll([ask]);
  tested.record(takenBy(ask.id));
  expect(enters(tested, ana, out)).toBe("entered");
  tested.record(takenBy(ask.id));
  expect(enters(tested, ana)).toBe("entered");
});

test("a ledger that restarts between grant and opening moves the holder all the same, and not twice", () => {
  const tested = areas();
  const ask = tested.ask(ana);
  tested.decideAll([ask]);
  tested.restart();
  tested.record(takenBy(ask.id));
  expect(enters(tested, ana)).toBe("passback");
  expect(enters(tested, ana, out)).toBe("entered");
  tested.restart();
  tested.record(takenBy(ask.id));
  expect(enters(tested, ana)).toBe("entered");
});

test("without a contact the grant itself moves, and a refusal of the door puts everything back", () => {
  const tested = areas();
  const first = tested.ask(ana, garage);
  expect(tested.decideAll([first])[0]?.verdict.granted).toBe(true);
  expect(tested.outcome(ana, garage)).toBe("passback");
  tested.record({ settle: "aborted", ask: first.id, door: first.door, why: "expired" });
  expect(tested.outcome(ana, garage)).toBe("granted");
  tested.record({ settle: "aborted", ask: first.id, door: first.door, why: "expired" });
  expect(tested.outcome(ana, garage)).toBe("passback");
  const leaving = tested.ask(ana, garageOut);
  tested.decideAll([leaving]);
  tested.record({ settle: "aborted", ask: leaving.id, door: leaving.door, why: "expired" });
  expect(tested.outcome(ana, garage)).toBe("passback");
});

test("after a restart a refused grant without a contact leaves its holder nowhere, which bars no door", () => {
  const tested = areas();
  const ask = tested.ask(ana, garage);
  tested.decideAll([ask]);
  tested.restart();
  tested.record({ settle: "aborted", ask: ask.id, door: ask.door, why: "ledgerLost" });
  expect(tested.outcome(ana, garage)).toBe("granted");
});

test("soft passback lets in and says so", () => {
  const tested = areas({ passback: "soft" });
  enters(tested, ana);
  const ask = tested.ask(ana);
  expect(tested.decideAll([ask])[0]?.verdict.granted).toBe(true);
  expect(tested.last()).toEqual({ type: "passback.violated", ask: ask.id, area: "lobby" });
  enters(tested, ben);
  expect(tested.types().filter((type) => type === "passback.violated")).toHaveLength(1);
});

test("whoever is exempt goes in as often as he likes, and nothing is said", () => {
  const tested = areas();
  tested.change(...resident("ana", {}, { passbackExempt: true }));
  expect(enters(tested, ana)).toBe("entered");
  expect(enters(tested, ana)).toBe("entered");
  expect(tested.types()).not.toContain("passback.violated");
});

test("time forgives by the monotonic clock within a boot, whatever the wall clock is set to", () => {
  const tested = areas({ forgiveMs: 3_600_000 });
  enters(tested, ana);
  tested.clock.wall = noon + 10 * dayMs;
  expect(enters(tested, ana)).toBe("passback");
  tested.clock.mono += 3_599_000;
  expect(enters(tested, ana)).toBe("passback");
  tested.clock.mono += 1_000;
  expect(enters(tested, ana)).toBe("entered");
});

test("over a restart of the machine time forgives by a trusted wall clock", () => {
  const tested = areas({ forgiveMs: 3_600_000 });
  enters(tested, ana);
  tested.clock.mono = 5;
  tested.clock.wall += 3_500_000;
  tested.restart("run-2", "boot-2");
  expect(enters(tested, ana)).toBe("passback");
  tested.clock.pass(100_000);
  expect(enters(tested, ana)).toBe("entered");
});

test("a clock that cannot be trusted after a restart keeps nobody out where time would forgive", () => {
  const tested = areas({ forgiveMs: 3_600_000 });
  enters(tested, ana);
  tested.clock.mono = 5;
  tested.clock.trusted = false;
  tested.restart("run-2", "boot-2");
  expect(enters(tested, ana)).toBe("entered");
  expect(enters(tested, ana)).toBe("passback");
});

test("who went in while the clock was wrong is not kept out once it is right", () => {
  const tested = areas({ forgiveMs: 3_600_000 });
  tested.clock.trusted = false;
  tested.clock.wall = noon + 3_650 * dayMs;
  enters(tested, ana);
  tested.clock.mono = 5;
  tested.clock.trusted = true;
  tested.clock.wall = noon + dayMs;
  tested.restart("run-2", "boot-2");
  expect(enters(tested, ana)).toBe("entered");
});

test("an area that forgives nothing remembers over restarts and wrong clocks", () => {
  const tested = areas();
  enters(tested, ana);
  tested.clock.mono = 5;
  tested.clock.trusted = false;
  tested.restart("run-2", "boot-2");
  expect(enters(tested, ana)).toBe("passback");
});

test("a full area lets nobody else in, and says once that it is full", () => {
  const tested = areas({ passback: "off", capacity: 2 });
  expect(enters(tested, ana)).toBe("entered");
  expect(tested.types()).not.toContain("area.full");
  expect(enters(tested, ben)).toBe("entered");
  expect(tested.last()).toEqual({ type: "area.full", area: "lobby" });
  expect(enters(tested, eva)).toBe("areaFull");
  expect(tested.outcome(pin("135790"), { reader: "front-keypad" })).toBe("areaFull");
  expect(enters(tested, ben)).toBe("entered");
  expect(tested.types().filter((type) => type === "area.full")).toHaveLength(1);
  enters(tested, ana, out);
  expect(enters(tested, eva)).toBe("entered");
  expect(tested.types().filter((type) => type === "area.full")).toHaveLength(2);
});

test("the last place is not given twice to two who come at once, and is free again when the first does not take it", () => {
  const tested = areas({ passback: "off", capacity: 1 });
  const first = tested.ask(ana);
  const second = tested.ask(ben, { reader: "front-scanner" });
  expect(tested.decideAll([first, second]).map(({ verdict }) => verdict.granted)).toEqual([true, false]);
  tested.record(notTakenBy(first.id));
  expect(tested.outcome(ben)).toBe("granted");
  expect(tested.outcome(ana)).toBe("areaFull");
  tested.clock.pass(60_000);
  expect(tested.outcome(ana)).toBe("granted");
});

test("who is forgiven by time takes no place any more", () => {
  const tested = areas({ passback: "off", capacity: 1, forgiveMs: 3_600_000 });
  enters(tested, ana);
  expect(enters(tested, ben)).toBe("areaFull");
  tested.clock.pass(3_600_000);
  expect(enters(tested, ben)).toBe("entered");
});

test("public codes are nobody: they come in as often as they like and take no place", () => {
  const tested = areas({ capacity: 1 });
  const keypad = { reader: "front-keypad" };
  for (let n = 0; n < 3; n += 1) expect(enters(tested, pin("135790"), keypad)).toBe("entered");
  expect(enters(tested, ana)).toBe("entered");
});

test("passes are held to be inside like people", () => {
  const tested = areas();
  expect(enters(tested, eva)).toBe("entered");
  expect(enters(tested, eva)).toBe("passback");
});

test("two who open together are both inside", () => {
  const tested = areas({}, { factors: [{ schedule: always.id, need: "twoPeople" }] });
  expect(tested.outcome(ana)).toBe("more: twoPeople");
  expect(enters(tested, ben)).toBe("entered");
  expect(tested.outcome(ana)).toBe("passback");
  expect(tested.outcome(ben)).toBe("passback");
});

test("a card that opened before its event was on the disk moves its holder too", () => {
  const tested = areas();
  const ask = tested.ask(ana);
  const shown = { ask: ask.id, door: ask.door, reader: ask.reader, method: "card" } as const;
  const rights = { extended: false, mayHoldOpen: false, administrator: null, lockdownExempt: false };
  const holding = { credential: "ana-card" as never, person: "ana" as never, pass: null };
  const verdict = { granted: true, usesLeft: null, directoryVersion: 1, ...holding, ...rights } as const;
  tested.record({ settle: "late", shown, verdict }, takenBy(ask.id));
  expect(enters(tested, ana)).toBe("passback");
});

test("when a fire is over nobody is held to be anywhere: all left through doors that stood open", () => {
  const tested = areas();
  enters(tested, ana);
  tested.record({ type: "fire.raised", input: fireInput }, { type: "fire.cleared", who: "ops" });
  expect(enters(tested, ana)).toBe("entered");
});

test("whoever leaves the directory leaves the area", () => {
  const tested = areas({ passback: "off", capacity: 1 });
  enters(tested, ana);
  tested.change({ op: "removeHolder", holder: { kind: "person", id: "ana" as never } });
  expect(enters(tested, ben)).toBe("entered");
});

test("a grant at a door without areas leaves everybody where they are", () => {
  const tested = areas({}, { leadsTo: null });
  expect(tested.outcome(ana, garage)).toBe("granted");
  expect(enters(tested, ana)).toBe("entered");
  expect(tested.outcome(ana, garage)).toBe("passback");
});
