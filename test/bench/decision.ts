// From a card or a PIN at a reader, presented by this process, to the relay's effect; beside what the disk and the slow hash
// take for themselves in the same run.
import { argon2, randomBytes } from "node:crypto";
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { pinHashCost } from "../../src/ledger/pin-hash.ts";
import { removeFolder, startProduct } from "../system/product.ts";
import { ana, people } from "../system/stall-site.ts";
import { ms, printHeading, printLoad, quantile, times } from "./figures.ts";
import { doorCount, manyDoors } from "./many-doors.ts";

const rounds = Number(process.argv[2] ?? 10);
const perRound = 20;
const pauseMs = 10;
const rawBytes = 12 * 1_024;
const rawPlaces = 64;

const product = await startProduct({ config: manyDoors() });
await product.until("office");
await product.change(people);
const rawFile = openSync(join(product.state, "raw"), "w");
for (let place = 0; place < rawPlaces; place += 1) writeSync(rawFile, randomBytes(rawBytes));
fdatasyncSync(rawFile);

const free = Array.from({ length: doorCount }, (_, n) => n);
product.board.onMessage((message) => {
  if (message.kind !== "relay" || message["energized"] !== false) return;
  free.push(Number(String(message["relay"]).slice("relay-".length)));
});

const slowHash = promisify(argon2);
let written = 0;
const samples = {
  exit: () => opened((door) => `press exit-${door} 20ms`),
  card: () => opened((door) => `tap reader-${door} ${ana.card}`),
  pin: () => opened((door) => `keys reader-${door} ${ana.pin}#`),
  disk: async () => {
    written += 1;
    writeSync(rawFile, randomBytes(rawBytes), 0, rawBytes, (written % rawPlaces) * rawBytes);
    fdatasyncSync(rawFile);
  },
  hash: () => slowHash("argon2id", { message: ana.pin, nonce: "a site's own salt", ...pinHashCost }),
};
type Name = keyof typeof samples;
const names = Object.keys(samples) as Name[];
const taken = new Map<Name, number[]>(names.map((name) => [name, []]));

for (let round = 0; round < rounds; round += 1) {
  for (const name of names) {
    for (let n = 0; n < perRound; n += 1) taken.get(name)?.push(await timed(samples[name]));
  }
}
await product.stop();
closeSync(rawFile);
for (const path of [product.state, `${product.state}.config.json`]) removeFolder(path);
report();

/** One person at a time: what the one before has left to record is on the disk before the next one comes. */
async function timed(sample: () => Promise<unknown>): Promise<number> {
  while (free.length < doorCount) await product.board.next((message) => message.kind === "relay");
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
  const startedAt = performance.now();
  await sample();
  return performance.now() - startedAt;
}

/** Resolves when the relay of a door that was locked has moved. */
async function opened(command: (door: number) => string): Promise<void> {
  const door = free.shift() ?? 0;
  const moved = product.board.next(
    (message) => message.kind === "relay" && message["relay"] === `relay-${door}` && message["energized"] === true,
  );
  product.board.push(command(door));
  await moved;
}

function report(): void {
  const what = `${rounds * perRound} samples each, in ${rounds} interleaved rounds, in ms`;
  printHeading("scripts/bench decision", what);
  const of = (name: Name, q: number) => quantile(taken.get(name) ?? [], q);
  const lines: readonly (readonly [name: Name, title: string, beside: Name | null])[] = [
    ["exit", "exit button to relay", null],
    ["card", "card to relay, recorded", "disk"],
    ["pin", "PIN to relay, recorded", "hash"],
    ["disk", "12 KB written and synced", null],
    ["hash", "argon2id as PINs have it", null],
  ];
  console.log(`${"".padEnd(28)}      p50      p99`);
  for (const [name, title, beside] of lines) {
    const ratio = beside === null ? "" : `   p50 ${times(of(name, 0.5) / of(beside, 0.5))} the ${beside}'s own`;
    console.log(`${title.padEnd(28)} ${ms(of(name, 0.5))} ${ms(of(name, 0.99))}${ratio}`);
  }
  printLoad();
}
