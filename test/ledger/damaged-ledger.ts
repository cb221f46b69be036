// A ledger on disk for tests that damage its files: populated, copied, changed after the copy, closed; and what came back.
import fs, { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { Ask, Restored } from "../../src/domain/ask.ts";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { RecordedEvent } from "../../src/domain/events.ts";
import type { Fault } from "../../src/domain/fault.ts";
import type { AskId, BootId, DoorId, ReaderId, RunId } from "../../src/domain/ids.ts";
import type { Presentation } from "../../src/domain/presentation.ts";
import { monoMs } from "../../src/domain/time.ts";
import { readAnchorFile } from "../../src/ledger/anchor.ts";
import { hashCodes } from "../../src/ledger/code-hashes.ts";
import { goodCopyPath, makeGoodCopy } from "../../src/ledger/good-copy.ts";
import { openJournalReader } from "../../src/ledger/journal-reader.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openLedger } from "../../src/ledger/open-ledger.ts";
import type { HashPin } from "../../src/ledger/pin-hash.ts";
import { verifyJournal } from "../../src/ledger/verify.ts";
import { site } from "../site-fixture.ts";
import {
  ana,
  card,
  courier,
  noon,
  pathsIn,
  person,
  quickHash,
  TestClock,
  temporaryFolder,
  wordOf,
} from "./ledger-fixture.ts";

const pageBytes = 4_096;

/** One process's ledger on a folder. */
export class DamagedLedger {
  readonly clock = new TestClock();
  readonly faults: Fault[] = [];
  readonly folder: string;
  readonly ledger: Ledger;
  readonly restored: Restored;
  #asks = 0;

  constructor(folder = temporaryFolder(), wall = noon) {
    this.folder = folder;
    this.clock.wall = wall;
    const report = (fault: Fault): void => void this.faults.push(fault);
    this.ledger = openLedger(pathsIn(folder), { now: this.clock.now, report });
    this.restored = this.ledger.open({ run: "run-1" as RunId, boot: "boot-1" as BootId, site, at: this.clock.now() });
  }

  change(...changes: DirectoryChange[]): void {
    const hash: HashPin = (digits, done) => done(quickHash(digits));
    hashCodes(changes, this.ledger.site.codes.duress, hash, (hashes) => {
      const outcome = this.ledger.applyChanges(changes, hashes, "tester", this.clock.now());
      if (!outcome.applied) throw new Error(JSON.stringify(outcome.problems));
    });
  }

  outcome(presentation: Presentation, door = "front"): string {
    this.#asks += 1;
    const presentedAt = this.clock.now();
    const ask: Ask = {
      id: `${this.folder}.${this.clock.wall}.${this.#asks}` as AskId,
      reader: `${door}-reader` as ReaderId,
      door: door as DoorId,
      direction: "entry",
      presentation,
      situation: { mode: "locked", interlocked: false },
      presentedAt,
      expiresAt: monoMs(presentedAt.mono + 2_000),
    };
    const digits = presentation.method === "pin" ? presentation.digits : null;
    const ready = this.ledger.readyAsk(ask, digits === null ? null : quickHash(digits));
    return wordOf(this.ledger.commitBatch([ready], [])[0]!.verdict);
  }

  copy(): void {
    const { database } = pathsIn(this.folder);
    const order = { source: database, target: goodCopyPath(database), madeWall: this.clock.wall, checkRecord: true };
    makeGoodCopy(order);
  }
}

/** Ana and a courier with two uses at each door, a forced door, a copy; then one use, an hour, and enough events for many pages. */
export function closedLedger(): string {
  const tested = new DamagedLedger();
  tested.change(...ana, ...courier(2));
  tested.ledger.note({ type: "door.forced", door: "garage" as DoorId }, tested.clock.now());
  tested.copy();
  tested.outcome(card("00C0FFEE"));
  tested.clock.pass(3_600_000);
  for (let event = 0; event < 300; event += 1) tested.ledger.note({ type: "controller.stopped" }, tested.clock.now());
  tested.change({ op: "removeHolder", holder: person("ana") }, ...ana);
  tested.ledger.close();
  return tested.folder;
}

export const stateNames = (folder: string): string[] => readdirSync(dirname(pathsIn(folder).database)).sort();

/** Overwrites whole pages of the database, which are counted from 1. */
export function flipPages(folder: string, pages: readonly number[]): void {
  const { database } = pathsIn(folder);
  const bytes = readFileSync(database);
  for (const page of pages) bytes.fill(0xa5, (page - 1) * pageBytes, page * pageBytes);
  writeFileSync(database, bytes);
}

export function eventsIn(folder: string): RecordedEvent[] {
  const reader = openJournalReader(pathsIn(folder).database);
  const events = reader.tail(50);
  reader.close();
  return events;
}

export function verified(folder: string): string[] {
  const { database, keysDir } = pathsIn(folder);
  const reader = openJournalReader(database);
  const result = verifyJournal({ rows: reader.rows(), anchor: readAnchorFile(keysDir), seeds: [] });
  reader.close();
  return result.ok ? [] : result.problems.map(({ kind, what }) => `${kind}: ${what}`);
}

/** From the n-th write of the file system's names on, nothing gets through any more, as in a power cut. */
export function cutPowerAt(n: number): { readonly calls: () => number; readonly restore: () => void } {
  const names = ["openSync", "writeSync", "renameSync", "rmSync", "fsyncSync"] as const;
  const originals = names.map((name) => [name, fs[name]] as const);
  const patched = fs as unknown as Record<string, unknown>;
  let calls = 0;
  for (const [name, original] of originals) {
    patched[name] = (...args: unknown[]) => {
      calls += 1;
      if (calls >= n) throw new Error("power cut");
      return (original as (...args: unknown[]) => unknown)(...args);
    };
  }
  syncBuiltinESMExports();
  const restore = (): void => {
    for (const [name, original] of originals) patched[name] = original;
    syncBuiltinESMExports();
  };
  onTestFinished(restore);
  return { calls: () => calls, restore };
}

export const stateFile = (folder: string, name: string): string => join(dirname(pathsIn(folder).database), name);
