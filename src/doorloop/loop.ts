// The door loop: routes what the wires report through the machines and runs their effects in order. No disk, no network,
// no promise: everything here happens in the turn of the event loop in which its cause arrived.
import type { Board, BoardEvent } from "../../hal/board.ts";
import type { Clock, Timer } from "../../hal/clock.ts";
import type { Ask, Recovery, Restored } from "../domain/ask.ts";
import { askLifeMs, shownOf } from "../domain/ask.ts";
import type { DoorInput } from "../domain/door-input.ts";
import type { DoorState, StepDoor } from "../domain/door-machine.ts";
import { doorDeadline, doorStatus, lockedDoor, stepDoor } from "../domain/door-machine.ts";
import type { JournalEvent } from "../domain/events.ts";
import type { AskId, BootId, DoorId, InputId, ReaderId, RelayId, RunId } from "../domain/ids.ts";
import type { Presentation } from "../domain/presentation.ts";
import type { DoorSpec, ReaderSpec, SiteSpec } from "../domain/site.ts";
import type { DoorCommand, DoorStatus } from "../domain/status.ts";
import type { Instant, MonoMs } from "../domain/time.ts";
import { later } from "../domain/time.ts";
import type { AskEffect, AskInput, AskState } from "./ask-machine.ts";
import { askDeadline, noAsks, stepAsks } from "./ask-machine.ts";
import { createDrives } from "./drives.ts";
import { inputRoles } from "./input-roles.ts";
import type { LedgerLink } from "./ledger-link.ts";
import { createLedgerLink } from "./ledger-link.ts";
import type { ReaderDesk } from "./reader-desk.ts";
import { createReaderDesk } from "./reader-desk.ts";
import { createTally } from "./tally.ts";

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

interface DoorEntry {
  readonly spec: DoorSpec;
  state: DoorState;
}

interface ReaderEntry {
  readonly spec: ReaderSpec;
  readonly desk: ReaderDesk;
}

export class DoorLoop {
  readonly link: LedgerLink;
  readonly #parts: DoorLoopParts;
  readonly #step: StepDoor;
  readonly #doors = new Map<DoorId, DoorEntry>();
  readonly #readers = new Map<ReaderId, ReaderEntry>();
  readonly #roles;
  readonly #drives;
  readonly #shed;
  readonly #misreads;
  #asks: AskState = noAsks;
  #askCount = 0;
  #fire: "clear" | "raised" | "latched" = "clear";
  #ledgerLostAt: MonoMs | null = null;
  #restored = false;
  /** By an operator, perhaps before the ledger was there to restore it. */
  readonly #cleared = new Set<DoorId | "fire">();
  #recovery: Recovery | null = null;
  /** A ledger that died before it had recorded that still tells of it. */
  #notedRecovery = 0;
  #stopped = false;
  #timer: Timer | null = null;
  #timerDue: MonoMs | null = null;

  constructor(parts: DoorLoopParts) {
    const { site, board, clock } = parts;
    this.#parts = parts;
    this.#step = parts.stepDoor ?? stepDoor;
    for (const spec of site.doors) this.#doors.set(spec.id, { spec, state: lockedDoor });
    for (const spec of site.readers) {
      const mode = this.#doors.get(spec.door)?.spec.keypadMode ?? "pin";
      this.#readers.set(spec.id, { spec, desk: createReaderDesk(spec, site.keypad, mode) });
    }
    this.#roles = inputRoles(site);
    this.link = createLedgerLink({
      clock,
      run: parts.run,
      boot: parts.boot,
      site,
      onReady: (restored) => this.#ledgerReady(restored),
      onAnswer: (answer) => this.#stepAsks({ kind: "answered", answer }),
      onCalendar: () => {},
    });
    const record = (event: JournalEvent) => this.link.record(event);
    this.#drives = createDrives(board, clock, record);
    this.#shed = createTally(clock, "shed presentations", (reader, count) =>
      record({ type: "access.shed", reader: reader as ReaderId, count }),
    );
    this.#misreads = createTally(clock, "misreads", (key, count) => {
      const [reader = "", problem = ""] = key.split(" ");
      record({ type: "reader.misread", reader: reader as ReaderId, problem, count });
    });
  }

  /** The inputs are heard first: a door that fire or a held exit button keeps open is not locked for an instant. */
  start(): void {
    this.link.record({ type: "controller.started", version: this.#parts.version, board: this.#parts.board.kind });
    if (this.#parts.fireLatched === true) this.#releaseForFire("latched");
    this.#parts.board.start((event) => this.#hear(event));
    for (const { spec, state } of this.#doors.values()) {
      if (state.mode.name === "locked") this.#drives.lock(spec, { by: "start" });
    }
  }

  /** Locks what a passage left unlocked; a fire release stays as it is. */
  stop(): void {
    if (this.#stopped) return;
    this.#stepAsks({ kind: "ledgerLost" });
    this.#stopped = true;
    this.#timer?.cancel();
    for (const { spec, state } of this.#doors.values()) {
      if (state.mode.name !== "lockedOpen") this.#drives.lock(spec, { by: "stop" });
    }
    this.#drives.stop();
    this.link.record({ type: "controller.stopped" });
    this.#parts.board.stop();
  }

  /** Null when it was done, otherwise why not. */
  command(command: DoorCommand, who: string): string | null {
    if (this.#stopped) return "The controller is stopping.";
    if (command.kind === "clearFire") return this.#clearFire(who);
    if (command.kind === "clearRecovery") return this.#clearRecovery(who);
    if (command.kind !== "clearForced") return "This controller does not know that command.";
    const door = this.#doors.get(command.door);
    if (door === undefined) return `There is no door "${command.door}".`;
    if (!door.state.forced) return `${door.spec.name} has no forced-door alarm to clear.`;
    this.#cleared.add(command.door);
    this.#stepDoor(door, { kind: "clearForced", who });
    this.#schedule();
    return null;
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

  /** A door whose relay did not take its level is not called locked. */
  statuses(): DoorStatus[] {
    const failed = this.#drives.failed();
    return [...this.#doors.values()].map(({ spec, state }) => {
      const status = doorStatus(spec, state);
      return { ...status, locked: status.locked && !failed.includes(spec.relay) };
    });
  }

  isFireLatched(): boolean {
    return this.#fire !== "clear";
  }

  /** What an operator must still take note of; null is nothing. */
  recovery(): string | null {
    return this.#recovery?.why ?? null;
  }

  failedRelays(): readonly RelayId[] {
    return this.#drives.failed();
  }

  outstandingAsks(): number {
    return this.#asks.sent.length + this.#asks.waiting.length;
  }

  #now(): MonoMs {
    return this.#parts.clock.mono();
  }

  #ledgerReady(restored: Restored): void {
    if (this.#stopped) return;
    if (!this.#restored) this.#restore(restored);
    const { recovery = null } = restored;
    this.#recovery = recovery !== null && recovery.epoch > this.#notedRecovery ? recovery : null;
    if (this.#ledgerLostAt !== null) {
      const downMs = Math.round(this.#now() - this.#ledgerLostAt);
      this.#ledgerLostAt = null;
      this.link.record({ type: "ledger.restored", downMs });
    }
    this.#stepAsks({ kind: "ledgerUp" });
    this.#parts.onChange();
  }

  /** Once in a run: from then on this memory knows better than a ledger that has not heard the latest. */
  #restore(restored: Restored): void {
    this.#restored = true;
    for (const id of restored.forcedDoors) if (!this.#cleared.has(id)) this.#tellDoor(id, { kind: "restoreForced" });
    if (restored.fire && this.#fire === "clear" && !this.#cleared.has("fire")) this.#releaseForFire("latched");
  }

  #hear(event: BoardEvent): void {
    if (this.#stopped) return;
    switch (event.kind) {
      case "frame":
      case "key":
      case "text":
        this.#hearReader(event);
        break;
      case "input":
        this.#hearInput(event.input as InputId, event.active);
        break;
      case "lost":
        this.#hearLoss(event.device, event.why);
        break;
      case "found":
        this.link.record({ type: "device.found", device: event.device });
        this.#parts.onChange();
        break;
    }
    this.#schedule();
  }

  #hearReader(event: Extract<BoardEvent, { kind: "frame" | "key" | "text" }>): void {
    const reader = this.#readers.get(event.reader as ReaderId);
    if (reader === undefined) return;
    for (const finding of reader.desk.take(event, this.#now())) {
      if (finding.kind === "key") this.#parts.board.signal(reader.spec.id, "key");
      else if (finding.kind === "misread") this.#misreads.count(`${reader.spec.id} ${finding.problem}`);
      else if (finding.kind === "presentation") this.#present(reader.spec, finding.presentation);
    }
  }

  #hearInput(input: InputId, active: boolean): void {
    for (const role of this.#roles.get(input) ?? []) {
      if (role.kind === "fire") this.#hearFire(input, active);
      else if (role.kind === "exit") this.#tellDoor(role.door, { kind: "exit", input, pressed: active });
      else this.#tellDoor(role.door, { kind: "contact", level: active ? "open" : "closed" });
    }
  }

  /** A lost exit button counts as let go, a lost contact as unknown; a lost fire input keeps what is latched. */
  #hearLoss(device: string, why: string): void {
    this.link.record({ type: "device.lost", device, why });
    const input = device as InputId;
    for (const role of this.#roles.get(input) ?? []) {
      if (role.kind === "contact") this.#tellDoor(role.door, { kind: "contact", level: "unknown" });
      else if (role.kind === "exit") this.#tellDoor(role.door, { kind: "exitLost", input });
    }
    this.#parts.onChange();
  }

  #tellDoor(id: DoorId, input: DoorInput): void {
    const door = this.#doors.get(id);
    if (door !== undefined) this.#stepDoor(door, input);
  }

  #hearFire(input: InputId, active: boolean): void {
    if (!active) {
      if (this.#fire === "raised") this.#fire = "latched";
      return;
    }
    const news = this.#fire === "clear";
    this.#releaseForFire("raised");
    if (news) this.link.record({ type: "fire.raised", input });
  }

  #releaseForFire(level: "raised" | "latched"): void {
    this.#fire = level;
    for (const door of this.#doors.values()) this.#stepDoor(door, { kind: "fire" });
  }

  #clearFire(who: string): string | null {
    if (this.#fire === "clear") return "There is no fire alarm to clear.";
    if (this.#fire === "raised") return "The fire input still reports fire; clear the fire panel first.";
    this.#fire = "clear";
    this.#cleared.add("fire");
    this.link.record({ type: "fire.cleared", who });
    for (const door of this.#doors.values()) this.#stepDoor(door, { kind: "fireCleared", who });
    this.#schedule();
    return null;
  }

  #clearRecovery(who: string): string | null {
    if (this.#recovery === null) return "There is no recovery of the database to take note of.";
    const { epoch } = this.#recovery;
    this.#notedRecovery = epoch;
    this.#recovery = null;
    this.link.record({ type: "ledger.recoveryCleared", epoch, who });
    this.#parts.onChange();
    return null;
  }

  #present(reader: ReaderSpec, presentation: Presentation): void {
    const { clock, run } = this.#parts;
    const presentedAt: Instant = { wall: clock.wall(), mono: clock.mono(), trusted: clock.trusted() };
    this.#askCount += 1;
    const ask: Ask = {
      id: `${run}.${this.#askCount}` as AskId,
      reader: reader.id,
      door: reader.door,
      direction: reader.direction,
      presentation,
      situation: { mode: this.#doors.get(reader.door)?.state.mode.name ?? "locked", interlocked: false },
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
      case "grant": {
        this.#tellDoor(effect.ask.door, { kind: "grant", ask: effect.ask.id, rights: effect.verdict });
        this.#parts.board.signal(effect.ask.reader, "granted");
        if (effect.late) this.link.record({ settle: "late", shown: shownOf(effect.ask), verdict: effect.verdict });
        return;
      }
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
        this.#shed.count(effect.reader);
        return;
    }
  }

  #stepDoor(door: DoorEntry, input: DoorInput): void {
    const step = this.#step(door.spec, door.state, input, this.#now());
    const changed = step.state !== door.state;
    door.state = step.state;
    for (const effect of step.effects) {
      if (effect.kind === "unlock") this.#drives.unlock(door.spec, effect.cause);
      else if (effect.kind === "lock") this.#drives.lock(door.spec, effect.cause);
      else this.link.record(effect.event);
    }
    if (changed) this.#parts.onChange();
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
    for (const door of this.#doors.values()) consider(doorDeadline(door.spec, door.state));
    for (const reader of this.#readers.values()) consider(reader.desk.deadline());
    return first;
  }

  /** Doors first: nothing that waits may delay a relock. */
  #tick(): void {
    for (const door of this.#doors.values()) this.#stepDoor(door, { kind: "tick" });
    for (const reader of this.#readers.values()) reader.desk.tick(this.#now());
    this.#stepAsks({ kind: "tick" });
  }
}
