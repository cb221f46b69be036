import fc from "fast-check";
import { expect, test } from "vitest";
import type { PassKey, PassKeyGiven } from "../../src/domain/carried-pass/pass-key.ts";
import { bytesOfText, textOfBytes } from "../../src/domain/carried-pass/pass-text.ts";
import type { DirectoryChange, PersonGiven } from "../../src/domain/directory.ts";
import type { DoorId, PassKeyId, PersonId } from "../../src/domain/ids.ts";
import { readCodes } from "../../src/domain/offline-code.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import { unixMs } from "../../src/domain/time.ts";
import type { IssuerKey } from "../../src/issuer/issuer-key.ts";
import { doorSecret } from "../../src/issuer/issuer-key.ts";
import { fillGuessBuckets } from "../../src/ledger/deny-safe.ts";
import { checkChanges } from "../../src/ledger/directory-rules.ts";
import { noteLostCounts } from "../../src/ledger/lost-counts.ts";
import { passCrypto } from "../../src/ledger/pass-crypto.ts";
import { mostRemembered } from "../../src/ledger/pass-keys.ts";
import { frontDoor, garageDoor, site } from "../site-fixture.ts";
import { codeOf, hourMs, issuerOf, passBeyond, passOf, putKey } from "./issuer-fixture.ts";
import { ana, noon, person, pin, putCredential, putGrant, qr, TestLedger } from "./ledger-fixture.ts";
import { changedFront, dayMs, garage } from "./rules-fixture.ts";

const forms = ["mac", "signed"] as const;
/** A scanner's texts count at both doors. */
const scanning: SiteSpec = {
  ...site,
  doors: [frontDoor, { ...garageDoor, methods: [...garageDoor.methods, "qr"] }],
};
const keypad = { reader: "front-keypad" } as const;

function ledgerWith(...changes: DirectoryChange[]): TestLedger {
  const tested = new TestLedger(scanning);
  const outcome = tested.change(...changes);
  expect(outcome).toMatchObject({ applied: true });
  return tested;
}

test.each(forms)("a %s pass opens a door whose directory knows its issuer and nothing else", (form) => {
  const issuer = issuerOf(form);
  const tested = ledgerWith(putKey(issuer));
  expect(tested.outcome(passOf(issuer).presentation)).toBe("granted");
  expect(tested.events().slice(-2)).toMatchObject([
    {
      event: {
        type: "pass.carried",
        pass: `${issuer.key.number}.1`,
        key: `desk-${form}`,
        door: "front",
        from: noon,
        until: noon + 2 * hourMs,
        places: null,
        usesPerDoor: null,
      },
    },
    { event: { type: "access.granted", pass: `${issuer.key.number}.1`, person: null, usesLeft: null } },
  ]);
  expect(tested.outcome(passOf(issuer).presentation, garage)).toBe("granted");
  expect(tested.types().filter((type) => type === "pass.carried")).toHaveLength(1);
});

test.each(forms)("a %s pass is refused with the reason that its page gives", (form) => {
  const issuer = issuerOf(form, { limits: { maxMinutes: 180, maxUses: null } });
  const tested = ledgerWith(putKey(issuer));
  const outcome = (...given: Parameters<typeof passOf>) => tested.outcome(passOf(...given).presentation);
  expect(outcome(issuer, { from: unixMs(noon + 60_000) })).toBe("notYetValid");
  expect(outcome(issuer, { serial: 2, from: unixMs(noon - hourMs), until: unixMs(noon) })).toBe("expired");
  expect(outcome(issuer, { serial: 3, places: [2] })).toBe("noGrant");
  expect(outcome(issuerOf(form, {}, 8))).toBe("passForged");
  expect(outcome(issuerOf(form, { number: 77 }))).toBe("issuerUnknown");
  expect(tested.outcome(passBeyond(issuer, { serial: 4, until: unixMs(noon + 4 * hourMs) }))).toBe("issuerExceeded");
  expect(tested.outcome(qr("9".repeat(51)))).toBe("passUnreadable");
  tested.change({ op: "putPassKey", key: { ...issuer.key, state: "suspended" } });
  expect(outcome(issuer)).toBe("holderSuspended");
  tested.change({ op: "removePassKey", id: issuer.key.id });
  expect(outcome(issuer)).toBe("issuerUnknown");
});

test.each(forms)("a %s pass with any one bit altered opens nothing and fills no guess limit", (form) => {
  const issuer = issuerOf(form);
  const tested = ledgerWith(...ana, putKey(issuer));
  const { presentation } = passOf(issuer);
  const pass = bytesOfText(presentation.method === "qr" ? presentation.text : "") ?? new Uint8Array();
  const outcomes = new Set<string>();
  for (let bit = 0; bit < pass.length * 8; bit += 1) {
    const altered = Uint8Array.from(pass, (byte, at) => (at === bit >> 3 ? byte ^ (0x80 >> (bit & 7)) : byte));
    outcomes.add(tested.outcome(qr(textOfBytes(altered))));
  }
  expect([...outcomes].sort()).toEqual(["issuerUnknown", "passForged", "passUnreadable"]);
  expect(tested.types()).not.toContain("access.limited");
  expect(tested.outcome(pin("4711"), keypad)).toBe("granted");
});

test("a carried pass is read while guesses are blocked, and plain digits are not", () => {
  const issuer = issuerOf("mac");
  const tested = ledgerWith(putKey(issuer));
  for (let entry = 0; entry < 5; entry += 1) tested.outcome(qr("12345678"));
  expect(tested.outcome(qr("12345678"))).toBe("accessLimited");
  expect(tested.outcome(passOf(issuer).presentation)).toBe("granted");
});

test("uses are counted at each door, or over all, and each restart knows them", () => {
  const issuer = issuerOf("mac");
  const tested = ledgerWith(putKey(issuer));
  const perDoor = passOf(issuer, { uses: { count: 1, over: "door" } }).presentation;
  expect(tested.present(perDoor)).toMatchObject({ granted: true, usesLeft: 0 });
  tested.restart("run-2");
  expect(tested.outcome(perDoor)).toBe("usesExhausted");
  expect(tested.outcome(perDoor, garage)).toBe("granted");
  const inAll = passOf(issuer, { serial: 2, uses: { count: 1, over: "all" } }).presentation;
  expect(tested.outcome(inAll, garage)).toBe("granted");
  expect(tested.outcome(inAll)).toBe("usesExhausted");
});

test("a use that the door refused is given back", () => {
  const issuer = issuerOf("mac");
  const tested = ledgerWith(putKey(issuer));
  const once = passOf(issuer, { uses: { count: 1, over: "all" } }).presentation;
  const ask = tested.ask(once);
  tested.decideAll([ask]);
  tested.record({ settle: "aborted", ask: ask.id, door: ask.door, why: "expired" });
  expect(tested.outcome(once)).toBe("granted");
});

test("a newer pass takes older ones of its own key back, also where it does not open itself", () => {
  const [issuer, other] = [issuerOf("mac"), issuerOf("signed")];
  const tested = ledgerWith(putKey(issuer), putKey(other));
  const old = passOf(issuer, { serial: 5 }).presentation;
  const stays = passOf(issuer, { serial: 6 }).presentation;
  expect(tested.outcome(old)).toBe("granted");
  const revoking = passOf(issuer, { serial: 9, places: [2], revokes: { upTo: null, serials: [5] } }).presentation;
  expect(tested.outcome(revoking)).toBe("noGrant");
  expect(tested.events().at(-2)?.event).toMatchObject({ type: "passes.revoked", by: "7.9", serials: [5] });
  expect(tested.outcome(old)).toBe("revoked");
  expect(tested.outcome(stays)).toBe("granted");
  expect(tested.outcome(passOf(other, { serial: 5 }).presentation)).toBe("granted");
  tested.outcome(passOf(issuer, { serial: 10, revokes: { upTo: 8, serials: [] } }).presentation);
  tested.restart("run-2");
  expect(tested.outcome(stays)).toBe("revoked");
  expect(tested.outcome(passOf(issuer, { serial: 9 }).presentation)).toBe("granted");
});

test("an operator takes single passes back, or all up to one, without any network", () => {
  const issuer = issuerOf("mac");
  const tested = ledgerWith(putKey(issuer));
  const passes = [1, 2, 3].map((serial) => passOf(issuer, { serial }).presentation);
  tested.change({ op: "revokePasses", key: issuer.key.id, serials: [2] });
  expect(passes.map((one) => tested.outcome(one))).toEqual(["granted", "revoked", "granted"]);
  tested.change({ op: "revokePasses", key: issuer.key.id, upTo: 2 });
  expect(passes.map((one) => tested.outcome(one))).toEqual(["revoked", "revoked", "granted"]);
});

test("a clock that is set back, or that nobody vouches for, opens for no pass", () => {
  const issuer = issuerOf("mac");
  const tested = ledgerWith(putKey(issuer));
  const { presentation } = passOf(issuer, { until: unixMs(noon + hourMs) });
  expect(tested.outcome(presentation)).toBe("granted");
  tested.clock.pass(2 * hourMs);
  expect(tested.outcome(presentation)).toBe("expired");
  tested.clock.wall = noon + 60_000;
  expect(tested.outcome(presentation)).toBe("clockUntrusted");
  tested.clock.trusted = false;
  expect(tested.outcome(passOf(issuer, { serial: 2 }).presentation)).toBe("clockUntrusted");
});

test("a recurring pass opens within its hours on its days, counted anew each time", () => {
  const issuer = issuerOf("signed");
  const tested = ledgerWith(putKey(issuer));
  // Noon is 14:00 of a Friday in Madrid.
  const { presentation } = passOf(issuer, {
    until: unixMs(noon + 30 * dayMs),
    uses: { count: 1, over: "door" },
    recurrence: { start: 14 * 60, minutes: 60, days: ["fri"] },
  });
  expect(tested.outcome(presentation)).toBe("granted");
  expect(tested.outcome(presentation)).toBe("usesExhausted");
  tested.clock.pass(hourMs);
  expect(tested.outcome(presentation)).toBe("betweenOccurrences");
  tested.clock.pass(6 * dayMs);
  expect(tested.outcome(presentation)).toBe("betweenOccurrences");
  tested.clock.pass(dayMs - hourMs);
  expect(tested.outcome(presentation)).toBe("granted");
});

const anaPerson: PersonGiven = {
  kind: "person",
  id: "ana" as PersonId,
  name: "Ana Ruiz",
  state: "active",
  validity: { from: null, until: null },
};

test("a resident's key opens where that resident may let others in, and no longer than they live there", () => {
  const issuer = issuerOf("signed", { person: anaPerson.id, floors: ["3", "roof"] });
  const tested = ledgerWith(
    ...ana.slice(0, -1),
    { op: "putPerson", person: { ...anaPerson, floors: ["2", "3"] } },
    putKey(issuer),
  );
  const { presentation } = passOf(issuer, { floors: "person" });
  expect(tested.outcome(presentation)).toBe("granted");
  expect(tested.last()).toMatchObject({ type: "access.granted", floors: ["2", "3"] });
  expect(tested.outcome(passOf(issuer, { serial: 2, floors: [2] }).presentation)).toBe("granted");
  expect(tested.last()).toMatchObject({ floors: ["roof"] });
  expect(tested.outcome(presentation, garage)).toBe("notGrantable");
  tested.change({ op: "setHolderState", holder: person("ana"), state: "suspended" });
  expect(tested.outcome(presentation)).toBe("hostSuspended");
  tested.change({ op: "removeHolder", holder: person("ana") });
  expect(tested.outcome(presentation)).toBe("hostSuspended");
});

test.each([
  ["no end of its use", { maxUses: 1, maxMinutes: null }, { uses: null }],
  ["more uses than allowed", { maxUses: 1, maxMinutes: null }, { uses: { count: 2, over: "door" as const } }],
  ["a longer window than allowed", { maxUses: null, maxMinutes: 60 }, {}],
])("a key's limits hold against %s", (_, limits, claims) => {
  const issuer = issuerOf("mac", { limits });
  expect(ledgerWith(putKey(issuer)).outcome(passBeyond(issuer, claims))).toBe("issuerExceeded");
});

test("a pass outside its key's own time is refused, so that a key may be given for a season", () => {
  const issuer = issuerOf("mac");
  const season = { from: unixMs(noon), until: unixMs(noon + hourMs) };
  const tested = ledgerWith(putKey({ ...issuer, key: { ...issuer.key, validity: season } }));
  expect(tested.outcome(passOf(issuer).presentation)).toBe("issuerExceeded");
  expect(tested.outcome(passOf(issuer, { serial: 2, until: season.until }).presentation)).toBe("granted");
});

test("where a pass asks for its code, or the door asks passes for one, the code must follow; a signed one has none", () => {
  const issuer = issuerOf("mac");
  const tested = ledgerWith(putKey(issuer), putKey(issuerOf("signed")));
  const { presentation, code } = passOf(issuer, { code: true });
  expect(tested.outcome(presentation)).toBe("more: qrAndCode");
  expect(tested.outcome(pin(code === "000000" ? "000001" : "000000"), keypad)).toBe("factorWrong");
  expect(tested.outcome(presentation)).toBe("more: qrAndCode");
  expect(tested.outcome(pin(code), keypad)).toBe("granted");
  expect(tested.last()).toMatchObject({ type: "access.granted", pass: "7.1", first: "7.1" });
  expect(tested.outcome(pin(code), keypad)).toBe("unknownCredential");
  tested.use(changedFront({ passCodeRequired: true }));
  expect(tested.outcome(passOf(issuer, { serial: 2 }).presentation)).toBe("more: qrAndCode");
  expect(tested.outcome(passOf(issuerOf("signed")).presentation)).toBe("factorMissing");
});

test("a code counts for its pass although somebody's PIN is the same, and not once the pass is taken back", () => {
  const issuer = issuerOf("mac");
  const { presentation, code } = passOf(issuer, { code: true });
  const tested = ledgerWith(
    ...ana,
    putKey(issuer),
    putCredential("ana-pin", person("ana"), "pin", code),
    putGrant(person("ana")),
  );
  tested.outcome(presentation);
  expect(tested.outcome(pin(code), keypad)).toBe("granted");
  expect(tested.last()).toMatchObject({ pass: "7.1", person: null });
  tested.outcome(presentation);
  tested.change({ op: "revokePasses", key: issuer.key.id, serials: [1] });
  expect(tested.outcome(pin(code), keypad)).toBe("granted");
  expect(tested.last()).toMatchObject({ pass: null, person: "ana" });
});

test("three wrong codes after a pass block that pass", () => {
  const issuer = issuerOf("mac");
  const tested = new TestLedger({ ...site, factors: { ...site.factors, attempts: 3 } });
  tested.change(putKey(issuer));
  const { presentation, code } = passOf(issuer, { code: true });
  const wrong = pin(code === "000000" ? "000001" : "000000");
  for (let entry = 0; entry < 3; entry += 1) {
    tested.outcome(presentation);
    expect(tested.outcome(wrong, keypad)).toBe("factorWrong");
  }
  expect(tested.outcome(presentation)).toBe("personBlocked");
});

test("a key's number is never another key's, and its secret never changes", () => {
  const issuer = issuerOf("mac");
  const tested = ledgerWith(putKey(issuer));
  expect(tested.outcome(passOf(issuer, { uses: { count: 1, over: "all" } }).presentation)).toBe("granted");
  expect(tested.change(putKey(issuerOf("mac", {}, 8)))).toMatchObject({ applied: false });
  expect(tested.change(putKey(issuerOf("mac", { id: "other" as PassKeyId })))).toMatchObject({ applied: false });
  tested.change({ op: "removePassKey", id: issuer.key.id });
  expect(tested.change(putKey(issuerOf("mac", { id: "other" as PassKeyId }, 8)))).toMatchObject({ applied: false });
  tested.change(putKey(issuer));
  expect(tested.outcome(passOf(issuer, { uses: { count: 1, over: "all" } }).presentation)).toBe("usesExhausted");
});

test("neither the database nor the record holds a pass's text or an issuer's secret", () => {
  const issuer = issuerOf("mac");
  const tested = ledgerWith(putKey(issuer));
  const { presentation, code } = passOf(issuer, { code: true });
  tested.outcome(presentation);
  tested.outcome(pin(code), keypad);
  const image = tested.parts.db.serialize();
  const text = presentation.method === "qr" ? presentation.text : "";
  for (const secret of [text, Buffer.from(issuer.secret).toString("hex"), issuer.secret, bytesOfText(text) ?? text]) {
    expect(image.includes(Buffer.from(secret as string))).toBe(false);
  }
});

test.each([10, 12] as const)(
  "an offline code of %i digits opens within its time, and is named in the record",
  (digits) => {
    const issuer = issuerOf("code", { digits });
    const tested = ledgerWith(putKey(issuer));
    expect(tested.outcome(codeOf(issuer), keypad)).toBe("granted");
    const granted = tested.last();
    expect(granted).toMatchObject({ type: "access.granted", method: "pin" });
    expect(granted.type === "access.granted" && granted.pass).toMatch(/^9\.[0-9]+$/);
    expect(tested.outcome(codeOf(issuer, { from: unixMs(noon + hourMs) }), keypad)).toBe("notYetValid");
    expect(tested.outcome(codeOf(issuer, { from: unixMs(noon - hourMs), minutes: 60 }), keypad)).toBe("expired");
    const once = codeOf(issuer, { once: true });
    expect(tested.outcome(once, keypad)).toBe("granted");
    expect(tested.outcome(once, keypad)).toBe("usesExhausted");
    tested.clock.trusted = false;
    expect(tested.outcome(codeOf(issuer), keypad)).toBe("clockUntrusted");
  },
);

test("an offline code can be taken back, belongs to its doors alone, and wrong ones block the keypad as PINs do", () => {
  const front: PassKey["places"] = [{ number: 1, doors: ["front" as DoorId] }];
  const issuer = issuerOf("code", { places: front });
  const tested = ledgerWith(putKey(issuer));
  const code = codeOf(issuer);
  tested.outcome(code, keypad);
  const { pass } = tested.last() as { readonly pass: string };
  expect(tested.outcome(code, { ...garage, reader: "garage-reader" })).toBe("unknownCredential");
  tested.change({ op: "revokePasses", key: issuer.key.id, serials: [Number(pass.split(".")[1])] });
  expect(tested.outcome(code, keypad)).toBe("revoked");
  for (let entry = 0; entry < 4; entry += 1) tested.outcome(pin(`12345678901${entry}`), keypad);
  expect(tested.outcome(codeOf(issuer, { n: 1 }), keypad)).toBe("accessLimited");
});

test("a code that is good now opens, although another key of the door reads it as one of another time", () => {
  const other = issuerOf("code", { digits: 10 });
  const issuer = issuerOf("code", { id: "porter" as PassKeyId, number: 10, digits: 10 }, 8);
  const ambiguous = Array.from({ length: 2_000 }, (_, quarter) =>
    codeOf(issuer, { from: unixMs(noon - quarter * 900_000), minutes: 31 * 1_440 }),
  ).find((code) => code.method === "pin" && code.digits !== null && readsAs(other, code.digits));
  if (ambiguous === undefined) throw new Error("no code is read under both keys");
  const alone = ledgerWith(putKey(other));
  expect(["notYetValid", "expired"]).toContain(alone.outcome(ambiguous, keypad));
  const tested = ledgerWith(putKey(other), putKey(issuer));
  expect(tested.outcome(ambiguous, keypad)).toBe("granted");
  expect(tested.last()).toMatchObject({ pass: expect.stringMatching(/^10\./) });
});

const readsAs = (issuer: IssuerKey, digits: string): boolean =>
  readCodes(digits, 10, Buffer.from(doorSecret(issuer), "hex"), unixMs(noon), passCrypto).length > 0;

test("the directory's own code goes before an equal offline one", () => {
  const issuer = issuerOf("code", { digits: 10 });
  const code = codeOf(issuer);
  const digits = code.method === "pin" ? (code.digits ?? "") : "";
  const tested = ledgerWith(...ana, putKey(issuer), putCredential("ana-qr2", person("ana"), "qr", digits));
  expect(tested.outcome(qr(digits))).toBe("granted");
  expect(tested.last()).toMatchObject({ person: "ana" });
});

test("passes that the site does not take open nothing", () => {
  const issuer = issuerOf("mac");
  const tested = ledgerWith(putKey(issuer), putKey(issuerOf("code")));
  tested.use({ ...site, passes: { ...site.passes, enabled: false } });
  expect(tested.outcome(passOf(issuer).presentation)).toBe("passesOff");
  expect(tested.outcome(codeOf(issuerOf("code")), keypad)).toBe("passesOff");
});

test("what a pass said and used is kept for as long as the site keeps passes, and no longer", () => {
  const issuer = issuerOf("mac");
  const tested = ledgerWith(putKey(issuer));
  tested.outcome(passOf(issuer, { uses: { count: 1, over: "all" } }).presentation);
  const count = (table: string) => tested.parts.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
  const forget = () => {
    while (tested.ledger.forgetStep(tested.clock.now())) {}
  };
  tested.clock.pass(site.passes.purgeAfterDays * dayMs);
  forget();
  expect([count("carried_pass"), count("use_count")]).toEqual([1, 2]);
  tested.clock.pass(3 * hourMs);
  forget();
  expect([count("carried_pass"), count("use_count")]).toEqual([0, 0]);
});

test("a network that lies about the time for a while does not have it forgotten that a pass was used", () => {
  const issuer = issuerOf("mac");
  const tested = ledgerWith(putKey(issuer));
  const once = passOf(issuer, { uses: { count: 1, over: "all" } }).presentation;
  expect(tested.outcome(once)).toBe("granted");
  const aheadMs = 400 * dayMs;
  tested.clock.wall += aheadMs;
  while (tested.ledger.forgetStep({ ...tested.clock.now(), plain: true })) {}
  tested.clock.wall -= aheadMs;
  expect(tested.outcome(once)).toBe("usesExhausted");
});

test("after a recovery counted passes that had begun are used up, others go on, and codes are blocked", () => {
  const issuer = issuerOf("mac");
  const tested = ledgerWith(putKey(issuer), putKey(issuerOf("code")));
  const counted = passOf(issuer, { uses: { count: 3, over: "door" } }).presentation;
  const uncounted = passOf(issuer, { serial: 2 }).presentation;
  tested.outcome(counted);
  noteLostCounts(tested.parts.db, noon);
  fillGuessBuckets(tested.parts.db);
  tested.clock.pass(60_000);
  tested.restart("run-2", "boot-2");
  expect(tested.outcome(counted)).toBe("usesExhausted");
  expect(tested.outcome(uncounted)).toBe("granted");
  expect(tested.outcome(codeOf(issuerOf("code")), keypad)).toBe("accessLimited");
  tested.clock.pass(hourMs);
  const begun = { serial: 3, from: unixMs(noon + 120_000), uses: { count: 3, over: "door" as const } };
  expect(tested.outcome(passOf(issuer, begun).presentation)).toBe("granted");
});

test("a board that comes back with a past clock and an older database takes no pass anew that was made and used meanwhile", () => {
  const issuer = issuerOf("mac");
  const [resident, once] = [issuerOf("signed", { number: 30 }), { uses: { count: 1, over: "all" } } as const];
  const tested = ledgerWith(putKey(issuer));
  noteLostCounts(tested.parts.db, noon);
  tested.restart("run-2", "boot-2");
  const usedMeanwhile = passOf(issuer, { from: unixMs(noon + hourMs), until: unixMs(noon + 4 * hourMs), ...once });
  tested.clock.wall = unixMs(noon - dayMs);
  tested.clock.trusted = false;
  expect(tested.outcome(usedMeanwhile.presentation)).toBe("clockUntrusted");
  tested.clock.wall = unixMs(noon + 2 * hourMs);
  tested.clock.trusted = true;
  expect(tested.outcome(usedMeanwhile.presentation)).toBe("usesExhausted");
  tested.change(putKey(resident));
  const window = { from: unixMs(noon + hourMs), until: unixMs(noon + 4 * hourMs) };
  expect(tested.outcome(passOf(resident, { ...window, ...once }).presentation)).toBe("usesExhausted");
  tested.clock.pass(hourMs);
  const later = { serial: 2, from: unixMs(noon + 2.5 * hourMs), until: unixMs(noon + 4 * hourMs), ...once };
  expect(tested.outcome(passOf(issuer, later).presentation)).toBe("granted");
  expect(tested.outcome(passOf(issuer, later).presentation)).toBe("usesExhausted");
});

test("a clock that stood too late after a recovery costs counted passes only until it was put right", () => {
  const issuer = issuerOf("mac");
  const tested = ledgerWith(putKey(issuer));
  tested.outcome(qr("0000"));
  noteLostCounts(tested.parts.db, noon);
  tested.restart("run-2", "boot-2");
  const plain = { ...tested.clock.now(), plain: true as const };
  tested.ledger.commitBatch(
    [],
    [{ n: null, at: { ...plain, wall: unixMs(noon + 9 * dayMs) }, what: { type: "office.restored" } }],
  );
  tested.clock.pass(60_000);
  const counted = { from: unixMs(noon + 120_000), uses: { count: 1, over: "all" } } as const;
  tested.outcome(qr("0000"));
  tested.clock.pass(hourMs);
  expect(tested.outcome(passOf(issuer, counted).presentation)).toBe("granted");
});

test("what a keypad can never take, and a key for doors elsewhere, is said when the key comes", () => {
  const short = new TestLedger({ ...site, keypad: { ...site.keypad, autoSubmitLength: 6 } });
  const warnings = (tested: TestLedger, issuer = issuerOf("code")) => {
    const outcome = tested.change(putKey(issuer));
    return outcome.applied ? (outcome.warnings ?? []).map(({ warning }) => warning) : [];
  };
  expect(warnings(short)).toEqual([expect.stringContaining('"keypad.autoSubmitLength" ends each entry after 6')]);
  expect(warnings(new TestLedger({ ...site, keypad: { ...site.keypad, maxKeys: 8 } }))).toHaveLength(1);
  const elsewhere = issuerOf("mac", { places: [{ number: 1, doors: ["attic" as DoorId] }] });
  expect(warnings(new TestLedger(), elsewhere)).toEqual([expect.stringContaining("None of the key's doors")]);
  expect(warnings(new TestLedger())).toEqual([]);
});

test.each<readonly [string, Partial<PassKeyGiven>, string | undefined]>([
  ["a number that is none", { number: 0 }, undefined],
  ["a place twice", { places: [1, 1].map((number) => ({ number, doors: ["front" as DoorId] })) }, undefined],
  ["a place without doors", { places: [{ number: 1, doors: [] }] }, undefined],
  ["digits of a key for passes", { digits: 10 }, undefined],
  ["more floors than a pass can name", { floors: Array<string>(17).fill("1") }, undefined],
  ["an end before its beginning", { validity: { from: unixMs(2), until: unixMs(1) } }, undefined],
  ["a limit of nothing", { limits: { maxMinutes: 0, maxUses: null } }, undefined],
  ["a secret that is none", {}, "short"],
])("a key with %s is refused before anything is looked up", (_, more, secret) => {
  const issuer = issuerOf("mac");
  const put = { op: "putPassKey", key: { ...issuer.key, ...more }, secret: secret ?? "00".repeat(32) } as const;
  expect(checkChanges([put])).toHaveLength(1);
});

test("what the cloud sent is changed there, and can be taken back here", () => {
  const issuer = issuerOf("mac", { source: "cloud", person: "nobody-yet" as PersonId });
  const tested = new TestLedger();
  const at = tested.clock.now();
  const sent = tested.ledger.applyChanges([putKey(issuer)], new Map(), "cloud", at, { origin: "cloud" });
  expect(sent).toMatchObject({ applied: true });
  expect(tested.change({ op: "removePassKey", id: issuer.key.id })).toMatchObject({ applied: false });
  expect(tested.change({ op: "revokePasses", key: issuer.key.id, serials: [1] })).toMatchObject({ applied: true });
  expect(tested.outcome(passOf(issuer).presentation)).toBe("revoked");
  expect(tested.outcome(passOf(issuer, { serial: 2 }).presentation)).toBe("hostSuspended");
});

test("no text of any length, digits or not, opens anything or alters the directory", () => {
  const issuer = issuerOf("mac");
  const tested = ledgerWith(...ana, putKey(issuer), putKey(issuerOf("signed")), putKey(issuerOf("code")));
  const stored = () =>
    ["pass_key", "holder", "credential", "carried_pass"].map((table) =>
      tested.parts.db.prepare(`SELECT * FROM ${table}`).all(),
    );
  const before = stored();
  const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 17, maxLength: 230 }).map((all) => all.join(""));
  // Bytes as a pass has them, behind a header of a key that is known.
  const likely = fc
    .uint8Array({ minLength: 18, maxLength: 85 })
    .map((rest) =>
      textOfBytes(Uint8Array.from([rest.length > 50 ? 0x12 : 0x11, 0, rest.length > 50 ? 8 : 7, ...rest])),
    );
  const refusals = ["passUnreadable", "passForged", "issuerUnknown", "unknownCredential"];
  fc.assert(
    fc.property(fc.oneof(digits, likely, fc.string({ minLength: 17, maxLength: 230 })), (text) => {
      expect(refusals).toContain(tested.outcome(qr(text)));
    }),
    { seed: 7, numRuns: 2_000 },
  );
  expect(stored()).toEqual(before);
});

test("however many passes are shown, so many are remembered, and none that was used up opens again", () => {
  const issuer = issuerOf("mac");
  const tested = ledgerWith(putKey(issuer));
  const once = passOf(issuer, { until: unixMs(noon + 60_000), uses: { count: 1, over: "all" } }).presentation;
  expect(tested.outcome(once)).toBe("granted");
  tested.parts.db.exec(
    `WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 99 + ${mostRemembered})
     INSERT INTO carried_pass SELECT 7, i, '{}', '{}', ${noon + dayMs} FROM n`,
  );
  tested.outcome(passOf(issuer, { serial: 2 }).presentation);
  expect(tested.parts.db.prepare("SELECT count(*) FROM carried_pass").pluck().get()).toBe(mostRemembered);
  expect(tested.outcome(once)).toBe("usesExhausted");
});
