// A whole controller in one process, in virtual time, over a ledger in memory: for scenarios, replays and simulations. The
// code is the product's own; only the processes, the disk, the slow hash and chance are taken away.
import { createHash } from "node:crypto";
import type { Board } from "../../hal/board.ts";
import type { Clock, ClockChange } from "../../hal/clock.ts";
import type { VirtualClock } from "../../hal/sim/clock.ts";
import type { FromLedger, ToLedger } from "../domain/ask.ts";
import type { ChangeProblem, DirectoryChange } from "../domain/directory.ts";
import type { StepDoor } from "../domain/door-machine.ts";
import type { JournalEvent } from "../domain/events.ts";
import type { Fault } from "../domain/fault.ts";
import type { BootId, RunId } from "../domain/ids.ts";
import type { SiteSpec } from "../domain/site.ts";
import type { Instant } from "../domain/time.ts";
import { instantOf } from "../domain/time.ts";
import { DoorLoop } from "../doorloop/loop.ts";
import { hashCodes } from "../ledger/code-hashes.ts";
import { Desk } from "../ledger/desk.ts";
import { Housekeeping } from "../ledger/housekeeping.ts";
import { JournalReader } from "../ledger/journal-reader.ts";
import type { LedgerParts } from "../ledger/ledger.ts";
import { Ledger } from "../ledger/ledger.ts";
import { memoryLedgerParts } from "../ledger/open-ledger.ts";
import type { HashPin } from "../ledger/pin-hash.ts";
import { PinQueue } from "../ledger/pin-hash.ts";
import { LedgerTurns } from "./ledger-turns.ts";

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

/** Nothing to keep a secret with. */
export const quickHash: HashPin = (digits, done) => done(createHash("sha256").update(`quick ${digits}`).digest());

export interface InProcessParts {
  readonly site: SiteSpec;
  readonly board: Board;
  readonly clock: VirtualClock;
  readonly seed: string;
  /** The machine's boot, within which the clock's monotonic times compare. */
  readonly boot?: BootId;
  /** A ledger to begin with, and the hash of its PINs; an empty one in memory when left out. */
  readonly ledger?: InProcessLedger;
  /** How long a message takes between the door loop and the ledger; at once when left out. None overtakes another. */
  readonly latencyMs?: (way: Way) => number;
  /** How long the hash of a presented PIN takes; at once when left out. */
  readonly hashMs?: () => number;
  readonly stepDoor?: StepDoor;
  /** Between the desk and the door loop; lets a simulation lose or alter what the ledger says. */
  readonly fromLedger?: (message: FromLedger, deliver: (message: FromLedger) => void) => void;
  /** Whether the ledger forgets in time what a site must forget; it always has a timer then. */
  readonly keepsHouse?: boolean;
  /** Runs a turn of the ledger's process; lets a simulation be there before and after. */
  readonly ledgerTurn?: (turn: () => void) => void;
}

export interface InProcessLedger {
  readonly parts: LedgerParts;
  readonly hashPin: HashPin;
}

export type Way = "toLedger" | "toDoors";

export class InProcess {
  readonly ledgerParts: LedgerParts;
  readonly journal: JournalReader;
  readonly faults: Fault[] = [];
  readonly #hashPin: HashPin;
  #loop: DoorLoop;
  #parts: InProcessParts;
  #ledger: Ledger | null = null;
  #turns: LedgerTurns;
  /** Counts lives of the ledger: what an earlier one still had to say is lost with it. */
  #life = 0;
  /** What the file beside the database says, which outlives both processes. */
  #fireLatched = false;
  /** Counts lives of the main process, in whose name its asks are made. */
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
    this.#hashPin = parts.ledger?.hashPin ?? quickHash;
    this.#turns = new LedgerTurns(parts.clock);
    this.journal = new JournalReader(this.ledgerParts.db);
    this.#loop = this.#makeLoop(parts.boot ?? virtualBoot);
    parts.clock.onChange((change) => {
      this.#loop.note(clockEvent(change));
      this.#loop.clockChanged();
    });
  }

  get loop(): DoorLoop {
    return this.#loop;
  }

  get hasLedger(): boolean {
    return this.#ledger !== null;
  }

  /** Whether its process is in the middle of something that does not end. */
  get isLedgerStuck(): boolean {
    return this.#turns.isStuck;
  }

  start(): void {
    this.startLedger();
    this.#loop.start();
  }

  /** A new ledger over the same database, as after a restart of its process. */
  startLedger(): void {
    this.#life += 1;
    const life = this.#life;
    const { clock, fromLedger = (message, deliver) => deliver(message) } = this.#parts;
    const { ledgerTurn = (turn) => turn() } = this.#parts;
    const turns = new LedgerTurns(clock);
    this.#turns = turns;
    const alive = (run: () => void) => () => {
      if (life === this.#life) run();
    };
    const turn = (run: () => void) => alive(() => turns.take(alive(() => ledgerTurn(run))));
    const toDoors = this.#channel("toDoors");
    const toLedger = this.#channel("toLedger");
    const ledger = new Ledger(this.ledgerParts);
    this.#ledger = ledger;
    const desk = new Desk({
      ledger,
      pins: new PinQueue(this.#slowHash(turn)),
      now: this.ledgerParts.now,
      send: (message) => fromLedger(message, (one) => toDoors(alive(() => this.#loop.link.receive(one)))),
      schedule: (run) => clock.after(0, "ledger drain", turn(run)),
      after: (ms, run) => clock.after(ms, "ledger retry", turn(run)),
      grew: () => {},
      report: this.ledgerParts.report,
    });
    if (this.#parts.keepsHouse === true) {
      new Housekeeping({
        step: () => ledger.forgetStep(desk.instant()),
        after: (ms, run) => clock.after(ms, "housekeeping", turn(run)),
        troubled: (error) => desk.troubled(error),
      }).begin();
    }
    this.#loop.link.connect((message: ToLedger) => toLedger(turn(() => desk.receive(message))));
  }

  /** Nothing that reaches the ledger's process is looked at for so long. */
  stickLedger(ms: number): void {
    this.#turns.stickFor(ms);
  }

  /** What was under way in it is lost; what it committed is not. */
  killLedger(why: string): void {
    this.#life += 1;
    this.#ledger = null;
    this.#turns = new LedgerTurns(this.#parts.clock);
    this.#loop.ledgerLost(why);
  }

  /**
   * The main process dies and starts again, and its children with it: nothing that was only in memory is left. A boot of
   * another name is a restart of the whole machine.
   */
  restart(board: Board, boot = this.#parts.boot ?? virtualBoot): void {
    this.#life += 1;
    this.#parts = { ...this.#parts, board };
    this.#loop = this.#makeLoop(boot);
    this.start();
  }

  change(changes: readonly DirectoryChange[]): readonly ChangeProblem[] {
    const ledger = this.#ledger;
    if (ledger === null) throw new Error("there is no ledger to change");
    let problems: readonly ChangeProblem[] = [];
    hashCodes(changes, ledger.site.codes.duress, this.#hashPin, (hashes) => {
      const outcome = ledger.applyChanges(changes, hashes, "in process", this.#now());
      if (!outcome.applied) problems = outcome.problems;
    });
    return problems;
  }

  #makeLoop(boot: BootId): DoorLoop {
    const { site, board, seed, stepDoor } = this.#parts;
    this.#runs += 1;
    const run = this.#runs;
    return new DoorLoop({
      site,
      board,
      clock: clockOfOneLife(this.#parts.clock, () => run === this.#runs),
      run: `${seed}-${run}` as RunId,
      boot,
      version: "in process",
      onChange: () => {
        if (run === this.#runs) this.#fireLatched = this.#loop.isFireLatched();
      },
      fireLatched: this.#fireLatched,
      ...(stepDoor === undefined ? {} : { stepDoor }),
    });
  }

  /** Delivers in the order of sending, as a pipe does. */
  #channel(way: Way): (deliver: () => void) => void {
    const { clock, latencyMs = () => 0 } = this.#parts;
    const name = way === "toLedger" ? "doors to ledger" : "ledger to doors";
    let lastDue = 0;
    return (deliver) => {
      lastDue = Math.max(lastDue, clock.mono() + latencyMs(way));
      clock.after(lastDue - clock.mono(), name, deliver);
    };
  }

  #slowHash(turn: (run: () => void) => () => void): HashPin {
    const { clock, hashMs } = this.#parts;
    if (hashMs === undefined) return this.#hashPin;
    return (digits, done) =>
      this.#hashPin(digits, (hash) =>
        clock.after(
          hashMs(),
          "PIN hash",
          turn(() => done(hash)),
        ),
      );
  }

  #now(): Instant {
    const { clock } = this.#parts;
    return instantOf(clock);
  }
}

const virtualBoot = "virtual" as BootId;

/** A dead process's timers never fire. */
function clockOfOneLife(clock: Clock, isAlive: () => boolean): Clock {
  return {
    wall: () => clock.wall(),
    mono: () => clock.mono(),
    trusted: () => clock.trusted(),
    proven: () => clock.proven(),
    after: (ms, name, run) => clock.after(ms, name, () => isAlive() && run()),
  };
}

const clockEvent = (change: ClockChange): JournalEvent =>
  change.kind === "stepped" ? { type: "clock.stepped", byMs: change.byMs } : { type: `clock.${change.kind}` };
