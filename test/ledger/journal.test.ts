import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../src/domain/canonical-json.ts";
import type { Anchor, AnchorStore } from "../../src/ledger/anchor.ts";
import { openAnchorFile, readAnchorFile, readSeedFile, seedFilesIn } from "../../src/ledger/anchor.ts";
import { hashEvent } from "../../src/ledger/chain.ts";
import { JournalReader, openJournalReader, pageSize } from "../../src/ledger/journal-reader.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { openLedger } from "../../src/ledger/open-ledger.ts";
import { verifyJournal } from "../../src/ledger/verify.ts";
import { ana, card, openOnDisk, pathsIn, TestClock, TestLedger, temporaryFolder } from "./ledger-fixture.ts";

const stopped = { type: "controller.stopped" } as const;

function note(ledger: Ledger, count: number, clock = new TestClock()): void {
  for (let event = 0; event < count; event += 1) ledger.note(stopped, clock.now());
}

function verifyOnDisk(folder: string, withSeeds = true) {
  const { database, keysDir } = pathsIn(folder);
  const anchor = readAnchorFile(keysDir);
  const seeds = readdirSync(keysDir)
    .filter((name) => withSeeds && name.startsWith("audit-seed"))
    .map((name) => readSeedFile(join(keysDir, name)));
  const reader = openJournalReader(database);
  const result = verifyJournal({ rows: reader.rows(), anchor, seeds });
  reader.close();
  return result.ok
    ? []
    : result.problems.map((problem) => ("seq" in problem ? `${problem.kind} ${problem.seq}` : problem.kind));
}

/** What a power cut or an attacker brings back. */
function snapshot(path: string): () => void {
  const bytes = readFileSync(path);
  return () => writeFileSync(path, bytes);
}

test("canonical JSON does not depend on the order in which members were written", () => {
  expect(canonicalJson({ b: [1, { d: null, c: "é\n" }], a: true })).toBe('{"a":true,"b":[1,{"c":"é\\n","d":null}]}');
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const shuffled = Object.fromEntries(Object.entries(value).reverse());
      expect(canonicalJson(shuffled)).toBe(canonicalJson(value));
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("events are read back as they were recorded, page by page", () => {
  const folder = temporaryFolder();
  const clock = new TestClock();
  clock.mono = 1_234.5678;
  const ledger = openOnDisk(folder, clock);
  const reader = openJournalReader(pathsIn(folder).database);
  expect(reader.head()).toBe(0);
  expect(reader.tail(10)).toEqual([]);
  note(ledger, 1_200, clock);
  expect(reader.head()).toBe(1_200);
  expect(reader.tail(3).map((event) => event.seq)).toEqual([1_198, 1_199, 1_200]);
  expect(reader.after(1_198, 10).map((event) => event.seq)).toEqual([1_199, 1_200]);
  expect(reader.after(0, 100_000)).toHaveLength(pageSize);
  expect(reader.tail(-1)).toEqual([]);
  expect(reader.after(0, 1)[0]).toMatchObject({
    seq: 1,
    at: { wall: clock.wall, mono: 1_234.5678, trusted: true },
    boot: "boot-1",
    event: stopped,
    personal: null,
  });
  reader.close();
  ledger.close();
});

test("an event that is too long is refused, and takes nothing with it", () => {
  const tested = new TestLedger();
  expect(() => tested.record({ type: "ledger.lost", why: "x".repeat(9_000) })).toThrow("too long");
  tested.record(stopped);
  expect(tested.events().map(({ seq }) => seq)).toEqual([1]);
});

test("a transaction that was left open is given up first, so that a commit is a commit", () => {
  const tested = new TestLedger();
  tested.parts.db.exec("BEGIN; INSERT INTO latch VALUES ('fire', '', NULL, 0, 0, '')");
  tested.record(stopped);
  expect(tested.parts.db.inTransaction).toBe(false);
  expect(tested.types()).toEqual(["controller.stopped"]);
  expect(tested.restart().fire).toBe(false);
});

test("the sequence goes on without a gap over restarts", () => {
  const folder = temporaryFolder();
  for (const name of ["1", "2", "3"]) {
    const ledger = openOnDisk(folder, new TestClock(), name);
    note(ledger, 3);
    ledger.close();
  }
  const reader = openJournalReader(pathsIn(folder).database);
  expect(reader.tail(20).map(({ seq, boot }) => [seq, boot])).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8, 9].map((seq) => [seq, `boot-${Math.ceil(seq / 3)}`]),
  );
  expect(new Set(reader.tail(20).map(({ epoch }) => epoch)).size).toBe(1);
  reader.close();
  expect(verifyOnDisk(folder)).toEqual([]);
});

test("an anchor that lags behind after a power cut is caught up", () => {
  const folder = temporaryFolder();
  const ledger = openOnDisk(folder);
  note(ledger, 3);
  const back = snapshot(join(pathsIn(folder).keysDir, "anchor"));
  note(ledger, 5);
  ledger.close();
  back();
  expect(readAnchorFile(pathsIn(folder).keysDir)!.seq).toBe(3);
  expect(verifyOnDisk(folder)).toEqual([]);
  const next = openOnDisk(folder);
  note(next, 1);
  next.close();
  expect(readAnchorFile(pathsIn(folder).keysDir)!.seq).toBe(9);
  expect(verifyOnDisk(folder)).toEqual([]);
});

test("a torn write of the anchor leaves the one before it", () => {
  const folder = temporaryFolder();
  const ledger = openOnDisk(folder);
  note(ledger, 4);
  ledger.close();
  const path = join(pathsIn(folder).keysDir, "anchor");
  const whole = readFileSync(path);
  for (const offset of [0, 4_096]) {
    const torn = Buffer.from(whole);
    torn.fill(0, offset + 40, offset + 80);
    writeFileSync(path, torn);
    expect([3, 4]).toContain(readAnchorFile(pathsIn(folder).keysDir)!.seq);
    expect(verifyOnDisk(folder)).toEqual([]);
  }
  writeFileSync(path, whole.subarray(0, 50));
  expect(readAnchorFile(pathsIn(folder).keysDir)).toBeNull();
});

test("a record cut or rolled back while nothing ran goes on after the anchor, and shows the gap for ever", () => {
  const folder = temporaryFolder();
  const first = openOnDisk(folder);
  note(first, 10);
  first.db.exec("DELETE FROM journal WHERE seq > 6");
  first.close();
  const second = openOnDisk(folder);
  note(second, 2);
  second.close();
  const reader = openJournalReader(pathsIn(folder).database);
  expect(reader.tail(20).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 11, 12]);
  reader.close();
  const { database, keysDir } = pathsIn(folder);
  const again = openJournalReader(database);
  const seeds = [readSeedFile(join(keysDir, "audit-seed"))];
  const result = verifyJournal({ rows: again.rows(), anchor: readAnchorFile(keysDir), seeds });
  again.close();
  expect(result).toMatchObject({ ok: false, problems: [{ kind: "removed", fromSeq: 7, toSeq: 10 }] });
});

/** Events forged by somebody who knows the chain but has no key: their hashes are right, their codes are not. */
function forge(ledger: Ledger, seq: number): void {
  const last = [...new JournalReader(ledger.db).rows()].at(-1)!;
  const prev = seq === last.seq ? last.prev : last.hash;
  const event = { ...last, seq, wall: 0 };
  ledger.db.prepare("DELETE FROM journal WHERE seq = ?").run(seq);
  ledger.db
    .prepare("INSERT INTO journal VALUES (?, ?, 0, ?, ?, ?, ?, NULL, NULL, NULL, ?, ?, ?)")
    .run(seq, last.epoch, last.mono, 1, last.boot, last.body, prev, hashEvent(prev, event), last.mac);
}

test.each([
  ["the last event written anew", 4],
  ["an event forged onto the end", 5],
])(
  "what was done while nothing ran shows for ever, without the seed too, although the anchor moves on: %s",
  (_, seq) => {
    const folder = temporaryFolder();
    const first = openOnDisk(folder);
    note(first, 4);
    forge(first, seq);
    first.close();
    const second = openOnDisk(folder);
    note(second, 2);
    second.close();
    const third = openOnDisk(folder);
    note(third, 2);
    third.close();
    expect(verifyOnDisk(folder, false)).toEqual([`edited ${seq}`]);
  },
);

test("another writer's event is not written over: the batch fails, and the next one follows it", () => {
  const tested = new TestLedger();
  tested.record(stopped);
  const other = new TestLedger();
  other.record(stopped, stopped);
  const row = other.parts.db.prepare("SELECT * FROM journal WHERE seq = 2").raw().get() as unknown[];
  tested.parts.db.prepare(`INSERT INTO journal VALUES (${row.map(() => "?").join(", ")})`).run(...row);
  expect(() => tested.record(stopped)).toThrow("UNIQUE");
  tested.record(stopped);
  expect(tested.events().map(({ seq }) => seq)).toEqual([1, 2, 3]);
});

test("a missing anchor begins a new epoch with a seed of its own, which verification tells", () => {
  const folder = temporaryFolder();
  const { keysDir } = pathsIn(folder);
  const first = openOnDisk(folder);
  note(first, 4);
  first.close();
  const { epoch } = readAnchorFile(keysDir)!;
  rmSync(join(keysDir, "anchor"));
  const second = openOnDisk(folder);
  note(second, 2);
  second.close();
  expect(readdirSync(keysDir).sort()).toEqual(["anchor", "audit-seed", `audit-seed.${epoch + 1}`, "credential.key"]);
  expect(verifyOnDisk(folder)).toEqual(["restarted 5"]);
});

test("a first start that got no further than its keys goes on with them: one key, one epoch, one seed", () => {
  const folder = temporaryFolder();
  const { database, keysDir } = pathsIn(folder);
  openOnDisk(folder).close();
  const { epoch } = readAnchorFile(keysDir)!;
  for (const name of readdirSync(join(folder, "state"))) rmSync(join(database, "..", name));
  const next = openOnDisk(folder);
  note(next, 1);
  next.close();
  expect(readdirSync(keysDir).sort()).toEqual(["anchor", "audit-seed", "credential.key"]);
  expect(readAnchorFile(keysDir)).toMatchObject({ epoch, seq: 1 });
  expect(verifyOnDisk(folder)).toEqual([]);
});

/** A record of four events whose database is then gone. Returns what the anchor knows of it. */
function lostRecord(folder: string, lose: (database: string) => void): Anchor {
  const { database, keysDir } = pathsIn(folder);
  const ledger = openOnDisk(folder);
  note(ledger, 4);
  ledger.close();
  lose(database);
  return readAnchorFile(keysDir)!;
}

function eventsOnDisk(folder: string) {
  const reader = openJournalReader(pathsIn(folder).database);
  const events = reader.tail(20);
  reader.close();
  return events;
}

test.each([
  ["deleted", (database: string) => rmSync(database)],
  ["truncated", (database: string) => truncateSync(database)],
])("a database begun anew beside old keys says first that the one before was %s, for ever", (_, lose) => {
  const folder = temporaryFolder();
  const { keysDir } = pathsIn(folder);
  const { epoch, seq, hash } = lostRecord(folder, lose);
  const second = openOnDisk(folder);
  // Before anybody has recorded anything.
  expect(verifyOnDisk(folder)).toEqual(["restarted 1"]);
  note(second, 2);
  second.close();
  expect(readAnchorFile(keysDir)).toMatchObject({ epoch: epoch + 1, seq: 3 });
  const lost = { lostEpoch: epoch, lostSeq: seq, lostHash: hash.toString("hex") };
  expect(eventsOnDisk(folder).map(({ event }) => event)).toEqual([
    { type: "log.restarted", ...lost },
    stopped,
    stopped,
  ]);
  expect(verifyOnDisk(folder)).toEqual(["restarted 1"]);
  expect(verifyOnDisk(folder, false)).toEqual(["restarted 1"]);
  openOnDisk(folder).close();
  expect(eventsOnDisk(folder)).toHaveLength(3);
});

test("the loss of a record is said in a plain sentence", () => {
  const folder = temporaryFolder();
  lostRecord(folder, (database) => rmSync(database));
  openOnDisk(folder).close();
  const reader = openJournalReader(pathsIn(folder).database);
  const result = verifyJournal({ rows: reader.rows(), anchor: readAnchorFile(pathsIn(folder).keysDir), seeds: [] });
  reader.close();
  const what = "The record before event 1 is gone: 4 events; the database was lost or deleted.";
  expect(result).toMatchObject({ ok: false, problems: [{ kind: "restarted", seq: 1, what }], more: 0 });
});

test("a power cut between the new database and its anchor hides nothing of the loss", () => {
  const folder = temporaryFolder();
  const { database, keysDir } = pathsIn(folder);
  const { epoch } = lostRecord(folder, (path) => rmSync(path));
  const back = snapshot(join(keysDir, "anchor"));
  openOnDisk(folder).close();
  back();
  rmSync(join(keysDir, `audit-seed.${epoch + 1}`));
  const next = openOnDisk(folder);
  note(next, 1);
  next.close();
  expect(eventsOnDisk(folder).map(({ event }) => event.type)).toEqual(["log.restarted", "controller.stopped"]);
  expect(verifyOnDisk(folder)).toEqual(["restarted 1", "restarted 2"]);
  rmSync(database);
  openOnDisk(folder).close();
  expect(eventsOnDisk(folder)[0]!.event).toMatchObject({ type: "log.restarted", lostEpoch: epoch + 2, lostSeq: 2 });
});

test("a power cut before the new database is whole leaves the anchor that knows of the old one", () => {
  const folder = temporaryFolder();
  const { keysDir } = pathsIn(folder);
  const lost = lostRecord(folder, (path) => rmSync(path));
  const failing = { version: 1, up: () => void expect.fail("power cut") };
  const now = new TestClock().now;
  expect(() => openLedger(pathsIn(folder), { now, report: () => {}, migrations: [failing] })).toThrow("power cut");
  expect(readAnchorFile(keysDir)).toEqual(lost);
  openOnDisk(folder).close();
  expect(verifyOnDisk(folder)).toEqual(["restarted 1"]);
});

test("the seeds that still lie on the board are found, and nothing else", () => {
  const folder = temporaryFolder();
  const { keysDir } = pathsIn(folder);
  expect(seedFilesIn(keysDir)).toEqual([]);
  const { epoch } = lostRecord(folder, (path) => rmSync(path));
  openOnDisk(folder).close();
  expect(seedFilesIn(keysDir)).toEqual([join(keysDir, "audit-seed"), join(keysDir, `audit-seed.${epoch + 1}`)]);
  rmSync(join(keysDir, "audit-seed"));
  expect(seedFilesIn(keysDir)).toEqual([join(keysDir, `audit-seed.${epoch + 1}`)]);
});

test("an anchor that cannot be written is reported, and the doors go on", () => {
  const tested = new TestLedger();
  const broken: AnchorStore = {
    ...tested.parts.anchor,
    write() {
      throw new Error("read-only file system");
    },
  };
  const ledger = new Ledger({ ...tested.parts, anchor: broken });
  Object.assign(tested, { ledger });
  tested.open();
  tested.change(...ana);
  expect(tested.outcome(card("00B775D2"))).toBe("granted");
  expect(tested.faults.map((fault) => fault.code)).toEqual(["anchor.notWritten", "anchor.notWritten"]);
});

test("the audit key of the past is not on the device, save in the seed that the owner takes away", () => {
  const folder = temporaryFolder();
  const { keysDir, database } = pathsIn(folder);
  const ledger = openOnDisk(folder);
  const first = readAnchorFile(keysDir)!.key;
  note(ledger, 5);
  const newest = readAnchorFile(keysDir)!.key;
  ledger.close();
  const anchor = readFileSync(join(keysDir, "anchor"));
  expect(anchor.includes(newest)).toBe(true);
  expect(anchor.includes(first)).toBe(false);
  expect(readFileSync(database).includes(first)).toBe(false);
  expect(readSeedFile(join(keysDir, "audit-seed")).key).toEqual(first);
});

test.each([
  "",
  "{}",
  "[]",
  '{"epoch":1,"afterSeq":0,"key":"00"}',
  `{"epoch":-1,"afterSeq":0,"key":"${"0".repeat(64)}"}`,
])("a file that is no audit seed is refused: %s", (text) => {
  const path = join(temporaryFolder(), "seed");
  writeFileSync(path, text);
  expect(() => readSeedFile(path)).toThrow("not an audit seed");
});

test("an anchor store opened again goes on with the older slot", () => {
  const keysDir = temporaryFolder();
  const hash = Buffer.alloc(32, 1);
  const key = Buffer.alloc(32, 2);
  const store = openAnchorFile(keysDir);
  store.establish({ epoch: 1, seq: 0, hash, key }, { epoch: 1, afterSeq: 0, key });
  for (let seq = 1; seq <= 5; seq += 1) {
    store.write({ epoch: 1, seq, hash, key });
    const other = openAnchorFile(keysDir);
    expect(other.read()!.seq).toBe(seq);
    other.close();
  }
  store.close();
});

test("a journal of ten thousand events is verified in one pass over short pages", () => {
  const tested = new TestLedger();
  for (let round = 0; round < 20; round += 1) tested.record(...Array(500).fill(stopped));
  const reader = new JournalReader(tested.parts.db);
  const result = verifyJournal({ rows: reader.rows(), anchor: tested.parts.anchor.read(), seeds: [] });
  expect(result).toMatchObject({ ok: true, events: 10_000 });
});
