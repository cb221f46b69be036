import { expect, test } from "vitest";
import type { DoorTiming } from "../../src/domain/site.ts";
import { frontDoor } from "../site-fixture.ts";
import { card, pin, TestLedger } from "./ledger-fixture.ts";
import { changedFront, garage, publicPin, resident } from "./rules-fixture.ts";

const ana = card("00B775D2");
const ben = card("00C0FFEE");
const keypad = { reader: "front-keypad" } as const;

function door(timing: Partial<DoorTiming>): TestLedger {
  const tested = new TestLedger(changedFront({ timing: { ...frontDoor.timing, ...timing } }));
  tested.change(
    ...resident("ana", { pin: "4711", card: "00B775D2" }),
    ...resident("ben", { card: "00C0FFEE" }),
    ...publicPin("135790"),
  );
  return tested;
}

test("the same person opens again only after the interval, whatever is shown; others do at once", () => {
  const tested = door({ sameUserMs: 10_000 });
  expect(tested.outcome(ana)).toBe("granted");
  tested.clock.pass(9_999);
  expect(tested.outcome(pin("4711"), keypad)).toBe("tooSoon");
  expect(tested.outcome(ben)).toBe("granted");
  expect(tested.outcome(ana, garage)).toBe("granted");
  tested.clock.pass(1);
  expect(tested.outcome(pin("4711"), keypad)).toBe("granted");
});

test("anybody else waits for the interval between two people", () => {
  const tested = door({ differentUserMs: 5_000 });
  expect(tested.outcome(ana)).toBe("granted");
  tested.clock.pass(4_999);
  expect(tested.outcome(ben)).toBe("tooSoon");
  expect(tested.outcome(ana)).toBe("granted");
  tested.clock.pass(4_999);
  expect(tested.outcome(ben)).toBe("tooSoon");
  tested.clock.pass(1);
  expect(tested.outcome(ben)).toBe("granted");
});

test("whoever uses a public code may be anybody: never the same person, always another one", () => {
  const same = door({ sameUserMs: 10_000 });
  expect(same.outcome(pin("135790"), keypad)).toBe("granted");
  expect(same.outcome(pin("135790"), keypad)).toBe("granted");
  const different = door({ differentUserMs: 5_000 });
  expect(different.outcome(pin("135790"), keypad)).toBe("granted");
  expect(different.outcome(pin("135790"), keypad)).toBe("tooSoon");
  expect(different.outcome(ana)).toBe("tooSoon");
});

test("a denial begins no interval, and an opening that the door refused ends its own", () => {
  const tested = door({ sameUserMs: 10_000 });
  tested.present(card("00000001"));
  const ask = tested.ask(ana);
  tested.decideAll([ask]);
  expect(tested.outcome(ana)).toBe("tooSoon");
  tested.record({ settle: "aborted", ask: ask.id, door: ask.door, why: "blocked" });
  expect(tested.outcome(ana)).toBe("granted");
});

test("an opening before its event was on the disk begins the interval too", () => {
  const tested = door({ sameUserMs: 10_000 });
  const ask = tested.ask(ana);
  const shown = { ask: ask.id, door: ask.door, reader: ask.reader, method: "card" } as const;
  const rights = { extended: false, mayHoldOpen: false, administrator: null, lockdownExempt: false };
  const holding = { credential: "ana-card" as never, person: "ana" as never, pass: null };
  const verdict = { granted: true, usesLeft: null, directoryVersion: 1, ...holding, ...rights } as const;
  tested.record({ settle: "late", shown, verdict });
  expect(tested.outcome(ana)).toBe("tooSoon");
});

test("the interval is the monotonic clock's: setting the wall clock shortens nothing", () => {
  const tested = door({ sameUserMs: 10_000 });
  tested.present(ana);
  tested.clock.wall += 3_600_000;
  expect(tested.outcome(ana)).toBe("tooSoon");
});

test("of two cards that wait for a slow disk at once, neither is answered before it where the second must wait", () => {
  const tested = door({ sameUserMs: 10_000 });
  const asks = [tested.ask(ana), tested.ask(ana, { reader: "front-scanner" })];
  expect(tested.ledger.preview(asks.map((ask) => tested.ready(ask)))).toEqual([]);
  expect(tested.ledger.preview([tested.ready(tested.ask(ana))])).toHaveLength(1);
  expect(tested.decideAll(asks).map(({ verdict }) => verdict.granted)).toEqual([true, false]);
});
