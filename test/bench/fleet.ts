// A fleet of controllers at one broker and one issuer on this machine: the link, record and keys of each are the product's own. How long
// until all are in step at first, after the broker was killed, and after a storm of events; what it takes of each machine.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { startMosquitto } from "../system/broker/mosquitto.ts";
import { removeFolder, temporaryFolder } from "../system/product.ts";
import { printHeading, printLoad } from "./figures.ts";
import { busiest, fixed, kib, mib, seconds, spread, sum, total } from "./fleet/figures.ts";
import { prepare } from "./fleet/preparation.ts";
import type { Kinds, Second, Standing, ToPart, ToWorker, Usage } from "./fleet/words.ts";
import { Child } from "./fleet/words.ts";

const count = Number(process.argv[2] ?? 2_000);
const people = 20;
const stormEvents = 50;
const perProcess = 250;
const quietMs = 60_000;
const lookEveryMs = 250;
const patienceMs = 15 * 60_000;
const openFiles = count + 4_000;

const parts: Child<ToPart>[] = [];
const root = temporaryFolder();
raiseLimit();
const broker = await startMosquitto();
const began = Date.now();
const { issuerFolder, store, names, publish } = await prepare(root, broker, count);
const first = await publish(people);
const worker = new Child<ToWorker>(new URL("./fleet/issuer.ts", import.meta.url), [issuerFolder]);
const events = new Sqlite(join(issuerFolder, "issuer.db"), { readonly: true });
await worker.ask({ kind: "usage" });
const prepared = Date.now() - began;

const empty = await openParts();
let isWhole = false;
try {
  isWhole = await measure();
} finally {
  for (const part of parts) await part.end({ kind: "close" });
  await worker.end({ kind: "close" });
  events.close();
  await store.close();
  await broker.remove();
  removeFolder(root);
}
process.exitCode = isWhole ? 0 : 1;

async function measure(): Promise<boolean> {
  const processes = `${parts.length} processes`;
  printHeading(
    "scripts/bench fleet",
    `${count} controllers of one site with a door and ${people} people of its own each, in ${processes}, over TLS with client certificates`,
  );
  console.log(`${seconds(prepared)} to make keys and certificates`);
  await connected();
  await quiet();
  await restarted();
  await stormed();
  const isRight = await checked();
  await report();
  return isRight;
}

/** Each controller is a connection and several files of a database. */
function raiseLimit(): void {
  const limit = (): number => Number(/^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]);
  if (limit() >= openFiles) return;
  try {
    execFileSync("prlimit", ["--pid", String(process.pid), `--nofile=${openFiles}:${openFiles}`], { stdio: "ignore" });
  } catch {
    console.log(`Only ${limit()} files may be open; for more, run this as root or raise "ulimit -n".`);
  }
}

async function openParts(): Promise<Usage> {
  for (let n = 0; n < count; n += perProcess) parts.push(new Child(new URL("./fleet/part.ts", import.meta.url)));
  return total(await toAll<Usage>({ kind: "usage" }));
}

async function connected(): Promise<void> {
  const from = Date.now();
  await Promise.all(
    parts.map((part, n) => {
      const mine = names.slice(n * perProcess, (n + 1) * perProcess);
      return part.ask({ kind: "open", part: { folder: root, names: mine, broker: broker.address, version: first } });
    }),
  );
  console.log(`\nFirst start: ${seconds(Date.now() - from)} until every record is made and open, connecting meanwhile`);
  const all = await inStep();
  console.log(`  all in step after ${seconds(Math.max(...all.map(({ inStepAt }) => inStepAt ?? 0)) - from)}`);
  console.log(`  each from its own start ${spread(all.map(({ openedAt, inStepAt }) => (inStepAt ?? 0) - openedAt))}`);
  await tellRates(from);
}

/** What they take while nothing happens. */
async function quiet(): Promise<void> {
  const before = [total(await toAll<Usage>({ kind: "usage" })), await worker.ask<Usage>({ kind: "usage" }), ofBroker()];
  await new Promise((done) => setTimeout(done, quietMs));
  const after = [total(await toAll<Usage>({ kind: "usage" })), await worker.ask<Usage>({ kind: "usage" }), ofBroker()];
  const [fleet, issuer, middle] = after.map(({ cpuMs }, n) => (cpuMs - (before[n]?.cpuMs ?? 0)) / (quietMs / 1_000));
  const [all, one, mqtt] = after.map(({ rssBytes }) => rssBytes);
  console.log(`\nIdle for ${seconds(quietMs)}: processor time a second, memory`);
  console.log(
    `  each controller  ${fixed((fleet ?? 0) / count, 3)} ms   ${kib(((all ?? 0) - empty.rssBytes) / count)} over an empty process`,
  );
  console.log(`  the issuer       ${fixed(issuer ?? 0, 1)} ms   ${mib(one ?? 0)}`);
  console.log(
    `  Mosquitto        ${fixed(middle ?? 0, 1)} ms   ${mib(mqtt ?? 0)}, ${kib((mqtt ?? 0) / count)} a controller`,
  );
}

/** While it is away the directory changes and each controller records an event: both must be made up for. */
async function restarted(): Promise<void> {
  await broker.kill();
  while ((await standings()).some(({ connectedAt }) => connectedAt !== null)) await nap();
  const version = await publish(people + 1);
  await toAll({ kind: "await", version });
  await toAll({ kind: "record", events: 1 });
  const at = broker.said.length;
  const from = Date.now();
  await broker.start();
  console.log(`\nBroker killed and started again; meanwhile each controller got a person more and recorded an event`);
  await tell(from, await inStep(), at);
}

async function stormed(): Promise<void> {
  const before = held();
  const from = Date.now();
  await toAll({ kind: "record", events: stormEvents });
  let recorded = 0;
  const wanted = before + count * stormEvents;
  while (held() < wanted) {
    if (recorded === 0 && sum((await standings()).map(({ head }) => head)) >= wanted) recorded = Date.now();
    if (Date.now() - from > patienceMs) throw new Error(`Only ${held()} of ${wanted} events came.`);
    await nap();
  }
  const took = Date.now() - from;
  console.log(`\nStorm: ${stormEvents} events at each controller at once, ${count * stormEvents} in all`);
  if (recorded > 0) console.log(`  on the controllers' disks after ${seconds(recorded - from)}`);
  console.log(
    `  all at the issuer after ${seconds(took)}: ${Math.round((count * stormEvents) / (took / 1_000))} events a second`,
  );
  await tell(from, await inStep());
}

/** As the issuer has it: every event of every controller, each once, and nothing noted against anybody. */
async function checked(): Promise<boolean> {
  const rows = events
    .prepare<[], { controller: string; many: number; last: number }>(
      "SELECT controller, count(*) AS many, max(seq) AS last FROM event GROUP BY controller",
    )
    .all();
  const notes = events.prepare<[], number>("SELECT count(*) FROM note").pluck().get() ?? 0;
  const heads = new Map((await standings()).map(({ name, head }) => [name, head]));
  const wrong = rows.filter(({ controller, many, last }) => many !== heads.get(controller) || last !== many);
  const isWhole = rows.length === count && wrong.length === 0 && notes === 0;
  console.log(
    `\nEvents at the issuer: ${held()}, of ${rows.length} controllers; ${wrong.length} of them not whole, ${notes} notes: ${isWhole ? "each there once" : "WRONG"}`,
  );
  return isWhole;
}

async function report(): Promise<void> {
  const { seconds: rates, kinds } = await worker.ask<{ seconds: Second[]; kinds: Kinds }>({ kind: "seconds" });
  const peak = Math.max(...rates.map(({ came, went }) => came + went));
  console.log(`\nMessages at the issuer, both ways: at most ${peak} in a second; of all phases, by kind:`);
  for (const [kind, { count: many, bytes }] of Object.entries(kinds)) {
    console.log(
      `  ${kind.padEnd(16)} ${String(many).padStart(7)}  ${String(Math.round(bytes / many)).padStart(6)} bytes each`,
    );
  }
  const disk = Number(
    execFileSync("du", ["-s", "--block-size=1", join(root, "gate-1")])
      .toString()
      .split("\t")[0],
  );
  console.log(
    `\nDisk of one controller ${kib(disk)}; the issuer's ${mib((events.pragma("page_count", { simple: true }) as number) * 4_096)}`,
  );
  const all = total(await toAll<Usage>({ kind: "usage" }));
  console.log(
    `Memory of each controller after all that ${kib((all.rssBytes - empty.rssBytes) / count)} over an empty process`,
  );
  printLoad();
}

async function tell(from: number, all: readonly Standing[], said = 0): Promise<void> {
  const [back, step] = [
    all.map(({ connectedAt }) => (connectedAt ?? 0) - from),
    all.map(({ inStepAt }) => (inStepAt ?? 0) - from),
  ];
  if (said > 0) {
    console.log(`  connected  ${spread(back)}; at most ${busiest(back)} in a second`);
    const opened = broker.said.slice(said).filter((line) => line.includes("New connection from"));
    console.log(`  the broker took ${opened.length} connections`);
  }
  console.log(`  in step    ${spread(step)}`);
  await tellRates(from);
}

async function tellRates(from: number): Promise<void> {
  const { seconds: rates } = await worker.ask<{ seconds: Second[] }>({ kind: "seconds" });
  const during = rates.filter(({ at }) => at >= Math.floor(from / 1_000));
  console.log(
    `  messages at the issuer: at most ${Math.max(0, ...during.map(({ came, went }) => came + went))} in a second`,
  );
}

async function inStep(): Promise<readonly Standing[]> {
  const from = Date.now();
  for (;;) {
    const all = await standings();
    if (all.every(({ inStepAt }) => inStepAt !== null)) return all;
    if (Date.now() - from > patienceMs) {
      const late = all.filter(({ inStepAt }) => inStepAt === null);
      throw new Error(`${late.length} controllers are not in step, ${late[0]?.name} among them.`);
    }
    await nap();
  }
}

async function toAll<Reply>(said: ToPart): Promise<readonly Reply[]> {
  return Promise.all(parts.map((part) => part.ask<Reply>(said)));
}

async function standings(): Promise<readonly Standing[]> {
  return (await toAll<readonly Standing[]>({ kind: "look" })).flat();
}

function held(): number {
  return events.prepare<[], number>("SELECT coalesce(sum(chain_seq), 0) FROM controller").pluck().get() ?? 0;
}

function ofBroker(): Usage {
  const stat = readFileSync(`/proc/${broker.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const pages = Number(readFileSync(`/proc/${broker.pid}/statm`, "utf8").split(" ")[1]);
  // In hundredths of a second; user and system.
  return { cpuMs: (Number(stat[11]) + Number(stat[12])) * 10, rssBytes: pages * 4_096 };
}

function nap(): Promise<void> {
  return new Promise((done) => setTimeout(done, lookEveryMs));
}
