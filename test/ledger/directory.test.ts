import fc from "fast-check";
import { expect, test } from "vitest";
import type { DirectoryChange, Pass } from "../../src/domain/directory.ts";
import type { DirectoryPage } from "../../src/domain/directory-export.ts";
import type { CredentialId, DoorId, PassId, PersonId, ScheduleId } from "../../src/domain/ids.ts";
import type { ScheduleRule } from "../../src/domain/schedule.ts";
import { unixMs } from "../../src/domain/time.ts";
import { countLiveCodes } from "../../src/ledger/code-counts.ts";
import { Directory } from "../../src/ledger/directory.ts";
import { checkChanges, directoryLimits } from "../../src/ledger/directory-rules.ts";
import { site } from "../site-fixture.ts";
import {
  ana,
  card,
  courier,
  noon,
  pass,
  person,
  pin,
  putCredential,
  putGrant,
  putPass,
  putPerson,
  qr,
  TestLedger,
} from "./ledger-fixture.ts";

/** As the change desk does it: the rules first, then the directory itself. */
function change(tested: TestLedger, ...changes: DirectoryChange[]): readonly string[] {
  const found = checkChanges(changes);
  if (found.length > 0) return found.map((one) => `${one.step}: ${one.problem}`);
  const outcome = tested.change(...changes);
  return outcome.applied ? [] : outcome.problems.map((one) => `${one.step}: ${one.problem}`);
}

const weekly = (windows: Extract<ScheduleRule, { kind: "weekly" }>["windows"]): DirectoryChange => ({
  op: "putSchedule",
  schedule: { id: "office" as ScheduleId, name: "Office", rule: { kind: "weekly", windows } },
});

const putPersonWith = (fields: object): DirectoryChange => ({
  op: "putPerson",
  person: {
    kind: "person",
    id: "ana" as never,
    name: "Ana",
    state: "active",
    validity: { from: null, until: null },
    ...fields,
  },
});

const putPassWith = (fields: object): DirectoryChange => ({
  op: "putPass",
  pass: {
    kind: "pass",
    id: "p" as never,
    name: "P",
    state: "active",
    validity: { from: null, until: unixMs(noon) },
    usesPerDoor: null,
    ...fields,
  },
});

test("each change that applies makes one new version and one event", () => {
  const tested = new TestLedger();
  expect(change(tested, ...ana)).toEqual([]);
  expect(change(tested, ...courier(3))).toEqual([]);
  expect(tested.ledger.directoryVersion).toBe(2);
  expect(tested.events().map(({ event }) => event)).toEqual([
    { type: "directory.changed", version: 1, by: "tester", steps: 6 },
    { type: "directory.changed", version: 2, by: "tester", steps: 5 },
  ]);
  tested.restart("run-2");
  expect(tested.ledger.directoryVersion).toBe(2);
});

test("a change with one bad step changes nothing, and each bad step is named", () => {
  const tested = new TestLedger();
  change(tested, ...ana);
  const problems = change(
    tested,
    putPerson("bo"),
    putCredential("bo-card", person("bo"), "card", "00B775D2"),
    putGrant(person("bo"), "cellar"),
    putGrant(person("nobody")),
  );
  expect(problems).toEqual([
    "1: This code is already taken.",
    '2: There is no door "cellar".',
    '3: There is no person "nobody".',
  ]);
  expect(tested.ledger.directoryVersion).toBe(1);
  expect(tested.ledger.exportPage(null).holders.map(({ holder }) => holder.id)).toEqual(["ana"]);
  expect(tested.types()).toEqual(["directory.changed"]);
});

test.each([
  ["an unknown holder", putCredential("x", person("bo"), "qr", "x"), 'There is no person "bo".'],
  ["an unknown schedule", putGrant(person("ana"), "front", "nights"), 'There is no schedule "nights".'],
  ["a taken PIN", putCredential("x", pass("courier"), "pin", "4711"), "This code is already taken."],
  ["a taken QR text", putCredential("x", pass("courier"), "qr", "ANA-HELLO"), "This code is already taken."],
  ["a second PIN", putCredential("x", person("ana"), "pin", "1234"), 'The person "ana" already has 1 of kind "pin".'],
  ["a removal of nobody", { op: "removeHolder", holder: person("bo") } as const, 'There is no person "bo".'],
  [
    "a removal of no credential",
    { op: "removeCredential", id: "nothing" as CredentialId } as const,
    'There is no credential "nothing".',
  ],
  [
    "a state for no credential",
    { op: "setCredentialState", id: "nothing" as CredentialId, state: "suspended" } as const,
    'There is no credential "nothing".',
  ],
  [
    "a removal of no grant",
    { ...putGrant(person("ana"), "front", "never"), op: "removeGrant" } as DirectoryChange,
    "There is no grant of this kind.",
  ],
  [
    "a removal of no schedule",
    { op: "removeSchedule", id: "nights" as ScheduleId } as const,
    'There is no schedule "nights".',
  ],
])("the directory refuses %s", (_, step, problem) => {
  const tested = new TestLedger();
  change(tested, ...ana, putPass("courier"), putGrant(pass("courier"), "front"));
  expect(change(tested, step)).toEqual([`0: ${problem}`]);
});

test.each([
  ["a PIN of one digit", putCredential("x", person("ana"), "pin", "1"), "The PIN is not 2 to 8 digits."],
  ["a PIN of nine digits", putCredential("x", person("ana"), "pin", "123456789"), "The PIN is not 2 to 8 digits."],
  ["a PIN with a letter", putCredential("x", person("ana"), "pin", "12a4"), "The PIN is not 2 to 8 digits."],
  ["a PIN in other digits", putCredential("x", person("ana"), "pin", "١٢٣٤"), "The PIN is not 2 to 8 digits."],
  ["a PIN and a line end", putCredential("x", person("ana"), "pin", "1234\n"), "The PIN is not 2 to 8 digits."],
  ["lower-case hex", putCredential("x", person("ana"), "card", "00b775d2"), "The card code is malformed."],
  ["half a byte", putCredential("x", person("ana"), "card", "0B775D2AF"), "The card code is malformed."],
  ["three bytes", putCredential("x", person("ana"), "card", "B775D2"), "The card code is malformed."],
  ["a frame of no bits", putCredential("x", person("ana"), "card", "1B3F/0"), "The card code is malformed."],
  ["an empty QR text", putCredential("x", person("ana"), "qr", ""), "The QR text is not usable."],
  ["a long QR text", putCredential("x", person("ana"), "qr", "x".repeat(301)), "The QR text is not usable."],
  ["a QR text with NUL", putCredential("x", person("ana"), "qr", "a\0b"), "The QR text is not usable."],
  ["half a character", putCredential("x", person("ana"), "qr", "\ud800"), "The QR text is not usable."],
  ["an id with a space", putCredential("my card", person("ana"), "qr", "x"), "The id is malformed."],
  ["an id that is too long", putPersonWith({ id: "a".repeat(64) }), "The id is malformed."],
  ["an id from the prototype", putPersonWith({ id: "__proto__" }), "The id is malformed."],
  ["an empty name", putPersonWith({ name: "  " }), "The name is not usable."],
  ["a long name", putPersonWith({ name: "é".repeat(101) }), "The name is not usable."],
  ["a name with an escape", putPersonWith({ name: "\u001b[2J" }), "The name is not usable."],
  [
    "a validity backwards",
    putPersonWith({ validity: { from: unixMs(5), until: unixMs(5) } }),
    "The validity ends before it begins.",
  ],
  [
    "a validity that is no time",
    putPersonWith({ validity: { from: unixMs(1e17), until: null } }),
    "A bound of the validity is not a time.",
  ],
  ["a pass for ever", putPassWith({ validity: { from: null, until: null } }), "The pass never ends."],
  ["a pass for no use", putPassWith({ usesPerDoor: 0 }), "The uses per door are out of range."],
  ["a pass for 1,000 uses", putPassWith({ usesPerDoor: 1_000 }), "The uses per door are out of range."],
  ["half a use", putPassWith({ usesPerDoor: 1.5 }), "The uses per door are out of range."],
  ["no windows", weekly([]), "The number of windows is out of range."],
  ["a window without days", weekly([{ days: [], startMinute: 0, endMinute: 60 }]), "A window is malformed."],
  ["a day twice", weekly([{ days: ["mon", "mon"], startMinute: 0, endMinute: 60 }]), "A window is malformed."],
  ["minute 1440", weekly([{ days: ["mon"], startMinute: 1_440, endMinute: 60 }]), "A window is malformed."],
  [
    "a new Always",
    { op: "putSchedule", schedule: { id: "always" as ScheduleId, name: "Mine", rule: { kind: "never" } } } as const,
    'The schedule "always" is built in.',
  ],
  ["no Never", { op: "removeSchedule", id: "never" as ScheduleId } as const, 'The schedule "never" is built in.'],
])("the rules refuse %s", (_, step, problem) => {
  expect(checkChanges([step])).toMatchObject([{ step: 0, problem }]);
});

test("no steps and too many steps are refused", () => {
  expect(checkChanges([])).toMatchObject([{ problem: "The change has no steps." }]);
  const many = Array(directoryLimits.stepsPerChange + 1).fill(putPerson("ana"));
  expect(checkChanges(many)).toMatchObject([{ problem: "The change has 2001 steps." }]);
});

test.each(["1B3F/37", "1234567890/37", "00", "04A1B2C3D4E5F6/56"])("the raw card %s is taken, if whole", (code) => {
  const whole = code !== "00";
  expect(checkChanges([putCredential("x", person("ana"), "card", code)])).toHaveLength(whole ? 0 : 1);
});

test("no problem and no event ever repeats a secret", () => {
  const secrets = fc.oneof(
    fc.record({ kind: fc.constant("pin" as const), secret: fc.stringMatching(/^[0-9]{9,12}$/) }),
    fc.record({ kind: fc.constant("card" as const), secret: fc.stringMatching(/^[0-9a-f]{8,14}[a-f]$/) }),
    fc.record({ kind: fc.constant("qr" as const), secret: fc.stringMatching(/^SECRET[0-9a-f]{300,310}$/) }),
  );
  fc.assert(
    fc.property(secrets, ({ kind, secret }) => {
      const [found] = checkChanges([putCredential("x", person("ana"), kind, secret)]);
      expect(JSON.stringify(found)).not.toContain(secret);
    }),
  );
});

test("a person has at most five cards, and a card under its old id is a replacement", () => {
  const tested = new TestLedger();
  const cards = [1, 2, 3, 4, 5].map((n) => putCredential(`card-${n}`, person("ana"), "card", `0000000${n}`));
  expect(change(tested, putPerson("ana"), ...cards, putGrant(person("ana")))).toEqual([]);
  expect(change(tested, putCredential("card-6", person("ana"), "card", "00000006"))).toEqual([
    '0: The person "ana" already has 5 of kind "card".',
  ]);
  expect(change(tested, putCredential("card-5", person("ana"), "card", "00000006"))).toEqual([]);
  expect(tested.outcome(card("00000006"))).toBe("granted");
  expect(tested.outcome(card("00000005"))).toBe("unknownCredential");
});

test("a new code for a suspended credential does not wake it up", () => {
  const tested = new TestLedger();
  change(tested, ...ana, { op: "setCredentialState", id: "ana-pin" as CredentialId, state: "suspended" });
  expect(change(tested, putCredential("ana-pin", person("ana"), "pin", "5813"))).toEqual([]);
  expect(tested.outcome(pin("5813"))).toBe("credentialSuspended");
});

test("a code that was freed can be given to somebody else in the same change", () => {
  const tested = new TestLedger();
  change(tested, ...ana);
  const moved = [
    putPerson("bo"),
    { op: "removeCredential", id: "ana-card" as CredentialId } as const,
    putCredential("bo-card", person("bo"), "card", "00B775D2"),
    putGrant(person("bo")),
  ];
  expect(change(tested, ...moved)).toEqual([]);
  expect(tested.present(card("00B775D2"))).toMatchObject({ person: "bo" });
});

test("who is removed takes credentials, grants and counts along", () => {
  const tested = new TestLedger();
  change(tested, ...courier(1));
  tested.outcome(card("00C0FFEE"));
  expect(change(tested, { op: "removeHolder", holder: pass("courier") })).toEqual([]);
  expect(tested.outcome(card("00C0FFEE"))).toBe("unknownCredential");
  for (const table of ["holder", "credential", "holder_grant", "use_count"]) {
    expect(tested.parts.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()).toBe(0);
  }
});

test("a change of a person or a schedule keeps what hangs on it", () => {
  const tested = new TestLedger();
  const open = weekly([{ days: ["fri"], startMinute: 0, endMinute: 0 }]);
  change(tested, ...ana.slice(0, 3), open, putGrant(person("ana"), "front", "office"));
  expect(tested.outcome(card("00B775D2"))).toBe("granted");
  change(tested, weekly([{ days: ["sat"], startMinute: 0, endMinute: 0 }]), putPerson("ana", "Ana Maria"));
  expect(tested.outcome(card("00B775D2"))).toBe("outsideSchedule");
  expect(tested.events().at(-1)!.personal).toEqual({ name: "Ana Maria" });
});

test("the count of uses has the last word, whatever was read before", () => {
  const tested = new TestLedger();
  change(tested, ...courier(2));
  const directory = new Directory(tested.parts.db);
  const front = "front" as DoorId;
  const known = directory.holder("pass", "courier") as Pass;
  const spend = (usesPerDoor: number, usesTotal: number | null = null) =>
    directory.spend({ ...known, usesPerDoor, usesTotal }, front, 0, 1);
  expect([spend(2), spend(2), spend(2), spend(1), spend(0), spend(9, 2)]).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
  expect([directory.spentAt(known.id, front, 0), directory.spentInAll(known.id, 0)]).toEqual([2, 2]);
  for (let back = 0; back < 3; back += 1) directory.giveBack(known.id, front, 0, 1);
  expect([directory.spentAt(known.id, front, 0), directory.spentInAll(known.id, 0)]).toEqual([0, 0]);
});

test("a schedule in use stays until the last grant that names it is gone", () => {
  const tested = new TestLedger();
  const remove = { op: "removeSchedule", id: "office" as ScheduleId } as const;
  const windows = weekly([{ days: ["mon"], startMinute: 0, endMinute: 60 }]);
  change(tested, ...ana, windows, putGrant(person("ana"), "front", "office"));
  expect(change(tested, remove)).toEqual(['0: The schedule "office" is in use.']);
  const removeGrant = { ...putGrant(person("ana"), "front", "office"), op: "removeGrant" } as DirectoryChange;
  expect(change(tested, removeGrant, remove)).toEqual([]);
});

test("a revoked pass stays revoked, whatever an older version of it says", () => {
  const tested = new TestLedger();
  change(tested, ...courier(null));
  change(tested, putPass("courier", null, "revoked"));
  expect(change(tested, putPass("courier", null, "active"))).toEqual(['0: The pass "courier" was revoked for good.']);
  expect(tested.outcome(card("00C0FFEE"))).toBe("revoked");
});

test("granting twice is granting once", () => {
  const tested = new TestLedger();
  expect(change(tested, ...ana, putGrant(person("ana")))).toEqual([]);
  expect(tested.ledger.exportPage(null).holders[0]!.grants).toHaveLength(2);
});

test("codes that live are counted by door and length, until they are surely over", () => {
  const tested = new TestLedger();
  change(tested, ...ana, ...courier(3), putCredential("door-code", pass("courier"), "qr", "20202020"));
  const counted = (at: number) => countLiveCodes(tested.parts.db, at);
  expect(counted(noon)).toEqual([
    { door: "front", length: 4, count: 1, ofPasses: false },
    { door: "front", length: 5, count: 1, ofPasses: true },
    { door: "front", length: 8, count: 1, ofPasses: true },
    { door: "garage", length: 4, count: 1, ofPasses: false },
    { door: "garage", length: 5, count: 1, ofPasses: true },
    { door: "garage", length: 8, count: 1, ofPasses: true },
  ]);
  expect(counted(noon + 90_000_000)).toHaveLength(2);
  change(tested, putPerson("bo"), putCredential("bo-pin", person("bo"), "pin", "777777"));
  change(tested, putGrant(person("bo"), "front", "never"));
  expect(counted(noon)).toHaveLength(6);
  change(tested, putGrant(person("bo"), "garage"));
  expect(counted(noon)).toContainEqual({
    door: "garage",
    length: 6,
    count: 1,
    ofPasses: false,
  });
  change(tested, { op: "setCredentialState", id: "bo-pin" as CredentialId, state: "suspended" });
  expect(counted(noon)).toHaveLength(6);
});

test("a long directory is read whole, page by page", () => {
  const tested = new TestLedger();
  const people = Array.from({ length: 450 }, (_, n) => putPerson(`p-${String(n).padStart(3, "0")}`));
  change(tested, ...people);
  const pages: DirectoryPage[] = [tested.ledger.exportPage(null)];
  for (let next = pages[0]!.next; next !== null; next = pages.at(-1)!.next) pages.push(tested.ledger.exportPage(next));
  expect(pages.map(({ holders }) => holders.length)).toEqual([200, 200, 50]);
  expect(new Set(pages.flatMap(({ holders }) => holders.map(({ holder }) => holder.id))).size).toBe(450);
});

test("texts are taken as they are, whatever SQL they look like", () => {
  const tested = new TestLedger();
  const text = `'); DROP TABLE holder; -- "é" 🙂`;
  expect(change(tested, putPersonWith({ name: text }), putCredential("q", person("ana"), "qr", text))).toEqual([]);
  expect(change(tested, putGrant(person("ana")))).toEqual([]);
  expect(tested.outcome(qr(text))).toBe("granted");
  expect(tested.events().at(-1)!.personal).toEqual({ name: text });
});

test("a schedule whose change the disk did not take opens nothing afterwards", () => {
  const tested = new TestLedger();
  const nightly: ScheduleRule = { kind: "weekly", windows: [{ days: ["mon"], startMinute: 0, endMinute: 60 }] };
  const putOffice = (rule: ScheduleRule): DirectoryChange => ({
    op: "putSchedule",
    schedule: { id: "office" as ScheduleId, name: "Office", rule },
  });
  const visitor = { kind: "pass", id: "visitor" as PassId, name: "Visitor", state: "active", host: "ana" } as const;
  tested.change(putOffice(nightly), ...ana.slice(0, 4), putGrant(person("ana"), "front", "office"), {
    op: "putPass",
    pass: { ...visitor, host: "ana" as PersonId, validity: { from: null, until: unixMs(noon + 1) } },
  });
  const failing = () => {
    throw new Error("disk I/O error");
  };
  const changes = [putOffice({ kind: "always" }), putGrant(pass("visitor"))];
  expect(() => tested.ledger.applyChanges(changes, new Map(), "tester", tested.clock.now(), { also: failing })).toThrow(
    "disk I/O error",
  );
  expect(tested.outcome(card("00B775D2"))).toBe("outsideSchedule");
});

test("a revoked pass that was removed does not come back with a late copy of it", () => {
  const tested = new TestLedger();
  tested.change(...courier(1));
  tested.change({ op: "setHolderState", holder: pass("courier"), state: "revoked" });
  tested.change({ op: "removeHolder", holder: pass("courier") });
  expect(tested.change(...courier(1)).applied).toBe(false);
  expect(tested.outcome(card("00C0FFEE"))).toBe("unknownCredential");
});

test("a site takes as many people as its configuration says, and passes beside them", () => {
  const tested = new TestLedger({ ...site, maxPeople: 2 });
  expect(change(tested, putPerson("one"), putPerson("two"))).toEqual([]);
  expect(change(tested, putPerson("three"))).toEqual(["0: The directory has as many people as it may have."]);
  expect(change(tested, putPerson("two", "Two again"), putPass("guest"))).toEqual([]);
});
