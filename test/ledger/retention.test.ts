import { existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import type { PassId } from "../../src/domain/ids.ts";
import type { LocalDate } from "../../src/domain/local-time.ts";
import type { Instant } from "../../src/domain/time.ts";
import { unixMs } from "../../src/domain/time.ts";
import { Housekeeping } from "../../src/ledger/housekeeping.ts";
import { JournalReader } from "../../src/ledger/journal-reader.ts";
import { oldUpTo } from "../../src/ledger/name-retention.ts";
import { verifyJournal } from "../../src/ledger/verify.ts";
import { site } from "../site-fixture.ts";
import { DamagedLedger } from "./damaged-ledger.ts";
import { ana, card, noon, pass, pathsIn, putCredential, putGrant, TestLedger } from "./ledger-fixture.ts";

const day = 86_400_000;

/** Everything that a round does; returns how many steps it took. */
function round({ ledger, clock }: Pick<TestLedger, "ledger" | "clock">, at: Instant = clock.now()): number {
  for (let steps = 1; ; steps += 1) if (!ledger.forgetStep(at)) return steps;
}

const named = (tested: TestLedger): number[] =>
  tested.events().flatMap(({ seq, personal }) => (personal === null ? [] : [seq]));

function verified(tested: TestLedger) {
  const rows = new JournalReader(tested.parts.db).rows();
  return verifyJournal({ rows, anchor: tested.parts.anchor.read(), seeds: [] });
}

function enter(tested: TestLedger, times: number): void {
  for (let time = 0; time < times; time += 1) tested.outcome(card("00B775D2"));
}

test("names are forgotten after their time, and not a moment before; the record still holds and says how many", () => {
  const tested = new TestLedger();
  tested.change(...ana);
  enter(tested, 3);
  tested.clock.pass(40 * day);
  enter(tested, 2);
  tested.clock.pass(50 * day - 1);
  round(tested);
  expect(named(tested)).toEqual([2, 3, 4, 5, 6]);
  tested.clock.pass(1);
  round(tested);
  expect(named(tested)).toEqual([5, 6]);
  expect(tested.last()).toEqual({ type: "names.forgotten", upToSeq: 4, count: 3 });
  expect(verified(tested)).toMatchObject({ ok: true, events: 7, forgotten: 3 });
  round(tested);
  expect(tested.events()).toHaveLength(7);
  tested.clock.pass(40 * day);
  round(tested);
  expect(named(tested)).toEqual([]);
  expect(tested.last()).toEqual({ type: "names.forgotten", upToSeq: 6, count: 2 });
  expect(verified(tested)).toMatchObject({ ok: true, forgotten: 5 });
});

test("how long names are kept is the site's choice", () => {
  const tested = new TestLedger({ ...site, keepNamesDays: 1 });
  tested.change(...ana);
  enter(tested, 1);
  tested.clock.pass(day);
  round(tested);
  expect(named(tested)).toEqual([]);
});

test("many names take many short steps, a restart among them goes on where it was, and one event tells of all", () => {
  const tested = new TestLedger();
  tested.change(...ana);
  for (let batch = 0; batch < 30; batch += 1)
    tested.decideAll(Array.from({ length: 50 }, () => tested.ask(card("00B775D2"))));
  tested.clock.pass(90 * day);
  const longest = { writes: 0 };
  const forgottenSoFar = () => 1_500 - named(tested).length;
  for (let step = 0, before = 0; step < 12; step += 1) {
    tested.ledger.forgetStep(tested.clock.now());
    longest.writes = Math.max(longest.writes, forgottenSoFar() - before);
    before = forgottenSoFar();
  }
  expect(longest.writes).toBe(100);
  expect(forgottenSoFar()).toBeLessThan(1_500);
  tested.restart("run-2");
  round(tested);
  expect(named(tested)).toEqual([]);
  expect(tested.events().filter(({ event }) => event.type === "names.forgotten")).toHaveLength(1);
  expect(tested.last()).toEqual({ type: "names.forgotten", upToSeq: 1_501, count: 1_500 });
  expect(verified(tested)).toMatchObject({ ok: true, forgotten: 1_500 });
});

test("nothing is forgotten or purged while the time is not certain, or is set back behind what it once was", () => {
  const tested = new TestLedger();
  tested.change(...ana);
  enter(tested, 1);
  tested.clock.pass(100 * day);
  expect(round(tested, { ...tested.clock.now(), trusted: false })).toBe(1);
  enter(tested, 1);
  expect(round(tested, { ...tested.clock.now(), wall: unixMs(tested.clock.wall - 6_000) })).toBe(1);
  expect(named(tested)).toEqual([2, 3]);
  round(tested);
  expect(named(tested)).toEqual([3]);
});

test("an event of an uncertain time is as old as the next certain one after it", () => {
  const tested = new TestLedger();
  tested.change(...ana);
  // Neither year is right.
  for (const wall of [0, noon + 4_000 * day]) {
    Object.assign(tested.clock, { wall, trusted: false });
    enter(tested, 1);
  }
  Object.assign(tested.clock, { wall: noon, trusted: true });
  tested.clock.pass(89 * day);
  round(tested);
  expect(named(tested)).toEqual([2, 3]);
  enter(tested, 1);
  tested.clock.pass(90 * day - 1);
  round(tested);
  expect(named(tested)).toEqual([2, 3, 4]);
  tested.clock.pass(1);
  round(tested);
  expect(named(tested)).toEqual([]);
});

test("whatever the clocks said, only events before an old certain one are old, page by page or at once", () => {
  const rows = fc.array(
    fc.record({ wall: fc.integer({ min: 0, max: 40 }), trusted: fc.constantFrom(0 as const, 1 as const) }),
  );
  fc.assert(
    fc.property(rows, (times) => {
      const dated = times.map((time, index) => ({ seq: index + 1, ...time }));
      const { seq } = oldUpTo(dated, 30, 20);
      const certain = dated.filter((row) => row.trusted === 1 && row.wall <= 30);
      const young = certain.find((row) => row.wall > 20)?.seq ?? Number.POSITIVE_INFINITY;
      expect(seq).toBe(certain.findLast((row) => row.seq < young)?.seq ?? null);
    }),
  );
});

test("a forgotten name, and that of a purged pass, is nowhere in the file any more", () => {
  const tested = new DamagedLedger();
  const name = "Wilhelmina Zuckerkandl";
  const courier = { ...passOf("courier", noon + day), name };
  tested.change(
    { op: "putPass", pass: courier },
    putCredential("c", pass("courier"), "card", "00C0FFEE"),
    putGrant(pass("courier")),
  );
  expect(tested.outcome(card("00C0FFEE"))).toBe("granted");
  tested.clock.pass(200 * day);
  const found = () => {
    tested.ledger.db.pragma("wal_checkpoint(TRUNCATE)");
    return readFileSync(pathsIn(tested.folder).database).includes(name);
  };
  expect(found()).toBe(true);
  round(tested);
  expect(found()).toBe(false);
  tested.ledger.close();
});

test("a copy from before a migration, with all its names, is not kept longer than they are", () => {
  const tested = new DamagedLedger();
  const backups = [2, 4].map((version) => `${pathsIn(tested.folder).database}.before-${version}`);
  for (const [index, backup] of backups.entries()) {
    writeFileSync(backup, "");
    utimesSync(backup, new Date(noon), new Date(noon + index * 2 * day));
  }
  tested.clock.pass(91 * day);
  round(tested);
  expect(backups.map((backup) => existsSync(backup))).toEqual([false, true]);
  tested.ledger.close();
});

const passOf = (id: string, untilWall: number, usesPerDoor: number | null = null) => ({
  kind: "pass" as const,
  id: id as PassId,
  name: id,
  state: "active" as const,
  validity: { from: null, until: unixMs(untilWall) },
  usesPerDoor,
});

const passesIn = (tested: TestLedger): string[] =>
  tested.parts.db.prepare<[], string>("SELECT id FROM holder WHERE kind = 'pass' ORDER BY id").pluck().all();

test("a pass is purged so long after its end, with all that was its own, and cannot be delivered again", () => {
  const tested = new TestLedger();
  const old = passOf("old", noon + day, 3);
  tested.change(
    { op: "putPass", pass: old },
    putCredential("old-card", pass("old"), "card", "00C0FFEE"),
    putGrant(pass("old")),
  );
  tested.change({ op: "putPass", pass: passOf("young", noon + 2 * day) }, ...ana);
  expect(tested.outcome(card("00C0FFEE"))).toBe("granted");
  tested.clock.pass(31 * day - 1);
  round(tested);
  expect(passesIn(tested)).toEqual(["old", "young"]);
  tested.clock.pass(1);
  round(tested);
  expect(passesIn(tested)).toEqual(["young"]);
  for (const table of [
    "credential WHERE holder_kind = 'pass'",
    "holder_grant WHERE holder_kind = 'pass'",
    "use_count",
  ]) {
    expect(tested.parts.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get(), table).toBe(0);
  }
  expect(
    tested
      .events()
      .slice(-2)
      .map(({ event }) => event),
  ).toEqual([
    { type: "directory.changed", version: 3, by: "retention", steps: 1 },
    { type: "passes.purged", count: 1 },
  ]);
  expect(tested.outcome(card("00C0FFEE"))).toBe("unknownCredential");
  expect(tested.change({ op: "putPass", pass: { ...old, validity: { from: null, until: null } } })).toMatchObject({
    applied: false,
    problems: [{ step: 0, problem: 'The pass "old" ended long ago.' }],
  });
  expect(tested.outcome(card("00B775D2"))).toBe("granted");
});

test("only a newer version of a purged pass comes back, and of a revoked one none", () => {
  const tested = new TestLedger();
  const revoked = { ...passOf("revoked", noon + day), state: "revoked" as const, version: 4 };
  tested.change(
    { op: "putPass", pass: { ...passOf("guest", noon + day), version: 4 } },
    { op: "putPass", pass: revoked },
  );
  tested.clock.pass(40 * day);
  round(tested);
  const deliver = (id: string, version: number) =>
    tested.change({ op: "putPass", pass: { ...passOf(id, noon + 80 * day), version } }).applied;
  expect([deliver("guest", 3), deliver("guest", 4), deliver("revoked", 5)]).toEqual([false, false, false]);
  expect([deliver("guest", 5), deliver("guest", 6)]).toEqual([true, true]);
  expect(passesIn(tested)).toEqual(["guest"]);
});

test("a pass that comes round again has not ended because today's uses are spent", () => {
  const tested = new TestLedger();
  const window = { startMinute: 0, endMinute: 1_439 };
  const recurrence = {
    kind: "daily",
    from: "2026-11-01" as LocalDate,
    until: "2027-12-31" as LocalDate,
    window,
  } as const;
  const cleaner = { ...passOf("cleaner", noon + 300 * day, 1), recurrence };
  tested.change(
    { op: "putPass", pass: cleaner },
    putCredential("c", pass("cleaner"), "card", "00C0FFEE"),
    putGrant(pass("cleaner")),
  );
  expect(tested.outcome(card("00C0FFEE"))).toBe("granted");
  round(tested);
  tested.clock.pass(40 * day);
  round(tested);
  expect(tested.outcome(card("00C0FFEE"))).toBe("granted");
});

test("a revoked or used-up pass ends when that is seen, an earlier end counts, and a pass that works again has not ended", () => {
  const tested = new TestLedger();
  const until = noon + 300 * day;
  tested.change(
    { op: "putPass", pass: { ...passOf("revoked", until), state: "revoked" } },
    { op: "putPass", pass: { ...passOf("revoked-late", noon + 5 * day), state: "revoked" } },
    { op: "putPass", pass: passOf("used", until, 1) },
    { op: "putPass", pass: passOf("used-at-one", until, 1) },
    { op: "putPass", pass: passOf("renewed", until, 1) },
    ...["used", "used-at-one", "renewed"].flatMap((id, n) => [
      putCredential(`${id}-card`, pass(id), "card", `00AABB0${n}`),
      putGrant(pass(id)),
    ]),
    putGrant(pass("used-at-one"), "garage"),
  );
  for (const n of [0, 1, 2]) expect(tested.outcome(card(`00AABB0${n}`))).toBe("granted");
  round(tested);
  tested.change({ op: "putPass", pass: passOf("renewed", until, 2) });
  tested.clock.pass(20 * day);
  round(tested);
  tested.clock.pass(10 * day - 1);
  round(tested);
  expect(passesIn(tested)).toEqual(["renewed", "revoked", "revoked-late", "used", "used-at-one"]);
  tested.clock.pass(1);
  round(tested);
  expect(passesIn(tested)).toEqual(["renewed", "used-at-one"]);
  expect(tested.last()).toEqual({ type: "passes.purged", count: 3 });
  const states = tested.parts.db.prepare("SELECT id, state FROM pass_tombstone ORDER BY id").raw().all();
  expect(states).toEqual([
    ["revoked", "revoked"],
    ["revoked-late", "revoked"],
    ["used", "usedUp"],
  ]);
});

test("hundreds of passes are looked at page by page", () => {
  const tested = new TestLedger();
  const count = 450;
  const passes = Array.from({ length: count }, (_, n) =>
    passOf(`p${String(n).padStart(4, "0")}`, noon + (n % 2) * 100 * day + day),
  );
  tested.change(...passes.map((one) => ({ op: "putPass", pass: one }) as const));
  tested.clock.pass(40 * day);
  expect(round(tested)).toBeGreaterThan(5);
  expect(passesIn(tested)).toHaveLength(count / 2);
  const purged = tested.events().flatMap(({ event }) => (event.type === "passes.purged" ? [event.count] : []));
  expect(purged.reduce((sum, one) => sum + one, 0)).toBe(count / 2);
  expect(Math.max(...purged)).toBeLessThanOrEqual(100);
});

test("rounds begin a minute after the opening, and go on after trouble", () => {
  const clock = createVirtualClock({ startWallMs: noon, trusted: true });
  const at: number[] = [];
  const troubles: unknown[] = [];
  const outcomes: (boolean | Error)[] = [true, true, false, new Error("disk full"), false];
  const housekeeping = new Housekeeping({
    step: () => {
      at.push(clock.wall() - noon);
      const outcome = outcomes.shift() ?? false;
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
    after: (ms, run) => void clock.after(ms, "housekeeping", run),
    troubled: (error) => troubles.push(error),
  });
  housekeeping.begin();
  housekeeping.begin();
  clock.advance(13 * 3_600_000);
  const later = (rounds: number) => 60_200 + rounds * 6 * 3_600_000;
  expect(at).toEqual([60_000, 60_100, 60_200, later(1), later(2)]);
  expect(troubles).toHaveLength(1);
});
