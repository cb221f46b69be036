// From an exit button's input, injected by this process, to the relay's effect in the product's: idle, with the ledger stuck
// in a native call and the office in an endless loop, with 5,000 presentations a second pouring in, and with both.
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { LedgerReply } from "../../src/domain/ask.ts";
import { openJournalReader } from "../../src/ledger/journal-reader.ts";
import { askSocket } from "../../src/ops/line-client.ts";
import type { Product } from "../system/product.ts";
import { poll, removeFolder, startProduct } from "../system/product.ts";
import { people } from "../system/stall-site.ts";
import { hasStrace, loopingOffice, slowSyncs } from "../system/stalls.ts";
import { median, ms, printHeading, printLoad, quantile, times } from "./figures.ts";
import { manyDoors, pressedDoors } from "./many-doors.ts";
import type { Presses } from "./presses.ts";
import { pressAll } from "./presses.ts";

const rounds = Number(process.argv[2] ?? 10);
const presses = 1_000;
const pressEveryMs = 5;
const limitMs = 20;
const pouredPerSecond = 5_000;
/** Longer than the presses take, shorter than the patience with a silent child. */
const stallMs = 6_000;

interface Condition {
  readonly name: string;
  readonly stalled: boolean;
  readonly poured: boolean;
}

const conditions: readonly Condition[] = [
  { name: "idle", stalled: false, poured: false },
  { name: "ledger stuck, office looping", stalled: true, poured: false },
  { name: "5,000 presentations a second", stalled: false, poured: true },
  { name: "all of it", stalled: true, poured: true },
];

if (!hasStrace()) process.exit(1);
const product = await startProduct({ config: manyDoors(), preload: [loopingOffice] });
await product.until("office");
await product.change(people);
const runs = new Map<Condition, Presses[]>(conditions.map((condition) => [condition, []]));
for (let round = 0; round < rounds; round += 1) {
  for (const condition of conditions) runs.get(condition)?.push(await runOnce(product, condition));
}
await product.stop();
for (const path of [product.state, `${product.state}.config.json`]) removeFolder(path);
process.exitCode = report() ? 0 : 1;

async function runOnce(site: Product, condition: Condition): Promise<Presses> {
  await untilQuiet(site);
  const stall = condition.stalled ? await stallChildren(site) : null;
  const pour = condition.poured ? await startPour(site) : null;
  const result = await pressAll(site, presses, pressEveryMs);
  await stall?.end();
  await pour?.end();
  return result;
}

/** What the last run left behind is done: both children answer, and the record grows no more. */
async function untilQuiet(site: Product): Promise<void> {
  await site.until("ledger");
  await site.until("office");
  const journal = openJournalReader(join(site.state, "ledger.db"));
  let head = -1;
  await poll(async () => {
    const before = head;
    head = journal.head();
    return head === before;
  }, 500);
  journal.close();
}

interface Disturbance {
  end(): Promise<void>;
}

/** Each sync of the ledger's waits at the kernel's door; the office loops. Both are held against their word at the end. */
async function stallChildren(site: Product): Promise<Disturbance> {
  const [ledger, office] = [site.pidOf("ledger"), site.pidOf("office")];
  if (ledger === null || office === null) throw new Error("a child of the product is missing");
  const disk = await slowSyncs(ledger, stallMs);
  process.kill(office, "SIGUSR2");
  await site.board.send(`press exit-${pressedDoors} 20ms`);
  return {
    end: async () => {
      const isStuck = await askSocket<LedgerReply>(
        join(site.state, "ledger.sock"),
        { kind: "export", after: null },
        100,
      ).then(
        () => false,
        () => true,
      );
      if (!isStuck || site.pidOf("ledger") !== ledger) throw new Error("the ledger was not stuck all the time");
      await disk.heal();
    },
  };
}

async function startPour(site: Product): Promise<Disturbance> {
  const script = join(import.meta.dirname, "pour.ts");
  const pour: ChildProcess = spawn(process.execPath, [script, join(site.state, "board.sock"), `${pouredPerSecond}`], {
    stdio: "ignore",
  });
  await site.board.next((message) => message.kind === "event");
  return {
    end: async () => {
      pour.kill();
      if (pour.exitCode === null && pour.signalCode === null) await once(pour, "exit");
    },
  };
}

function report(): boolean {
  const what = `${presses} presses a run, ${rounds} interleaved runs a condition; each figure the median of the runs, in ms`;
  printHeading("scripts/bench exit-latency", what);
  console.log("from the press in another process to the relay's effect there                     at the board itself");
  console.log(`${"".padEnd(30)}      p50      p99      max   p99: to idle   limit          p99   max   presented/s`);
  const middle = (all: readonly Presses[], of: (run: Presses) => number) => median(all.map(of));
  const p99Of = (all: readonly Presses[]) => middle(all, (run) => quantile(run.outside, 0.99));
  const idle = p99Of([...runs.values()][0] ?? []);
  let isGood = true;
  for (const [{ name }, all] of runs) {
    const p99 = p99Of(all);
    isGood &&= p99 < limitMs;
    const [p50, max] = [0.5, 1].map((q) => middle(all, (run) => quantile(run.outside, q)));
    const [innerP99, innerMax] = [0.99, 1].map((q) => middle(all, (run) => quantile(run.inside, q)));
    const outside = [p50, p99, max].map((value) => ms(value ?? Number.NaN)).join(" ");
    const rate = middle(all, (run) => run.presentedPerSecond).toFixed(0);
    const verdict = `< ${limitMs} ${p99 < limitMs ? "held" : "MISSED"}`.padEnd(12);
    console.log(
      `${name.padEnd(30)} ${outside}        ${times(p99 / idle)}   ${verdict} ${`${innerP99}`.padStart(5)} ${`${innerMax}`.padStart(5)} ${rate.padStart(13)}`,
    );
  }
  printLoad();
  return isGood;
}
