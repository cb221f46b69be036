// The composition root, the only file that may import everything: puts the parts of each process together and starts them.
import { randomBytes } from "node:crypto";
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Board } from "../hal/board.ts";
import { openBoard } from "../hal/open-board.ts";
import type { LiveClock } from "../hal/sim/clock.ts";
import { createLiveClock } from "../hal/sim/clock.ts";
import type { Config } from "./config/schema.ts";
import type { FromLedger, LedgerReply, LedgerRequest, ToLedger } from "./domain/ask.ts";
import { Fault } from "./domain/fault.ts";
import type { BootId, RunId } from "./domain/ids.ts";
import type { DoorCommand, FromOffice, HealthFact, OfficeOpening, Sample, ToOffice } from "./domain/status.ts";
import { DoorLoop } from "./doorloop/loop.ts";
import type { ControlSocket } from "./ops/control-socket.ts";
import { serveControl } from "./ops/control-socket.ts";
import type { EntryCode } from "./ops/entry-code.ts";
import { makeEntryCode } from "./ops/entry-code.ts";
import { createHealth } from "./ops/health.ts";
import { askSocket } from "./ops/line-client.ts";
import { log } from "./ops/log.ts";
import { samplePeople } from "./ops/sample-people.ts";
import type { StatePaths } from "./ops/state-paths.ts";
import { statePaths } from "./ops/state-paths.ts";
import { superviseChild } from "./ops/supervise.ts";

export interface RunOptions {
  /** Null runs the simulated site that ships with Postern. */
  readonly configPath: string | null;
  readonly stateDir: string;
  readonly keysDir: string | null;
  readonly tracePath: string | null;
  /** Shows the console's one-time code to a person; never a log. */
  readonly showEntry: (entry: EntryCode, address: string) => void;
}

const version = (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }).version;
const simulatedSite = fileURLToPath(new URL("../config.example.json", import.meta.url));
const modulePath = fileURLToPath(import.meta.url);

export interface Controller {
  readonly stopped: Promise<void>;
  stop(): Promise<void>;
}

/** Starts a controller in the order that lets a door open soonest: wires, ledger, then everything else. */
export async function runController(options: RunOptions): Promise<Controller> {
  mkdirSync(options.stateDir, { recursive: true, mode: 0o700 });
  const paths = statePaths(options.stateDir, options.keysDir);
  const main = new MainProcess(options, paths);
  await main.start();
  return main;
}

class MainProcess implements Controller {
  readonly stopped: Promise<void>;
  readonly #options: RunOptions;
  readonly #paths: StatePaths;
  readonly #clock: LiveClock = createLiveClock({});
  readonly #health = createHealth(
    () => this.#clock.wall(),
    () => this.#publish(),
  );
  readonly #run = randomBytes(9).toString("base64url") as RunId;
  #resolveStopped: () => void = () => {};
  #publishing = false;
  #site: LoadedSite | null = null;

  constructor(options: RunOptions, paths: StatePaths) {
    this.#options = options;
    this.#paths = paths;
    this.stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve;
    });
  }
}
