// The acceptance checks of REQUIREMENTS section 4 that the ledger answers for.
import { expect, test } from "vitest";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { HolidayId, PassId, PersonId } from "../../src/domain/ids.ts";
import { unixMs } from "../../src/domain/time.ts";
import { card, noon, person, pin, putCredential, putGrant, qr, TestLedger } from "./ledger-fixture.ts";
import { changedFront, dayMs, garage, guest, plate, putSchedule, resident } from "./rules-fixture.ts";

/** On the Friday of `noon`, by the clock on the wall in Madrid. */
const at = (hour: number, minute = 0): number => Date.UTC(2026, 10, 20, hour - 1, minute);

function ledgerWith(...changes: DirectoryChange[]): TestLedger {
  const tested = new TestLedger();
  const outcome = tested.change(...changes);
  if (!outcome.applied) throw new Error(JSON.stringify(outcome.problems));
  return tested;
}

const grantsOf = (tested: TestLedger) =>
  tested.events().flatMap(({ event }) => (event.type === "access.granted" ? [event] : []));

test("acceptance 1: one use at each of two doors opens once at each, and the second try at either is used up", () => {
  const tested = ledgerWith(...guest("eva", { card: "00FACADE" }, { usesPerDoor: 1 }));
  const key = card("00FACADE");
  expect(tested.outcome(key)).toBe("granted");
  expect(tested.outcome(key, garage)).toBe("granted");
  expect(tested.outcome(key)).toBe("usesExhausted");
  expect(tested.outcome(key, garage)).toBe("usesExhausted");
});

test("acceptance 1: a power cut between the decision and the relay never gives a second opening", () => {
  const tested = ledgerWith(...guest("eva", { card: "00FACADE" }, { usesPerDoor: 1 }));
  const ask = tested.ask(card("00FACADE"));
  tested.decideAll([ask]);
  tested.restart("run-2", "boot-2");
  expect(tested.outcome(card("00FACADE"))).toBe("usesExhausted");
  expect(grantsOf(tested)).toHaveLength(1);
});

/** From nine to five, good for two hours after it was first opened. */
const expiresIn = (activationMs: number | null): DirectoryChange[] =>
  guest("eva", { qr: "EVA-HELLO" }, { validity: { from: unixMs(at(9)), until: unixMs(at(17)) }, activationMs });

const activated = (hour: number): DirectoryChange => ({
  op: "activatePass",
  id: "eva" as PassId,
  at: unixMs(at(hour)),
});

const outcomeAt = (tested: TestLedger, wall: number): string => {
  tested.clock.wall = wall;
  return tested.outcome(qr("EVA-HELLO"), { reader: "front-scanner" });
};

test("acceptance 3: opened at 16:00 for two hours, a pass till 17:00 ends at 17:00", () => {
  const tested = ledgerWith(...expiresIn(2 * 3_600_000), activated(16));
  expect(outcomeAt(tested, at(15, 59))).toBe("notYetValid");
  expect(outcomeAt(tested, at(16))).toBe("granted");
  expect(outcomeAt(tested, at(17) - 1)).toBe("granted");
  expect(outcomeAt(tested, at(17))).toBe("expired");
});

test("acceptance 3: opened at 10:00 for two hours, it ends at 12:00", () => {
  const tested = ledgerWith(...expiresIn(2 * 3_600_000), activated(10));
  expect(outcomeAt(tested, at(12) - 1)).toBe("granted");
  expect(outcomeAt(tested, at(12))).toBe("activationOver");
  expect(outcomeAt(tested, at(16))).toBe("activationOver");
});

test("acceptance 3: without expiration it is good till 17:00", () => {
  const tested = ledgerWith(...expiresIn(null));
  expect(outcomeAt(tested, at(9) - 1)).toBe("notYetValid");
  expect(outcomeAt(tested, at(9))).toBe("granted");
  expect(outcomeAt(tested, at(17) - 1)).toBe("granted");
  expect(outcomeAt(tested, at(17))).toBe("expired");
});

test("acceptance 4: a revoked pass stays denied without a network, also when an older version of it comes late", () => {
  const version = (state: "active" | "revoked", number: number) =>
    guest("eva", { card: "00FACADE" }, { state, version: number });
  const tested = ledgerWith(...version("active", 3));
  expect(tested.outcome(card("00FACADE"))).toBe("granted");
  tested.change(...version("revoked", 4));
  expect(tested.outcome(card("00FACADE"))).toBe("revoked");
  tested.change(...version("active", 3));
  expect(tested.outcome(card("00FACADE"))).toBe("revoked");
  tested.restart("run-2", "boot-2");
  expect(tested.outcome(card("00FACADE"))).toBe("revoked");
});

test("acceptance 4: a revocation counts at once, for what is half shown as well", () => {
  const tested = new TestLedger(changedFront({ passCodeRequired: true }));
  tested.change(...guest("eva", { qr: "EVA-HELLO", code: "246802" }));
  expect(tested.outcome(qr("EVA-HELLO"), { reader: "front-scanner" })).toBe("more: qrAndCode");
  tested.change(...guest("eva", {}, { state: "revoked" }));
  expect(tested.outcome(pin("246802"), { reader: "front-keypad" })).toBe("revoked");
});

test("acceptance 7: two apartments may have the same PIN, and each opens for its own apartment only", () => {
  const tested = new TestLedger(changedFront({ keypadMode: "apartmentPin" }));
  const flat = (id: string, apartment: string): DirectoryChange[] => [
    ...resident(id, { pin: "4711" }, { apartment }).slice(0, 2),
    putGrant(person(id)),
  ];
  expect(tested.change(...flat("ana", "12"), ...flat("ben", "34"))).toMatchObject({ applied: true });
  const typed = (apartment: string, digits: string) => ({ method: "pin", apartment, digits }) as const;
  const keypad = { reader: "front-keypad" };
  expect(tested.outcome(typed("12", "4711"), keypad)).toBe("granted");
  expect(tested.outcome(typed("34", "4711"), keypad)).toBe("granted");
  expect(grantsOf(tested).map(({ person: who }) => who)).toEqual(["ana", "ben"]);
  expect(tested.outcome(typed("56", "4711"), keypad)).toBe("unknownCredential");
  expect(tested.outcome(typed("", "4711"), keypad)).toBe("unknownCredential");
  expect(tested.change(...flat("dan", "12"))).toMatchObject({ applied: false });
});

test("acceptance 16: whose host loses a floor after the pass was issued loses it too", () => {
  const host = (floors: string[]): DirectoryChange[] => resident("ana", { card: "00B775D2" }, { floors });
  const follows = { host: "ana" as PersonId, floors: { kind: "host" } } as const;
  const tested = ledgerWith(...host(["3", "7"]), ...guest("eva", { card: "00FACADE" }, follows));
  tested.present(card("00FACADE"));
  tested.change(...host(["3"]));
  tested.present(card("00FACADE"));
  expect(grantsOf(tested).map(({ floors }) => floors)).toEqual([["3", "7"], ["3"]]);
  tested.change(
    ...guest("eva", { card: "00FACADE" }, { ...follows, version: 1, floors: { kind: "list", floors: ["9"] } }),
  );
  tested.present(card("00FACADE"));
  expect(grantsOf(tested).at(-1)?.floors).toEqual(["9"]);
});

test("acceptance 17: a plate without dates ignores them, one outside of its dates is denied, and spelling is no matter", () => {
  const tested = new TestLedger(changedFront({ methods: ["plate"] }));
  const car = (validity?: { from: number; until: number }): DirectoryChange => ({
    ...(putCredential("ana-car", person("ana"), "plate", "ab-12 cd") as Extract<
      DirectoryChange,
      { op: "putCredential" }
    >),
    ...(validity === undefined ? {} : { validity: { from: unixMs(validity.from), until: unixMs(validity.until) } }),
  });
  tested.change(...resident("ana", {}), car());
  expect(tested.outcome(plate("AB12CD"))).toBe("granted");
  tested.clock.wall = noon + 3_650 * dayMs;
  expect(tested.outcome(plate("AB12CD"))).toBe("granted");
  const from = tested.clock.wall + dayMs;
  tested.change(car({ from, until: from + dayMs }));
  expect(tested.outcome(plate("AB12CD"))).toBe("notYetValid");
  tested.clock.wall = from;
  expect(tested.outcome(plate("AB12CD"))).toBe("granted");
  tested.clock.wall = from + dayMs;
  expect(tested.outcome(plate("AB12CD"))).toBe("credentialExpired");
});

test("acceptance 18: a holiday bars a schedule; its working hours and schedules that are exempt let through", () => {
  const holiday = (workingHours: { startMinute: number; endMinute: number }[]): DirectoryChange => ({
    op: "putHoliday",
    holiday: {
      id: "feast" as HolidayId,
      name: "Feast",
      from: "2026-11-20" as never,
      until: "2026-11-20" as never,
      yearly: true,
      workingHours,
    },
  });
  const withSchedule = (id: string, cardCode: string, schedule: string): DirectoryChange[] => [
    ...resident(id, { card: cardCode }).slice(0, 2),
    putGrant(person(id), "front", schedule),
  ];
  const tested = ledgerWith(
    putSchedule("days", [["fri", 480, 1_200]]),
    putSchedule("staff", [["fri", 480, 1_200]], true),
    ...withSchedule("ana", "00B775D2", "days"),
    ...withSchedule("ben", "00C0FFEE", "staff"),
    ...resident("dan", { card: "0000DA11" }),
  );
  expect(tested.outcome(card("00B775D2"))).toBe("granted");
  tested.change(holiday([]));
  expect(tested.outcome(card("00B775D2"))).toBe("holiday");
  expect(tested.outcome(card("00C0FFEE"))).toBe("granted");
  expect(tested.outcome(card("0000DA11"))).toBe("granted");
  tested.change(holiday([{ startMinute: 840, endMinute: 900 }]));
  expect(tested.outcome(card("00B775D2"))).toBe("granted");
  tested.clock.pass(3_600_000);
  expect(tested.outcome(card("00B775D2"))).toBe("holiday");
  tested.change({ op: "removeHoliday", id: "feast" as HolidayId });
  expect(tested.outcome(card("00B775D2"))).toBe("granted");
});
