// Whose code it is, where several could have it.
import { expect, test } from "vitest";
import { type Candidate, chooseCandidate } from "../../src/domain/candidates.ts";
import type { Credential, CredentialKind, Grant, Holder, Pass, Person } from "../../src/domain/directory.ts";
import { completePass, completePerson } from "../../src/domain/directory.ts";
import type { CredentialId, DoorId, PassId, PersonId, PublicId } from "../../src/domain/ids.ts";
import type { CardCode, Presentation } from "../../src/domain/presentation.ts";
import { always } from "../../src/domain/schedule.ts";
import type { CodePolicy, DoorSpec } from "../../src/domain/site.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";
import { frontDoor, site } from "../site-fixture.ts";

const unbounded = { from: null, until: null };
const here: readonly Grant[] = [{ door: "front" as DoorId, schedule: always }];
const person = (id: string, apartment: string | null = null): Person =>
  completePerson({ kind: "person", id: id as PersonId, name: id, state: "active", validity: unbounded, apartment });
const pass = (id: string): Pass =>
  completePass({ kind: "pass", id: id as PassId, name: id, state: "active", validity: unbounded });
const publicCode: Holder = { kind: "public", id: "public-1" as PublicId, name: "Post", state: "active" };

const candidate = (
  holder: Holder,
  kind: CredentialKind,
  more: Partial<Candidate> & { id?: string; digits?: number } = {},
) => {
  const { id = `${holder.id}-${kind}`, digits = 6, ...rest } = more;
  const credential: Credential = {
    id: id as CredentialId,
    kind,
    state: "active",
    validity: unbounded,
    direction: null,
    digits: kind === "card" || kind === "plate" ? null : digits,
    duress: false,
  };
  return { credential, holder, grants: here, host: null, exact: true, ...rest };
};

const typed = (apartment?: string): Presentation => ({
  method: "pin",
  digits: "471102",
  ...(apartment === undefined ? {} : { apartment }),
});
const digitsShown: Presentation = { method: "qr", text: "471102" };
const textShown: Presentation = { method: "qr", text: "HELLO" };
const cardShown: Presentation = { method: "card", code: "00B775D2" as CardCode };
const plateShown: Presentation = { method: "plate", plate: "AB12CD" };

const now = { wall: unixMs(1_000_000), mono: monoMs(0), trusted: true };

const choose = (
  candidates: readonly Candidate[],
  shown: Presentation,
  more: { door?: Partial<DoorSpec>; codes?: Partial<CodePolicy>; first?: Holder } = {},
) => {
  const door = { ...frontDoor, ...more.door };
  const { chosen, collided } = chooseCandidate(
    candidates,
    shown,
    door,
    { ...site.codes, ...more.codes },
    more.first ?? null,
    now,
  );
  return { id: chosen?.credential.id ?? null, collided };
};
const chosen = (...given: Parameters<typeof choose>) => choose(...given).id;

const ana = person("ana", "12");
const guest = pass("guest");
const fits: readonly (readonly [string, Candidate, Presentation, object, boolean])[] = [
  ["a PIN is typed", candidate(ana, "pin"), typed(), {}, true],
  ["a person's PIN is not shown as a QR", candidate(ana, "pin"), digitsShown, {}, false],
  ["a guest's PIN is shown as a QR as well", candidate(guest, "pin"), digitsShown, {}, true],
  ["a guest's secret code is typed", candidate(guest, "code"), typed(), {}, true],
  ["and never shown", candidate(guest, "code"), digitsShown, {}, false],
  ["a QR's digits are shown", candidate(ana, "qrPin"), digitsShown, {}, true],
  ["and not typed", candidate(ana, "qrPin"), typed(), {}, false],
  ["save where the site allows it", candidate(ana, "qrPin"), typed(), { codes: { qrPinOnKeypad: true } }, true],
  ["a QR text is shown", candidate(ana, "qr"), textShown, {}, true],
  ["also one of digits", candidate(ana, "qr"), digitsShown, {}, true],
  ["and not typed, whatever the site allows", candidate(ana, "qr"), typed(), { codes: { qrPinOnKeypad: true } }, false],
  ["a card is held to a reader", candidate(ana, "card"), cardShown, {}, true],
  ["a key of the Bkey kind as well", candidate(ana, "bkey"), cardShown, {}, true],
  ["a plate is no card", candidate(ana, "plate"), cardShown, {}, false],
  ["a plate is read", candidate(ana, "plate"), plateShown, {}, true],
  ["a card is no plate", candidate(ana, "card"), plateShown, {}, false],
  ["a public code has the common length", candidate(publicCode, "pin"), typed(), { codes: { publicLength: 6 } }, true],
  ["one of an older length is void", candidate(publicCode, "pin"), typed(), { codes: { publicLength: 8 } }, false],
];
test.each(fits)("%s", (_, one, shown, more, expected) => {
  expect(chosen([one], shown, more)).toBe(expected ? one.credential.id : null);
});

const asksApartment = { door: { keypadMode: "apartmentPin" as const } };
test.each<[string, Candidate, string | undefined, boolean]>([
  ["a resident types the own apartment", candidate(ana, "pin"), "12", true],
  ["not another one", candidate(ana, "pin"), "13", false],
  ["not without its letter", candidate(person("bea", "12b"), "pin"), "12", false],
  ["not none", candidate(ana, "pin"), "", false],
  ["not even one who has none", candidate(person("carl"), "pin"), "", false],
  ["a guest types none", candidate(guest, "pin"), "", true],
  ["or the host's", candidate(guest, "pin", { host: ana }), "12", true],
  ["not somebody else's", candidate(guest, "pin", { host: ana }), "13", false],
  ["a guest of nobody has no apartment to type", candidate(guest, "pin"), "12", false],
  ["a public code goes without", candidate(publicCode, "pin"), "", true],
  ["and not with one", candidate(publicCode, "pin"), "12", false],
  ["an entry that never had one is one without", candidate(guest, "code"), undefined, true],
])("at a door that asks for the apartment: %s", (_, one, apartment, expected) => {
  expect(chosen([one], typed(apartment), asksApartment)).toBe(expected ? one.credential.id : null);
});

test("the same PIN in two apartments means the one whose apartment was typed", () => {
  const both = [candidate(ana, "pin"), candidate(person("bea", "7"), "pin")];
  expect(choose(both, typed("7"), asksApartment)).toEqual({ id: "bea-pin", collided: false });
  expect(choose(both, typed("12"), asksApartment)).toEqual({ id: "ana-pin", collided: false });
});

test("at a door that does not ask for it an apartment changes nothing", () => {
  expect(chosen([candidate(ana, "pin")], typed("99"))).toBe("ana-pin");
});

test("who may open here is meant, whatever kinds the others are", () => {
  const elsewhere = candidate(guest, "pin", { grants: [] });
  expect(choose([elsewhere, candidate(ana, "pin")], typed())).toEqual({ id: "ana-pin", collided: false });
});

test("where equal codes meet at a door, passes come first, then people, then public codes, and it is said", () => {
  const all = [candidate(publicCode, "pin"), candidate(ana, "pin"), candidate(guest, "pin")];
  expect(choose(all, typed())).toEqual({ id: "guest-pin", collided: true });
  expect(choose(all.slice(0, 2), typed())).toEqual({ id: "ana-pin", collided: true });
  expect(choose(all.slice(0, 1), typed())).toEqual({ id: "public-1-pin", collided: false });
});

test("of equals the id decides, in whatever order they come", () => {
  const three = ["ana", "bea", "carl"].map((id) => candidate(person(id), "pin"));
  for (const order of [three, three.toReversed(), [three[1]!, three[2]!, three[0]!]]) {
    expect(chosen(order, typed())).toBe("ana-pin");
  }
  const twice = ["x", "y", "z"].map((id) => candidate(ana, "card", { id, exact: false }));
  expect(choose(twice.toReversed(), cardShown)).toEqual({ id: "x", collided: false });
});

test("a card's own number comes before one that is known by a part of it, whoever has it", () => {
  const part = candidate(guest, "card", { exact: false });
  expect(choose([part, candidate(ana, "card")], cardShown)).toEqual({ id: "ana-card", collided: false });
  expect(choose([part, candidate(ana, "card", { exact: false })], cardShown)).toEqual({
    id: "guest-card",
    collided: true,
  });
  const elsewhere = candidate(ana, "card", { grants: [] });
  expect(chosen([part, elsewhere], cardShown)).toBe("guest-card");
});

test("who has shown something already is looked for first", () => {
  const bea = candidate(person("bea"), "pin");
  expect(choose([candidate(guest, "pin"), bea], typed(), { first: bea.holder })).toEqual({
    id: "bea-pin",
    collided: false,
  });
});

test("what has ended or was set aside does not stand in the way of an equal code that lives", () => {
  const ana = candidate(person("ana"), "pin");
  const over = { ...pass("guest"), validity: { from: null, until: now.wall } };
  const dead: readonly Candidate[] = [
    candidate(over, "pin"),
    candidate({ ...pass("guest"), expiresAt: now.wall }, "pin"),
    candidate({ ...pass("guest"), state: "revoked" }, "pin"),
    {
      ...candidate(pass("guest"), "pin"),
      credential: { ...candidate(pass("guest"), "pin").credential, state: "lost" },
    },
  ];
  for (const one of dead) expect(choose([one, ana], typed())).toEqual({ id: "ana-pin", collided: true });
  expect(chosen([candidate(pass("guest"), "pin"), ana], typed())).toBe("guest-pin");
  expect(chosen([candidate(over, "pin")], typed())).toBe("guest-pin");
});

test("of two cards that are known in part only, one that was stolen is not passed over", () => {
  const stolen = candidate(person("ana"), "card", { exact: false });
  const cards = [
    { ...stolen, credential: { ...stolen.credential, state: "stolen" } as Credential },
    candidate(person("ben"), "card", { exact: false }),
  ];
  expect(chosen(cards, cardShown)).toBe("ana-card");
});
