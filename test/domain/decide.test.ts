import { expect, test } from "vitest";
import { countsAsGuess, decide, isGuess } from "../../src/domain/decide.ts";
import type { Credential, Grant, Holder, Pass, Person } from "../../src/domain/directory.ts";
import { completePass, completePerson } from "../../src/domain/directory.ts";
import type { Facts, Host } from "../../src/domain/facts.ts";
import { freshGuess } from "../../src/domain/guess.ts";
import type { AreaId, CredentialId, DoorId, HolidayId, PassId, PersonId, ScheduleId } from "../../src/domain/ids.ts";
import type { LocalDate } from "../../src/domain/local-time.ts";
import type { CardCode, Presentation } from "../../src/domain/presentation.ts";
import type { CarriedRefusal, DenyReason } from "../../src/domain/reasons.ts";
import { denyReasons } from "../../src/domain/reasons.ts";
import type { Holiday, Schedule } from "../../src/domain/schedule.ts";
import { always, never } from "../../src/domain/schedule.ts";
import type { AreaSpec } from "../../src/domain/site.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";
import { frontDoor, site } from "../site-fixture.ts";

/** A Monday, 10:00 in Madrid. */
const now = unixMs(Date.UTC(2027, 0, 11, 9));
const pin: Presentation = { method: "pin", digits: "0471" };
const tooLong: Presentation = { method: "pin", digits: null };
const card: Presentation = { method: "card", code: "00B775D2" as CardCode };
const unbounded = { from: null, until: null };
const credential: Credential = {
  id: "c" as CredentialId,
  kind: "pin",
  state: "active",
  validity: unbounded,
  direction: null,
  digits: 4,
  duress: false,
};
const person: Person = completePerson({
  kind: "person",
  id: "p" as PersonId,
  name: "Ana",
  state: "active",
  validity: unbounded,
});
const pass: Pass = completePass({
  kind: "pass",
  id: "t" as PassId,
  name: "Courier",
  state: "active",
  validity: { from: null, until: unixMs(now + 3_600_000) },
  usesPerDoor: 1,
});
const at = (schedule: Schedule): Grant => ({ door: "front" as DoorId, schedule });
const weekly = (startMinute: number, endMinute: number): Grant =>
  at({
    id: "w" as ScheduleId,
    name: "w",
    rule: { kind: "weekly", windows: [{ days: ["mon"], startMinute, endMinute }] },
  });
const open = weekly(540, 660);
const shut = weekly(660, 720);

const base: Facts = {
  door: frontDoor,
  hasScanner: true,
  timeZone: "Europe/Madrid",
  features: site.features,
  codes: site.codes,
  passes: site.passes,
  direction: "entry",
  situation: { mode: "locked", interlocked: false },
  holidays: [],
  isDirectoryStale: false,
  factors: [],
  host: null,
  holderGuess: freshGuess(monoMs(0)),
  first: null,
  activatedAt: null,
  openedAgoMs: { bySame: null, byOther: null },
  passage: null,
  now: { wall: now, mono: monoMs(1_000), trusted: true },
  presentation: pin,
  guess: freshGuess(monoMs(0)),
  credential,
  holder: person,
  grants: [at(always)],
  uses: { atDoor: 0, total: 0 },
};
const given = (changes: Partial<Facts>): Facts => ({ ...base, ...changes });
const reason = (facts: Facts): string => {
  const decision = decide(facts);
  if (decision.granted) return "granted";
  return "more" in decision ? decision.more : decision.reason;
};
const untrusted = { ...base.now, trusted: false };
const blocked = { level: 5, at: monoMs(0), blockedUntil: monoMs(30_000) };
const withHolder = (changes: Partial<Holder>): Partial<Facts> => ({ holder: { ...person, ...changes } as Holder });

const rows: readonly (readonly [string, Partial<Facts>, DenyReason | "granted"])[] = [
  ["a resident with Always", {}, "granted"],
  ["a method that the door has switched off", { door: { ...frontDoor, methods: ["card"] } }, "methodOff"],
  ["a PIN while the door's guessing is blocked", { guess: blocked }, "accessLimited"],
  ["a card while guessing is blocked", { guess: blocked, presentation: card }, "granted"],
  [
    "digits held to the camera while guessing is blocked",
    { guess: blocked, presentation: { method: "qr", text: "123456" } },
    "accessLimited",
  ],
  [
    "a text held to the camera while guessing is blocked",
    { guess: blocked, presentation: { method: "qr", text: "PASS-1" } },
    "granted",
  ],
  [
    "a PIN at the instant at which the block ends",
    { guess: blocked, now: { ...base.now, mono: monoMs(30_000) } },
    "granted",
  ],
  ["an entry that was too long", { presentation: tooLong, credential: null, holder: null }, "entryInvalid"],
  ["a code of nobody", { credential: null, holder: null }, "unknownCredential"],
  ["a credential whose holder is gone", { holder: null }, "unknownCredential"],
  ["a suspended credential", { credential: { ...credential, state: "suspended" } }, "credentialSuspended"],
  ["a suspended person", withHolder({ state: "suspended" }), "holderSuspended"],
  ["a revoked pass", { holder: { ...pass, state: "revoked" } }, "revoked"],
  ["a validity that has not begun", withHolder({ validity: { from: unixMs(now + 1), until: null } }), "notYetValid"],
  ["a validity in its first millisecond", withHolder({ validity: { from: now, until: null } }), "granted"],
  ["a validity in its last millisecond", withHolder({ validity: { from: null, until: unixMs(now + 1) } }), "granted"],
  ["a validity that has just ended", withHolder({ validity: { from: null, until: now } }), "expired"],
  [
    "a validity while the clock is not trusted",
    { ...withHolder({ validity: { from: null, until: unixMs(now + 9) } }), now: untrusted },
    "clockUntrusted",
  ],
  ["a pass with one use left", { holder: pass }, "granted"],
  ["a pass that is used up at this door", { holder: pass, uses: { atDoor: 1, total: 1 } }, "usesExhausted"],
  ["a pass used more often than it may be", { holder: pass, uses: { atDoor: 7, total: 7 } }, "usesExhausted"],
  ["somebody without a grant at this door", { grants: [] }, "noGrant"],
  ["a grant with Never", { grants: [at(never)] }, "never"],
  ["a window that is open", { grants: [open] }, "granted"],
  ["a window that begins later", { grants: [shut] }, "outsideSchedule"],
  ["one open window among shut ones", { grants: [shut, open] }, "granted"],
  ["an open window while the clock is not trusted", { grants: [open], now: untrusted }, "clockUntrusted"],
  ["Always while the clock is not trusted", { grants: [shut, at(always)], now: untrusted }, "granted"],
];

for (const [name, changes, expected] of rows) {
  test(`${name}: ${expected}`, () => expect(reason(given(changes))).toBe(expected));
}

test("Never beside any other schedule denies", () => {
  expect(reason(given({ grants: [at(always), at(never)] }))).toBe("never");
  expect(reason(given({ grants: [open, at(never)], now: untrusted }))).toBe("never");
});

const untilNow = { from: null, until: now };
const host: Host = { person, grants: [at(always)] };
const hall: AreaSpec = { id: "hall" as AreaId, name: "Hall", passback: "hard", forgiveMs: 0, capacity: 1 };
const closed: Holiday = {
  id: "h" as HolidayId,
  name: "h",
  from: "2027-01-11" as LocalDate,
  until: "2027-01-11" as LocalDate,
  yearly: false,
  workingHours: [],
};
const guest: Pass = { ...pass, host: person.id };
const daily: Pass["recurrence"] = {
  kind: "daily",
  from: "2027-01-01" as LocalDate,
  until: "2027-01-31" as LocalDate,
  window: { startMinute: 660, endMinute: 720 },
};

/**
 * What denies, in the order of the decision, to a guest's PIN. What a fault changes is changed further by the later ones only
 * where both can be at once; `to` merges what several change in parts.
 */
const faults: readonly (readonly [DenyReason, (facts: Facts) => Facts])[] = [
  ["featureOff", (facts) => ({ ...facts, features: { ...facts.features, pin: false } })],
  ["methodOff", (facts) => ({ ...facts, door: { ...facts.door, methods: [] } })],
  ["accessLimited", (facts) => ({ ...facts, guess: blocked })],
  ["entryInvalid", (facts) => ({ ...facts, presentation: tooLong })],
  ["issuerExceeded", (facts) => toCarried(facts, "issuerExceeded")],
  ["credentialSuspended", (facts) => toCredential(facts, { state: "suspended" })],
  ["credentialExpired", (facts) => toCredential(facts, { validity: untilNow })],
  ["wrongDirection", (facts) => toCredential(facts, { direction: "exit" })],
  ["personBlocked", (facts) => ({ ...facts, holderGuess: blocked })],
  ["factorMissing", (facts) => ({ ...facts, factors: [{ need: "cardAndPin", rule: always.rule }] })],
  ["lockedDown", (facts) => ({ ...facts, situation: { ...facts.situation, mode: "lockedDown" } })],
  ["holderSuspended", (facts) => toPass(facts, { state: "suspended" })],
  ["directoryStale", (facts) => ({ ...toPass(facts, { source: "cloud" }), isDirectoryStale: true })],
  ["passesOff", (facts) => ({ ...facts, passes: { ...facts.passes, enabled: false } })],
  ["hostSuspended", (facts) => toHost(facts, { state: "suspended" })],
  ["expired", (facts) => toPass(facts, { validity: untilNow })],
  ["betweenOccurrences", (facts) => toPass(facts, { recurrence: daily })],
  ["activationOver", (facts) => ({ ...toPass(facts, { activationMs: 60_000 }), activatedAt: unixMs(now - 60_000) })],
  ["usesExhausted", (facts) => ({ ...facts, uses: { atDoor: 1, total: 1 } })],
  ["noGrant", (facts) => ({ ...facts, grants: [] })],
  ["never", (facts) => ({ ...facts, grants: facts.grants.length === 0 ? [] : [...facts.grants, at(never)] })],
  ["notGrantable", (facts) => ({ ...facts, door: { ...facts.door, grantableBy: "administrators" } })],
  [
    "outsideSchedule",
    (facts) => ({ ...facts, grants: facts.grants.length === 0 ? [] : [shut, ...facts.grants.slice(1)] }),
  ],
  ["tooSoon", (facts) => ({ ...facts, openedAgoMs: { bySame: null, byOther: 999 } })],
  ["passback", (facts) => ({ ...facts, passage: { area: hall, others: 1, insideMs: 5 } })],
  ["interlocked", (facts) => ({ ...facts, situation: { ...facts.situation, interlocked: true } })],
];

/** Those that take another's place, where only one of both can be. */
const variants: readonly (readonly [DenyReason, DenyReason, (facts: Facts) => Facts])[] = [
  ["credentialSuspended", "unknownCredential", (facts) => ({ ...facts, credential: null, holder: null })],
  ["issuerExceeded", "passUnreadable", (facts) => toCarried(facts, "passUnreadable")],
  ["issuerExceeded", "issuerUnknown", (facts) => toCarried(facts, "issuerUnknown")],
  ["issuerExceeded", "passForged", (facts) => toCarried(facts, "passForged")],
  ["credentialSuspended", "credentialLost", (facts) => toCredential(facts, { state: "lost" })],
  ["credentialSuspended", "credentialStolen", (facts) => toCredential(facts, { state: "stolen" })],
  [
    "factorMissing",
    "factorWrong",
    (facts) => ({ ...facts, first: { need: "cardAndPin", credential, holder: person } }),
  ],
  ["lockedDown", "doorBlocked", (facts) => ({ ...facts, situation: { ...facts.situation, mode: "blocked" } })],
  ["holderSuspended", "revoked", (facts) => toPass(facts, { state: "revoked" })],
  ["expired", "notYetValid", (facts) => toPass(facts, { validity: { from: unixMs(now + 1), until: null } })],
  ["expired", "clockUntrusted", (facts) => ({ ...facts, now: untrusted })],
  [
    "outsideSchedule",
    "holiday",
    (facts) => ({
      ...facts,
      holidays: [closed],
      grants: facts.grants.length === 0 ? [] : [open, ...facts.grants.slice(1)],
    }),
  ],
  ["passback", "areaFull", (facts) => ({ ...facts, passage: { area: hall, others: 1, insideMs: null } })],
];

const toCredential = (facts: Facts, changes: Partial<Credential>): Facts => ({
  ...facts,
  credential: facts.credential === null ? null : { ...facts.credential, ...changes },
});
const toPass = (facts: Facts, changes: Partial<Pass>): Facts => ({
  ...facts,
  holder: facts.holder?.kind === "pass" ? { ...facts.holder, ...changes } : facts.holder,
});
const toCarried = (facts: Facts, refused: CarriedRefusal): Facts => ({
  ...facts,
  carried: { refused, codeRequired: false, code: null },
});
const toHost = (facts: Facts, changes: Partial<Person>): Facts => ({
  ...facts,
  host: facts.host === null ? null : { ...facts.host, person: { ...facts.host.person, ...changes } },
});

const welcome: Facts = {
  ...base,
  door: { ...frontDoor, timing: { ...frontDoor.timing, differentUserMs: 1_000 } },
  holder: guest,
  host,
  grants: [at(always)],
};

test("a guest whom nothing bars is let in", () => expect(reason(welcome)).toBe("granted"));

test("of any two faults, and of all from one on, the earlier in the order is the reason", () => {
  for (const [index, [first, spoil]] of faults.entries()) {
    expect(reason(spoil(welcome))).toBe(first);
    for (const [, spoilMore] of faults.slice(index + 1)) expect(reason(spoil(spoilMore(welcome)))).toBe(first);
    expect(reason(faults.slice(index).reduceRight((facts, [, spoilMore]) => spoilMore(facts), welcome))).toBe(first);
  }
});

test("what takes the place of a fault stands in the same place of the order", () => {
  for (const [place, instead, spoil] of variants) {
    const index = faults.findIndex(([name]) => name === place);
    const later = faults.slice(index + 1);
    expect(reason(spoil(welcome))).toBe(instead);
    for (const [, spoilMore] of later) expect(reason(spoil(spoilMore(welcome)))).toBe(instead);
    for (const [earlier, spoilBefore] of faults.slice(0, index)) {
      // What an untrusted clock says of a credential's end is not believed either.
      if (earlier === "credentialExpired" && instead === "clockUntrusted") continue;
      expect(reason(spoil(spoilBefore(welcome)))).toBe(earlier);
    }
  }
});

test("each reason that the rules can give is given by one of these faults", () => {
  const given = new Set<DenyReason>([...faults.map(([name]) => name), ...variants.map(([, name]) => name)]);
  const ofTheDoorLoop: readonly DenyReason[] = ["ledgerUnavailable", "busy", "askExpired"];
  expect(denyReasons.filter((one) => !given.has(one))).toEqual(ofTheDoorLoop);
});

test("what a resident's own key gives out opens only while they could enter themselves, and what the site gives out as it says", () => {
  const hosted = (schedule: Schedule, carried?: Facts["carried"]): Facts => ({
    ...welcome,
    host: { person, grants: [{ door: frontDoor.id, schedule }] },
    ...(carried === undefined ? {} : { carried }),
  });
  const sound = { refused: null, codeRequired: false, code: null };
  expect(reason(hosted(open.schedule, sound))).toBe("granted");
  expect(reason(hosted(shut.schedule, sound))).toBe("notGrantable");
  expect(reason(hosted(always, sound))).toBe("granted");
  expect(reason(hosted(shut.schedule))).toBe("granted");
});

test("a grant says how many uses are left after it, and null for what is not counted", () => {
  const counted = given({ holder: { ...pass, usesPerDoor: 3 }, uses: { atDoor: 1, total: 1 } });
  expect(decide(counted)).toMatchObject({ granted: true, usesLeft: 1 });
  expect(decide({ ...counted, holder: { ...pass, usesPerDoor: 3, usesTotal: 2 } })).toMatchObject({ usesLeft: 0 });
  expect(decide(base)).toMatchObject({ granted: true, usesLeft: null });
});

test("every denied PIN and every denied code of digits counts as a guess, whoever it belongs to; nothing else does", () => {
  for (const denial of denyReasons) {
    const counts = !["accessLimited", "featureOff", "methodOff", "clockUntrusted", "directoryStale"].includes(denial);
    expect(countsAsGuess(pin, { granted: false, reason: denial })).toBe(counts);
    expect(countsAsGuess(card, { granted: false, reason: denial })).toBe(false);
  }
  expect(countsAsGuess(pin, decide(base))).toBe(false);
  expect(isGuess({ method: "qr", text: "12345678" })).toBe(true);
  expect(isGuess({ method: "qr", text: "POSTERN-12345678" })).toBe(false);
});
