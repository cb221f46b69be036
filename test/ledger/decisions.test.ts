import fc from "fast-check";
import { expect, test } from "vitest";
import type { AskId, ScheduleId } from "../../src/domain/ids.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";
import type { CodeHashes } from "../../src/ledger/code-hashes.ts";
import { hashCodes } from "../../src/ledger/code-hashes.ts";
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
  quickHash,
  TestClock,
  TestLedger,
} from "./ledger-fixture.ts";
import { guest, resident } from "./rules-fixture.ts";

test("PIN, card and QR code of a person open the door, and each leaves an event that names the person", () => {
  const tested = new TestLedger();
  tested.change(...ana);
  expect(tested.present(pin("4711"))).toMatchObject({
    granted: true,
    usesLeft: null,
    directoryVersion: 1,
    credential: "ana-pin",
    person: "ana",
    pass: null,
  });
  expect(tested.outcome(card("00B775D2"))).toBe("granted");
  expect(tested.outcome(qr("ANA-HELLO"))).toBe("granted");
  const granted = tested.events().filter(({ event }) => event.type === "access.granted");
  expect(granted.map(({ personal }) => personal)).toEqual(Array(3).fill({ name: "Ana Ruiz" }));
  expect(granted[0]!.event).toEqual({
    type: "access.granted",
    ask: "run-1.1",
    door: "front",
    reader: "front-reader",
    method: "pin",
    credential: "ana-pin",
    person: "ana",
    pass: null,
    usesLeft: null,
    late: false,
    directoryVersion: 1,
  });
});

test("a secret opens only by the method that it was given for", () => {
  const tested = new TestLedger();
  tested.change(...ana);
  expect(tested.outcome(qr("4711"))).toBe("unknownCredential");
  expect(tested.outcome(qr("00B775D2"))).toBe("unknownCredential");
  expect(tested.outcome(pin("04711"))).toBe("unknownCredential");
  expect(tested.outcome(card("0000B775D2"))).toBe("unknownCredential");
});

test.each([
  ["methodOff", qr("ANA-HELLO"), { door: "garage" }],
  ["noGrant", card("00B775D2"), { door: "nowhere" }],
  ["entryInvalid", pin(null), {}],
  ["unknownCredential", card("00000000"), {}],
  ["credentialSuspended", card("0000AAAA"), {}],
  ["holderSuspended", card("0000BBBB"), {}],
  ["revoked", card("0000CCCC"), {}],
  ["noGrant", card("0000DDDD"), {}],
  ["never", card("0000EEEE"), {}],
] as const)("a denial says exactly why: %s", (reason, presentation, at) => {
  const tested = new TestLedger();
  tested.change(
    ...ana,
    ...["aa", "bb", "dd", "ee"].flatMap((id) => [
      putPerson(id),
      putCredential(`${id}-card`, person(id), "card", `0000${id.toUpperCase()}${id.toUpperCase()}`),
      ...(id === "dd" ? [] : [putGrant(person(id))]),
    ]),
    putPass("cc", null, "revoked"),
    putCredential("cc-card", pass("cc"), "card", "0000CCCC"),
    { op: "setCredentialState", id: "aa-card" as never, state: "suspended" },
    {
      op: "putPerson",
      person: {
        kind: "person",
        id: "bb" as never,
        name: "B",
        state: "suspended",
        validity: { from: null, until: null },
      },
    },
    putGrant(person("ee"), "front", "never"),
  );
  expect(tested.outcome(presentation, at)).toBe(reason);
  expect(tested.last()).toMatchObject({ type: "access.denied", reason, directoryVersion: 1 });
});

test("an ask that has expired is denied, and so is one that expires before its commit, with nothing spent", () => {
  const clock = new TestClock();
  const tested = new TestLedger(site, clock);
  tested.change(...courier(1));
  const late = tested.ask(card("00C0FFEE"));
  clock.pass(2_000);
  expect(tested.decideAll([late])[0]!.verdict).toEqual({ granted: false, reason: "askExpired" });

  const slow = tested.ask(card("00C0FFEE"));
  const inTime = tested.ask(card("00C0FFEE"), { door: "garage" });
  let readings = 0;
  // The clock stands at 1 ms before the end until the last look at it, right before the commit.
  Object.assign(clock, {
    now: () => ({ wall: noon, mono: monoMs(slow.expiresAt + (++readings > 2 ? 1 : -1)), trusted: true }),
  });
  const ledger = new TestLedger(site, clock);
  ledger.change(...courier(1));
  readings = 0;
  const patient = { ...inTime, expiresAt: monoMs(slow.expiresAt + 1_000) };
  const verdicts = ledger.decideAll([slow, patient]).map((answer) => answer.verdict.granted);
  expect(verdicts).toEqual([false, true]);
  const spent = ledger.parts.db.prepare("SELECT door, spent FROM use_count WHERE door <> '*'").all();
  expect(spent).toEqual([{ door: "garage", spent: 1 }]);
  expect(ledger.types()).toEqual(["directory.changed", "access.denied", "access.granted"]);
});

test("an ask that comes twice is decided once", () => {
  const tested = new TestLedger();
  tested.change(...courier(5));
  const ask = tested.ask(card("00C0FFEE"));
  const [first, second] = tested.decideAll([ask, ask]);
  expect(first!.verdict).toMatchObject({ granted: true, usesLeft: 4 });
  expect(second!.verdict).toEqual({ granted: false, reason: "askExpired" });
  expect(tested.decideAll([ask])[0]!.verdict.granted).toBe(false);
  expect(tested.types()).toEqual(["directory.changed", "access.granted"]);
});

test("a ledger that comes back within a run knows what its predecessor decided", () => {
  const tested = new TestLedger();
  tested.change(...courier(5));
  const ask = tested.ask(card("00C0FFEE"));
  tested.decideAll([ask]);
  tested.restart();
  expect(tested.decideAll([ask])[0]!.verdict.granted).toBe(false);
  expect(tested.outcome(card("00C0FFEE"))).toBe("granted");
  expect(tested.last()).toMatchObject({ usesLeft: 3 });
});

test("uses are counted for each door, and used-up ones stay used up after a restart", () => {
  const tested = new TestLedger();
  tested.change(...courier(1));
  expect(tested.present(card("00C0FFEE"))).toMatchObject({ granted: true, usesLeft: 0 });
  expect(tested.outcome(card("00C0FFEE"))).toBe("usesExhausted");
  expect(tested.outcome(pin("90210"))).toBe("usesExhausted");
  expect(tested.outcome(card("00C0FFEE"), { door: "garage" })).toBe("granted");
  tested.restart("run-2", "boot-2");
  expect(tested.outcome(card("00C0FFEE"))).toBe("usesExhausted");
});

test("two presentations of the last use in one batch open once", () => {
  const tested = new TestLedger();
  tested.change(...courier(1));
  const answers = tested.decideAll([tested.ask(card("00C0FFEE")), tested.ask(pin("90210"))]);
  expect(answers.map((answer) => answer.verdict.granted)).toEqual([true, false]);
});

test("whatever the order of presentations, aborts, repeats and restarts, openings never exceed the uses", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("present" as const), door: fc.constantFrom("front", "garage"), count: fc.nat(3) }),
    fc.record({ kind: fc.constant("abort" as const), which: fc.nat(20) }),
    fc.record({ kind: fc.constant("unanswered" as const), which: fc.nat(20) }),
    fc.record({ kind: fc.constant("restart" as const) }),
    fc.record({ kind: fc.constant("lower" as const) }),
    fc.record({ kind: fc.constant("raise" as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), (steps, uses) => {
      const tested = new TestLedger();
      tested.change(...courier(uses));
      let mostUses = uses;
      const asked: { id: AskId; door: string; isOpening: boolean }[] = [];
      for (const one of steps) {
        if (one.kind === "present") {
          const asks = Array.from({ length: one.count }, () => tested.ask(card("00C0FFEE"), { door: one.door }));
          const answers = tested.decideAll(asks);
          for (const { ask, verdict } of answers) asked.push({ id: ask, door: one.door, isOpening: verdict.granted });
        } else if (one.kind === "restart") tested.restart();
        else if (one.kind === "lower") tested.change(putPass("courier", 1));
        else if (one.kind === "raise") {
          mostUses = Math.max(mostUses, uses + 1);
          tested.change(putPass("courier", uses + 1));
        } else {
          const target = asked[one.which % Math.max(1, asked.length)];
          if (target === undefined) continue;
          target.isOpening = false;
          const shown = { ask: target.id, door: target.door as never, reader: "r" as never, method: "card" as const };
          if (one.kind === "abort") {
            tested.record({ settle: "aborted", ask: target.id, door: target.door as never, why: "expired" });
          } else tested.record({ settle: "unanswered", shown, reason: "ledgerUnavailable" });
        }
        for (const door of ["front", "garage"]) {
          expect(asked.filter((ask) => ask.isOpening && ask.door === door).length).toBeLessThanOrEqual(mostUses);
        }
      }
      const seqs = tested.events().map((event) => event.seq);
      expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    }),
    { numRuns: 60 },
  );
});

test("a clock set back behind what it once told is not believed: timed rights wait, people with Always enter", () => {
  const clock = new TestClock();
  const tested = new TestLedger(site, clock);
  tested.change(...ana, ...courier(null));
  expect(tested.outcome(card("00C0FFEE"))).toBe("granted");
  clock.wall -= 3_600_000;
  expect(tested.outcome(card("00C0FFEE"))).toBe("clockUntrusted");
  expect(tested.outcome(card("00B775D2"))).toBe("granted");
  tested.restart("run-2", "boot-2");
  expect(tested.outcome(card("00C0FFEE"))).toBe("clockUntrusted");
  clock.wall += 3_600_000;
  expect(tested.outcome(card("00C0FFEE"))).toBe("granted");
});

test("a correction by moments is believed, and an untrusted clock raises no floor", () => {
  const clock = new TestClock();
  const tested = new TestLedger(site, clock);
  tested.change(...courier(null));
  clock.trusted = false;
  clock.wall += 365 * 86_400_000;
  expect(tested.outcome(card("00C0FFEE"))).toBe("clockUntrusted");
  clock.trusted = true;
  clock.wall = noon;
  expect(tested.outcome(card("00C0FFEE"))).toBe("granted");
  clock.wall -= 900;
  expect(tested.outcome(card("00C0FFEE"))).toBe("granted");
});

test("a record's trusted time raises the floor as well", () => {
  const clock = new TestClock();
  const tested = new TestLedger(site, clock);
  tested.change(...courier(null));
  clock.wall += 3_600_000;
  tested.record({ type: "clock.trusted" });
  clock.wall -= 3_600_000;
  expect(tested.outcome(card("00C0FFEE"))).toBe("clockUntrusted");
});

test("schedules hold in the site's time zone at the moment of deciding, not of presenting", () => {
  const clock = new TestClock();
  const tested = new TestLedger(site, clock);
  const rule = { kind: "weekly", windows: [{ days: ["fri"], startMinute: 840, endMinute: 841 }] } as const;
  tested.change(
    ...ana.slice(0, 3),
    { op: "putSchedule", schedule: { id: "tea" as ScheduleId, name: "Tea", rule } },
    putGrant(person("ana"), "front", "tea"),
  );
  expect(tested.outcome(card("00B775D2"))).toBe("granted");
  clock.pass(59_000);
  const ask = tested.ask(card("00B775D2"));
  clock.pass(1_500);
  expect(tested.decideAll([ask])[0]!.verdict).toEqual({ granted: false, reason: "outsideSchedule" });
});

test("a guest's code that is over does not keep out the resident whom the cloud gave an equal one", () => {
  const tested = new TestLedger();
  tested.change(...guest("joe", { pin: "471100" }, { validity: { from: null, until: unixMs(noon + 1_000) } }));
  const changes = resident("ana", { pin: "471100" });
  const taken = (hashes: CodeHashes) =>
    tested.ledger.applyChanges(changes, hashes, "cloud", tested.clock.now(), { origin: "cloud" });
  hashCodes(
    changes,
    false,
    (digits, done) => done(quickHash(digits)),
    (hashes) => {
      expect(taken(hashes).applied).toBe(true);
    },
  );
  tested.clock.pass(1_000);
  expect(tested.outcome(pin("471100"))).toBe("granted");
  expect(tested.events().find(({ event }) => event.type === "access.granted")?.event).toMatchObject({ person: "ana" });
});
