// From an exit button's input, injected by this process, to the relay's effect in the product's: idle, with the ledger stuck
// in a native call and the office in an endless loop, and with 5,000 presentations a second pouring in.
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { LedgerReply } from "../../src/domain/ask.ts";
import { askSocket } from "../../src/ops/line-client.ts";
import type { Product } from "../system/product.ts";
import { removeFolder, startProduct } from "../system/product.ts";
import { doorCount, manyDoors } from "./many-doors.ts";

const presses = 1_000;
const pressEveryMs = 5;
const rounds = Number(process.argv[2] ?? 10);
const limitMs = 20;
const pouredPerSecond = 5_000;

interface Helper {
  readonly process: ChildProcess;
  readonly ended: Promise<unknown>;
}

interface Condition {
  readonly name: string;
  readonly stalled: boolean;
  readonly poured: boolean;
}

const conditions: readonly Condition[] = [
  { name: "idle", stalled: false, poured: false },
  { name: "ledger stuck, office looping", stalled: true, poured: false },
  { name: "5,000 presentations a second", stalled: false, poured: true },
  { name: "both", stalled: true, poured: true },
];

const product = await startProduct({
  config: manyDoors(),
  preload: [join(import.meta.dirname, "looping-office.mjs")],
});
await product.until("office");
const runs = new Map<Condition, number[][]>(conditions.map((condition) => [condition, []]));
for (let round = 0; round < rounds; round += 1) {
  for (const condition of conditions) runs.get(condition)?.push(await runOnce(product, condition));
}
await product.stop();
removeFolder(product.state);
process.exitCode = report() ? 0 : 1;

async function runOnce(site: Product, condition: Condition): Promise<number[]> {
  await site.until("ledger");
  await site.until("office");
  const stall = condition.stalled ? await stallChildren(site) : null;
  const pour = condition.poured ? startPour(site) : null;
  const latencies = await pressAll(site);
  if (stall !== null && !(await isStuck(site))) throw new Error("the ledger answered while it was to be stuck");
  await pour?.ended;
  stall?.process.kill("SIGINT");
  await stall?.ended;
  return latencies.sort((a, b) => a - b);
}

/** Each sync of the ledger's takes five seconds, in the kernel's entry to it; the office loops for six. */
async function stallChildren(site: Product): Promise<Helper> {
  const ledger = site.pidOf("ledger");
  const office = site.pidOf("office");
  if (ledger === null || office === null) throw new Error("a child of the product is missing");
  const calls = "fsync,fdatasync";
  const tracer = spawn(
    "strace",
    ["-f", "-p", `${ledger}`, "-e", `trace=${calls}`, "-e", `inject=${calls}:delay_enter=6000000`],
    {
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  await once(tracer.stderr, "data");
  process.kill(office, "SIGUSR2");
  await site.board.send("tap reader-0 00B775D2");
  return { process: tracer, ended: once(tracer, "exit") };
}

async function isStuck(site: Product): Promise<boolean> {
  const asked = askSocket<LedgerReply>(join(site.state, "ledger.sock"), { kind: "directory" }, 300);
  return asked.then(
    () => false,
    () => true,
  );
}

function startPour(site: Product): Helper {
  const seconds = (presses * pressEveryMs) / 1_000;
  const script = join(import.meta.dirname, "pour.ts");
  const words = [script, join(site.state, "board.sock"), `${pouredPerSecond}`, `${seconds}`];
  const pour = spawn(process.execPath, words, { stdio: "ignore" });
  return { process: pour, ended: once(pour, "exit") };
}

/** Presses only at doors that are locked again, so that each press has a relay to move. */
async function pressAll(site: Product): Promise<number[]> {
  const free = Array.from({ length: doorCount }, (_, n) => n);
  const pressedAt = new Map<number, number>();
  const latencies: number[] = [];
  const done = Promise.withResolvers<void>();
  const forget = site.board.onMessage((message) => {
    if (message.kind !== "relay") return;
    const door = Number(String(message["relay"]).slice("relay-".length));
    const at = pressedAt.get(door);
    pressedAt.delete(door);
    if (message["energized"] === false) free.push(door);
    else if (at !== undefined) latencies.push(performance.now() - at);
    // The next run needs every door locked again.
    if (latencies.length === presses && free.length === doorCount) done.resolve();
  });
  const startedAt = performance.now();
  let pressed = 0;
  const timer = setInterval(() => {
    const due = Math.min(presses, Math.floor((performance.now() - startedAt) / pressEveryMs));
    for (; pressed < due; pressed += 1) {
      const door = free.shift();
      if (door === undefined) break;
      pressedAt.set(door, performance.now());
      site.board.push(`press exit-${door} 20ms`);
    }
    if (pressed >= presses) clearInterval(timer);
  }, 1);
  const giveUp = setTimeout(
    () => done.reject(new Error(`${latencies.length} of ${presses} presses moved a relay`)),
    30_000,
  );
  await done.promise;
  clearTimeout(giveUp);
  forget();
  return latencies;
}

function report(): boolean {
  const middle = (values: readonly number[]) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  const quantile = (sorted: readonly number[], q: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
  console.log(`${presses} presses a run, ${rounds} interleaved runs a condition; medians of the runs, in ms:`);
  console.log(`${"condition".padEnd(32)}      p50      p99      max   p99 limit`);
  let good = true;
  for (const [condition, all] of runs) {
    const [p50, p99, max] = [0.5, 0.99, 1].map((q) => middle(all.map((run) => quantile(run, q))));
    good &&= (p99 ?? Number.NaN) < limitMs;
    const figures = [p50, p99, max].map((value) => (value ?? Number.NaN).toFixed(2).padStart(8)).join(" ");
    console.log(
      `${condition.name.padEnd(32)} ${figures}   ${limitMs} ${(p99 ?? Number.NaN) < limitMs ? "held" : "MISSED"}`,
    );
  }
  return good;
}
