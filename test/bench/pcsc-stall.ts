// From an exit button's press to its relay's move, in a door loop with readers at a real pcscd: with nobody there, with cards being
// shown, with pcscd stopped, with it killed and started again, and with the process that talks to it killed.
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { setPriority } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { pcscDrivers } from "../../hal/card-profile.ts";
import { hasPcscd } from "../system/pcscd.ts";
import { median, ms, printHeading, printLoad, quantile, times } from "./figures.ts";
import { doorCount } from "./many-doors.ts";

const rounds = Number(process.argv[2] ?? 10);
const drivers = process.argv[3] === undefined ? pcscDrivers : pcscDrivers.filter((one) => one === process.argv[3]);
const presses = 600;
const pressEveryMs = 5;
const limitTimes = 2;
/** Where a process is started meanwhile, which takes the doors' own some milliseconds: what an exit button may take at all. */
const limitMs = 20;
interface Condition {
  readonly name: string;
  readonly cards: boolean;
  readonly startsProcess?: true;
  readonly begin?: (site: Site) => Promise<void> | void;
  readonly end?: (site: Site) => Promise<void> | void;
}

const conditions: readonly Condition[] = [
  { name: "nobody there", cards: false },
  { name: "cards shown", cards: true },
  {
    name: "pcscd stopped",
    cards: true,
    begin: ({ world }) => world.tell("stop"),
    end: ({ world }) => world.tell("go"),
  },
  { name: "pcscd killed and started", cards: true, begin: ({ world }) => world.tell("restart") },
  { name: "its process killed", cards: true, startsProcess: true, begin: async (site) => site.killProcess() },
];

/** pcscd and the cards before its reader. */
class World {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    this.#child = spawn(process.execPath, [join(import.meta.dirname, "pcsc-world.ts")], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#lines = createInterface({ input: this.#child.stdout as Readable })[Symbol.asyncIterator]();
  }

  async next(): Promise<string> {
    return (await this.#lines.next()).value ?? "";
  }

  async tell(order: string): Promise<void> {
    this.#child.stdin?.write(`${order}\n`);
    await this.next();
  }
}

class Site {
  readonly world: World;
  readonly #child: ChildProcess;
  readonly #pressedAt = new Map<number, number>();
  #delays: number[] = [];
  #state: ((words: readonly string[]) => void) | null = null;
  cardsRead = 0;

  constructor(world: World, socket: string, driver: string) {
    this.world = world;
    this.#child = spawn(process.execPath, [join(import.meta.dirname, "pcsc-doors.ts"), driver], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, PCSCLITE_CSOCK_NAME: socket },
    });
    if (this.#child.stdout !== null)
      createInterface({ input: this.#child.stdout }).on("line", (line) => this.#hear(line));
  }

  #hear(line: string): void {
    const [word, ...rest] = line.split(" ");
    if (word === "card") this.cardsRead += 1;
    if (word === "state") this.#state?.(rest);
    const door = Number(rest[0]);
    const at = this.#pressedAt.get(door);
    if (word !== "relay" || at === undefined) return;
    this.#pressedAt.delete(door);
    this.#delays.push(performance.now() - at);
  }

  #write(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  async #ask(): Promise<readonly string[]> {
    return new Promise((resolve) => {
      this.#state = resolve;
      this.#write("state");
    });
  }

  async ready(): Promise<void> {
    while ((await this.#ask())[0] !== "ok") await pause(100);
    await pause(500);
  }

  async killProcess(): Promise<void> {
    process.kill(Number((await this.#ask())[1]), "SIGKILL");
  }

  /** Each door is locked again by the time its turn comes round. */
  async press(): Promise<readonly number[]> {
    this.#delays = [];
    const from = performance.now();
    for (let pressed = 0; pressed < presses; ) {
      const due = Math.min(presses, Math.floor((performance.now() - from) / pressEveryMs));
      for (; pressed < due; pressed += 1) {
        const door = pressed % doorCount;
        this.#pressedAt.set(door, performance.now());
        this.#write(`press ${door}`);
      }
      await pause(1);
    }
    await pause(200);
    if (this.#delays.length < presses * 0.8)
      throw new Error(`${this.#delays.length} of ${presses} presses moved a relay`);
    return this.#delays;
  }

  stop(): void {
    this.#child.stdin?.end();
  }
}

if (!hasPcscd()) {
  console.error("Debian's packages pcscd and vsmartcard-vpcd are missing.");
  process.exit(1);
}
stepAhead();
const runs = new Map<string, (readonly number[])[]>();
const read = new Map<string, number>();
for (const driver of drivers) await measure(driver);
process.exitCode = report() ? 0 : 1;

/** Ahead of whatever else this machine does, all processes of this bench alike; where that is not allowed, as they are. */
function stepAhead(): void {
  try {
    setPriority(-10);
  } catch {
    console.error("Without the right to run ahead of others, what they do is in these figures.");
  }
}

async function measure(driver: string): Promise<void> {
  const world = new World();
  const site = new Site(world, await world.next(), driver);
  for (let round = 0; round < rounds; round += 1) {
    // Whoever begins has it no better than the others, over all rounds.
    const first = round % conditions.length;
    for (const condition of [...conditions.slice(first), ...conditions.slice(0, first)]) {
      await site.ready();
      const before = site.cardsRead;
      const delays = await runOnce(site, condition);
      const key = `${driver} ${condition.name}`;
      runs.set(key, [...(runs.get(key) ?? []), delays]);
      read.set(key, (read.get(key) ?? 0) + site.cardsRead - before);
    }
  }
  site.stop();
  await world.tell("end");
}

async function runOnce(site: Site, { cards: isBusy, begin, end }: Condition): Promise<readonly number[]> {
  if (isBusy) await site.world.tell("show");
  const [delays] = await Promise.all([site.press(), begin?.(site)]);
  if (isBusy) await site.world.tell("clear");
  await end?.(site);
  return delays;
}

function report(): boolean {
  const what = `${presses} presses a run, ${rounds} interleaved runs a condition; each figure the median of the runs, in ms`;
  printHeading("scripts/bench pcsc-stall", what);
  console.log("from the press in another process to the relay's move there");
  console.log(`${"".padEnd(36)}      p50      p99      max   p99: to nobody there   limit      cards read`);
  let isGood = true;
  for (const driver of drivers) {
    const p99Of = (name: string) => median((runs.get(`${driver} ${name}`) ?? []).map((run) => quantile(run, 0.99)));
    const idle = p99Of("nobody there");
    for (const { name, startsProcess } of conditions) {
      const all = runs.get(`${driver} ${name}`) ?? [];
      const [p50, p99, max] = [0.5, 0.99, 1].map((q) => ms(median(all.map((run) => quantile(run, q)))));
      const ratio = p99Of(name) / idle;
      const isHeld = startsProcess === true ? p99Of(name) < limitMs : ratio <= limitTimes;
      isGood &&= isHeld;
      const limit = startsProcess === true ? `< ${limitMs} ms` : `<= ${limitTimes}x`;
      const verdict = `${limit} ${isHeld ? "held" : "MISSED"}`.padEnd(15);
      const cardsRead = String(read.get(`${driver} ${name}`) ?? 0).padStart(6);
      console.log(
        `${`${driver}: ${name}`.padEnd(36)} ${p50} ${p99} ${max}   ${times(ratio)}                 ${verdict}   ${cardsRead}`,
      );
    }
  }
  printLoad();
  return isGood;
}
