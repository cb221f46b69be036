// The ledger's process: its files, its messages to and from the door loop, its socket, and its end with the door loop.
import type { FromLedger, ToLedger } from "../domain/ask.ts";
import { Fault } from "../domain/fault.ts";
import type { Instant } from "../domain/time.ts";
import { monoMs, unixMs } from "../domain/time.ts";
import { ChangeDesk } from "./change-desk.ts";
import { CopyKeeper } from "./copy-keeper.ts";
import { copyInThread } from "./copy-thread.ts";
import { damagedFault, dropSuspicion, endedUncleanly, isDamage, readSuspicion, suspect } from "./damage.ts";
import { Desk } from "./desk.ts";
import { goodCopyPath } from "./good-copy.ts";
import { Housekeeping } from "./housekeeping.ts";
import type { Ledger } from "./ledger.ts";
import type { LedgerPaths } from "./open-ledger.ts";
import { openLedger } from "./open-ledger.ts";
import { createPinHash, PinQueue } from "./pin-hash.ts";
import { RequestServer } from "./requests.ts";

export interface LedgerProcessPaths extends LedgerPaths {
  readonly ledgerSocket: string;
}

export function runLedger(paths: LedgerProcessPaths): void {
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
    const copies = keepCopies({ ledger, database, checkRecordFirst, send, fail });
    const grew = (seq: number): void => {
      server?.grew(seq);
      copies.noticed();
    };
    const desk = new Desk({ ledger, pins, now, send, schedule: setImmediate, after, grew, report, onDamage: fail });
    const housekeeping = keepHouse(ledger, desk, grew);
    const changes = new ChangeDesk({ ledger, pins, desk, grew });
    server = new RequestServer(paths.ledgerSocket, { ledger, desk, changes, report, onTaken: end });
    process.on("message", (message: ToLedger) => {
      try {
        desk.receive(message);
        if (message.kind !== "open") return;
        copies.noticed();
        housekeeping.begin();
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

interface CopyParts {
  readonly ledger: Ledger;
  readonly database: string;
  readonly checkRecordFirst: boolean;
  readonly send: (message: FromLedger) => void;
  readonly fail: (error: unknown) => never;
}

function keepCopies({ ledger, database, checkRecordFirst, send, fail }: CopyParts): CopyKeeper {
  return new CopyKeeper({
    mark: () => ledger.copyMark,
    make: (checkRecord, done) =>
      copyInThread(
        { source: database, target: goodCopyPath(database), madeWall: Date.now(), checkRecord },
        (outcome) => {
          if (outcome.made) dropSuspicion(database);
          done(outcome);
        },
      ),
    checkRecordFirst,
    after,
    tell: (why) => send({ kind: "copied", why }),
    onDamage: (why) => fail(damagedFault(why, database)),
  });
}

function keepHouse(ledger: Ledger, desk: Desk, grew: (seq: number) => void): Housekeeping {
  const step = (): boolean => {
    const before = ledger.headSeq;
    const more = ledger.forgetStep(desk.instant());
    if (ledger.headSeq !== before) grew(ledger.headSeq);
    return more;
  };
  return new Housekeeping({ step, after, troubled: (error) => desk.troubled(error) });
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
