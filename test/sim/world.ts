// A whole controller in virtual time with everything around it that can go wrong: its wires, its ledger's process and disk,
// its own process and the machine. What the walk does, it does through this; the witness sees all of it.
import type { Board } from "../../hal/board.ts";
import type { SimBoard } from "../../hal/sim/board.ts";
import { createSimBoard } from "../../hal/sim/board.ts";
import type { VirtualClock } from "../../hal/sim/clock.ts";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import { recordBoard } from "../../hal/trace.ts";
import type { Way } from "../../src/cli/in-process.ts";
import { InProcess, quickHash, seededBytes } from "../../src/cli/in-process.ts";
import type { FromLedger } from "../../src/domain/ask.ts";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { StepDoor } from "../../src/domain/door-machine.ts";
import { Fault } from "../../src/domain/fault.ts";
import type { BootId } from "../../src/domain/ids.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import type { DoorCommand } from "../../src/domain/status.ts";
import type { Instant } from "../../src/domain/time.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";
import type { memoryAnchor } from "../../src/ledger/anchor.ts";
import { memoryLedgerParts } from "../../src/ledger/open-ledger.ts";
import { verifyJournal } from "../../src/ledger/verify.ts";
import type { Book } from "./book.ts";
import { applyToBook, emptyBook } from "./book.ts";
import type { Disk, DiskMode } from "./disk.ts";
import { putDiskUnder } from "./disk.ts";
import type { Random } from "./random.ts";
import { soakWires } from "./soak-site.ts";
import { insist } from "./violation.ts";
import { Witness } from "./witness.ts";

/** A Thursday, so that the first weekend is near. */
const startWallMs = Date.UTC(2027, 2, 25, 9);
/** As the supervisor does: a ledger that says nothing for so long is killed. */
const silentMs = 8_000;
const stopPatienceMs = 2_000;

/** Faults planted into the product, for which the soak must raise its hand. */
export interface Plant {
  readonly stepDoor?: (world: SoakWorld) => StepDoor;
  readonly fromLedger?: (world: SoakWorld, message: FromLedger, deliver: (message: FromLedger) => void) => void;
  /** SQL that is run once, over the finished layout. */
  readonly sql?: string;
  /** Before a new main process looks at the database. */
  readonly beforeRestart?: (world: SoakWorld) => void;
  /** How the disk is when it is not sound; at random among what disks do when left out. */
  readonly brokenDisk?: DiskMode;
}

export interface WorldParts {
  readonly seed: string;
  readonly site: SiteSpec;
  readonly random: Random;
  readonly plant: Plant;
  /** Takes the trace of the wires, line by line; null when nobody wants it. */
  readonly trace: ((line: string) => void) | null;
  /** Takes what may help to understand a failure. */
  readonly tell: (what: string) => void;
}

/** How slow everything around the ledger is at the moment. */
export interface Pace {
  readonly askMs: readonly [number, number];
  readonly answerMs: readonly [number, number];
  readonly hashMs: readonly [number, number];
  /** For each look at the clock, and for each beginning and end of a transaction. */
  readonly diskMs: readonly [number, number];
}

/** Nothing takes any time: what happens then depends on the wires alone. */
export const instantPace: Pace = { askMs: [0, 0], answerMs: [0, 0], hashMs: [0, 0], diskMs: [0, 0] };
export const quickPace: Pace = { askMs: [0, 2], answerMs: [0, 2], hashMs: [20, 40], diskMs: [0, 0] };

export class SoakWorld {
  readonly clock: VirtualClock;
  readonly controller: InProcess;
  readonly witness: Witness;
  readonly disk: Disk;
  readonly site: SiteSpec;
  readonly random: Random;
  pace: Pace = quickPace;
  board: SimBoard;
  readonly lost = new Set<string>();
  readonly stuck = new Set<string>();
  readonly pressed = new Set<string>();
  readonly #books = new Map<number, Book>([[0, emptyBook]]);
  readonly #parts: WorldParts;
  readonly #anchor: ReturnType<typeof memoryAnchor>;
  #stopTelling: () => void = () => {};
  #runs = 1;
  #boots = 1;
  /** Counts the ledger's deaths. */
  #lives = 0;
  /** How far the ledger's process has come in this turn, beyond the clock, which stands still meanwhile. */
  #aheadMs = 0;

  constructor(parts: WorldParts) {
    const { seed, site, random, plant } = parts;
    this.#parts = parts;
    this.site = site;
    this.random = random;
    this.clock = createVirtualClock({ startWallMs, trusted: true });
    this.board = createSimBoard(soakWires, this.clock);
    const ledger = memoryLedgerParts({
      now: () => this.#ledgerNow(),
      report: (fault) => this.#hearFault(fault),
      random: seededBytes(seed),
    });
    this.#anchor = ledger.anchor as ReturnType<typeof memoryAnchor>;
    if (plant.sql !== undefined) ledger.db.exec(plant.sql);
    this.disk = putDiskUnder(ledger.db, () => this.#passInLedger(this.pace.diskMs));
    const tell = (what: string) => parts.tell(`${this.clock.mono()} ms: ${what}`);
    this.witness = new Witness({ site, clock: this.clock, db: ledger.db, books: this.#books, tell });
    const stepDoor = plant.stepDoor?.(this);
    this.controller = new InProcess({
      site,
      board: this.#wire("1"),
      clock: this.clock,
      seed,
      boot: this.#boot,
      ledger: { parts: ledger, hashPin: quickHash },
      latencyMs: (way) => this.#latencyMs(way),
      hashMs: () => this.#between(this.pace.hashMs),
      fromLedger: (message, deliver) => this.#fromLedger(message, deliver),
      ledgerTurn: (turn) => this.#takeTurn(turn),
      ...(stepDoor === undefined ? {} : { stepDoor }),
    });
  }

  start(): void {
    this.witness.during("starting", () => this.controller.start());
  }

  get book(): Book {
    return this.#books.get(this.witness.record.version) ?? emptyBook;
  }

  instant(): Instant {
    const { clock } = this;
    return { wall: unixMs(clock.wall()), mono: monoMs(clock.mono()), trusted: clock.trusted() };
  }

  /** Runs after a while, whatever becomes of the controller. */
  later(ms: number, run: () => void): void {
    this.clock.after(ms, "world", run);
  }

  // The wires

  setInput(input: string, active: boolean): void {
    if (active) this.pressed.add(input);
    else this.pressed.delete(input);
    this.board.setInput(input, active);
  }

  lose(device: string): void {
    this.lost.add(device);
    this.board.lose(device, "unplugged");
  }

  find(device: string): void {
    this.lost.delete(device);
    this.board.find(device);
  }

  stick(relay: string): void {
    this.stuck.add(relay);
    this.board.stickRelay(relay, "welded");
    this.witness.relayStuck(relay, true);
  }

  free(relay: string): void {
    this.stuck.delete(relay);
    this.board.freeRelay(relay);
    this.witness.relayStuck(relay, false);
  }

  breakDisk(mode: DiskMode): void {
    this.disk.mode(this.#parts.plant.brokenDisk ?? mode);
  }

  // People with rights

  command(command: DoorCommand): void {
    this.witness.during("clearing", () => {
      const problem = this.controller.loop.command(command, "somebody");
      if (problem === null && command.kind === "clearFire") this.witness.fireCleared();
    });
  }

  order(command: DoorCommand & { readonly door: string }): void {
    const { door, ...rest } = command;
    const sent: DoorCommand =
      command.kind === "lockDown" || command.kind === "lockDownRelease" ? (rest as DoorCommand) : command;
    this.witness.order(command, () => this.controller.loop.command(sent, "somebody"));
  }

  /** A ledger that is away, not open yet or without a working disk takes no change; everything else must be accepted. */
  change(changes: readonly DirectoryChange[]): void {
    const { controller } = this;
    if (!controller.hasLedger || controller.isLedgerStuck) return;
    this.witness.record.read();
    const { version } = this.witness.record;
    this.#books.set(version + 1, applyToBook(this.book, changes));
    this.#takeTurn(() => {
      try {
        const problems = controller.change(changes);
        insist(problems.length === 0, "changesApply", () => JSON.stringify([changes, problems]));
      } catch (error) {
        const early = error instanceof Fault && error.code === "ledger.notOpened";
        if (!early && this.disk.isSound) throw error;
      }
    });
  }

  // The ledger's process

  killLedger(why: string, downMs: number): void {
    if (!this.controller.hasLedger) return;
    this.#lives += 1;
    this.controller.killLedger(why);
    const run = this.#runs;
    this.later(downMs, () => {
      if (run === this.#runs && !this.controller.hasLedger) this.controller.startLedger();
    });
  }

  /** Stuck in a native call; the supervisor kills it when it takes too long. */
  holdLedger(ms: number): void {
    if (!this.controller.hasLedger) return;
    this.controller.stickLedger(ms);
    const life = this.#lives;
    if (ms <= silentMs) return;
    this.later(silentMs, () => {
      if (life === this.#lives) this.killLedger("did not answer for 8 s", this.random.between(50, 2_000));
    });
  }

  // The main process and the machine

  /** Killed, stopped in an orderly way, or the machine with it; the relays fall to released, the wires stay as they are. */
  restart(how: "kill" | "stop" | "reboot"): void {
    this.witness.check();
    if (how === "stop") this.#stop();
    this.#lives += 1;
    this.board.stop();
    this.board = createSimBoard(soakWires, this.clock);
    for (const device of this.lost) this.board.lose(device, "unplugged");
    for (const input of this.pressed) this.board.setInput(input, true);
    for (const relay of this.stuck) this.board.stickRelay(relay, "welded");
    this.#runs += 1;
    if (how === "reboot") this.#boots += 1;
    this.#parts.plant.beforeRestart?.(this);
    const board = this.#wire(String(this.#runs));
    for (const relay of this.stuck) this.witness.relayStuck(relay, true);
    this.witness.during("starting", () => this.controller.restart(board, this.#boot));
  }

  /** Whether somebody could tell the record apart from one that only the ledger wrote. */
  verify(): void {
    const { journal } = this.controller;
    const verification = verifyJournal({
      rows: journal.rows(),
      anchor: this.#anchor.read(),
      seeds: this.#anchor.seeds,
    });
    insist(verification.ok, "chain", () => JSON.stringify(verification));
    const { record } = this.witness;
    insist(verification.head?.seq === record.seq, "gapless", () => `the record ends at ${verification.head?.seq}`);
  }

  /** What can be seen from outside of what the product keeps in mind. */
  compare(): void {
    this.#compareUses();
    const { loop } = this.controller;
    if (this.witness.isToldEverything && loop.link.unrecorded() === 0) this.#compareAlarms();
  }

  /** The table's counts against the events'. */
  #compareUses(): void {
    const { db } = this.controller.ledgerParts;
    const rows = db
      .prepare<[], { pass: string; door: string; spent: number }>("SELECT * FROM use_count WHERE door <> '*'")
      .all();
    const counted = this.witness.record.spent();
    for (const { pass, door, spent } of rows) {
      const own = counted.get(`${pass} ${door}`) ?? 0;
      insist(
        spent === own,
        "usesCounted",
        () => `${pass} at ${door}: ${spent} spent in the table, ${own} in the record`,
      );
    }
  }

  /** Only when nothing waits to be recorded do the latches in the record and on the doors agree. */
  #compareAlarms(): void {
    const { record, fire: burning } = this.witness;
    for (const { door, forced, fire } of this.controller.loop.statuses()) {
      insist(forced === record.forced.has(door), "alarmsLatch", () => `${door}: forced is ${forced}, not as recorded`);
      const spec = this.site.doors.find(({ id }) => id === door);
      const released = burning && spec?.lock === "failSafe";
      insist(fire === released, "alarmsLatch", () => `${door}: released by fire is ${fire}, which is not so`);
    }
  }

  #wire(run: string): Board {
    const watched = this.witness.beginRun(`${this.#parts.seed}-${run}`, this.board);
    const { trace } = this.#parts;
    if (trace === null) return watched;
    const recording = recordBoard(watched, this.clock, trace, { run, boot: this.#boot });
    this.#stopTelling();
    this.#stopTelling = this.clock.onChange((change) => recording.clockChanged(change));
    return recording;
  }

  get #boot(): BootId {
    return `boot-${this.#boots}` as BootId;
  }

  #stop(): void {
    const { loop } = this.controller;
    this.witness.during("stopping", () => {
      loop.stop();
      this.witness.stopped();
      for (let waited = 0; waited < stopPatienceMs && loop.link.unrecorded() > 0; waited += 10) this.clock.advance(10);
    });
  }

  #fromLedger(message: FromLedger, deliver: (message: FromLedger) => void): void {
    const { fromLedger } = this.#parts.plant;
    if (fromLedger === undefined) deliver(message);
    else fromLedger(this, message, deliver);
  }

  #takeTurn(turn: () => void): void {
    turn();
    this.controller.stickLedger(this.#aheadMs);
    this.#aheadMs = 0;
    this.witness.record.read();
  }

  #ledgerNow(): Instant {
    this.#passInLedger(this.pace.diskMs);
    const { wall, mono, trusted } = this.instant();
    return { wall: unixMs(wall + this.#aheadMs), mono: monoMs(mono + this.#aheadMs), trusted };
  }

  #latencyMs(way: Way): number {
    return way === "toLedger" ? this.#between(this.pace.askMs) : this.#between(this.pace.answerMs) + this.#aheadMs;
  }

  #passInLedger(range: readonly [number, number]): void {
    if (range[1] > 0) this.#aheadMs += this.#between(range);
  }

  #between([low, high]: readonly [number, number]): number {
    return low === high ? low : this.random.between(low, high);
  }

  /** A ledger may complain about its disk, and about nothing else. */
  #hearFault(fault: Fault): void {
    insist(
      !this.disk.isSound || fault.code === "ledger.notCommitted",
      "noOtherFault",
      () => `${fault.code}: ${fault.message}`,
    );
  }
}
