// The composition root, the only file that may import everything: puts the parts of each process together and starts them.
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { setImmediate } from "node:timers";
import { fileURLToPath } from "node:url";
import { openBoard } from "../hal/open-board.ts";
import type { LiveClock } from "../hal/sim/clock.ts";
import { createLiveClock } from "../hal/sim/clock.ts";
import type { FromLedger, LedgerReply, LedgerRequest, ToLedger } from "./domain/ask.ts";
import type { JournalEvent } from "./domain/events.ts";
import { Fault } from "./domain/fault.ts";
import type { BootId, RunId } from "./domain/ids.ts";
import type { DoorCommand, FromOffice, OfficeOpening, Sample, ToOffice } from "./domain/status.ts";
import { DoorLoop } from "./doorloop/loop.ts";
import type { ControlSocket } from "./ops/control-socket.ts";
import { serveControl } from "./ops/control-socket.ts";
import type { EntryCode } from "./ops/entry-code.ts";
import { makeEntryCode } from "./ops/entry-code.ts";
import { createHealth } from "./ops/health.ts";
import { askSocket } from "./ops/line-client.ts";
import { log } from "./ops/log.ts";
import type { StatePaths } from "./ops/state-paths.ts";
import { statePaths } from "./ops/state-paths.ts";
import type { Supervision } from "./ops/supervise.ts";
import { superviseChild } from "./ops/supervise.ts";

export interface RunOptions {
  /** Null runs the simulated site that ships with Postern. */
  readonly configPath: string | null;
  readonly stateDir: string;
  readonly keysDir: string | null;
  readonly tracePath: string | null;
  /** Shows the console's one-time code to a person; never to a log. */
  readonly showEntry: (entry: EntryCode, address: string, file: string) => void;
}

export interface Controller {
  readonly stopped: Promise<void>;
  stop(): Promise<void>;
}
