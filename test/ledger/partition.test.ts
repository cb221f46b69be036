// Codes of passes begin with 9, and no others, where a site asks for it: by whatever way a code comes.
import { describe, expect, test } from "vitest";
import type { LedgerReply, ProposedCredential } from "../../src/domain/ask.ts";
import type { DirectoryChange, HolderRef } from "../../src/domain/directory.ts";
import type { CredentialId, PublicId } from "../../src/domain/ids.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import { writeDeviceCsv, writeDeviceXml } from "../../src/exchange/device-table.ts";
import { ChangeDesk } from "../../src/ledger/change-desk.ts";
import { unseenCodes } from "../../src/ledger/code-counts.ts";
import { hashCodes } from "../../src/ledger/code-hashes.ts";
import { PinQueue } from "../../src/ledger/pin-hash.ts";
import { ExchangeBench } from "../exchange/exchange-bench.ts";
import { site } from "../site-fixture.ts";
import {
  pass,
  person,
  pin,
  putCredential,
  putGrant,
  putPass,
  putPerson,
  quickHash,
  TestLedger,
} from "./ledger-fixture.ts";

const apart: SiteSpec = { ...site, codes: { ...site.codes, partition: true } };
const publicCode: HolderRef = { kind: "public", id: "public-1" as PublicId };
const everybody: readonly DirectoryChange[] = [
  putPerson("bo"),
  putGrant(person("bo")),
  putPass("key"),
  putGrant(pass("key")),
  { op: "putPublic", public: { kind: "public", id: publicCode.id as PublicId, name: "Public", state: "active" } },
  putGrant(publicCode),
];
const put = (holder: HolderRef, kind: "pin" | "code" | "qrPin" | "qr", secret: string) =>
  putCredential(`${holder.id}-${kind.toLowerCase()}`, holder, kind, secret);

const onlyPasses = {
  problem: 'Only codes of passes begin with 9 here, because "codes.partition" is on.',
  remedy: "Choose one that begins with another digit.",
};
const passesMust = {
  problem: 'A pass\'s code begins with 9 here, because "codes.partition" is on.',
  remedy: "Choose one that begins with 9.",
};

const wrong: readonly [string, DirectoryChange, object][] = [
  ["a person's PIN that begins with 9", put(person("bo"), "pin", "902107"), onlyPasses],
  ["a person's QR PIN that begins with 9", put(person("bo"), "qrPin", "90210777"), onlyPasses],
  ["a public code that begins with 9", put(publicCode, "pin", "902107"), onlyPasses],
  ["a pass's PIN that begins otherwise", put(pass("key"), "pin", "402107"), passesMust],
  ["a pass's secret code that begins otherwise", put(pass("key"), "code", "402107"), passesMust],
  ["a pass's QR PIN that begins otherwise", put(pass("key"), "qrPin", "40210777"), passesMust],
];
const right: readonly DirectoryChange[] = [
  put(person("bo"), "pin", "802107"),
  put(publicCode, "pin", "009999"),
  put(pass("key"), "pin", "990000"),
  put(pass("key"), "code", "902108"),
];

test.each(wrong)(
  "%s is refused, with how to mend it, and taken where the site asks for no partition",
  (_, change, bar) => {
    const tested = new TestLedger(apart);
    tested.change(...everybody);
    expect(tested.change(change)).toEqual({ applied: false, problems: [{ step: 0, ...bar }] });
    const usual = new TestLedger();
    usual.change(...everybody);
    expect(usual.change(change)).toMatchObject({ applied: true });
  },
);

test("codes that keep to it are taken and open, and texts of a QR may begin as they like", () => {
  const tested = new TestLedger(apart);
  tested.change(...everybody);
  expect(tested.change(...right, put(person("bo"), "qr", "90210-BO"))).toMatchObject({ applied: true });
  const outcomes = ["802107", "009999", "990000", "902108"].map((code) => tested.outcome(pin(code)));
  expect(outcomes).toEqual(["granted", "granted", "granted", "granted"]);
});

test.each(wrong)("%s that comes from the cloud is taken, warned about and recorded, and opens", (_, change, bar) => {
  const tested = new TestLedger({ ...apart, codes: { ...apart.codes, qrPinOnKeypad: true } });
  tested.change(...everybody);
  if (change.op !== "putCredential") throw new Error("no credential");
  hashCodes(
    [change],
    false,
    (digits, done) => done(quickHash(digits)),
    (hashes) => {
      const outcome = tested.ledger.applyChanges([change], hashes, "cloud", tested.clock.now(), { origin: "cloud" });
      const { problem } = bar as typeof onlyPasses;
      expect(outcome).toMatchObject({ applied: true, warnings: [{ step: 0, warning: problem }] });
    },
  );
  expect(tested.last()).toEqual({ type: "code.misplaced", credential: change.id });
  expect(tested.outcome(pin(change.secret))).toBe("granted");
});

describe("codes that are made up", () => {
  const drawn = (holder: HolderRef, kind: ProposedCredential["kind"], digits: number | null): string => {
    const { ledger, clock } = drawing;
    const desk = { instant: clock.now, troubled: () => {}, well: () => {} };
    const pins = new PinQueue((code, done) => done(quickHash(code)));
    const { proposals } = new ChangeDesk({ ledger, pins, desk, grew: () => {} });
    let reply: LedgerReply | null = null;
    const credential = { id: `${holder.id}-made` as CredentialId, kind, holder, digits };
    proposals.propose(credential, (given) => {
      reply = given;
    });
    const made = reply as LedgerReply | null;
    return made?.kind === "proposed" ? made.secret : JSON.stringify(made);
  };
  const drawing = new TestLedger(apart);
  drawing.change(...everybody);

  test("keep to it, whoever they are for", () => {
    for (let n = 0; n < 30; n += 1) {
      expect(drawn(pass("key"), "pin", 4)).toMatch(/^9\d{3}$/);
      expect(drawn(pass("key"), "qrPin", null)).toMatch(/^9\d{7}$/);
      expect(drawn(person("bo"), "pin", 2)).toMatch(/^[0-8]\d$/);
      expect(drawn(publicCode, "pin", null)).toMatch(/^[0-8]\d{5}$/);
    }
  });

  test("of passes have a digit more than they would have, for the first of them is known", () => {
    expect(drawn(pass("key"), "code", null)).toMatch(/^9\d{5}$/);
    const usual = new TestLedger();
    usual.change(...everybody, putGrant(person("bo"), "garage"));
    expect(usual.change(put(pass("key"), "code", "902108"))).toMatchObject({ warnings: [] });
    expect(usual.change(put(pass("key"), "code", "90210"))).toMatchObject({ warnings: [] });
    expect(drawing.change(put(pass("key"), "code", "90210"))).toMatchObject({
      warnings: [{ warning: 'A code of 5 digits is easily found at the door "front", where 6 are due.' }],
    });
  });
});

describe("files", () => {
  test("a directory.json is refused by the line of the code that breaks it", async () => {
    const bench = new ExchangeBench(apart);
    const people = [{ id: "bo", name: "Bo", pin: "902107", doors: ["front"] }];
    const key = { id: "key", name: "Key", pin: "402107", until: "2026-12-01T00:00:00Z", doors: ["front"] };
    const outcome = await bench.apply({ people, passes: [key] });
    expect(outcome).toMatchObject({ ok: false, problems: [onlyPasses, passesMust] });
    const lines = outcome.ok ? [] : outcome.problems.map(({ line }) => line);
    expect(lines).toEqual([6, 16]);
    const mended = { people: [{ ...people[0], pin: "802107" }], passes: [{ ...key, pin: "902107" }] };
    expect(await bench.apply(mended)).toMatchObject({ ok: true });
  });

  test("a list of a door phone is refused by its line, in CSV and XML", async () => {
    const bench = new ExchangeBench(apart);
    const lists = (code: string) => {
      const cells = new Map([
        ["UserId", "bo"],
        ["Name", "Bo"],
        ["Schedule-Relay", "1001-1;"],
        ["PinCode", code],
      ]);
      const table = { users: [{ line: 1, cells }], schedules: [] };
      return [writeDeviceCsv(table), writeDeviceXml(table)];
    };
    for (const [n, list] of lists("902107").entries()) {
      // The header is a line of its own in CSV; in XML three elements stand before the user.
      const line = n === 0 ? 3 : 4;
      expect(await bench.import(list)).toMatchObject({ ok: false, problems: [{ ...onlyPasses, line }] });
    }
    for (const list of lists("802107")) expect(await bench.import(list)).toMatchObject({ ok: true });
  });
});

describe("turning it on over codes that are there already", () => {
  const turnedOn = () => {
    const tested = new TestLedger();
    tested.change(...everybody, put(person("bo"), "pin", "902107"), put(pass("key"), "pin", "402107"));
    tested.useAfresh(apart);
    return tested;
  };
  const doubt = (tested: TestLedger) => tested.ledger.calendar().doubtfulCodes;

  test("leaves them working, and says of how many nobody can tell whether they keep to it", () => {
    const tested = turnedOn();
    expect(["902107", "402107"].map((code) => tested.outcome(pin(code)))).toEqual(["granted", "granted"]);
    expect(doubt(tested)).toMatch(
      /^Whether 2 codes \(1 of passes, 1 of people and the public\) keep to "codes\.partition" nobody can tell, .*; set them anew\.$/,
    );
    expect(new TestLedger(site).ledger.calendar().doubtfulCodes).toBeUndefined();
  });

  test("says so no longer of codes that were set anew, nor of those that come back as their own tokens", () => {
    const tested = turnedOn();
    tested.change(put(person("bo"), "pin", "802107"));
    expect(unseenCodes(tested.parts.db)).toEqual({ ofPasses: 1, ofOthers: 0 });
    tested.change(put(pass("key"), "pin", "902107"));
    expect(doubt(tested)).toBeUndefined();
    const [bo] = tested.ledger.exportPage(null).holders.filter(({ holder }) => holder.id === "bo");
    const [code] = bo!.credentials;
    const { id, kind, state, validity, direction } = code!;
    const token = {
      op: "putToken",
      id,
      kind,
      code: code!.code!,
      holder: person("bo"),
      state,
      validity,
      direction,
    } as const;
    expect(tested.change(token)).toMatchObject({ applied: true });
    expect(doubt(tested)).toBeUndefined();
    tested.change({ op: "removeHolder", holder: person("bo") }, putPerson("bo"), putGrant(person("bo")), token);
    expect(doubt(tested)).toMatch(/^Whether 1 code \(1 of people and the public\) keep/);
  });
});
