// What a door asks for, and whether what was shown is enough, half of it, or nothing to it.
import { expect, test } from "vitest";
import { decide } from "../../src/domain/decide.ts";
import type { Credential, CredentialKind, Holder, Pass, Person } from "../../src/domain/directory.ts";
import { completePass, completePerson } from "../../src/domain/directory.ts";
import { neededFactors } from "../../src/domain/factors.ts";
import type { Facts } from "../../src/domain/facts.ts";
import { freshGuess } from "../../src/domain/guess.ts";
import type { CredentialId, DoorId, HolidayId, PassId, PersonId, PublicId } from "../../src/domain/ids.ts";
import type { LocalDate } from "../../src/domain/local-time.ts";
import type { CardCode, Presentation } from "../../src/domain/presentation.ts";
import type { ScheduleRule } from "../../src/domain/schedule.ts";
import { always } from "../../src/domain/schedule.ts";
import { type FactorNeed, factorNeeds } from "../../src/domain/site.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";
import { frontDoor, site } from "../site-fixture.ts";

/** A Monday, 10:00 in Madrid. */
const now = { wall: unixMs(Date.UTC(2027, 0, 11, 9)), mono: monoMs(1_000), trusted: true };
const unbounded = { from: null, until: null };
const ana: Person = completePerson({
  kind: "person",
  id: "ana" as PersonId,
  name: "Ana",
  state: "active",
  validity: unbounded,
});
const bea: Person = { ...ana, id: "bea" as PersonId };
const guest: Pass = completePass({
  kind: "pass",
  id: "guest" as PassId,
  name: "Guest",
  state: "active",
  validity: { from: null, until: unixMs(now.wall + 1) },
});
const post: Holder = { kind: "public", id: "public-1" as PublicId, name: "Post", state: "active" };

const shown: Readonly<Record<CredentialKind, Presentation>> = {
  pin: { method: "pin", digits: "471102" },
  code: { method: "pin", digits: "471102" },
  qrPin: { method: "qr", text: "12345678" },
  qr: { method: "qr", text: "HELLO" },
  card: { method: "card", code: "00B775D2" as CardCode },
  bkey: { method: "card", code: "00B775D2" as CardCode },
  plate: { method: "plate", plate: "AB12CD" },
};
const credentialOf = (kind: CredentialKind, digits = 6): Credential => ({
  id: kind as unknown as CredentialId,
  kind,
  state: "active",
  validity: unbounded,
  direction: null,
  digits: kind === "card" || kind === "bkey" || kind === "plate" ? null : digits,
  duress: false,
});
const door = { ...frontDoor, methods: ["pin", "card", "qr", "plate"] as const };
const facts = (holder: Holder, kind: CredentialKind, changes: Partial<Facts> = {}): Facts => ({
  door,
  hasScanner: true,
  timeZone: "Europe/Madrid",
  features: site.features,
  codes: site.codes,
  passes: site.passes,
  now,
  presentation: shown[kind],
  direction: "entry",
  situation: { mode: "locked", interlocked: false },
  holidays: [],
  isDirectoryStale: false,
  factors: [],
  guess: freshGuess(monoMs(0)),
  credential: credentialOf(kind),
  holder,
  grants: [{ door: "front" as DoorId, schedule: always }],
  host: null,
  holderGuess: freshGuess(monoMs(0)),
  first: null,
  uses: { atDoor: 0, total: 0 },
  activatedAt: null,
  openedAgoMs: { bySame: null, byOther: null },
  passage: null,
  ...changes,
});
const asks = (need: FactorNeed): Partial<Facts> => ({ factors: [{ need, rule: always.rule }] });
const begun = (need: Exclude<FactorNeed, "any">, holder: Holder, kind: CredentialKind): Partial<Facts> => ({
  ...asks(need),
  first: { need, credential: credentialOf(kind), holder },
});
const codeAsked: Partial<Facts> = { door: { ...door, passCodeRequired: true } };
const said = (given: Facts): string => {
  const decision = decide(given);
  if (decision.granted) return "granted";
  return "more" in decision ? `more: ${decision.more}` : decision.reason;
};

test.each<[FactorNeed, string, Holder, CredentialKind, string]>([
  ["any", "a PIN", ana, "pin", "granted"],
  ["any", "a secret code", guest, "code", "granted"],
  ["any", "a public code", post, "pin", "granted"],
  ["cardAndPin", "a card", ana, "card", "more: cardAndPin"],
  ["cardAndPin", "a key of the Bkey kind", ana, "bkey", "more: cardAndPin"],
  ["cardAndPin", "a guest's card", guest, "card", "more: cardAndPin"],
  ["cardAndPin", "a PIN alone", ana, "pin", "factorMissing"],
  ["cardAndPin", "a secret code alone", guest, "code", "factorMissing"],
  ["cardAndPin", "a QR", ana, "qr", "factorMissing"],
  ["cardAndPin", "a plate", ana, "plate", "factorMissing"],
  ["cardAndPin", "a public code", post, "pin", "factorMissing"],
  ["qrAndCode", "a QR", guest, "qr", "more: qrAndCode"],
  ["qrAndCode", "a QR's digits", guest, "qrPin", "more: qrAndCode"],
  ["qrAndCode", "a resident's QR", ana, "qr", "more: qrAndCode"],
  ["qrAndCode", "a secret code alone", guest, "code", "factorMissing"],
  ["qrAndCode", "a PIN alone", guest, "pin", "factorMissing"],
  ["qrAndCode", "a card", ana, "card", "factorMissing"],
  ["qrAndCode", "a public code", post, "pin", "factorMissing"],
  ["twoPeople", "a card", ana, "card", "more: twoPeople"],
  ["twoPeople", "a PIN", ana, "pin", "more: twoPeople"],
  ["twoPeople", "a plate", ana, "plate", "more: twoPeople"],
  ["twoPeople", "a guest", guest, "qr", "factorMissing"],
  ["twoPeople", "a public code", post, "pin", "factorMissing"],
])("a door that asks for %s, shown %s first", (need, _, holder, kind, expected) => {
  expect(said(facts(holder, kind, asks(need)))).toBe(expected);
});

test.each<[string, Facts, string]>([
  ["the card's owner types the PIN", facts(ana, "pin", begun("cardAndPin", ana, "card")), "granted"],
  ["somebody else types a PIN", facts(bea, "pin", begun("cardAndPin", ana, "card")), "factorWrong"],
  ["a public code is typed", facts(post, "pin", begun("cardAndPin", ana, "card")), "factorWrong"],
  [
    "a PIN of nobody is typed",
    facts(ana, "pin", { ...begun("cardAndPin", ana, "card"), credential: null, holder: null }),
    "factorWrong",
  ],
  [
    "another card is shown, and that begins anew",
    facts(bea, "card", begun("cardAndPin", ana, "card")),
    "more: cardAndPin",
  ],
  [
    "an unknown card is shown",
    facts(ana, "card", { ...begun("cardAndPin", ana, "card"), credential: null, holder: null }),
    "unknownCredential",
  ],
  ["the guest whose card it is types the PIN", facts(guest, "pin", begun("cardAndPin", guest, "card")), "granted"],
  [
    "the guest whose card it is types the secret code",
    facts(guest, "code", begun("cardAndPin", guest, "card")),
    "granted",
  ],
  [
    "the owner types a PIN that the QR has",
    facts(ana, "qrPin", { ...begun("cardAndPin", ana, "card"), presentation: shown.pin }),
    "factorWrong",
  ],
  ["the guest types the secret code", facts(guest, "code", begun("qrAndCode", guest, "qr")), "granted"],
  ["the guest types the PIN instead", facts(guest, "pin", begun("qrAndCode", guest, "qr")), "factorWrong"],
  [
    "another guest types a secret code",
    facts({ ...guest, id: "other" as PassId }, "code", begun("qrAndCode", guest, "qr")),
    "factorWrong",
  ],
  ["a resident types the own PIN after the own QR", facts(ana, "pin", begun("qrAndCode", ana, "qr")), "granted"],
  ["another person shows a card", facts(bea, "card", begun("twoPeople", ana, "card")), "granted"],
  ["another person types a PIN", facts(bea, "pin", begun("twoPeople", ana, "card")), "granted"],
  ["the same person shows something else", facts(ana, "pin", begun("twoPeople", ana, "card")), "factorWrong"],
  ["a guest comes second", facts(guest, "qr", begun("twoPeople", ana, "card")), "factorWrong"],
  ["a public code comes second", facts(post, "pin", begun("twoPeople", ana, "card")), "factorWrong"],
  [
    "nobody known comes second",
    facts(bea, "card", { ...begun("twoPeople", ana, "card"), credential: null, holder: null }),
    "unknownCredential",
  ],
])("after the first half: %s", (_, given, expected) => expect(said(given)).toBe(expected));

test("the second half is judged by all the other rules as well", () => {
  expect(said(facts(ana, "pin", { ...begun("cardAndPin", ana, "card"), grants: [] }))).toBe("noGrant");
  expect(said(facts(bea, "card", { ...begun("twoPeople", ana, "card"), grants: [] }))).toBe("noGrant");
  expect(said(facts(ana, "card", { ...asks("cardAndPin"), grants: [] }))).toBe("noGrant");
});

const noScanner = { hasScanner: false };
const codesAlone: Partial<Facts> = { codes: { ...site.codes, codeAlone: true } };
const code = (digits: number, more: Partial<Facts>) =>
  facts(guest, "code", { ...more, credential: credentialOf("code", digits) });

test.each<[string, Facts, string]>([
  ["its QR begins it", facts(guest, "qr", codeAsked), "more: qrAndCode"],
  ["its secret code alone is not enough", code(6, codeAsked), "factorMissing"],
  ["nor its PIN", facts(guest, "pin", codeAsked), "factorMissing"],
  ["residents need nothing more", facts(ana, "pin", codeAsked), "granted"],
  ["public codes neither", facts(post, "pin", codeAsked), "granted"],
  [
    "without a scanner a code of six digits will do, if the site says so",
    code(6, { ...codeAsked, ...noScanner, ...codesAlone }),
    "granted",
  ],
  ["without a scanner one of five will not", code(5, { ...codeAsked, ...noScanner, ...codesAlone }), "factorMissing"],
  [
    "without a scanner it will not if the site does not say so",
    code(8, { ...codeAsked, ...noScanner }),
    "factorMissing",
  ],
  ["with a scanner it will not, whatever the site says", code(8, { ...codeAsked, ...codesAlone }), "factorMissing"],
])("where a pass needs its secret code: %s", (_, given, expected) => expect(said(given)).toBe(expected));

test("where it does not need it, either half will do, and without a scanner only a long code", () => {
  expect(said(facts(guest, "qr"))).toBe("granted");
  expect(said(code(4, {}))).toBe("granted");
  expect(said(code(8, noScanner))).toBe("factorMissing");
  expect(said(code(6, { ...noScanner, ...codesAlone }))).toBe("granted");
  expect(said(code(5, { ...noScanner, ...codesAlone }))).toBe("factorMissing");
});

const monday = (startMinute: number, endMinute: number): ScheduleRule => ({
  kind: "weekly",
  windows: [{ days: ["mon"], startMinute, endMinute }],
});

test("the first of a door's rules whose schedule holds says what it asks for", () => {
  const rules = [
    { need: "twoPeople", rule: monday(0, 540) },
    { need: "cardAndPin", rule: monday(540, 660) },
    { need: "any", rule: always.rule },
  ] as const;
  const need = (wall: number) =>
    neededFactors(facts(ana, "pin", { factors: rules, now: { ...now, wall: unixMs(wall) } }));
  expect(need(now.wall)).toBe("cardAndPin");
  expect(need(now.wall - 3 * 3_600_000)).toBe("twoPeople");
  expect(need(now.wall + 3_600_000)).toBe("any");
});

test("a holiday takes nothing off what a door asks for, and adds what it asks for outside of hours", () => {
  const closed = {
    id: "h" as HolidayId,
    name: "h",
    from: "2027-01-11" as LocalDate,
    until: "2027-01-11" as LocalDate,
    yearly: false,
    workingHours: [],
  };
  const office = monday(0, 1_440) as Extract<ScheduleRule, { kind: "weekly" }>;
  const need = (...factors: Facts["factors"]) => neededFactors(facts(ana, "pin", { factors, holidays: [closed] }));
  expect(need({ need: "cardAndPin", rule: office })).toBe("cardAndPin");
  expect(need({ need: "cardAndPin", rule: { ...office, holidayExempt: true } })).toBe("cardAndPin");
  const otherwise = { need: "cardAndPin", rule: always.rule } as const;
  expect(need({ need: "any", rule: office }, otherwise)).toBe("cardAndPin");
  expect(need({ need: "any", rule: { ...office, holidayExempt: true } }, otherwise)).toBe("any");
});

test("while the clock is not trusted the strictest of all rules that might hold counts", () => {
  const untrusted = { ...now, trusted: false };
  const factors = [
    { need: "any", rule: always.rule },
    { need: "cardAndPin", rule: monday(0, 60) },
    { need: "twoPeople", rule: { kind: "never" } },
  ] as const;
  expect(neededFactors(facts(ana, "pin", { factors }))).toBe("any");
  expect(neededFactors(facts(ana, "pin", { factors, now: untrusted }))).toBe("cardAndPin");
});

test("the stricter of what the door and the person ask for counts", () => {
  const strictness: readonly FactorNeed[] = ["any", "qrAndCode", "cardAndPin", "twoPeople"];
  for (const ofDoor of factorNeeds) {
    for (const ofPerson of factorNeeds) {
      const need = neededFactors(facts({ ...ana, factors: ofPerson }, "pin", asks(ofDoor)));
      expect(strictness.indexOf(need)).toBe(Math.max(strictness.indexOf(ofDoor), strictness.indexOf(ofPerson)));
    }
  }
});
