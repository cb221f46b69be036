// The ledger's process: its files, its messages to and from the door loop, its socket, and its end with the door loop.
import type { FromLedger, ToLedger } from "../domain/ask.ts";
import { Fault } from "../domain/fault.ts";
import type { Instant } from "../domain/time.ts";
import { monoMs, unixMs } from "../domain/time.ts";
import { ChangeDesk } from "./change-desk.ts";
import { endedUncleanly, isDamage, readSuspicion, suspect } from "./damage.ts";
import { Desk } from "./desk.ts";
import { DiskReserve } from "./disk-reserve.ts";
import { readSubKey } from "./keys.ts";
import type { LedgerPaths } from "./open-ledger.ts";
import { openLedger } from "./open-ledger.ts";
import { createPinHash, PinQueue } from "./pin-hash.ts";
import { RequestServer } from "./requests.ts";
import { rescuePurpose } from "./rescue-seal.ts";
import type { RescueFiles, Upkeep } from "./upkeep.ts";

export interface LedgerProcessPaths extends LedgerPaths {
  readonly ledgerSocket: string;
}

export function runLedger(paths: LedgerProcessPaths, rescue: RescueFiles | null = null): void {
  const toDoorLoop = process.send?.bind(process);
  if (toDoorLoop === undefined) throw new Fault("ledger.alone", "The ledger is started by the main process.");
  const send = (message: FromLedger): void => {
    // The door loop may end at any moment; `disconnect` says so.
    if (process.connected) toDoorLoop(message, undefined, undefined, () => {});
  };
  // Ctrl-C and a service manager's stop reach the whole group; what the door loop still has to say is taken first.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => {});
  const { database } = paths;
  const fail = (error: unknown): never => {
    if (isDamage(error)) rememberDamage(database);
    return end(error);
  };
  let server: RequestServer | null = null;
  try {
    const checkRecordFirst = endedUncleanly(database) || readSuspicion(database) !== null;
    const ledger = openLedger(paths, { now, report });
    const pins = new PinQueue(createPinHash(ledger.siteSalt));
    let upkeep: Upkeep | "unwanted" | "loading" = "unwanted";
    const grew = (seq: number): void => {
      server?.grew(seq);
      if (typeof upkeep === "object") upkeep.noticed();
    };
    const reserve = new DiskReserve(database);
    const schedule = setImmediate;
    const desk = new Desk({ ledger, pins, now, send, schedule, after, grew, report, onDamage: fail, reserve });
    const rescueParts = rescue === null ? null : { ...rescue, key: readSubKey(paths, rescuePurpose) };
    const parts = { ledger, desk, database, reserve, rescue: rescueParts, checkRecordFirst, send, after, grew, fail };
    const changes = new ChangeDesk({ ledger, pins, desk, grew });
    const requests = new RequestServer(paths.ledgerSocket, { ledger, desk, changes, report, onTaken: end });
    server = requests;
    process.on("message", (message: ToLedger) => {
      try {
        desk.receive(message);
        if (upkeep !== "unwanted" || message.kind !== "open") return;
        upkeep = "loading";
        // Loading takes a moment in which nothing is answered: whoever sees the ledger ready must find its socket, too.
        requests.settled
          .then(() => import("./upkeep.ts"))
          .then(({ startUpkeep }) => {
            upkeep = startUpkeep(parts);
          }, fail);
      } catch (error) {
        fail(error);
      }
    });
    process.on("disconnect", () => {
      server?.close();
      desk.flush();
      ledger.close();
      process.exit(0);
    });
  } catch (error) {
    fail(error);
  }
}

const after = (ms: number, run: () => void): void => void setTimeout(run, ms);

/** Where even that cannot be written, the next start finds out by itself or from SQLite again. */
function rememberDamage(database: string): void {
  try {
    suspect(database);
  } catch (error) {
    report(error);
  }
}

/** What is committed is safe; the main process starts another one. */
function end(error: unknown): never {
  report(error);
  process.exit(1);
}

/** Whether the wall clock is to be trusted only the door loop knows; the desk takes its word from what it sends. */
function now(): Instant {
  return { wall: unixMs(Date.now()), mono: monoMs(Number(process.hrtime.bigint()) / 1e6), trusted: false };
}

/** Standard error is the service's log. Messages of this folder never hold a secret. */
function report(error: unknown): void {
  const code = error instanceof Fault ? `${error.code}: ` : "";
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : "";
  console.error(`ledger: ${code}${error instanceof Error ? error.message : String(error)}${cause}`);
}
