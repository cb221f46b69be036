import { expect, test } from "vitest";
import { site } from "../site-fixture.ts";
import {
  ana,
  card,
  courier,
  openOnDisk,
  pin,
  qr,
  quickHash,
  TestClock,
  TestLedger,
  temporaryFolder,
  wordOf,
} from "./ledger-fixture.ts";

const wrongCodes = (tested: TestLedger, count: number, reader = "front-keypad") =>
  Array.from({ length: count }, (_, index) => tested.outcome(pin(`8${index}37${index}`), { reader }));

test("five wrong codes block PINs and QR digits at that door, not cards, other texts or other doors", () => {
  const tested = new TestLedger();
  tested.change(...ana);
  expect(wrongCodes(tested, 5)).toEqual(Array(5).fill("unknownCredential"));
  expect(tested.last()).toEqual({ type: "access.limited", door: "front", blockMs: 30_000 });
  expect(tested.outcome(pin("4711"))).toBe("accessLimited");
  expect(tested.outcome(qr("12345678"))).toBe("accessLimited");
  expect(tested.outcome(qr("ANA-HELLO"))).toBe("granted");
  expect(tested.outcome(card("00B775D2"))).toBe("granted");
  expect(tested.outcome(pin("4711"), { door: "garage" })).toBe("granted");
});

test("entries that are too long and digits held to the camera count as guesses", () => {
  const tested = new TestLedger();
  tested.change(...ana);
  for (let entry = 0; entry < 3; entry += 1) tested.outcome(pin(null));
  expect(tested.outcome(qr("123456"))).toBe("unknownCredential");
  expect(tested.outcome(qr("223456"))).toBe("unknownCredential");
  expect(tested.outcome(pin("4711"))).toBe("accessLimited");
});

test("all wrong codes of one batch count", () => {
  const tested = new TestLedger();
  tested.change(...ana);
  const asks = [1, 2, 3, 4, 5, 6].map((n) => tested.ask(pin(`123${n}`), { reader: `reader-${n}` }));
  const reasons = tested.decideAll(asks).map(({ verdict }) => wordOf(verdict));
  expect(reasons).toEqual([...Array(5).fill("unknownCredential"), "accessLimited"]);
});

test("a block outlives the ledger, the run and the boot, and ends in time", () => {
  const clock = new TestClock();
  const tested = new TestLedger(site, clock);
  tested.change(...ana);
  wrongCodes(tested, 5);
  tested.restart();
  expect(tested.outcome(pin("4711"))).toBe("accessLimited");
  clock.mono = 50;
  tested.restart("run-2", "boot-2");
  expect(tested.outcome(pin("4711"))).toBe("accessLimited");
  clock.pass(30_000);
  expect(tested.outcome(pin("4711"))).toBe("granted");
});

test("after a boot with an untrusted clock the rest of a block runs from the start of the ledger, once", () => {
  const clock = new TestClock();
  const tested = new TestLedger(site, clock);
  tested.change(...ana);
  wrongCodes(tested, 5);
  clock.trusted = false;
  clock.wall = 0;
  clock.mono = 50;
  tested.restart("run-2", "boot-2");
  clock.pass(20_000);
  expect(tested.outcome(pin("4711"))).toBe("accessLimited");
  clock.pass(9_999);
  expect(tested.outcome(pin("4711"))).toBe("accessLimited");
  clock.pass(1);
  expect(tested.outcome(pin("4711"))).toBe("granted");
});

test("failures are on the disk before their answer leaves", () => {
  const folder = temporaryFolder();
  const clock = new TestClock();
  const tested = new TestLedger(site, clock);
  const first = openOnDisk(folder, clock);
  for (let entry = 0; entry < 5; entry += 1) {
    const ask = tested.ask(pin(`5${entry}5${entry}`));
    first.commitBatch([first.readyAsk(ask, quickHash(`5${entry}5${entry}`))], []);
  }
  // No orderly end: the process is gone, the files are what they are.
  const second = openOnDisk(folder, clock);
  const ask = tested.ask(pin("4711"));
  const [answer] = second.commitBatch([second.readyAsk(ask, quickHash("4711"))], []);
  expect(answer!.verdict).toEqual({ granted: false, reason: "accessLimited" });
  first.close();
  second.close();
});

test("success refills nothing: five failures in all block, however many right codes come between", () => {
  const tested = new TestLedger();
  tested.change(...ana);
  for (let entry = 0; entry < 4; entry += 1) {
    expect(tested.outcome(pin(`99${entry}99`))).toBe("unknownCredential");
    expect(tested.outcome(pin("4711"))).toBe("granted");
  }
  tested.outcome(pin("880088"));
  expect(tested.outcome(pin("4711"))).toBe("accessLimited");
});

test.each([
  ["a substituted digit", "4712", true],
  ["a missing digit", "471", true],
  ["a digit too many", "47111", true],
  ["two neighbors swapped", "7411", true],
  ["two digits wrong", "4722", false],
])("a typing error is forgiven once the right code follows at the same keypad: %s", (_, typed, forgiven) => {
  const tested = new TestLedger();
  tested.change(...ana);
  for (let round = 0; round < 4; round += 1) {
    tested.outcome(pin(typed), { reader: "front-keypad" });
    tested.outcome(pin("4711"), { reader: "front-keypad" });
  }
  tested.outcome(pin("900009"), { reader: "front-keypad" });
  expect(tested.outcome(pin("4711"), { reader: "front-keypad" })).toBe(forgiven ? "granted" : "accessLimited");
});

test("a typing error is not forgiven at another reader, after a minute, or a second time", () => {
  const clock = new TestClock();
  const tested = new TestLedger(site, clock);
  tested.change(...ana);
  const level = () => tested.parts.db.prepare("SELECT level FROM guess WHERE door = 'front'").pluck().get() as number;
  tested.outcome(pin("4712"), { reader: "front-keypad" });
  tested.outcome(pin("4711"), { reader: "front-reader" });
  expect(level()).toBe(1);
  tested.outcome(pin("900009"), { reader: "front-keypad" });
  tested.outcome(pin("4711"), { reader: "front-keypad" });
  expect(level()).toBe(1);
  tested.outcome(pin("4711"), { reader: "front-keypad" });
  expect(level()).toBe(1);
  tested.outcome(pin("4712"), { reader: "front-keypad" });
  expect(level()).toBe(2);
  clock.pass(60_001);
  tested.outcome(pin("4711"), { reader: "front-keypad" });
  expect(level()).toBe(2);
});

test("somebody else's right code forgives nothing", () => {
  const tested = new TestLedger();
  tested.change(...ana, ...courier(null));
  for (let entry = 0; entry < 5; entry += 1) {
    tested.outcome(pin(`47${entry}2`), { reader: "front-keypad" });
    if (entry < 4) expect(tested.outcome(pin("90210"), { reader: "front-keypad" })).toBe("granted");
  }
  expect(tested.outcome(pin("90210"), { reader: "front-keypad" })).toBe("accessLimited");
});

test("what failed at a keypad is in memory only", () => {
  const tested = new TestLedger();
  tested.change(...ana);
  tested.outcome(pin("4712"), { reader: "front-keypad" });
  tested.restart();
  tested.outcome(pin("4711"), { reader: "front-keypad" });
  expect(tested.parts.db.prepare("SELECT level FROM guess").pluck().get()).toBe(1);
});
