import fc from "fast-check";
import { expect, test } from "vitest";
import type { DirectoryChange, HolderRef } from "../../src/domain/directory.ts";
import type { DoorId } from "../../src/domain/ids.ts";
import { reachOf } from "../../src/ledger/history-reach.ts";
import { HistoryRetention } from "../../src/ledger/history-retention.ts";
import { PastDirectory } from "../../src/ledger/past-directory.ts";
import { closedLedger, DamagedLedger, flipPages } from "./damaged-ledger.ts";
import { ana, pass, person, putCredential, putGrant, putPass, putPerson, TestLedger } from "./ledger-fixture.ts";

const holders = [person("ana"), person("ben"), pass("courier"), { kind: "public", id: "public-1" }] as HolderRef[];
const credentials = ["one", "two", "three"];
const hours = ["office", "nights"];
const validity = { from: null, until: null };

const holderOf = fc.constantFrom(...holders);
const stateOf = fc.constantFrom("active" as const, "suspended" as const);

/** Any step, also one that is refused. */
const step: fc.Arbitrary<DirectoryChange> = fc.oneof(
  fc.record({ holder: holderOf, state: stateOf, apartment: fc.constantFrom(null, "1A", "2B") }).map(putHolder),
  holderOf.map((holder): DirectoryChange => ({ op: "removeHolder", holder })),
  fc
    .record({ id: fc.constantFrom(...credentials), holder: holderOf, secret: fc.integer({ min: 0, max: 3 }) })
    .map(({ id, holder, secret }) =>
      holder.kind === "public"
        ? putCredential(`public-${id}`, holder, "pin", `65432${secret}`)
        : putCredential(id, holder, "card", `0000000${secret}`),
    ),
  fc
    .record({ id: fc.constantFrom(...credentials), state: fc.constantFrom("active" as const, "lost" as const) })
    .map(({ id, state }): DirectoryChange => ({ op: "setCredentialState", id: id as never, state })),
  fc.constantFrom(...credentials).map((id): DirectoryChange => ({ op: "removeCredential", id: id as never })),
  fc
    .record({ id: fc.constantFrom(...hours), startMinute: fc.constantFrom(0, 480) })
    .map(({ id, startMinute }): DirectoryChange => ({ op: "putSchedule", schedule: weekly(id, startMinute) })),
  fc.constantFrom(...hours).map((id): DirectoryChange => ({ op: "removeSchedule", id: id as never })),
  fc
    .record({ id: fc.constantFrom("eve", "new-year"), yearly: fc.boolean() })
    .map(({ id, yearly }): DirectoryChange => ({ op: "putHoliday", holiday: holiday(id, yearly) })),
  fc.constantFrom("eve", "new-year").map((id): DirectoryChange => ({ op: "removeHoliday", id: id as never })),
  fc
    .record({ holder: holderOf, door: fc.constantFrom("front", "garage"), hours: fc.constantFrom("always", ...hours) })
    .map((one) => putGrant(one.holder, one.door, one.hours)),
  fc
    .record({ holder: holderOf, door: fc.constantFrom("front", "garage"), hours: fc.constantFrom("always", ...hours) })
    .map((one): DirectoryChange => ({ ...putGrant(one.holder, one.door, one.hours), op: "removeGrant" }) as never),
);

function putHolder({
  holder,
  state,
  apartment,
}: {
  holder: HolderRef;
  state: "active" | "suspended";
  apartment: string | null;
}) {
  const { kind, id } = holder;
  if (kind === "pass") return putPass(id, apartment === null ? null : 3, state);
  if (kind === "public") return { op: "putPublic", public: { kind, id, name: "Main", state } } as DirectoryChange;
  return { op: "putPerson", person: { kind, id, name: "N", state, validity, apartment } } as DirectoryChange;
}

const weekly = (id: string, startMinute: number) =>
  ({ id, name: id, rule: { kind: "weekly", windows: [{ days: ["mon"], startMinute, endMinute: 1_000 }] } }) as never;

const holiday = (id: string, yearly: boolean) =>
  ({ id, name: id, from: "2026-12-24", until: "2026-12-26", yearly, workingHours: [] }) as never;

/** All that deciding reads, under its present names. */
function standing(directory: PastDirectory) {
  return {
    holders: holders.map((holder) => {
      const found = directory.holder(holder);
      if (found === null) return null;
      const grants = (["front", "garage"] as DoorId[]).flatMap((door) => directory.grantsAt(holder, door));
      return { ...found, name: "", credentials: directory.credentialsOf(holder), grants };
    }),
    schedules: ["always", ...hours].map((id) => directory.knownSchedule(id as never)),
    holidays: directory.holidays,
    listed: directory.holdersAfter(null, 2).filter((holder) => directory.holder(holder) !== null),
  };
}

test("whatever changes, each older version is rebuilt as it stood", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 25 }),
      (changes) => {
        const tested = new TestLedger();
        const { db } = tested.parts;
        const stood = new Map([[0, standing(new PastDirectory(db, 0))]]);
        for (const steps of changes) {
          if (!tested.change(...steps).applied) continue;
          const version = tested.ledger.directoryVersion;
          stood.set(version, standing(new PastDirectory(db, version)));
        }
        for (const [version, then] of stood) {
          const { listed, ...rebuilt } = standing(new PastDirectory(db, version));
          const { listed: _, ...expected } = then;
          expect(rebuilt).toEqual(expected);
        }
        expect(reachOf(db)).toEqual({ oldest: 0, newest: tested.ledger.directoryVersion });
      },
    ),
    { numRuns: 150 },
  );
});

test("the history of somebody who is new is one row, and neither a secret nor a name is in it", () => {
  const tested = new TestLedger();
  tested.change(...ana);
  tested.change({ op: "removeHolder", holder: person("ana") });
  const text = JSON.stringify(tested.parts.db.prepare("SELECT * FROM history").all());
  expect(text).not.toMatch(/Ruiz|4711|B775D2|HELLO|token|sealed/);
  const before = tested.parts.db.prepare("SELECT count(*) FROM history WHERE version = 0").pluck().get();
  expect(before).toBe(1);
});

test("what changes nothing leaves no history, and what is given up neither", () => {
  const tested = new TestLedger();
  tested.change(...ana);
  const count = () => tested.parts.db.prepare("SELECT count(*) FROM history").pluck().get();
  const before = count();
  tested.change(putPerson("ana", "Ana Ruiz"), putGrant(person("ana")));
  expect(tested.change(putPerson("ben"), putGrant(person("cid"))).applied).toBe(false);
  expect(count()).toBe(before);
});

test("versions that no event names any more go, a short step at a time, and so does what is too much", () => {
  const tested = new TestLedger();
  const { db } = tested.parts;
  for (let turn = 0; turn < 20; turn += 1) {
    tested.change(putPerson("ana", `Ana ${turn}`), putPerson(`p${turn}`), putGrant(person(`p${turn}`)));
  }
  const rows = () => db.prepare("SELECT count(*) FROM history").pluck().get();
  const round = (retention: HistoryRetention) => {
    for (let steps = 1; ; steps += 1) if (!retention.step((work) => work())) return steps;
  };
  const stood = standing(new PastDirectory(db, 15));
  round(new HistoryRetention(db));
  expect([reachOf(db).oldest, rows()]).toEqual([0, 21]);
  db.prepare("DELETE FROM journal WHERE seq < (SELECT seq + 1 FROM directory_change WHERE version = 12)").run();
  round(new HistoryRetention(db));
  expect([reachOf(db).oldest, rows()]).toEqual([12, 8]);
  expect(standing(new PastDirectory(db, 15))).toEqual(stood);
  round(new HistoryRetention(db, 4));
  expect([reachOf(db).oldest, rows()]).toEqual([16, 4]);
  // Cut off after the first step, the next round ends it.
  const cutOff = new HistoryRetention(db, 2);
  cutOff.step((work) => work());
  round(new HistoryRetention(db));
  expect([reachOf(db).oldest, rows()]).toEqual([18, 2]);
});

test("a recovered database tells of no version before its own", () => {
  const folder = closedLedger();
  flipPages(folder, [1]);
  const recovered = new DamagedLedger(folder);
  const { db } = recovered.ledger;
  const newest = recovered.ledger.directoryVersion;
  expect(reachOf(db)).toEqual({ oldest: newest, newest });
  recovered.change(putPerson("ben"));
  expect(reachOf(db)).toEqual({ oldest: newest, newest: newest + 1 });
  expect(new PastDirectory(db, newest).holder(person("ben"))).toBeNull();
  recovered.ledger.close();
});
