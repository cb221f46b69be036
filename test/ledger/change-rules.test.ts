// What a change of the directory is refused for, warned about, or partly denied.
import { describe, expect, test } from "vitest";
import type { DirectoryChange, HolderRef, PassGiven, PersonGiven, Source } from "../../src/domain/directory.ts";
import type { CredentialId, HolidayId, PassId, PersonId, PublicId, ScheduleId } from "../../src/domain/ids.ts";
import type { LocalDate } from "../../src/domain/local-time.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import { unixMs } from "../../src/domain/time.ts";
import type { ChangeOutcome } from "../../src/ledger/change-outcome.ts";
import { hashCodes } from "../../src/ledger/code-hashes.ts";
import { checkChanges } from "../../src/ledger/directory-rules.ts";
import { frontDoor, garageDoor, site } from "../site-fixture.ts";
import {
  ana,
  card,
  noon,
  pass,
  person,
  pin,
  putCredential,
  putGrant,
  putPass,
  putPerson,
  qr,
  quickHash,
  TestLedger,
} from "./ledger-fixture.ts";

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const cool: SiteSpec = { ...site, codes: { ...site.codes, coolDownMs: 90 * dayMs } };

const change = (tested: TestLedger, ...changes: DirectoryChange[]): string[] => {
  const outcome = tested.change(...changes);
  return outcome.applied ? [] : outcome.problems.map(({ step, problem }) => `${step}: ${problem}`);
};

const warnings = (tested: TestLedger, ...changes: DirectoryChange[]): string[] => {
  const outcome = tested.change(...changes);
  if (!outcome.applied) throw new Error(JSON.stringify(outcome));
  return outcome.warnings.map(({ step, warning }) => `${step}: ${warning}`);
};

function changeFrom(tested: TestLedger, origin: Source, ...changes: DirectoryChange[]): ChangeOutcome {
  let outcome: ChangeOutcome = { applied: false, problems: [] };
  const hash = (digits: string, done: (hash: Buffer) => void) => done(quickHash(digits));
  hashCodes(changes, false, hash, (hashes) => {
    outcome = tested.ledger.applyChanges(changes, hashes, "cloud", tested.clock.now(), { origin });
  });
  return outcome;
}

const problemOf = (outcome: ChangeOutcome): string | null =>
  outcome.applied ? null : (outcome.problems[0]?.problem ?? "");

const removeHolder = (holder: HolderRef): DirectoryChange => ({ op: "removeHolder", holder });
const publicHolder = (n: number): HolderRef => ({ kind: "public", id: `public-${n}` as PublicId });
const putPublic = (n: number): DirectoryChange => ({
  op: "putPublic",
  public: { kind: "public", id: `public-${n}` as PublicId, name: `Public ${n}`, state: "active" },
});
const given = (pass: Partial<PassGiven>): PassGiven => ({
  kind: "pass",
  id: "p" as PassId,
  name: "P",
  state: "active",
  validity: { from: null, until: null },
  ...pass,
});
const giving = (given_: Partial<PassGiven>): DirectoryChange => ({ op: "putPass", pass: given(given_) });
const resident = (id: string, more: Partial<PersonGiven> = {}): DirectoryChange => ({
  op: "putPerson",
  person: {
    kind: "person",
    id: id as PersonId,
    name: id.toUpperCase(),
    state: "active",
    validity: { from: null, until: null },
    ...more,
  },
});

describe("acceptance checks", () => {
  test("check 2: uses for each door on a daily or weekly pass are refused", () => {
    const window = { startMinute: 480, endMinute: 1_200 };
    const dates = { from: "2026-11-01" as never, until: "2026-12-01" as never };
    const daily = giving({ usesPerDoor: 1, recurrence: { kind: "daily", ...dates, window } });
    const weekly = giving({ usesPerDoor: 1, recurrence: { kind: "weekly", ...dates, days: ["mon"], window } });
    const refused = "Openings cannot be counted for a daily or weekly pass.";
    expect(checkChanges([daily, weekly]).map(({ step, problem }) => [step, problem])).toEqual([
      [0, refused],
      [1, refused],
    ]);
  });

  test("check 5: a sixth card, a second private PIN and somebody else's PIN are refused for different reasons", () => {
    const tested = new TestLedger();
    change(tested, ...ana, putPerson("bo"), putGrant(person("bo")));
    const cards = [1, 2, 3, 4, 5].map((n) => putCredential(`bo-card-${n}`, person("bo"), "card", `0000000${n}`));
    expect(change(tested, ...cards, putCredential("bo-pin", person("bo"), "pin", "90210"))).toEqual([]);
    expect(change(tested, putCredential("bo-card-6", person("bo"), "card", "00000006"))).toEqual([
      '0: The person "bo" already has 5 of kind "card".',
    ]);
    expect(change(tested, putCredential("bo-pin-2", person("bo"), "pin", "90211"))).toEqual([
      '0: The person "bo" already has 1 of kind "pin".',
    ]);
    expect(change(tested, putCredential("bo-pin", person("bo"), "pin", "4711"))).toEqual([
      "0: This code is already taken.",
    ]);
  });

  test("check 6: public codes of the common length open, and a change of that length warns and invalidates the others", () => {
    for (const length of [4, 5, 6, 7, 8]) {
      const tested = new TestLedger({ ...site, codes: { ...site.codes, publicLength: length } });
      for (const n of [1, 2, 3]) {
        const digits = `${n}`.repeat(length);
        const slot = [putPublic(n), putCredential(`public-${n}-pin`, publicHolder(n), "pin", digits)];
        expect(change(tested, ...slot, putGrant(publicHolder(n)))).toEqual([]);
        expect(tested.outcome(pin(digits), { reader: "front-keypad" })).toBe("granted");
      }
    }
    const longer = new TestLedger({ ...site, codes: { ...site.codes, publicLength: 8 } });
    const short = [putPublic(1), putCredential("public-1-pin", publicHolder(1), "pin", "314159")];
    expect(warnings(longer, ...short, putGrant(publicHolder(1)))).toEqual([
      '1: This public code has 6 digits and opens nothing, because "codes.publicLength" is 8.',
    ]);
    expect(longer.outcome(pin("314159"), { reader: "front-keypad" })).toBe("unknownCredential");
    expect(checkChanges([putPublic(4)]).map(({ problem }) => problem)).toEqual(["There are three public codes."]);
  });
});

describe("warnings", () => {
  test("a QR of few characters is taken with a warning, for texts are not counted as guesses", () => {
    const tested = new TestLedger();
    const put = (secret: string) => putCredential("bo-qr", person("bo"), "qr", secret);
    const first = [putPerson("bo"), putGrant(person("bo")), put("B0-HI")];
    expect(warnings(tested, ...first)).toEqual(["2: A QR text of 5 characters is easily found; give it 8 at least."]);
    expect(warnings(tested, put("B0-HELLO"))).toEqual([]);
    expect(warnings(tested, put("123"))).toEqual([
      '0: A code of 3 digits is easily found at the door "front", where 5 are due.',
    ]);
  });

  test("a code shorter than the number of live codes at its doors asks for is taken with a warning", () => {
    const tested = new TestLedger();
    expect(warnings(tested, putPerson("bo"), putGrant(person("bo")))).toEqual([]);
    expect(warnings(tested, putCredential("bo-pin", person("bo"), "pin", "90210"))).toEqual([]);
    const more = [putPerson("cy"), putCredential("cy-pin", person("cy"), "pin", "90211"), putGrant(person("cy"))];
    expect(warnings(tested, ...more)).toEqual([
      '1: A code of 5 digits is easily found at the door "front", where 6 are due.',
    ]);
  });

  test("two cards that a reader of three bytes cannot tell apart are taken with a warning", () => {
    const tested = new TestLedger();
    change(tested, ...ana, putPerson("bo"));
    expect(warnings(tested, putCredential("bo-card", person("bo"), "card", "11B775D2"))).toEqual([
      "0: Another card has the same last three bytes; a reader that gives only these cannot tell them apart.",
    ]);
  });

  test("equal codes that come from the cloud are taken, warned about and recorded; others are refused", () => {
    const tested = new TestLedger();
    change(tested, ...ana);
    const bo = [putPerson("bo"), putCredential("bo-pin", person("bo"), "pin", "4711"), putGrant(person("bo"))];
    expect(change(tested, ...bo)).toEqual(["2: This code is already taken."]);
    expect(changeFrom(tested, "cloud", ...bo)).toMatchObject({
      applied: true,
      warnings: [{}, { step: 2, warning: "This code is equal to somebody else's at the same door." }],
    });
    expect(tested.last()).toEqual({ type: "code.collided", door: "front", credential: "bo-pin" });
  });
});

describe("codes that were taken away", () => {
  test.each([
    ["removed", [{ op: "removeCredential", id: "ana-pin" as CredentialId }]],
    ["replaced", [putCredential("ana-pin", person("ana"), "pin", "77777")]],
    ["gone with its owner", [removeHolder(person("ana"))]],
  ] as const)("a PIN that was %s is nobody else's until the cool-down is over", (_, taking) => {
    const tested = new TestLedger(cool);
    change(tested, ...ana, putPerson("bo"), putGrant(person("bo")));
    expect(change(tested, ...(taking as readonly DirectoryChange[]))).toEqual([]);
    const wanted = putCredential("bo-pin", person("bo"), "pin", "4711");
    expect(change(tested, wanted)).toEqual(["0: This code was somebody else's until lately."]);
    tested.clock.pass(90 * dayMs);
    expect(change(tested, wanted)).toEqual([]);
    expect(tested.parts.db.prepare("SELECT count(*) FROM retired_code").pluck().get()).toBe(0);
  });

  test("a QR text that was taken away is withheld as well, a card is not", () => {
    const tested = new TestLedger(cool);
    change(tested, ...ana, putPerson("bo"), removeHolder(person("ana")));
    expect(change(tested, putCredential("bo-qr", person("bo"), "qr", "ANA-HELLO"))).toHaveLength(1);
    expect(change(tested, putCredential("bo-card", person("bo"), "card", "00B775D2"))).toEqual([]);
  });

  test("whoever had a code may have it back, and putting it again changes nothing", () => {
    const tested = new TestLedger(cool);
    change(tested, ...ana);
    expect(change(tested, removeHolder(person("ana")), ...ana)).toEqual([]);
    expect(change(tested, putCredential("ana-pin", person("ana"), "pin", "4711"))).toEqual([]);
    expect(tested.outcome(pin("4711"))).toBe("granted");
  });

  test("the cool-down of a pass's code begins with the end of the pass", () => {
    const tested = new TestLedger(cool);
    const code = putCredential("courier-pin", pass("courier"), "pin", "90210");
    change(tested, putPass("courier"), code, putGrant(pass("courier")), putPerson("bo"), putGrant(person("bo")));
    tested.clock.pass(60 * dayMs);
    change(tested, removeHolder(pass("courier")));
    const wanted = putCredential("bo-pin", person("bo"), "pin", "90210");
    expect(change(tested, wanted)).toHaveLength(1);
    tested.clock.pass(31 * dayMs);
    expect(change(tested, wanted)).toEqual([]);
  });
});

describe("what the cloud owns", () => {
  const owned = (): TestLedger => {
    const tested = new TestLedger();
    changeFrom(tested, "cloud", ...ana);
    return tested;
  };
  const hold = (state: "active" | "suspended"): DirectoryChange => ({
    op: "setHolderState",
    holder: person("ana"),
    state,
  });

  test.each<[string, DirectoryChange]>([
    ["the person", putPerson("ana", "Another")],
    ["its removal", removeHolder(person("ana"))],
    ["a PIN", putCredential("ana-pin", person("ana"), "pin", "77777")],
    ["a removed card", { op: "removeCredential", id: "ana-card" as CredentialId }],
    ["a grant", putGrant(person("ana"), "garage", "never")],
  ])("is read-only on site: %s", (_, step) => {
    const refused = 'The person "ana" is managed by the cloud and can only be suspended here.';
    const tested = owned();
    expect(problemOf(tested.change(step))).toBe(refused);
    expect(problemOf(changeFrom(tested, "imported", step))).toBe(refused);
    expect(problemOf(changeFrom(tested, "cloud", step))).toBeNull();
  });

  test("a card of it can be reported stolen on site", () => {
    const tested = owned();
    const stolen = { op: "setCredentialState", id: "ana-card" as CredentialId, state: "stolen" } as const;
    expect(change(tested, stolen)).toEqual([]);
    expect(tested.outcome(card("00B775D2"))).toBe("credentialStolen");
  });

  test("a suspension on site outlasts what the cloud writes, and is lifted on site to what the cloud wants by then", () => {
    const tested = owned();
    expect(change(tested, hold("suspended"))).toEqual([]);
    changeFrom(tested, "cloud", putPerson("ana", "Ana María Ruiz"));
    expect(tested.outcome(card("00B775D2"))).toBe("holderSuspended");
    expect(change(tested, hold("active"))).toEqual([]);
    expect(tested.outcome(card("00B775D2"))).toBe("granted");
  });

  test("a suspension by the cloud is not lifted on site", () => {
    const tested = owned();
    changeFrom(tested, "cloud", hold("suspended"));
    expect(change(tested, hold("active"))).toEqual(['0: The person "ana" was suspended by the cloud.']);
  });

  const nights = (name: string): DirectoryChange => ({
    op: "putSchedule",
    schedule: { id: "nights" as ScheduleId, name, rule: { kind: "always" } },
  });
  const feast = (name: string): DirectoryChange => {
    const day = "2026-12-08" as LocalDate;
    const holiday = { id: "feast" as HolidayId, name, from: day, until: day, yearly: true, workingHours: [] };
    return { op: "putHoliday", holiday };
  };

  test.each<[string, DirectoryChange, DirectoryChange]>([
    ["schedule", nights("Other nights"), { op: "removeSchedule", id: "nights" as ScheduleId }],
    ["holiday", feast("Other feast"), { op: "removeHoliday", id: "feast" as HolidayId }],
  ])(
    "a %s of it is read-only on site, and what was made on site before is the cloud's once it says so",
    (what, put, remove) => {
      const tested = new TestLedger();
      expect(change(tested, nights("Nights"), feast("Feast"))).toEqual([]);
      expect(change(tested, put)).toEqual([]);
      changeFrom(tested, "cloud", nights("Nights"), feast("Feast"));
      const refused = `The ${what} "${what === "schedule" ? "nights" : "feast"}" is managed by the cloud.`;
      for (const origin of ["local", "imported"] as const) {
        expect(problemOf(changeFrom(tested, origin, put))).toBe(refused);
        expect(problemOf(changeFrom(tested, origin, remove))).toBe(refused);
      }
      const sources = () => {
        const { schedules, holidays } = tested.ledger.exportPage(null);
        return [...schedules, ...holidays].map(({ name, source }) => `${name}: ${source}`);
      };
      expect(sources()).toEqual(["Nights: cloud", "Feast: cloud"]);
      expect(problemOf(changeFrom(tested, "cloud", put, remove))).toBeNull();
      expect(sources()).toHaveLength(1);
      expect(change(tested, put)).toEqual([]);
      expect(sources()).toContain(what === "schedule" ? "Other nights: local" : "Other feast: local");
    },
  );

  test("a change says where it came from, and nobody on site can call a row the cloud's", () => {
    const tested = owned();
    expect(tested.last()).toMatchObject({ type: "directory.changed", origin: "cloud" });
    change(tested, resident("bo", { source: "cloud" }));
    expect(tested.last()).not.toHaveProperty("origin");
    expect(change(tested, removeHolder(person("bo")))).toEqual([]);
  });
});

describe("a pass that was removed", () => {
  const visitor = (version: number): DirectoryChange => ({ op: "putPass", pass: given({ version }) });
  const gone = removeHolder({ kind: "pass", id: given({}).id });
  const deliver = (tested: TestLedger, origin: Source, version: number) =>
    problemOf(changeFrom(tested, origin, visitor(version)));

  test("on site does not come back from the cloud, however late and however new, and may be made anew on site", () => {
    const tested = new TestLedger();
    expect(change(tested, visitor(3), gone)).toEqual([]);
    const refused = `The pass "${given({}).id}" was removed on site.`;
    expect([deliver(tested, "cloud", 3), deliver(tested, "cloud", 4)]).toEqual([refused, refused]);
    for (const origin of ["local", "imported"] as const) {
      expect(deliver(tested, origin, 0)).toBeNull();
      expect(change(tested, gone)).toEqual([]);
    }
    expect(deliver(tested, "cloud", 9)).toBe(refused);
  });

  test("by the cloud comes back by a newer version of it only", () => {
    const tested = new TestLedger();
    changeFrom(tested, "cloud", visitor(3));
    expect(problemOf(changeFrom(tested, "cloud", gone))).toBeNull();
    expect(deliver(tested, "cloud", 3)).toBe(`The pass "${given({}).id}" ended long ago.`);
    expect(deliver(tested, "cloud", 4)).toBeNull();
  });

  test("leaves one of a hundred thousand tombstones, the oldest of which go", () => {
    const tested = new TestLedger();
    const old = tested.parts.db.prepare("INSERT INTO pass_tombstone VALUES (?, 'removed', 0, ?)");
    tested.parts.db.transaction(() => {
      for (let n = 0; n < 100_000; n += 1) old.run(`old-${n}`, n);
    })();
    expect(change(tested, visitor(0), gone)).toEqual([]);
    const left = tested.parts.db.prepare("SELECT count(*), min(purged_wall) FROM pass_tombstone").raw().get();
    expect(left).toEqual([100_000, 1]);
  });
});

describe("doors of a pass", () => {
  const delegating: SiteSpec = { ...site, doors: [frontDoor, { ...garageDoor, grantableBy: "administrators" }] };
  const guest = (host: string | null) => giving({ host: host as PersonId, validity: { from: null, until: tomorrow } });
  const tomorrow = unixMs(noon + dayMs);
  const doors = ["front", "garage"].map((door) => putGrant(pass("p"), door));

  test("a door that the host may not grant is left out and named, the others work", () => {
    const tested = new TestLedger(delegating);
    change(tested, ...ana);
    const code = putCredential("p-qr", pass("p"), "qr", "A-GUESTS-QR");
    expect(warnings(tested, guest("ana"), code, ...doors)).toEqual([
      '3: Residents may not let others in at the door "garage". The pass works at its other doors.',
    ]);
    expect(tested.outcome(qr("A-GUESTS-QR"), { reader: "front-scanner" })).toBe("granted");
  });

  test("an administrator may grant it, and so may the site itself", () => {
    for (const host of ["boss", null]) {
      const tested = new TestLedger(delegating);
      change(
        tested,
        resident("boss", { role: "administrator" }),
        ...["front", "garage"].map((door) => putGrant(person("boss"), door)),
      );
      expect(warnings(tested, guest(host), ...doors)).toEqual([]);
    }
  });
  test("a host who may not open a door lets nobody else in there", () => {
    const tested = new TestLedger();
    change(tested, putPerson("bo"), putGrant(person("bo")));
    expect(warnings(tested, guest("bo"), ...doors)).toEqual([
      '2: The host "bo" may not open the door "garage". The pass works at its other doors.',
    ]);
  });

  test("a door that nobody knows is left out and named; a pass without any other is refused", () => {
    const tested = new TestLedger();
    const cellar = putGrant(pass("p"), "cellar");
    expect(warnings(tested, guest(null), putGrant(pass("p")), cellar)).toEqual([
      '2: There is no door "cellar". The pass works at its other doors.',
    ]);
    expect(change(new TestLedger(), guest(null), cellar)).toEqual(['1: There is no door "cellar".']);
    expect(change(tested, putPerson("bo"), putGrant(person("bo"), "cellar"))).toEqual([
      '1: There is no door "cellar".',
    ]);
  });
});

describe("presets", () => {
  const stored = (tested: TestLedger) =>
    tested.parts.db.prepare("SELECT valid_until, json_extract(body, '$.usesPerDoor') AS uses FROM holder").get();

  test("a courier needs only doors: a day, and once at each", () => {
    const tested = new TestLedger();
    expect(change(tested, giving({ preset: "courier" }), putGrant(pass("p")))).toEqual([]);
    expect(stored(tested)).toEqual({ valid_until: noon + dayMs, uses: 1 });
    tested.clock.pass(hourMs);
    change(tested, giving({ preset: "courier", name: "Renamed" }));
    expect(stored(tested)).toMatchObject({ valid_until: noon + dayMs });
  });

  test("what a pass says of itself counts", () => {
    const tested = new TestLedger();
    const own = { from: unixMs(noon), until: unixMs(noon + hourMs) };
    change(tested, giving({ preset: "courier", validity: own, usesPerDoor: null }));
    expect(stored(tested)).toEqual({ valid_until: noon + hourMs, uses: null });
  });

  test("a pass without a preset needs an end of its own", () => {
    expect(checkChanges([giving({})]).map(({ problem }) => problem)).toEqual(["The pass never ends."]);
  });

  test("an end that Postern sets waits for a clock that is certain", () => {
    const tested = new TestLedger();
    tested.clock.trusted = false;
    expect(change(tested, giving({ preset: "visitor" }))).toEqual([
      "0: The time is not certain, and the pass has no end of its own.",
    ]);
  });

  test("a staff pass lasts twelve hours at a time at most", () => {
    const tested = new TestLedger();
    const until = unixMs(noon + 13 * hourMs);
    const tooLong = giving({ preset: "staff", validity: { from: null, until } });
    expect(change(tested, tooLong)).toEqual(["0: A staff pass may last 12 hours at a time."]);
    expect(change(tested, giving({ preset: "staff" }))).toEqual([]);
    expect(stored(tested)).toEqual({ valid_until: noon + 12 * hourMs, uses: null });
    const activated = giving({ preset: "staff", validity: { from: null, until }, activationMs: 8 * hourMs });
    expect(change(tested, activated)).toEqual([]);
  });
});
