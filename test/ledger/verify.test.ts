import type { Database } from "better-sqlite3";
import { expect, test } from "vitest";
import type { Anchor, AuditSeed, memoryAnchor } from "../../src/ledger/anchor.ts";
import type { JournalRow } from "../../src/ledger/chain.ts";
import { hashEvent } from "../../src/ledger/chain.ts";
import { JournalReader } from "../../src/ledger/journal-reader.ts";
import type { JournalProblem } from "../../src/ledger/verify.ts";
import { verifyJournal } from "../../src/ledger/verify.ts";
import { site } from "../site-fixture.ts";
import { ana, card, qr, TestClock, TestLedger } from "./ledger-fixture.ts";

/** Twenty events, some of them with a name. */
function recorded(): TestLedger {
  const tested = new TestLedger();
  tested.change(...ana);
  for (let round = 0; round < 19; round += 1) {
    tested.outcome(round % 3 === 0 ? card("00B775D2") : qr(`unknown ${round}`));
    tested.clock.pass(1_000);
  }
  return tested;
}

const seedsOf = (tested: TestLedger): readonly AuditSeed[] =>
  (tested.parts.anchor as ReturnType<typeof memoryAnchor>).seeds;

const verify = (
  tested: TestLedger,
  seeds: readonly AuditSeed[] = [],
  anchor: Anchor | null = tested.parts.anchor.read(),
) => verifyJournal({ rows: new JournalReader(tested.parts.db).rows(), anchor, seeds });

const brief = (problem: JournalProblem): string => {
  if (problem.kind === "reordered") return `reordered ${problem.seq} ${problem.withSeq}`;
  if ("fromSeq" in problem) return `${problem.kind} ${problem.fromSeq}-${problem.toSeq}`;
  return "seq" in problem ? `${problem.kind} ${problem.seq}` : problem.kind;
};

function problemsOf(
  tested: TestLedger,
  seeds: readonly AuditSeed[] = [],
  anchor = tested.parts.anchor.read(),
): string[] {
  const result = verify(tested, seeds, anchor);
  return result.ok ? [] : result.problems.map(brief);
}

/** Exchanges columns of two rows. */
function swap(db: Database, a: number, b: number, columns: readonly string[]): void {
  const read = (seq: number) =>
    db
      .prepare(`SELECT ${columns.join(", ")} FROM journal WHERE seq = ?`)
      .raw()
      .get(seq);
  const write = db.prepare(`UPDATE journal SET ${columns.map((name) => `${name} = ?`).join(", ")} WHERE seq = ?`);
  const [first, second] = [read(a) as unknown[], read(b) as unknown[]];
  write.run(...second, a);
  write.run(...first, b);
}

/** What an attacker does who knows the chain, but not the key: everything from `seq` on hashes right again. */
function rehashFrom(db: Database, seq: number): void {
  const rows = [...new JournalReader(db).rows()].filter((row) => row.seq >= seq - 1);
  let prev: Buffer | null = null;
  for (const row of rows) {
    const before: Buffer = prev ?? row.prev;
    const hash = row.seq < seq ? row.hash : hashEvent(before, row);
    if (row.seq >= seq) db.prepare("UPDATE journal SET prev = ?, hash = ? WHERE seq = ?").run(before, hash, row.seq);
    prev = hash;
  }
}

const everything = [
  "epoch",
  "wall",
  "mono",
  "trusted",
  "boot",
  "body",
  "salt",
  "personal",
  "commitment",
  "prev",
  "hash",
  "mac",
];

test("an untouched record holds, with and without the seed", () => {
  const tested = recorded();
  expect(verify(tested)).toMatchObject({ ok: true, events: 20, authenticated: 0, head: { seq: 20 } });
  expect(verify(tested, seedsOf(tested))).toMatchObject({ ok: true, events: 20, authenticated: 20 });
});

test("an empty record holds", () => {
  expect(verify(new TestLedger())).toEqual({ ok: true, events: 0, authenticated: 0, forgotten: 0, head: null });
});

test("a name can be forgotten without breaking the record", () => {
  const tested = recorded();
  tested.parts.db.prepare("UPDATE journal SET personal = NULL, salt = NULL").run();
  expect(verify(tested, seedsOf(tested))).toMatchObject({ ok: true, events: 20 });
});

const tampering: readonly (readonly [string, (db: Database) => void, readonly string[]])[] = [
  [
    "an edited body",
    (db) => db.exec(`UPDATE journal SET body = replace(body, 'front', 'rear') WHERE seq = 5`),
    ["edited 5"],
  ],
  ["a space in a body", (db) => db.exec(`UPDATE journal SET body = body || ' ' WHERE seq = 5`), ["edited 5"]],
  ["an edited time", (db) => db.exec("UPDATE journal SET wall = wall - 60000 WHERE seq = 7"), ["edited 7"]],
  ["an edited clock", (db) => db.exec("UPDATE journal SET mono = mono + 0.25 WHERE seq = 7"), ["edited 7"]],
  ["a clock made trusted", (db) => db.exec("UPDATE journal SET trusted = 1 - trusted WHERE seq = 7"), ["edited 7"]],
  ["another boot", (db) => db.exec("UPDATE journal SET boot = 'x' WHERE seq = 7"), ["edited 7"]],
  ["an edited hash", (db) => db.exec("UPDATE journal SET hash = zeroblob(32) WHERE seq = 7"), ["edited 7"]],
  ["the first event", (db) => db.exec("UPDATE journal SET wall = 0 WHERE seq = 1"), ["edited 1"]],
  ["the last event", (db) => db.exec("UPDATE journal SET wall = 0 WHERE seq = 20"), ["edited 20"]],
  ["two events", (db) => db.exec("UPDATE journal SET wall = seq WHERE seq IN (4, 9)"), ["edited 4", "edited 9"]],
  ["an edited name", (db) => db.exec(`UPDATE journal SET personal = '{"name":"Eve"}' WHERE seq = 5`), ["edited 5"]],
  ["a name without its salt", (db) => db.exec("UPDATE journal SET salt = NULL WHERE seq = 5"), ["edited 5"]],
  [
    "a name where none was",
    (db) => db.exec(`UPDATE journal SET personal = '{"name":"Eve"}', salt = x'00' WHERE seq = 4`),
    ["edited 4"],
  ],
  [
    "a commitment taken away",
    (db) => db.exec("UPDATE journal SET commitment = NULL, personal = NULL, salt = NULL WHERE seq = 5"),
    ["edited 5"],
  ],
  ["one event removed", (db) => db.exec("DELETE FROM journal WHERE seq = 9"), ["removed 9-9"]],
  ["a range removed", (db) => db.exec("DELETE FROM journal WHERE seq BETWEEN 9 AND 12"), ["removed 9-12"]],
  [
    "two ranges removed",
    (db) => db.exec("DELETE FROM journal WHERE seq IN (3, 4, 11)"),
    ["removed 3-4", "removed 11-11"],
  ],
  ["the first event removed", (db) => db.exec("DELETE FROM journal WHERE seq = 1"), ["removed 1-1"]],
  ["the last event removed", (db) => db.exec("DELETE FROM journal WHERE seq = 20"), ["truncated 20-20"]],
  ["the tail removed", (db) => db.exec("DELETE FROM journal WHERE seq > 11"), ["truncated 12-20"]],
  ["everything removed", (db) => db.exec("DELETE FROM journal"), ["truncated 1-20"]],
  ["two bodies exchanged", (db) => swap(db, 6, 9, ["body"]), ["reordered 6 9"]],
  [
    "two bodies and names exchanged",
    (db) => swap(db, 5, 6, ["body", "salt", "personal", "commitment"]),
    ["reordered 5 6"],
  ],
  ["two events exchanged but for the chain", (db) => swap(db, 6, 12, everything.slice(0, 9)), ["reordered 6 12"]],
  ["two whole rows exchanged", (db) => swap(db, 6, 12, everything), ["reordered 6 12"]],
  ["two neighbors exchanged", (db) => swap(db, 6, 7, everything), ["reordered 6 7"]],
  ["the first and the last exchanged", (db) => swap(db, 1, 20, everything), ["reordered 1 20", "rewritten 20"]],
  [
    "one event written anew",
    (db) => {
      db.exec("UPDATE journal SET wall = 0 WHERE seq = 8");
      const row = [...new JournalReader(db).rows()].find(({ seq }) => seq === 8)!;
      db.prepare("UPDATE journal SET hash = ? WHERE seq = 8").run(hashEvent(row.prev, row));
    },
    ["edited 8"],
  ],
  [
    "all from one event on written anew",
    (db) => {
      db.exec("UPDATE journal SET wall = 0 WHERE seq = 8");
      rehashFrom(db, 8);
    },
    ["rewritten 20"],
  ],
  [
    "the record moved up over a removed event",
    (db) => {
      db.exec("DELETE FROM journal WHERE seq = 8");
      for (let seq = 9; seq <= 20; seq += 1) db.exec(`UPDATE journal SET seq = ${seq - 1} WHERE seq = ${seq}`);
      rehashFrom(db, 8);
    },
    ["truncated 20-20"],
  ],
];

test.each(tampering)("is found and named: %s", (_, tamper, expected) => {
  const tested = recorded();
  tamper(tested.parts.db);
  expect(problemsOf(tested)).toEqual(expected);
});

test.each([
  ["all from one event on written anew", 8, "macWrong 8-20"],
  ["only the last written anew", 20, "macWrong 20-20"],
])("the seed says from which event on the record is forged: %s", (_, seq, expected) => {
  const tested = recorded();
  tested.parts.db.prepare("UPDATE journal SET wall = 0 WHERE seq = ?").run(seq);
  rehashFrom(tested.parts.db, seq);
  expect(problemsOf(tested, seedsOf(tested)).sort()).toEqual([expected, "rewritten 20"]);
  // Even an attacker who replaces the anchor cannot make the keys of the past.
  const last = [...new JournalReader(tested.parts.db).rows()].at(-1)!;
  const anchor = { ...tested.parts.anchor.read()!, hash: last.hash };
  expect(problemsOf(tested, [], anchor)).toEqual([]);
  expect(problemsOf(tested, seedsOf(tested), anchor)).toEqual([expected]);
});

test("an event forged onto the end does not fit the key in the anchor", () => {
  const tested = recorded();
  const { db } = tested.parts;
  const last = [...new JournalReader(db).rows()].at(-1) as JournalRow;
  const forged = { ...last, seq: 21, prev: last.hash };
  db.prepare(
    "INSERT INTO journal SELECT 21, epoch, wall, mono, trusted, boot, body, salt, personal, commitment, ?, ?, mac FROM journal WHERE seq = 20",
  ).run(last.hash, hashEvent(last.hash, forged));
  expect(problemsOf(tested)).toEqual(["macWrong 21-21"]);
});

test("a wrong authentication code alone shows with the seed", () => {
  const tested = recorded();
  tested.parts.db.exec("UPDATE journal SET mac = zeroblob(32) WHERE seq IN (3, 4, 9)");
  expect(problemsOf(tested)).toEqual([]);
  expect(problemsOf(tested, seedsOf(tested))).toEqual(["macWrong 3-4", "macWrong 9-9"]);
});

test("a missing anchor is said, because a cut tail could not be seen without it", () => {
  const tested = recorded();
  expect(problemsOf(tested, [], null)).toEqual(["anchorMissing"]);
});

test("a planted sequence number keeps nobody busy for ever", () => {
  const tested = recorded();
  tested.parts.db.exec("UPDATE journal SET seq = 9007199254740991 WHERE seq = 20");
  expect(problemsOf(tested, seedsOf(tested))).toContain("edited 9007199254740991");
});

test("at most a hundred problems are described, the rest counted", () => {
  const tested = recorded();
  const clock = new TestClock();
  for (let event = 0; event < 200; event += 1) tested.ledger.note({ type: "controller.stopped" }, clock.now());
  tested.parts.db.exec("UPDATE journal SET wall = seq * 1000 WHERE seq > 20");
  expect(verify(tested)).toMatchObject({ ok: false, problems: { length: 100 }, more: 100 });
});

const small = { ...site, keepEvents: 1_500 };

function filled(events: number): TestLedger {
  const tested = new TestLedger(small);
  const opened = { type: "door.opened", door: "front" } as never;
  for (let event = 0; event < events; event += 500) tested.record(...Array(500).fill(opened));
  return tested;
}

function pruneAll(tested: TestLedger): void {
  while (tested.ledger.isPruneDue()) tested.ledger.prune(tested.clock.now());
}

test("retention drops the oldest thousand at a time, says so, and the record still holds", () => {
  const tested = filled(4_000);
  pruneAll(tested);
  const events = tested.events();
  expect(events[0]!.seq).toBe(2_001);
  expect(events.slice(-2).map(({ event }) => event)).toEqual([
    { type: "log.pruned", fromSeq: 1, toSeq: 1_000, lastHash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    { type: "log.pruned", fromSeq: 1_001, toSeq: 2_000, lastHash: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ]);
  expect(verify(tested, seedsOf(tested))).toMatchObject({ ok: true, events: 2_002, authenticated: 2_002 });
  tested.restart();
  tested.record({ type: "controller.stopped" });
  expect(verify(tested, seedsOf(tested))).toMatchObject({ ok: true, events: 2_003 });
});

test("a record that is short enough is not pruned", () => {
  const tested = filled(2_000);
  expect(tested.ledger.isPruneDue()).toBe(false);
  tested.record(...Array(500).fill({ type: "controller.stopped" }));
  expect(tested.ledger.isPruneDue()).toBe(true);
});

test("more removed than retention says is found", () => {
  const tested = filled(3_000);
  pruneAll(tested);
  tested.parts.db.exec("DELETE FROM journal WHERE seq <= 1500");
  expect(problemsOf(tested)).toEqual(["removed 1-1500"]);
});

test("events pruned while somebody verifies are no finding", () => {
  const tested = filled(3_000);
  const anchor = tested.parts.anchor.read();
  const rows = new JournalReader(tested.parts.db).rows();
  const walk = function* () {
    for (const row of rows) {
      if (row.seq === 200) pruneAll(tested);
      yield row;
    }
  };
  expect(verifyJournal({ rows: walk(), anchor, seeds: [] })).toMatchObject({ ok: true, head: { seq: 3_001 } });
});
