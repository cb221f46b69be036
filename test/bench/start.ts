// From the start of `postern run` to the first effects at the doors, beside the start of an empty Node process.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { connectBoard, postern, removeFolder, startProduct } from "../system/product.ts";
import { ana, people } from "../system/stall-site.ts";
import { median, ms, printHeading, printLoad, quantile, times } from "./figures.ts";
import { manyDoors } from "./many-doors.ts";

const rounds = Number(process.argv[2] ?? 20);
/** Processes of Node that start one after the other before a first decision: the main one and the ledger. */
const limitTimes = 3;
const retryMs = 2;

interface Start {
  /** Milliseconds since the spawn. */
  readonly exit: number;
  readonly card: number;
}

const product = await startProduct({ config: manyDoors() });
await product.until("office");
await product.change(people);
await product.stop();
const { state } = product;
const empty: number[] = [];
const known: Start[] = [];
const changed: Start[] = [];
for (let round = 0; round < rounds; round += 1) {
  empty.push(await startEmpty());
  known.push(await startPostern());
  rmSync(join(state, "understood-config.json"));
  changed.push(await startPostern());
}
for (const path of [state, `${state}.config.json`]) removeFolder(path);
process.exitCode = report() ? 0 : 1;

async function startEmpty(): Promise<number> {
  const startedAt = performance.now();
  await once(spawn(process.execPath, ["-e", "0"], { stdio: "ignore" }), "exit");
  return performance.now() - startedAt;
}

async function startPostern(): Promise<Start> {
  const [socket, ledgerSocket] = [join(state, "board.sock"), join(state, "ledger.sock")];
  rmSync(ledgerSocket, { force: true });
  const startedAt = performance.now();
  const child = spawn(process.execPath, [postern, "run", "--state", state, "--config", `${state}.config.json`], {
    stdio: "ignore",
  });
  await untilThere(socket);
  const board = await connectBoard(socket);
  const moved = async (relay: string): Promise<number> => {
    await board.next((one) => one.kind === "relay" && one["relay"] === relay && one["energized"] === true);
    return performance.now() - startedAt;
  };
  const tap = () => board.push(`tap reader-1 ${ana.card}`);
  board.onMessage((one) => {
    // Who comes a moment before the ledger is ready is turned away at once, and tries again.
    if (one.kind === "signal" && one["signal"] === "denied") setTimeout(tap, retryMs);
  });
  const effects = Promise.all([moved("relay-0"), moved("relay-1")]);
  board.push("press exit-0 20ms");
  // The last that a ledger does before it is ready; to try all the time until then would give it denials to record.
  await untilThere(ledgerSocket);
  tap();
  const [exit, card] = await effects;
  board.close();
  child.kill("SIGTERM");
  await once(child, "exit");
  return { exit, card };
}

async function untilThere(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 1));
}

function report(): boolean {
  printHeading("scripts/bench start", `${rounds} interleaved starts each, in ms since the spawn`);
  const base = median(empty);
  const line = (title: string, values: readonly number[], limit = "") => {
    const middle = median(values);
    console.log(
      `${title.padEnd(52)} ${ms(middle)} ${ms(quantile(values, 0.9))}   ${times(middle / base)}${limit}`.trimEnd(),
    );
  };
  console.log(`${"".padEnd(52)}      p50      p90   p50: to empty`);
  line("an empty Node process, from start to end", empty);
  line("an exit button opens", take(known, "exit"));
  const held = median(take(known, "card")) < limitTimes * base;
  line(
    "a card is let in, its event on the disk",
    take(known, "card"),
    `   < ${limitTimes} ${held ? "held" : "MISSED"}`,
  );
  line("an exit button opens, configuration new or changed", take(changed, "exit"));
  line("a card is let in, configuration new or changed", take(changed, "card"));
  printLoad();
  return held;
}

function take(starts: readonly Start[], what: keyof Start): number[] {
  return starts.map((start) => start[what]);
}
