import { spawnSync } from "node:child_process";
import { mkdirSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { FromLedger } from "../../src/domain/ask.ts";
import type { BootId, DoorId, RunId } from "../../src/domain/ids.ts";
import { Desk } from "../../src/ledger/desk.ts";
import { DiskReserve } from "../../src/ledger/disk-reserve.ts";
import { JournalReader } from "../../src/ledger/journal-reader.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { memoryLedgerParts, openLedger } from "../../src/ledger/open-ledger.ts";
import type { PinQueue } from "../../src/ledger/pin-hash.ts";
import { site } from "../site-fixture.ts";
import { seeded, TestClock, temporaryFolder } from "./ledger-fixture.ts";

const withCloud = { ...site, cloud: { maxDirectoryAgeMs: null } };
const forced = { type: "door.forced", door: "front" as DoorId } as const;
const opened = { type: "door.opened", door: "front" as DoorId } as const;
const report = () => {};

/** A desk that records what it is sent, a hundred events at a time, one alarm among them. */
class Recorder {
  readonly clock = new TestClock();
  readonly health: string[] = [];
  readonly ledger: Ledger;
  acknowledged = 0;
  #desk: Desk;
  #sent = 0;
  #due: (() => void)[] = [];

  constructor(open: (now: TestClock["now"]) => Ledger, reserve: DiskReserve | null = null) {
    this.ledger = open(this.clock.now);
    const soon = (run: () => void) => void this.#due.push(run);
    this.#desk = new Desk({
      ledger: this.ledger,
      pins: null as unknown as PinQueue,
      now: this.clock.now,
      send: (message) => this.#hear(message),
      schedule: soon,
      after: (_, run) => soon(run),
      grew: () => {},
      report,
      ...(reserve === null ? {} : { reserve }),
    });
    const names = { run: "run-1" as RunId, boot: "boot-1" as BootId };
    this.#desk.receive({ kind: "open", ...names, site: withCloud, at: this.clock.now() });
  }

  hundred(): void {
    const entries = Array.from({ length: 100 }, (_, n) => {
      this.#sent += 1;
      return { n: this.#sent, at: this.clock.now(), what: n === 0 ? forced : opened };
    });
    this.#desk.receive({ kind: "record", entries });
    for (let turn = 0; turn < 4; turn += 1) {
      const due = this.#due;
      this.#due = [];
      for (const run of due) run();
    }
    this.clock.pass(1_000);
  }

  /** The first event that is still there, and how many alarms outlive the others. */
  left() {
    const reader = new JournalReader(this.ledger.db);
    const { epoch } = this.ledger.head;
    let kept = 0;
    for (let seq = 0; ; ) {
      const page = reader.keptAlarms({ epoch, seq }, Number.MAX_SAFE_INTEGER, 500);
      kept += page.length;
      if (page.length < 500) break;
      seq = page.at(-1)!.seq;
    }
    return { first: reader.after(0, 1)[0]!.seq, kept, types: new Set(reader.tail(500).map(({ event }) => event.type)) };
  }

  #hear(message: FromLedger): void {
    if (message.kind === "trouble") this.health.push(message.why);
    if (message.kind === "well") this.health.push("well");
    if (message.kind === "recorded") this.acknowledged = message.upTo;
  }
}

const madeRoom = "The disk is full: the oldest events make room for the newest.";

test("where no page is free the oldest events go for the newest, alarms stay, and the gap is an event", () => {
  const parts = memoryLedgerParts({ now: new TestClock().now, report, random: seeded() });
  const recorder = new Recorder(() => new Ledger(parts));
  for (let n = 0; n < 40; n += 1) recorder.hundred();
  parts.db.pragma(`max_page_count = ${parts.db.pragma("page_count", { simple: true })}`);
  for (let n = 0; n < 60; n += 1) recorder.hundred();
  expect(recorder.acknowledged).toBe(10_000);
  expect(recorder.health).toEqual([madeRoom]);
  const { first, kept, types } = recorder.left();
  expect({ first: first > 4_000, kept: Math.abs(kept - first / 100) < 2 }).toEqual({ first: true, kept: true });
  expect([...types].sort()).toEqual(["door.forced", "door.opened", "log.pruned"]);
});

test("all is well again only after the disk had room for a while", () => {
  const parts = memoryLedgerParts({ now: new TestClock().now, report, random: seeded() });
  const recorder = new Recorder(() => new Ledger(parts));
  for (let n = 0; n < 40; n += 1) recorder.hundred();
  parts.db.pragma(`max_page_count = ${parts.db.pragma("page_count", { simple: true })}`);
  for (let n = 0; n < 5; n += 1) recorder.hundred();
  parts.db.pragma("max_page_count = 1000000");
  recorder.hundred();
  expect(recorder.health).toEqual([madeRoom]);
  recorder.clock.pass(600_000);
  recorder.hundred();
  expect(recorder.health).toEqual([madeRoom, "well"]);
});

/** A file system of that size, or null where nobody may mount one. */
function smallDisk(megabytes: number): string | null {
  const folder = temporaryFolder();
  const made = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder]);
  if (made.status !== 0) return null;
  onTestFinished(() => void spawnSync("umount", ["-l", folder]));
  return folder;
}

const mayMount = process.getuid?.() === 0 && spawnSync("mount", ["--version"]).status === 0;

test.runIf(mayMount)("on a disk without a byte to spare events are recorded on and on, in what lay in reserve", () => {
  const disk = smallDisk(14);
  // Some containers' root may not.
  if (disk === null) return;
  const folder = join(disk, "state");
  const database = join(folder, "ledger.db");
  mkdirSync(folder);
  writeFileSync(`${database}.reserve`, Buffer.alloc(6 * 1_024 * 1_024, 1));
  const keys = temporaryFolder();
  const open = (now: TestClock["now"]) =>
    openLedger({ database, keysDir: keys, credentialsDir: null }, { now, report });
  const recorder = new Recorder(open, new DiskReserve(database));
  for (let n = 0; n < 800; n += 1) recorder.hundred();
  expect(recorder.acknowledged).toBe(80_000);
  expect(recorder.health[0]).toBe(madeRoom);
  const { first, kept } = recorder.left();
  expect({ first: first > 20_000, kept: Math.abs(kept - first / 100) < 2 }).toEqual({ first: true, kept: true });
  recorder.ledger.close();
});

test("the reserve is laid out where there is plenty of room, and only there", async () => {
  const folder = temporaryFolder();
  const { bavail, bsize } = statfsSync(folder);
  const reserve = new DiskReserve(join(folder, "ledger.db"));
  await reserve.keep();
  expect(reserve.isThere).toBe(bavail * bsize > 64 * 1_024 * 1_024);
  reserve.release();
  expect(reserve.isThere).toBe(false);
});
