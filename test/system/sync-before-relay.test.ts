// What a kill cannot show: that a granted event is on the disk, and not only with the kernel, before its relay moves.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { JournalEvent } from "../../src/domain/events.ts";
import { openJournalReader, pageSize } from "../../src/ledger/journal-reader.ts";
import { busyConfig, busyDoors, busyHolders, busyPeople, busyReaders } from "./busy-site.ts";
import type { Product } from "./product.ts";
import { poll, removeFolder, startProduct, temporaryFolder } from "./product.ts";
import type { SyncFinding } from "./system-calls.ts";
import { findSyncs } from "./system-calls.ts";

const stracePath = "/usr/bin/strace";
const withoutSync = join(import.meta.dirname, "without-sync.mjs");
const work = realpathSync(temporaryFolder());

afterAll(() => removeFolder(work));

describe.runIf(hasStrace())("between the ledger's disk and the relay", () => {
  test("every granted event is synced before its relay moves", { timeout: 120_000 }, async () => {
    const { findings } = await traceGrants("waiting", 0, []);
    expect(findings.length).toBeGreaterThanOrEqual(24);
    expect(findings.filter(({ state }) => state !== "synced")).toEqual([]);
  });

  test("with a deadline for the disk it is the same, but for what the record calls late", {
    timeout: 120_000,
  }, async () => {
    const { findings, events } = await traceGrants("deadline", 300, []);
    expect(findings.length).toBeGreaterThanOrEqual(24);
    const late = new Set(events.flatMap(lateAsk));
    expect(findings.filter(({ ask, state }) => state !== "synced" && !late.has(ask))).toEqual([]);
    expect(findings.filter(({ state }) => state === "synced").length).toBeGreaterThan(findings.length / 2);
  });

  test("with the sync taken out of the ledger the trace shows it at each relay", { timeout: 120_000 }, async () => {
    const { findings } = await traceGrants("unsynced", 0, [withoutSync]);
    expect(findings.length).toBeGreaterThanOrEqual(24);
    expect(findings.filter(({ state }) => state !== "written")).toEqual([]);
  });
});

interface Traced {
  readonly findings: readonly SyncFinding[];
  readonly events: readonly JournalEvent[];
}

/** Shows each card and types each PIN of the people who live there, at every reader that takes them, and comes again. */
async function traceGrants(name: string, recordDeadlineMs: number, preload: readonly string[]): Promise<Traced> {
  const [calls, trace, state] = ["calls", "trace", "state"].map((part) => join(work, `${name}.${part}`)) as [
    string,
    string,
    string,
  ];
  // As a grandchild, so that the product's own process is the one that is signaled and waited for.
  const strace = [
    stracePath,
    "-D",
    "-f",
    "-y",
    "-s",
    "20000",
    "-e",
    "trace=pwrite64,write,fsync,fdatasync",
    "-o",
    calls,
  ];
  const product = await startProduct({ config: busyConfig(recordDeadlineMs), state, trace, preload, under: strace });
  try {
    const reply = await product.change(busyPeople(Date.now()));
    expect(reply.kind).toBe("changed");
    for (let round = 0; round < 2; round += 1) await presentAll(product);
  } finally {
    await product.stop();
  }
  const { pid } = product.process;
  await poll(async () => new RegExp(`^${pid}\\s+\\+\\+\\+ exited with 0`, "m").test(readFileSync(calls, "utf8")));
  const findings = findSyncs(readFileSync(calls, "utf8").split("\n"), trace);
  return { findings, events: readJournal(join(state, "ledger.db")) };
}

async function presentAll({ board }: Product): Promise<void> {
  const people = busyHolders.filter(({ usesPerDoor }) => usesPerDoor === null);
  for (const { card, pin } of people) {
    for (const reader of busyReaders) {
      const relay = busyDoors.find(({ id }) => id === reader.door)?.relay;
      const commands = [
        ...(reader.cardBits === null ? [] : [`tap ${reader.id} ${card}`]),
        ...(reader.keys ? [`keys ${reader.id} ${pin}#`] : []),
      ];
      for (const command of commands) {
        const relocked = board.next((one) => one.kind === "relay" && one["relay"] === relay && one["cause"] === "time");
        await board.send(command);
        await relocked;
      }
    }
  }
}

/** False, with one line said, where there is no strace; under CI that is a failure instead. */
function hasStrace(): boolean {
  if (existsSync(stracePath)) return true;
  if (process.env["CI"] === "true") throw new Error(`${stracePath} is missing, and CI must have it.`);
  console.warn(`Not run here: ${stracePath} is missing; scripts/test installs it.`);
  return false;
}

const lateAsk = (event: JournalEvent): string[] =>
  event.type === "access.late" || (event.type === "access.granted" && event.late) ? [event.ask] : [];

function readJournal(database: string): JournalEvent[] {
  const reader = openJournalReader(database);
  const events: JournalEvent[] = [];
  for (let seq = 0; ; ) {
    const page = reader.after(seq, pageSize);
    events.push(...page.map(({ event }) => event));
    if (page.length < pageSize) break;
    seq = page.at(-1)?.seq ?? seq;
  }
  reader.close();
  return events;
}
