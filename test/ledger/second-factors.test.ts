import { expect, test } from "vitest";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { JournalEvent } from "../../src/domain/events.ts";
import type { ScheduleId } from "../../src/domain/ids.ts";
import type { FactorNeed } from "../../src/domain/site.ts";
import { unixMs } from "../../src/domain/time.ts";
import { card, noon, person, pin, putGrant, qr, TestLedger } from "./ledger-fixture.ts";
import { changedFront, garage, guest, needing, publicPin, resident } from "./rules-fixture.ts";

const keypad = { reader: "front-keypad" } as const;
const scanner = { reader: "front-scanner" } as const;
const anaCard = card("00B775D2");
const benCard = card("00C0FFEE");

const people: readonly DirectoryChange[] = [
  ...resident("ana", { pin: "4711", card: "00B775D2" }),
  ...resident("ben", { pin: "8642", card: "00C0FFEE" }),
];

function door(need: FactorNeed, ...more: DirectoryChange[]): TestLedger {
  const tested = new TestLedger(needing(need));
  const outcome = tested.change(...people, ...more);
  if (!outcome.applied) throw new Error(JSON.stringify(outcome.problems));
  return tested;
}

test("a card begins and its owner's PIN at the keypad beside it opens; the record names both", () => {
  const tested = door("cardAndPin");
  expect(tested.outcome(anaCard)).toBe("more: cardAndPin");
  expect(tested.last()).toMatchObject({
    type: "access.begun",
    credential: "ana-card",
    person: "ana",
    need: "cardAndPin",
  });
  expect(tested.outcome(pin("4711"), keypad)).toBe("granted");
  expect(tested.last()).toMatchObject({
    type: "access.granted",
    credential: "ana-pin",
    person: "ana",
    first: "ana-card",
  });
});

test("neither half alone opens, nor somebody else's second", () => {
  const tested = door("cardAndPin");
  expect(tested.outcome(pin("4711"), keypad)).toBe("factorMissing");
  expect(tested.outcome(anaCard)).toBe("more: cardAndPin");
  expect(tested.outcome(pin("8642"), keypad)).toBe("factorWrong");
  expect(tested.outcome(pin("4711"), keypad)).toBe("factorMissing");
});

test("whatever is shown in between begins anew", () => {
  const tested = door("cardAndPin");
  tested.present(anaCard);
  expect(tested.outcome(benCard)).toBe("more: cardAndPin");
  expect(tested.outcome(pin("4711"), keypad)).toBe("factorWrong");
  tested.present(anaCard);
  expect(tested.outcome(card("00000001"))).toBe("unknownCredential");
  expect(tested.outcome(pin("4711"), keypad)).toBe("factorMissing");
});

test("the second factor has its time, to the last millisecond, and no longer", () => {
  const tested = door("cardAndPin");
  tested.present(anaCard);
  tested.clock.pass(10_000);
  expect(tested.outcome(pin("4711"), keypad)).toBe("granted");
  tested.present(anaCard);
  tested.clock.pass(10_001);
  expect(tested.outcome(pin("4711"), keypad)).toBe("factorMissing");
});

test("a restart of the ledger forgets what was begun", () => {
  const tested = door("cardAndPin");
  tested.present(anaCard);
  tested.restart();
  expect(tested.outcome(pin("4711"), keypad)).toBe("factorMissing");
});

test("what was begun on one side of a door is not completed on the other, nor at another door", () => {
  const tested = door("cardAndPin");
  tested.present(anaCard);
  expect(tested.outcome(pin("4711"), { ...keypad, direction: "exit" })).toBe("factorMissing");
  expect(tested.outcome(pin("4711"), garage)).toBe("granted");
  expect(tested.last()).not.toHaveProperty("first");
});

test("a public PIN is never a part of it", () => {
  const tested = door("cardAndPin", ...publicPin("135790"));
  expect(tested.outcome(pin("135790"), keypad)).toBe("factorMissing");
  tested.present(anaCard);
  expect(tested.outcome(pin("135790"), keypad)).toBe("factorWrong");
});

test("a pass's QR begins and its secret code opens, where the door asks for both", () => {
  const tested = door("qrAndCode", ...guest("eva", { qr: "EVA-HELLO", code: "246802" }));
  expect(tested.outcome(pin("246802"), keypad)).toBe("factorMissing");
  expect(tested.outcome(qr("EVA-HELLO"), scanner)).toBe("more: qrAndCode");
  expect(tested.outcome(pin("246802"), keypad)).toBe("granted");
  expect(tested.last()).toMatchObject({ credential: "eva-code", pass: "eva", first: "eva-qr" });
});

test("a door that requires the code of passes asks guests for both, residents for one", () => {
  const tested = new TestLedger(needing("any", { passCodeRequired: true, factors: [] }));
  tested.change(...people, ...guest("eva", { qr: "EVA-HELLO", code: "246802" }));
  expect(tested.outcome(qr("EVA-HELLO"), scanner)).toBe("more: qrAndCode");
  expect(tested.outcome(anaCard)).toBe("granted");
  expect(tested.outcome(pin("246802"), keypad)).toBe("factorMissing");
});

test("two people open together, in either order; one of them twice does not, nor a pass with one of them", () => {
  const tested = door("twoPeople", ...guest("eva", { qr: "EVA-HELLO" }));
  expect(tested.outcome(anaCard)).toBe("more: twoPeople");
  expect(tested.outcome(pin("8642"), keypad)).toBe("granted");
  expect(tested.last()).toMatchObject({ person: "ben", first: "ana-card" });
  tested.present(benCard);
  expect(tested.outcome(pin("8642"), keypad)).toBe("factorWrong");
  tested.present(benCard);
  expect(tested.outcome(qr("EVA-HELLO"), scanner)).toBe("factorWrong");
  tested.present(benCard);
  expect(tested.outcome(anaCard)).toBe("granted");
});

test("a person may be asked for more than the door asks for, and nobody else with them", () => {
  const tested = new TestLedger();
  tested.change(
    ...resident("ana", { pin: "4711", card: "00B775D2" }, { factors: "cardAndPin" }),
    ...resident("ben", { pin: "8642", card: "00C0FFEE" }),
  );
  expect(tested.outcome(anaCard)).toBe("more: cardAndPin");
  expect(tested.outcome(benCard)).toBe("granted");
  expect(tested.last()).not.toHaveProperty("first");
  tested.present(anaCard);
  expect(tested.outcome(pin("4711"), keypad)).toBe("granted");
});

const noGrantAtFront: DirectoryChange = {
  op: "removeGrant",
  holder: person("ana"),
  door: "front" as never,
  schedule: "always" as never,
};

test.each<[string, DirectoryChange]>([
  ["the card is lost", { op: "setCredentialState", id: "ana-card" as never, state: "lost" }],
  ["the card is removed", { op: "removeCredential", id: "ana-card" as never }],
])("when %s between the two, the second is as if nothing had been shown", (_, change) => {
  const tested = door("cardAndPin");
  tested.present(anaCard);
  tested.change(change);
  expect(tested.outcome(pin("4711"), keypad)).toBe("factorMissing");
});

test.each<[string, DirectoryChange[]]>([
  ["is suspended", resident("ana", {}, { state: "suspended" })],
  ["leaves", [{ op: "removeHolder", holder: person("ana") }]],
  ["loses the door", [noGrantAtFront]],
  ["loses the card", [{ op: "setCredentialState", id: "ana-card" as never, state: "stolen" }]],
])("of two people the first who %s meanwhile does not help the second", (_, changes) => {
  const tested = door("twoPeople");
  tested.present(anaCard);
  expect(tested.change(...changes)).toMatchObject({ applied: true });
  expect(tested.outcome(benCard)).toBe("more: twoPeople");
});

const blockedPerson = (event: JournalEvent) => event.type === "person.blocked";

/** With the door's own limit out of the way. */
function guessSecond(tested: TestLedger, digits: string | null = "0000"): string {
  const begun = tested.outcome(anaCard);
  const guessed = tested.outcome(pin(digits), keypad);
  tested.parts.db.prepare("DELETE FROM guess WHERE door = 'front'").run();
  return begun.startsWith("more") ? guessed : begun;
}

test("wrong second factors count against the first one's owner, who is blocked at the limit and told of", () => {
  const tested = door("cardAndPin");
  for (let n = 0; n < 5; n += 1) expect(guessSecond(tested)).toBe("factorWrong");
  expect(tested.last()).toMatchObject({ type: "person.blocked", blockMs: 300_000, person: "ana", pass: null });
  expect(guessSecond(tested)).toBe("personBlocked");
  expect(tested.outcome(benCard)).toBe("more: cardAndPin");
  tested.clock.pass(300_000);
  expect(tested.outcome(anaCard)).toBe("more: cardAndPin");
  expect(tested.outcome(pin("4711"), keypad)).toBe("granted");
});

test("another's code, an entry too long and a public PIN are wrong seconds as well", () => {
  const tested = door("cardAndPin", ...publicPin("135790"));
  for (const digits of ["8642", null, "135790", "8642", null]) guessSecond(tested, digits);
  expect(tested.events().filter(({ event }) => blockedPerson(event))).toHaveLength(1);
});

test("the right code that something else bars is no wrong second", () => {
  const tested = door("cardAndPin");
  for (let n = 0; n < 6; n += 1) {
    tested.present(anaCard);
    tested.change(noGrantAtFront);
    expect(tested.outcome(pin("4711"), keypad)).toBe("noGrant");
    tested.parts.db.prepare("DELETE FROM guess WHERE door = 'front'").run();
    tested.change(putGrant(person("ana")));
  }
  expect(tested.events().some(({ event }) => blockedPerson(event))).toBe(false);
});

test("a wrong second counts for the door as well, so that a found card gives no tries for free", () => {
  const tested = door("cardAndPin");
  for (let n = 0; n < 5; n += 1) {
    tested.present(anaCard);
    tested.present(pin("0000"), keypad);
  }
  expect(tested.types().filter((type) => type === "access.limited")).toHaveLength(1);
  expect(tested.outcome(pin("4711"), keypad)).toBe("accessLimited");
});

test("a restart of ledger or machine does not unblock a person", () => {
  const tested = door("cardAndPin");
  for (let n = 0; n < 5; n += 1) guessSecond(tested);
  tested.restart();
  expect(tested.outcome(anaCard)).toBe("personBlocked");
  tested.clock.mono = 0;
  tested.clock.trusted = false;
  tested.restart("run-2", "boot-2");
  expect(tested.outcome(anaCard)).toBe("personBlocked");
});

test("the secret code of a pass is guessed against that pass", () => {
  const tested = door("qrAndCode", ...guest("eva", { qr: "EVA-HELLO", code: "246802" }));
  for (let n = 0; n < 5; n += 1) {
    tested.present(qr("EVA-HELLO"), scanner);
    tested.present(pin("000000"), keypad);
    tested.parts.db.prepare("DELETE FROM guess WHERE door = 'front'").run();
  }
  expect(tested.last()).toMatchObject({ type: "person.blocked", person: null, pass: "eva" });
  expect(tested.outcome(qr("EVA-HELLO"), scanner)).toBe("personBlocked");
});

test("whoever is removed takes the wrong seconds along", () => {
  const tested = door("cardAndPin");
  for (let n = 0; n < 5; n += 1) guessSecond(tested);
  tested.change({ op: "removeHolder", holder: person("ana") }, ...resident("ana", { pin: "4711", card: "00B775D2" }));
  expect(tested.outcome(anaCard)).toBe("more: cardAndPin");
});

test("a factor rule whose schedule nobody knows asks always; one with a schedule asks while it holds", () => {
  const unknown = new TestLedger(needing("any", { factors: [{ schedule: "nights" as never, need: "cardAndPin" }] }));
  unknown.change(...people);
  expect(unknown.outcome(anaCard)).toBe("more: cardAndPin");
  unknown.change({
    op: "putSchedule",
    schedule: {
      id: "nights" as never,
      name: "Nights",
      rule: { kind: "weekly", windows: [{ days: ["fri"], startMinute: 1_200, endMinute: 360 }] },
    },
  });
  expect(unknown.outcome(anaCard)).toBe("granted");
  unknown.clock.wall = unixMs(noon + 9 * 3_600_000);
  expect(unknown.outcome(anaCard)).toBe("more: cardAndPin");
});

test("a rule whose schedule nobody knows takes nothing off what the rules behind it ask for", () => {
  const factorsOf = (...rules: readonly (readonly [string, FactorNeed])[]) =>
    changedFront({ factors: rules.map(([schedule, need]) => ({ schedule: schedule as ScheduleId, need })) });
  const tested = new TestLedger(factorsOf(["office", "any"], ["always", "cardAndPin"]));
  tested.change(...people);
  expect(tested.outcome(anaCard)).toBe("more: cardAndPin");
  tested.useAfresh(factorsOf(["office", "qrAndCode"], ["always", "cardAndPin"]));
  expect(tested.outcome(anaCard)).toBe("more: cardAndPin");
  tested.useAfresh(factorsOf(["office", "cardAndPin"], ["always", "any"]));
  expect(tested.outcome(anaCard)).toBe("more: cardAndPin");
  tested.useAfresh(factorsOf(["always", "any"], ["office", "cardAndPin"]));
  expect(tested.outcome(anaCard)).toBe("granted");
});
