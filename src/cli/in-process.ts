// A whole controller in one process, in virtual time, over a ledger in memory: for scenarios, replays and simulations. The
// code is the product's own; only the processes, the disk, the slow hash and chance are taken away.
import { createHash } from "node:crypto";
import type { Board } from "../../hal/board.ts";
import type { VirtualClock } from "../../hal/sim/clock.ts";
import type { FromLedger, ToLedger } from "../domain/ask.ts";
import type { ChangeProblem, DirectoryChange } from "../domain/directory.ts";
import type { StepDoor } from "../domain/door-machine.ts";
import type { Fault } from "../domain/fault.ts";
import type { BootId, RunId } from "../domain/ids.ts";
import type { SiteSpec } from "../domain/site.ts";
import type { Instant } from "../domain/time.ts";
import { DoorLoop } from "../doorloop/loop.ts";
import { Desk } from "../ledger/desk.ts";
import { JournalReader } from "../ledger/journal-reader.ts";
import type { LedgerParts } from "../ledger/ledger.ts";
import { Ledger } from "../ledger/ledger.ts";
import { memoryLedgerParts } from "../ledger/open-ledger.ts";
import type { HashPin } from "../ledger/pin-hash.ts";
import { PinQueue } from "../ledger/pin-hash.ts";

/** Reproducible bytes: the same seed gives the same keys, salts and hashes. */
export function seededBytes(seed: string): (size: number) => Buffer {
  let counter = 0;
  return (size) => {
    const blocks: Buffer[] = [];
    for (let have = 0; have < size; have += 32) {
      counter += 1;
      blocks.push(createHash("sha256").update(`${seed} ${counter}`).digest());
    }
    return Buffer.concat(blocks).subarray(0, size);
  };
}

const quickHash: HashPin = (digits, done) => done(createHash("sha256").update(`quick ${digits}`).digest());

export interface InProcessParts {
  readonly site: SiteSpec;
  readonly board: Board;
  readonly clock: VirtualClock;
  readonly seed: string;
  /** A ledger to begin with, and the hash of its PINs; an empty one in memory when left out. */
  readonly ledger?: { readonly parts: LedgerParts; readonly hashPin: HashPin };
  /** How long a message takes between the door loop and the ledger; at once when left out. */
  readonly latencyMs?: () => number;
  readonly stepDoor?: StepDoor;
  /** Between the desk and the door loop; lets a simulation lose or alter what the ledger says. */
  readonly fromLedger?: (message: FromLedger, deliver: (message: FromLedger) => void) => void;
}

export class InProcess {
  readonly ledgerParts: LedgerParts;
  readonly journal: JournalReader;
  readonly faults: Fault[] = [];
  #loop: DoorLoop;
  #parts: InProcessParts;
  #ledger: Ledger | null = null;
  /** Counts lives of the ledger: what an earlier one still had to say is lost with it. */
  #life = 0;
  #runs = 0;

  constructor(parts: InProcessParts) {
    this.#parts = parts;
    this.ledgerParts =
      parts.ledger?.parts ??
      memoryLedgerParts({
        now: () => this.#now(),
        report: (fault) => this.faults.push(fault),
        random: seededBytes(parts.seed),
      });
    this.journal = new JournalReader(this.ledgerParts.db);
    this.#loop = this.#makeLoop();
  }

  get loop(): DoorLoop {
    return this.#loop;
  }

  start(): void {
    this.startLedger();
    this.#loop.start();
  }

  /** A new ledger over the same database, as after a restart of its process. */
  startLedger(): void {
    this.#life += 1;
    const life = this.#life;
    const alive = (run: () => void) => () => {
      if (life === this.#life) run();
    };
    const ledger = new Ledger(this.ledgerParts);
    this.#ledger = ledger;
    const { clock, latencyMs = () => 0, fromLedger = (message, deliver) => deliver(message) } = this.#parts;
    const desk = new Desk({
      ledger,
      pins: new PinQueue(this.#parts.ledger?.hashPin ?? quickHash),
      now: () => this.#now(),
      send: (message) =>
        fromLedger(message, (one) => {
          clock.after(
            latencyMs(),
            "ledger to doors",
            alive(() => this.#loop.link.receive(one)),
          );
        }),
      schedule: (run) => clock.after(0, "ledger drain", alive(run)),
      after: (ms, run) => clock.after(ms, "ledger retry", alive(run)),
      grew: () => {},
      report: this.ledgerParts.report,
    });
    const receive = (message: ToLedger) =>
      clock.after(
        latencyMs(),
        "doors to ledger",
        alive(() => desk.receive(message)),
      );
    this.#loop.link.connect(receive);
  }

  /** What was under way in it is lost; what it committed is not. */
  killLedger(why: string): void {
    this.#life += 1;
    this.#ledger = null;
    this.#loop.ledgerLost(why);
  }

  /** The main process dies and starts again, and its children with it: nothing that was only in memory is left. */
  restart(board: Board): void {
    this.#life += 1;
    this.#parts = { ...this.#parts, board };
    this.#loop = this.#makeLoop();
    this.start();
  }

  change(changes: readonly DirectoryChange[]): readonly ChangeProblem[] {
    const ledger = this.#ledger;
    if (ledger === null) throw new Error("there is no ledger to change");
    const hashes = new Map<number, Buffer>();
    for (const [step, change] of changes.entries()) {
      if (change.op !== "putCredential" || change.kind !== "pin") continue;
      quickHash(change.secret, (hash) => hash !== null && hashes.set(step, hash));
    }
    const outcome = ledger.applyChanges(changes, hashes, "in process", this.#now());
    return outcome.applied ? [] : outcome.problems;
  }

  #makeLoop(): DoorLoop {
    const { site, board, clock, seed, stepDoor } = this.#parts;
    this.#runs += 1;
    return new DoorLoop({
      site,
      board,
      clock,
      run: `${seed}-${this.#runs}` as RunId,
      boot: "virtual" as BootId,
      version: "in process",
      onChange: () => {},
      ...(stepDoor === undefined ? {} : { stepDoor }),
    });
  }

  #now(): Instant {
    const { clock } = this.#parts;
    return { wall: clock.wall(), mono: clock.mono(), trusted: clock.trusted() };
  }
}
