// Watches a controller from outside: what the wires report, what the relays and readers are told, what the record says.
// Holds it to DESIGN section 9 at every write and after every step; knows nothing of the product's own state.
import type { Database } from "better-sqlite3";
import type { Board, BoardEvent, ReaderSignal } from "../../hal/board.ts";
import type { SimBoard } from "../../hal/sim/board.ts";
import type { VirtualClock } from "../../hal/sim/clock.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import type { DoorCommand } from "../../src/domain/status.ts";
import type { Instant } from "../../src/domain/time.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";
import type { Asked } from "./asks.ts";
import { Asks, askLifeMs } from "./asks.ts";
import type { Book } from "./book.ts";
import { DoorWatch } from "./door-watch.ts";
import { RecordWatch } from "./record-watch.ts";
import { ShownReader } from "./shown.ts";
import { insist, Violation } from "./violation.ts";

export interface WitnessParts {
  readonly site: SiteSpec;
  readonly clock: VirtualClock;
  readonly db: Database;
  readonly books: ReadonlyMap<number, Book>;
  /** What relays and readers are told, for the report of a failure. */
  readonly tell: (what: string) => void;
}

/** Orders that unlock. */
const opening: ReadonlySet<DoorCommand["kind"]> = new Set(["access", "unlock", "lockOpen"]);

export class Witness {
  readonly asks = new Asks();
  readonly letIn = new Set<string>();
  readonly record: RecordWatch;
  readonly #site: SiteSpec;
  readonly #clock: VirtualClock;
  readonly #tell: (what: string) => void;
  #doors: readonly DoorWatch[] = [];
  #board: SimBoard | null = null;
  #shown: ShownReader;
  #run = "";
  #askCount = 0;
  /** One ask a reader is under way at most; whoever comes then is turned away at once. */
  readonly #underWay = new Map<string, Asked>();
  /** The presentation that is being heard right now. */
  #hearing: Asked | null = null;
  /** What an operator orders just now. */
  #order: (DoorCommand & { readonly door: string }) | null = null;
  #phase: "running" | "starting" | "stopping" | "clearing" = "running";
  /** Latched: raised by the wires or restored from the record, and not cleared. */
  #fire = false;
  #fireKnown = false;
  #seen: Violation | null = null;

  constructor({ site, clock, db, books, tell }: WitnessParts) {
    this.#tell = tell;
    this.#site = site;
    this.#clock = clock;
    this.#shown = new ShownReader(site);
    this.record = new RecordWatch(db, site, this.asks, books, this.letIn);
  }

  /** A new main process over a board whose relays are released; what the old one had not recorded is gone with it. */
  beginRun(run: string, board: SimBoard): Board {
    this.record.read();
    this.#underWay.clear();
    this.#hearing = null;
    this.#run = run;
    this.#askCount = 0;
    this.#shown = new ShownReader(this.#site);
    this.#doors = this.#site.doors.map((spec) => new DoorWatch(spec));
    // What found no room in the record was forgotten, and may not be in force again.
    if (this.record.dropped === 0) {
      for (const door of this.#doors) door.restore(this.record.modes.get(door.spec.id) ?? "locked");
    }
    // A release that was in force is remembered beside the record, and outlasts what was not recorded of it.
    this.#fire = this.#fireKnown || this.record.fire;
    this.record.started = false;
    this.#board = board;
    return {
      kind: board.kind,
      start: (listen) => board.start((event) => this.#keep(() => this.#hear(event, listen))),
      drive: (relay, energized, cause) => this.#keep(() => this.#drive(board, relay, energized, cause)),
      signal: (reader, signal) => {
        this.#keep(() => this.#signal(reader, signal));
        board.signal(reader, signal);
      },
      health: () => board.health(),
      stop: () => board.stop(),
    };
  }

  during(phase: "starting" | "stopping" | "clearing", act: () => void): void {
    this.#phase = phase;
    act();
    this.#phase = "running";
  }

  relayStuck(relay: string, stuck: boolean): void {
    for (const door of this.#doors) {
      if (door.spec.relay !== relay) continue;
      if (door.relayStuck && !stuck) door.freedAt = this.#now();
      door.relayStuck = stuck;
    }
  }

  /** Somebody orders a door to stand otherwise; null from the door is that it does. */
  order(command: DoorCommand & { readonly door: string }, act: () => string | null): void {
    this.#order = command;
    const problem = act();
    this.#order = null;
    if (problem === null) this.#doorNamed(command.door)?.ordered(command, this.#now());
  }

  /** Locks what only the fire held open; a held exit button goes on holding its doors. */
  fireCleared(): void {
    for (const door of this.#doors) {
      if (!this.#fireHolds(door)) continue;
      door.openUntil = door.exitShare(this.#now());
    }
    this.#fire = false;
    this.#fireKnown = false;
  }

  get fire(): boolean {
    return this.#fire;
  }

  /** The record has been taking what this run has to say, and nothing of it was lost for want of room. */
  get isToldEverything(): boolean {
    return this.record.started && this.record.dropped === 0;
  }

  /** The main process is about to end in an orderly way. */
  stopped(): void {
    const [left] = this.#underWay.values();
    insist(left === undefined, "everyoneIsAnswered", () => `${left?.id} was left standing when the controller stopped`);
  }

  /** After every step. */
  check(): void {
    if (this.#seen !== null) throw this.#seen;
    this.record.read();
    // A ledger that takes records has told the door loop before which alarms are in force again.
    if (this.record.started && this.#fire) this.#fireKnown = true;
    const now = this.#now();
    for (const door of this.#doors) this.#checkDoor(door, now);
    for (const { id, at } of this.#underWay.values()) {
      insist(now <= at.mono + askLifeMs, "everyoneIsAnswered", () => `${id} was shown ${now - at.mono} ms ago`);
    }
  }

  /** Once all is quiet: everything that moved is recorded, everything shown is accounted for. */
  account(): void {
    this.check();
    const { record } = this;
    this.#compareUnlocks();
    if (record.dropped > 0) return;
    const unrecorded = new Map<string, string[]>();
    for (const { id, reader, signal } of this.asks.ofRun(this.#run)) {
      const granted = record.granted.has(id);
      insist(granted || signal !== "granted", "everyDriveRecorded", () => `${id} let somebody in without a record`);

      if (!granted && !record.denied.has(id)) unrecorded.set(reader, [...(unrecorded.get(reader) ?? []), id]);
    }
    for (const { id } of this.#site.readers) {
      const [lost, shed] = [unrecorded.get(id) ?? [], record.shed.get(id) ?? 0];
      insist(lost.length === shed, "everyoneIsRecorded", () => `${id}: ${shed} shed, unrecorded: ${lost.join(" ")}`);
    }
  }

  #compareUnlocks(): void {
    for (const door of this.#doors) {
      const told = this.record.unlocks.filter((one) => one.startsWith(`${door.spec.id} `));
      let place = 0;
      for (const one of told) {
        const found = door.unlocks.indexOf(one, place);
        insist(found >= 0, "recordTells", () => `the record tells of an unlocking that never was: ${one}`);
        place = found + 1;
      }
      const missing = door.unlocks.length - told.length;
      insist(missing <= this.record.dropped, "everyDriveRecorded", () => {
        return `${missing} unlockings of ${door.spec.id} are not in the record`;
      });
    }
  }

  /** The product may well catch what a board throws at it, but the soak must not miss it. */
  #keep(watch: () => void): void {
    try {
      watch();
    } catch (error) {
      if (error instanceof Violation && this.#seen === null) {
        this.#note(error.message);
        this.#seen = error;
      }
      throw error;
    }
  }

  #note(what: string): void {
    if (this.#seen === null) this.#tell(what);
  }

  #hear(event: BoardEvent, listen: (event: BoardEvent) => void): void {
    if (event.kind === "input") this.#hearInput(event.input, event.active);
    else if (event.kind === "lost") this.#hearLoss(event.device);
    else if ("reader" in event) this.#hearing = this.#present(event);
    listen(event);
    this.#hearing = null;
    if (event.kind !== "input") return;
    for (const door of this.#doors) {
      if (door.presses.get(event.input) !== this.#now()) continue;
      const opens = door.unlocked || !door.relayWorks(this.#now());
      insist(opens, "exitOpens", () => `${event.input} was pressed and ${door.spec.id} stayed locked`);
    }
  }

  #hearInput(input: string, active: boolean): void {
    const now = this.#now();
    for (const door of this.#doors) {
      if (door.spec.contact === input) {
        if (door.contactOpen && !active) door.shutBehind(now);
        door.contactOpen = active;
      }
      if (!door.spec.exitButtons.some((one) => one === input)) continue;
      if (!active) this.#letGo(door, input);
      else if (!door.presses.has(input)) {
        door.presses.set(input, now);
        door.exitUntil = now + door.spec.timing.unlockMs;
        door.extend(door.exitUntil);
      }
    }
    if (input !== this.#site.fireInput || !active) return;
    this.#fire = true;
    this.#fireKnown = true;
  }

  #hearLoss(device: string): void {
    for (const door of this.#doors) {
      // A stuck button stays so until it has been seen let go.
      if (door.holds(device, this.#now())) this.#letGo(door, device);
      if (door.spec.contact === device) door.contactOpen = false;
    }
  }

  #letGo(door: DoorWatch, input: string): void {
    const since = door.presses.get(input);
    if (since === undefined) return;
    door.presses.delete(input);
    if (door.openUntil !== null) door.extend(Math.min(this.#now(), since + door.spec.timing.exitHoldMs));
  }

  #present(event: Extract<BoardEvent, { reader: string }>): Asked | null {
    const shown = this.#shown.take(event);
    const reader = this.#site.readers.find((one) => one.id === event.reader);
    if (shown === null || reader === undefined) return null;
    this.#askCount += 1;
    const id = `${this.#run}.${this.#askCount}`;
    const asked: Asked = {
      id,
      run: this.#run,
      reader: reader.id,
      door: reader.door,
      shown,
      at: this.#instant(),
      signal: null,
    };
    this.asks.add(asked);
    if (!this.#underWay.has(reader.id)) this.#underWay.set(reader.id, asked);
    return asked;
  }

  #signal(reader: string, signal: ReaderSignal): void {
    if (signal === "key" || signal === "warning") return;
    insist(signal !== "next", "everyoneIsAnswered", () => `${reader} asks for a second thing, and no door does`);
    this.#note(`${reader} ${signal}`);
    const underWay = this.#underWay.get(reader);
    const asked = this.#hearing?.reader === reader ? this.#hearing : underWay;
    insist(
      asked !== undefined && asked.signal === null,
      "everyoneIsAnswered",
      () => `${reader} says ${signal} to nobody`,
    );
    asked.signal = signal;

    if (underWay === asked) this.#underWay.delete(reader);
    if (signal === "denied") return;
    const door = this.#doors.find(({ spec }) => spec.id === asked.door);
    insist(door !== undefined, "recordTells", () => `${asked.id} is for no door`);
    this.#checkMayEnter(asked);
    this.letIn.add(asked.id);
    insist(!door.isShut(this.#now()), "ordersHold", () => `${asked.id} was let in at ${door.spec.id}, which is shut`);
    if (!this.#fireHolds(door) && !door.isHeldOpen) door.extend(this.#now() + door.spec.timing.unlockMs);
    const opens = door.unlocked || !door.relayWorks(this.#now());
    insist(opens, "grantedOpens", () => `${asked.id} was shown "granted" at a locked door`);
  }

  /** Committed, or an uncounted card whose event the disk is late with. */
  #checkMayEnter({ id, at, shown }: Asked): void {
    this.record.read();
    const ageMs = this.#now() - at.mono;
    insist(ageMs < askLifeMs, "notAfterTwoSeconds", () => `${id} was let in ${ageMs} ms after it was shown`);
    insist(!this.record.aborted.has(id), "abortedNeverMoved", () => `${id} was let in after it had been aborted`);
    if (this.record.granted.has(id)) return;
    const { recordDeadlineMs } = this.#site;
    const mayBeLate = shown.method === "card" && recordDeadlineMs > 0 && ageMs >= recordDeadlineMs;
    insist(mayBeLate, "committedFirst", () => `${id} was let in after ${ageMs} ms without a grant in the record`);
  }

  #drive(board: SimBoard, relay: string, energized: boolean, cause: string): void {
    const door = this.#doors.find(({ spec }) => spec.relay === relay);
    insist(door !== undefined, "causeIsReal", () => `there is no door with relay ${relay}`);
    const wanted = `${energized} ${cause}`;
    this.#note(`${relay} ${energized ? "energized" : "released"} ${cause}${door.relayStuck ? ", stuck" : ""}`);
    const again = door.failing === wanted;
    if (energized === (door.spec.lock === "failSecure")) this.#checkUnlock(door, cause, again);
    else this.#checkLock(door, cause, again);
    door.failing = wanted;
    board.drive(relay, energized, cause);
    door.failing = null;
    door.energized = energized;
  }

  #checkUnlock(door: DoorWatch, cause: string, again: boolean): void {
    const now = this.#now();
    const what = () => `${door.spec.id} was unlocked by ${cause}`;
    if (again && (now <= door.mustLockBy() || this.#fireHolds(door) || door.isHeldOpen)) return;
    if (cause !== "fire") insist(this.#phase !== "stopping", "causeIsReal", () => `${what()} after the stop`);
    if (cause === "fire") {
      insist(this.#fire && door.spec.lock === "failSafe", "causeIsReal", () => `${what()} without a fire`);
      this.#fireKnown = true;
      door.unlocks.push(`${door.spec.id} {"by":"fire"}`);
      return;
    }
    const [by, of = ""] = cause.split(/:(.*)/);
    if (by === "operator") {
      const ordered = this.#order?.door === door.spec.id && opening.has(this.#order.kind);
      insist(ordered, "causeIsReal", () => `${what()}, who ordered nothing of the kind`);
      door.unlocks.push(`${door.spec.id} {"by":"operator","who":"somebody"}`);
      return;
    }
    if (by === "ask") {
      const asked = this.asks.get(of);
      const here = asked !== undefined && asked.run === this.#run && asked.door === door.spec.id;
      insist(here && asked.signal === null, "causeIsReal", () => `${what()}, which nobody waits for`);
      this.#checkMayEnter(asked);
      door.unlocks.push(`${door.spec.id} {"ask":"${of}","by":"ask"}`);
    } else {
      const pressed = this.#board?.snapshot().inputs[of] === true && door.presses.has(of);
      insist(by === "exit" && pressed, "causeIsReal", () => `${what()}, which is not pressed`);
      door.unlocks.push(`${door.spec.id} {"by":"exit","input":"${of}"}`);
    }
    door.extend(now + door.spec.timing.unlockMs);
  }

  #checkLock(door: DoorWatch, cause: string, again: boolean): void {
    const now = this.#now();
    const ending = this.#phase === "starting" || this.#phase === "stopping";
    const what = () => `${door.spec.id} was locked by ${cause}`;
    const mayLock = this.#phase === "starting" || this.#phase === "clearing" || !this.#fireHolds(door);
    insist(mayLock, "fireHolds", () => `${what()} in a fire`);
    if (!again) {
      insist(ending || !door.heldExit(now), "exitOpens", () => `${what()} while an exit button is held`);
      this.#checkLockCause(door, cause, now);
    }
    door.openUntil = null;
  }

  #checkLockCause(door: DoorWatch, cause: string, now: number): void {
    const due = door.mustLockBy();
    const { relockOnClose } = door.spec.timing;
    const holds =
      (cause === "time" && now === due) ||
      (cause === "contact" && relockOnClose && !door.contactOpen) ||
      (cause === "operator" && this.#phase === "clearing") ||
      (cause === "operator" && this.#order?.door === door.spec.id && door.exitUntil <= now) ||
      (cause === "start" && this.#phase === "starting") ||
      (cause === "stop" && this.#phase === "stopping");
    insist(holds, "lockIsDue", () => `${door.spec.id} was locked by ${cause} ${now - due} ms after it was due`);
  }

  #checkDoor(door: DoorWatch, now: number): void {
    if (!door.relayWorks(now)) return;
    const { id } = door.spec;
    if (this.#fireHolds(door)) {
      insist(door.unlocked, "fireHolds", () => `${id} is locked in a fire`);
      return;
    }
    if (door.isHeldOpen) {
      insist(door.unlocked, "ordersHold", () => `${id} is locked although it was ordered to stand open`);
      return;
    }
    if (door.heldExit(now)) insist(door.unlocked, "exitOpens", () => `${id} is locked while an exit button is held`);
    const overdueMs = now - door.mustLockBy();
    insist(!door.unlocked || overdueMs <= 0, "relocks", () => `${id} is unlocked ${overdueMs} ms too long`);
  }

  #doorNamed(id: string): DoorWatch | undefined {
    return this.#doors.find(({ spec }) => spec.id === id);
  }

  #fireHolds(door: DoorWatch): boolean {
    return this.#fireKnown && door.spec.lock === "failSafe";
  }

  #now(): number {
    return this.#clock.mono();
  }

  #instant(): Instant {
    const clock = this.#clock;
    return { wall: unixMs(clock.wall()), mono: monoMs(clock.mono()), trusted: clock.trusted() };
  }
}
