// The building with its controller in virtual time: plays day after day and holds what the doors do against what they must.
import type { SimBoard } from "../../../hal/sim/board.ts";
import { createSimBoard } from "../../../hal/sim/board.ts";
import type { VirtualClock } from "../../../hal/sim/clock.ts";
import { createVirtualClock } from "../../../hal/sim/clock.ts";
import { InProcess, quickHash, seededBytes } from "../../../src/cli/in-process.ts";
import type { DirectoryChange } from "../../../src/domain/directory.ts";
import type { BootId, DoorId } from "../../../src/domain/ids.ts";
import { monoMs, unixMs } from "../../../src/domain/time.ts";
import type { memoryAnchor } from "../../../src/ledger/anchor.ts";
import { memoryLedgerParts } from "../../../src/ledger/open-ledger.ts";
import { verifyJournal } from "../../../src/ledger/verify.ts";
import type { Random } from "../random.ts";
import { seededRandom } from "../random.ts";
import { insist } from "../violation.ts";
import { wallAt } from "./calendar.ts";
import type { Act, Show } from "./life.ts";
import { Life } from "./life.ts";
import { buildingSite } from "./site.ts";

export interface Lived {
  readonly shown: number;
  readonly letIn: number;
  readonly events: number;
  readonly kept: number;
  readonly power: number;
  readonly forgotten: number;
}

/** Two presentations at one door are never closer than this. */
const apartMs = 1_500;
const maxStepsAtOnce = 1_500;

export class Building {
  readonly clock: VirtualClock;
  readonly controller: InProcess;
  readonly #anchor: ReturnType<typeof memoryAnchor>;
  readonly #random: Random;
  readonly #life: Life;
  readonly #wires;
  readonly #faults: unknown[] = [];
  #board: SimBoard;
  #boots = 1;
  #signal: string | null = null;
  #shown = 0;
  #letIn = 0;
  #power = 0;

  constructor(seed: string) {
    const { site, wires } = buildingSite();
    this.#wires = wires;
    this.#random = seededRandom(seed);
    this.#life = new Life(this.#random);
    this.clock = createVirtualClock({ startWallMs: wallAt(0, 0), trusted: true });
    this.#board = this.#newBoard();
    const { clock } = this;
    const ledger = memoryLedgerParts({
      now: () => ({ wall: unixMs(clock.wall()), mono: monoMs(clock.mono()), trusted: clock.trusted() }),
      report: (fault) => this.#faults.push(fault),
      random: seededBytes(seed),
    });
    this.#anchor = ledger.anchor as ReturnType<typeof memoryAnchor>;
    this.controller = new InProcess({
      site,
      board: this.#board,
      clock,
      seed,
      boot: "boot-1" as BootId,
      ledger: { parts: ledger, hashPin: quickHash },
      keepsHouse: true,
    });
  }

  live(days: number): Lived {
    this.controller.start();
    this.clock.advance(1_000);
    this.#change(this.#life.people.moveIn());
    for (let day = 0; day < days; day += 1) this.#day(day);
    return this.#account();
  }

  #day(day: number): void {
    const { changes, acts } = this.#life.plan(day);
    this.#change(changes);
    this.#night(day);
    for (const act of acts) {
      const at = wallAt(day, Math.floor(act.minute)) + (act.minute % 1) * 60_000;
      this.clock.advance(Math.max(apartMs, Math.round(at - this.clock.wall())));
      this.#play(act);
    }
    this.clock.advance(Math.max(0, wallAt(day, 23 * 60 + 55) - this.clock.wall()));
    this.#evening(day);
  }

  #change(changes: readonly DirectoryChange[]): void {
    for (let from = 0; from < changes.length; from += maxStepsAtOnce) {
      const problems = this.controller.change(changes.slice(from, from + maxStepsAtOnce));
      insist(problems.length === 0, "changesApply", () => JSON.stringify(problems[0]));
    }
  }

  /** Clocks are corrected, ledgers die, and once in a while the power goes and the time with it. */
  #night(day: number): void {
    const { clock } = this;
    const random = this.#random;
    if (random.chance(0.2)) clock.stepWall(random.between(-900, 900));
    if (random.chance(0.1)) {
      this.controller.killLedger("killed at night");
      clock.advance(3_000);
      this.controller.startLedger();
    }
    if (random.chance(0.08)) this.#loseThePower(day);
  }

  #loseThePower(day: number): void {
    const { clock } = this;
    this.#power += 1;
    this.#boots += 1;
    clock.distrust();
    this.#board = this.#newBoard();
    this.controller.restart(this.#board, `boot-${this.#boots}` as BootId);
    clock.stepWall(-this.#random.between(1_000, 400 * 86_400_000));
    clock.advance(60_000);
    const resident = this.#random.pick(this.#life.people.residents);
    const worker = this.#random.pick(this.#life.people.staff);
    const early = { kind: "show", minute: 0, how: "tap" } as const;
    this.#play({
      ...early,
      reader: "front-reader",
      door: "front",
      what: resident.card,
      opens: true,
      who: resident.id,
      isTimed: false,
    });
    clock.advance(apartMs);
    this.#play({
      ...early,
      reader: "front-reader",
      door: "front",
      what: worker.card,
      opens: false,
      who: worker.id,
      isTimed: true,
    });
    clock.slewWallTo(wallAt(day, 45));
    clock.trust();
  }

  #play(act: Act): void {
    if (act.kind === "exit") this.#board.press(`${act.door}-exit`, 300);
    else if (act.kind === "force") this.#force(act.door);
    else this.#show(act);
  }

  #show(act: Show): void {
    this.#signal = null;
    if (act.how === "tap") this.#board.tap(act.reader, act.reader === "bikes-reader" ? act.what.slice(2) : act.what);
    else if (act.how === "keys") this.#board.keys(act.reader, act.what);
    else this.#board.text(act.reader, act.what);
    this.clock.advance(5);
    this.#shown += 1;
    const wanted = act.opens ? "granted" : "denied";
    const told = () =>
      `${act.who} with ${act.how} at ${act.door}, ${new Date(this.clock.wall()).toISOString()}: ${this.#signal}`;
    insist(this.#signal === wanted, "everyoneGetsTheirs", () => `${told()} and not ${wanted}; ${this.#lastEvent()}`);
    const status = this.#statusOf(act.door);
    if (!act.opens) return;
    this.#letIn += 1;
    insist(!status.locked, "grantedOpens", () => `${told()}, and the door is locked`);
    if (!this.#random.chance(0.5)) return;
    this.#board.setInput(`${act.door}-contact`, true);
    this.clock.advance(this.#random.between(300, 900));
    this.#board.setInput(`${act.door}-contact`, false);
  }

  /** A crowbar; somebody of the house clears the alarm. */
  #force(door: string): void {
    this.clock.advance(60_000);
    this.#board.setInput(`${door}-contact`, true);
    insist(this.#statusOf(door).forced, "forcedAlarms", () => `nobody noticed that ${door} was forced`);
    this.#board.setInput(`${door}-contact`, false);
    const problem = this.controller.loop.command({ kind: "clearForced", door: door as DoorId }, "the caretaker");
    insist(problem === null, "alarmsClear", () => String(problem));
  }

  #evening(day: number): void {
    const { db } = this.controller.ledgerParts;
    for (const { door, locked, mode } of this.controller.loop.statuses()) {
      insist(locked, "everythingLocks", () => `${door} is ${mode} at the end of day ${day}`);
    }
    const count = (sql: string) => db.prepare<[], number>(sql).pluck().get() ?? 0;
    const over = count(
      `SELECT count(*) FROM use_count u JOIN holder h ON h.kind = 'pass' AND h.id = u.pass
       WHERE u.door <> '*' AND u.spent > json_extract(h.body, '$.usesPerDoor')`,
    );
    insist(over === 0, "usesBounded", () => `${over} passes opened more often than they may`);
    const gaps = count("SELECT max(seq) - min(seq) + 1 - count(*) FROM journal");
    insist(gaps === 0, "recordGapless", () => `${gaps} events are missing on day ${day}`);
    insist(this.controller.loop.link.unrecorded() === 0, "everyoneIsRecorded", () => `records wait on day ${day}`);
    insist(this.#faults.length === 0, "noFaults", () => String(this.#faults[0]));
  }

  #account(): Lived {
    const { db } = this.controller.ledgerParts;
    const rows = this.controller.journal.rows();
    const verified = verifyJournal({ rows, anchor: this.#anchor.read(), seeds: this.#anchor.seeds });
    if (!verified.ok) throw new Error(JSON.stringify(verified.problems[0]));
    return {
      shown: this.#shown,
      letIn: this.#letIn,
      events: verified.head?.seq ?? 0,
      kept: verified.events,
      power: this.#power,
      forgotten:
        db
          .prepare<[], number>("SELECT count(*) FROM journal WHERE commitment IS NOT NULL AND personal IS NULL")
          .pluck()
          .get() ?? 0,
    };
  }

  #lastEvent(): string {
    const [last] = this.controller.journal.tail(1);
    return JSON.stringify(last?.event);
  }

  #statusOf(door: string) {
    const status = this.controller.loop.statuses().find((one) => one.door === door);
    if (status === undefined) throw new Error(`there is no door ${door}`);
    return status;
  }

  #newBoard(): SimBoard {
    const board = createSimBoard(this.#wires, this.clock);
    board.observe((change) => {
      if (change.kind === "signal" && change.signal !== "key") this.#signal = change.signal;
    });
    return board;
  }
}
