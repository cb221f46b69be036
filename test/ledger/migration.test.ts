import { readFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { expect, test } from "vitest";
import type { Presentation } from "../../src/domain/presentation.ts";
import { memoryAnchor } from "../../src/ledger/anchor.ts";
import { JournalReader } from "../../src/ledger/journal-reader.ts";
import { deriveKeys } from "../../src/ledger/keys.ts";
import { ledgerMigrations, migrateCopy, newestVersion, readVersion } from "../../src/ledger/migrate.ts";
import { verifyJournal } from "../../src/ledger/verify.ts";
import { site } from "../site-fixture.ts";
import { seeded, TestClock, TestLedger } from "./ledger-fixture.ts";

/** Written by Postern 0.1.0: its database as SQL, where its record stood, and what it went on to decide. */
const folder = join(import.meta.dirname, "version-0001");
const sql = readFileSync(join(folder, "ledger.sql"), "utf8");
const decided = JSON.parse(readFileSync(join(folder, "decided.json"), "utf8")) as {
  readonly mono: number;
  readonly anchor: { readonly epoch: number; readonly seq: number; readonly hash: string; readonly key: string };
  readonly restored: { readonly forcedDoors: readonly string[]; readonly fire: boolean };
  readonly decisions: readonly {
    readonly passMs: number;
    readonly trusted: boolean;
    readonly shown: Presentation;
    readonly at: { readonly door?: string; readonly reader?: string };
    readonly outcome: string;
  }[];
};

function migrated(): TestLedger {
  const db = new Sqlite(":memory:");
  db.exec(sql);
  expect(readVersion(db)).toBe(1);
  migrateCopy(db, ":memory:", ledgerMigrations);
  db.pragma("foreign_keys = ON");
  const anchor = memoryAnchor();
  const { epoch, seq, hash, key } = decided.anchor;
  anchor.write({ epoch, seq, hash: Buffer.from(hash, "hex"), key: Buffer.from(key, "hex") });
  const clock = new TestClock();
  clock.pass(decided.mono - clock.mono);
  const tested = new TestLedger(site, clock, { db, anchor, keys: deriveKeys(seeded()(32)) });
  tested.open("run-2");
  return tested;
}

test("a database of 0.1.0 comes to the newest layout whole", () => {
  const { db } = migrated().parts;
  expect(readVersion(db)).toBe(newestVersion(ledgerMigrations));
  expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
  expect(db.pragma("foreign_key_check")).toEqual([]);
});

test("schedules of 0.1.0 are the site's own, and can be changed there", () => {
  const tested = migrated();
  const { schedules } = tested.ledger.exportPage(null);
  expect(schedules.map(({ source }) => source)).toEqual(schedules.map(() => "local"));
  expect(schedules.length).toBeGreaterThan(0);
  const renamed = schedules.map(({ source: _, ...schedule }) => ({ ...schedule, name: "Renamed" }));
  expect(tested.change(...renamed.map((schedule) => ({ op: "putSchedule", schedule }) as const)).applied).toBe(true);
});

test("what was in force in 0.1.0 is in force after it", () => {
  expect(migrated().restart()).toEqual({
    ...decided.restored,
    tampered: [],
    lockdowns: [],
    blocked: [],
    clockFloor: expect.any(Number),
  });
});

test("a database of 0.1.0 decides after its migration as it would have decided before it", () => {
  const tested = migrated();
  const outcomes = decided.decisions.map(({ passMs, trusted, shown, at }) => {
    tested.clock.pass(passMs);
    tested.clock.trusted = trusted;
    return tested.outcome(shown, at);
  });
  expect(outcomes).toEqual(decided.decisions.map(({ outcome }) => outcome));
  const rows = new JournalReader(tested.parts.db).rows();
  expect(verifyJournal({ rows, anchor: tested.parts.anchor.read(), seeds: [] })).toMatchObject({ ok: true });
});
