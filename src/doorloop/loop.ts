// The door loop: routes what the wires report through the machines and runs their effects in order. No disk, no network,
// no promise: everything here happens in the turn of the event loop in which its cause arrived.
import type { Board, BoardEvent } from "../../hal/board.ts";
import type { Clock, Timer } from "../../hal/clock.ts";
import type { Ask, Restored } from "../domain/ask.ts";
import { askLifeMs, shownOf } from "../domain/ask.ts";
import type { StepDoor } from "../domain/door-machine.ts";
import type { JournalEvent } from "../domain/events.ts";
import type { AskId, BootId, InputId, ReaderId, RelayId, RunId } from "../domain/ids.ts";
import type { Presentation } from "../domain/presentation.ts";
import type { ReaderSpec, SiteSpec, SupplyInputSpec } from "../domain/site.ts";
import type { DoorCommand, DoorStatus } from "../domain/status.ts";
import type { MonoMs } from "../domain/time.ts";
import { instantOf, later } from "../domain/time.ts";
import type { AskEffect, AskInput, AskState } from "./ask-machine.ts";
import { askDeadline, noAsks, stepAsks } from "./ask-machine.ts";
import { lockDown, runCommand } from "./commands.ts";
import { Doors } from "./doors.ts";
import { identify } from "./identify.ts";
import type { InputFinding, InputOpening } from "./input-desk.ts";
import { createInputDesk } from "./input-desk.ts";
import { Latches } from "./latches.ts";
import type { LedgerLink } from "./ledger-link.ts";
import { createLedgerLink } from "./ledger-link.ts";
import type { ReaderDesk, ReaderEvent } from "./reader-desk.ts";
import { createReaderDesk } from "./reader-desk.ts";
import { createTallies, deviceEvent } from "./tallies.ts";
import { createTimetableDesk } from "./timetable-desk.ts";

export interface DoorLoopParts {
  readonly site: SiteSpec;
  readonly board: Board;
  readonly clock: Clock;
  readonly run: RunId;
  readonly boot: BootId;
  readonly version: string;
  /** Told after anything that a door or a device shows has changed. */
  readonly onChange: () => void;
  readonly stepDoor?: StepDoor;
  /** A fire release that was in force when the last run ended: not even the first moment may lock its doors. */
  readonly fireLatched?: boolean;
}

interface ReaderEntry {
  readonly spec: ReaderSpec;
  readonly desk: ReaderDesk;
}

export class DoorLoop {
  readonly link: LedgerLink;
  readonly #parts: DoorLoopParts;
  readonly #doors: Doors;
  readonly #latches: Latches;
  readonly #readers = new Map<ReaderId, ReaderEntry>();
  readonly #inputs;
  readonly #timetables;
  readonly #tallies;
  #asks: AskState = noAsks;
  #askCount = 0;
  #ledgerLostAt: MonoMs | null = null;
  #stopped = false;
  #timer: Timer | null = null;
  #timerDue: MonoMs | null = null;

  constructor(parts: DoorLoopParts) {
    const { site, board, clock } = parts;
    this.#parts = parts;
    const record = (event: JournalEvent) => this.link.record(event);
    this.#doors = new Doors({
      site,
      board,
      clock,
      record,
      onChange: parts.onChange,
      onAbort: (ask, door, why) => this.link.record({ settle: "aborted", ask, door, why }),
      onShut: (door) => this.#inputs.shut(door),
      stepDoor: parts.stepDoor,
    });
    this.#latches = new Latches(this.#doors, record);
    for (const spec of site.readers) {
      const mode = this.#doors.specOf(spec.door)?.keypadMode ?? "pin";
      this.#readers.set(spec.id, { spec, desk: createReaderDesk(spec, site.keypad, mode) });
    }
    this.#inputs = createInputDesk(site);
    this.#timetables = createTimetableDesk(site, clock);
    this.link = createLedgerLink({
      clock,
      run: parts.run,
      boot: parts.boot,
      site,
      onReady: (restored) => this.#ledgerReady(restored),
      onAnswer: (answer) => this.#stepAsks({ kind: "answered", answer }),
      onCalendar: (calendar) => {
        this.#timetables.setCalendar(calendar);
        this.clockChanged();
      },
    });
    this.#tallies = createTallies(clock, record);
  }

  /** The inputs are heard first: a door that fire or a held exit button keeps open is not locked for an instant. */
  start(): void {
    this.link.record({ type: "controller.started", version: this.#parts.version, board: this.#parts.board.kind });
    if (this.#parts.fireLatched === true) this.#latches.releaseForFire("latched");
    this.#parts.board.start((event) => this.#hear(event));
    this.#doors.start();
  }

  /** Locks what is unlocked; a fire release stays as it is. */
  stop(): void {
    if (this.#stopped) return;
    this.#stepAsks({ kind: "ledgerLost" });
    this.#stopped = true;
    this.#timer?.cancel();
    this.#doors.stop();
    this.link.record({ type: "controller.stopped" });
    this.#parts.board.stop();
  }

  /** Null when it was done, otherwise why not. */
  command(command: DoorCommand, who: string): string | null {
    if (this.#stopped) return "The controller is stopping.";
    const isLockedDown = this.#isLockdownOn();
    if (isLockedDown && command.kind === "lockDownRelease") {
      return "The lockdown switch is still on; switch it off first.";
    }
    const isOver = () => this.#stopped;
    if (command.kind === "identify") return identify({ ...this.#parts, isOver }, command.forMs);
    const problem = runCommand({ doors: this.#doors, latches: this.#latches }, command, who);
    // A door that refused it, as one that is locked open does, takes it as soon as it can.
    if (isLockedDown) this.#lockDown();
    this.#schedule();
    this.#parts.onChange();
    return problem;
  }

  /** The wall clock was stepped, or its trust has changed: what hangs on it is looked at anew. */
  clockChanged(): void {
    if (this.#stopped) return;
    this.#followTimetables();
    this.#schedule();
  }

  /** Somebody on site says that the clock once told wrong times, which are not to count any more. */
  forgetTimes(who: string): void {
    this.#timetables.resetFloor();
    this.link.record({ type: "clock.floorReset", who });
    this.clockChanged();
  }

  /** Something outside the doors that belongs in the record. */
  note(event: JournalEvent): void {
    this.link.record(event);
  }

  ledgerLost(why: string): void {
    this.link.lost();
    if (this.#ledgerLostAt !== null) return;
    this.#ledgerLostAt = this.#now();
    this.link.record({ type: "ledger.lost", why });
    this.#stepAsks({ kind: "ledgerLost" });
    this.#parts.onChange();
  }

  statuses(): DoorStatus[] {
    return this.#doors.statuses();
  }

  isFireLatched(): boolean {
    return this.#latches.isFireLatched();
  }

  /** What an operator must still take note of; null is nothing. */
  recovery(): string | null {
    return this.#latches.recovery();
  }

  failedRelays(): readonly RelayId[] {
    return this.#doors.failedRelays();
  }

  supplyInputs(): readonly SupplyInputSpec[] {
    return this.#parts.site.supplyInputs;
  }

  /** What is bad about mains, battery and box right now. */
  supplyFaults(): readonly SupplyInputSpec[] {
    return this.#parts.site.supplyInputs.filter(({ input }) => this.#inputs.isActive(input));
  }

  outstandingAsks(): number {
    return this.#asks.sent.length + this.#asks.waiting.length;
  }

  #now(): MonoMs {
    return this.#parts.clock.mono();
  }

  #ledgerReady(restored: Restored): void {
    if (this.#stopped) return;
    this.#latches.restore(restored);
    this.#timetables.raiseFloor(restored.clockFloor ?? null);
    if (this.#ledgerLostAt !== null) {
      const downMs = Math.round(this.#now() - this.#ledgerLostAt);
      this.#ledgerLostAt = null;
      this.link.record({ type: "ledger.restored", downMs });
    }
    this.#stepAsks({ kind: "ledgerUp" });
    this.#parts.onChange();
  }

  #hear(event: BoardEvent): void {
    if (this.#stopped) return;
    switch (event.kind) {
      case "frame":
      case "key":
      case "text":
      case "card":
      case "unread":
        this.#hearReader(event);
        break;
      case "attack":
        this.#tallies.attacked(event);
        break;
      case "input":
      case "fault":
        for (const finding of this.#inputs.take(event, this.#now())) this.#runInputFinding(finding);
        break;
      case "lost":
        this.#hearLoss(event.device, event.why);
        break;
      case "found":
      case "faulty":
      case "mended":
      case "pairing":
        if (event.kind !== "found" || !this.#doors.findRelay(event.device)) this.link.record(deviceEvent(event));
        this.#parts.onChange();
        break;
    }
    this.#schedule();
  }

  #hearReader(event: ReaderEvent): void {
    const reader = this.#readers.get(event.reader as ReaderId);
    if (reader === undefined) return;
    // Somebody stands there with a card that says nothing; noise on wires is answered by nobody.
    if (event.kind === "unread") this.#parts.board.signal(reader.spec.id, "denied");
    for (const finding of reader.desk.take(event, this.#now())) {
      if (finding.kind === "key") this.#parts.board.signal(reader.spec.id, "key");
      else if (finding.kind === "misread") this.#tallies.misread(reader.spec.id, finding.problem);
      else if (finding.kind === "presentation") this.#present(reader.spec, finding.presentation);
    }
  }

  #hearLoss(device: string, why: string): void {
    if (!this.#doors.loseRelay(device, why)) this.link.record({ type: "device.lost", device, why });
    for (const finding of this.#inputs.lost(device as InputId, this.#now())) this.#runInputFinding(finding);
    this.#parts.onChange();
  }

  #runInputFinding(finding: InputFinding): void {
    switch (finding.kind) {
      case "door":
        this.#doors.tell(finding.door, finding.input);
        return;
      case "fire":
        this.#latches.hearFire(finding.input, finding.active);
        return;
      case "lockdown":
        this.#lockDown();
        return;
      case "opening":
        this.#openFor(finding.opening);
        return;
      case "record":
        this.link.record(finding.event);
        if (finding.event.type !== "input.acted") this.#parts.onChange();
        return;
    }
  }

  #isLockdownOn(): boolean {
    const { lockdownInput } = this.#parts.site;
    return lockdownInput !== null && this.#inputs.isActive(lockdownInput);
  }

  #lockDown(): void {
    const { lockdownInput: input } = this.#parts.site;
    if (input === null) return;
    lockDown({ doors: this.#doors, latches: this.#latches }, { doors: [], forMs: null }, { by: "input", input });
  }

  #openFor({ input, doors, schedule, says }: InputOpening): void {
    if (!this.#timetables.holds(schedule)) return;
    for (const door of doors) {
      if (!this.#doors.access(door, { by: "input", input })) continue;
      this.link.record({ type: says, input, door });
    }
  }

  #followTimetables(): void {
    for (const { door, input } of this.#timetables.look()) this.#doors.tell(door, input);
  }

  #present(reader: ReaderSpec, presentation: Presentation): void {
    const { clock, run } = this.#parts;
    const presentedAt = instantOf(clock);
    this.#askCount += 1;
    const ask: Ask = {
      id: `${run}.${this.#askCount}` as AskId,
      reader: reader.id,
      door: reader.door,
      direction: reader.direction,
      presentation,
      situation: { mode: this.#doors.modeOf(reader.door), interlocked: this.#doors.isInterlocked(reader.door) },
      presentedAt,
      expiresAt: later(presentedAt.mono, askLifeMs),
    };
    this.#stepAsks({ kind: "presented", ask });
  }

  #stepAsks(input: AskInput): void {
    if (this.#stopped) return;
    const step = stepAsks(this.#asks, input, this.#now(), this.#parts.site.recordDeadlineMs);
    this.#asks = step.state;
    for (const effect of step.effects) this.#runAskEffect(effect);
    this.#schedule();
  }

  #runAskEffect(effect: AskEffect): void {
    switch (effect.kind) {
      case "send":
        this.link.ask(effect.ask);
        return;
      case "grant":
        this.#grant(effect);
        return;
      case "prompt":
        this.#parts.board.signal(effect.ask.reader, "next");
        return;
      case "deny":
        this.#parts.board.signal(effect.ask.reader, "denied");
        return;
      case "settle":
        this.link.record(effect.settlement);
        return;
      case "shed":
        this.#tallies.shed(effect.reader);
        return;
    }
  }

  /** The door has the last word: how it stands now counts, not how it stood when it was asked about. */
  #grant({ ask, verdict, late }: Extract<AskEffect, { kind: "grant" }>): void {
    const input = { kind: "grant", ask: ask.id, rights: verdict } as const;
    const why = this.#doors.grant(ask.door, input, ask.presentation.method);
    this.#parts.board.signal(ask.reader, why === null ? "granted" : "denied");
    if (why === null && late) this.link.record({ settle: "late", shown: shownOf(ask), verdict });
    else if (why !== null && late) {
      // Perhaps nothing is on the disk of it: what is comes to is for the ledger to say.
      this.link.record({ settle: "unanswered", shown: shownOf(ask), reason: "ledgerUnavailable" });
    } else if (why !== null) this.link.record({ settle: "aborted", ask: ask.id, door: ask.door, why });
  }

  #schedule(): void {
    const due = this.#deadline();
    if (due === this.#timerDue && this.#timer !== null) return;
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerDue = due;
    if (due === null) return;
    this.#timer = this.#parts.clock.after(Math.max(0, due - this.#now()), "doors", () => {
      this.#timer = null;
      this.#tick();
    });
  }

  #deadline(): MonoMs | null {
    let first = askDeadline(this.#asks, this.#parts.site.recordDeadlineMs);
    const consider = (time: MonoMs | null) => {
      if (time !== null && (first === null || time < first)) first = time;
    };
    consider(this.#doors.deadline());
    consider(this.#inputs.deadline());
    consider(this.#timetables.deadline());
    for (const reader of this.#readers.values()) consider(reader.desk.deadline());
    return first;
  }

  /** Doors first: nothing that waits may delay a relock. */
  #tick(): void {
    this.#doors.tick();
    this.#followTimetables();
    for (const finding of this.#inputs.tick(this.#now())) this.#runInputFinding(finding);
    for (const reader of this.#readers.values()) reader.desk.tick(this.#now());
    this.#stepAsks({ kind: "tick" });
  }
}
