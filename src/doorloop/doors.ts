// The doors' machines and the relays that they move: steps them, and runs their effects in order. Knows no reader, ask or ledger.
import type { Board } from "../../hal/board.ts";
import type { Clock } from "../../hal/clock.ts";
import type { DoorInput } from "../domain/door-input.ts";
import type { StepDoor } from "../domain/door-machine.ts";
import { doorDeadline, doorStatus, stepDoor } from "../domain/door-machine.ts";
import type { DoorEffect, DoorState } from "../domain/door-state.ts";
import { lockedDoor, situationMode } from "../domain/door-state.ts";
import type { AbortReason, Cause, JournalEvent } from "../domain/events.ts";
import type { AskId, DoorId, RelayId } from "../domain/ids.ts";
import { isInterlocked, isSecured } from "../domain/interlock.ts";
import type { RelayInput, RelayState } from "../domain/relay-machine.ts";
import { relayDeadline, releasedRelay, stepRelay } from "../domain/relay-machine.ts";
import type { AuxRelaySpec, DoorSpec, OpeningMethod, SiteSpec } from "../domain/site.ts";
import type { DoorMode, DoorStatus } from "../domain/status.ts";
import type { MonoMs } from "../domain/time.ts";
import type { Drives } from "./drives.ts";
import { createDrives } from "./drives.ts";

export interface DoorsParts {
  readonly site: SiteSpec;
  readonly board: Board;
  readonly clock: Clock;
  readonly record: (event: JournalEvent) => void;
  /** Told after anything that a door shows has changed. */
  readonly onChange: () => void;
  /** Granted a while ago, and now refused by the door. */
  readonly onAbort: (ask: AskId, door: DoorId, why: AbortReason) => void;
  /** An order has shut the door. */
  readonly onShut: (door: DoorId) => void;
  readonly stepDoor: StepDoor | undefined;
}

interface RelayEntry {
  readonly spec: AuxRelaySpec;
  state: RelayState;
}

interface DoorEntry {
  readonly spec: DoorSpec;
  state: DoorState;
  readonly relays: readonly RelayEntry[];
}

export class Doors {
  readonly #parts: DoorsParts;
  readonly #step: StepDoor;
  readonly #drives: Drives;
  readonly #doors: ReadonlyMap<DoorId, DoorEntry>;

  constructor(parts: DoorsParts) {
    this.#parts = parts;
    this.#step = parts.stepDoor ?? stepDoor;
    this.#drives = createDrives(parts.board, parts.clock, parts.record);
    this.#doors = new Map(parts.site.doors.map((spec) => [spec.id, entryOf(spec)]));
  }

  ids(): readonly DoorId[] {
    return [...this.#doors.keys()];
  }

  specOf(id: string): DoorSpec | null {
    return this.#doors.get(id as DoorId)?.spec ?? null;
  }

  /** The mode that decides who may be let in. */
  modeOf(id: DoorId): DoorMode {
    const door = this.#doors.get(id);
    return door === undefined ? "locked" : situationMode(door.state);
  }

  /** The mode that decides which commands it takes. */
  standingOf(id: DoorId): DoorMode {
    return this.#doors.get(id)?.state.standing.name ?? "locked";
  }

  /** Every relay to its safe level, save what fire or an exit button holds unlocked already. */
  start(): void {
    for (const { spec, state, relays } of this.#doors.values()) {
      if (!state.fire && state.passage === null) this.#drives.lock(spec, { by: "start" });
      for (const relay of relays) {
        if (!relay.state.energized) this.#drives.drive(relay.spec.relay, false, { by: "start" });
      }
    }
  }

  /** Locks what is unlocked; a fire release stays as it is. Nothing is driven afterwards. */
  stop(): void {
    for (const { spec, state, relays } of this.#doors.values()) {
      if (!state.fire) this.#drives.lock(spec, { by: "stop" });
      for (const relay of relays) this.#drives.drive(relay.spec.relay, false, { by: "stop" });
    }
    this.#drives.stop();
  }

  /** False when the door's mode does not take it. */
  tell(id: DoorId, input: DoorInput): boolean {
    const door = this.#doors.get(id);
    return door !== undefined && !this.#stepDoor(door, input).some(({ kind }) => kind === "refuse");
  }

  tellAll(input: DoorInput): void {
    for (const door of this.#doors.values()) this.#stepDoor(door, input);
  }

  /** Another door of one of its groups is open or unlocked, or is about to be. */
  isInterlocked(id: DoorId): boolean {
    const { interlocks } = this.#parts.site;
    if (interlocks.length === 0) return false;
    const failed = this.failedRelays();
    return isInterlocked(interlocks, id, (other) => {
      const door = this.#doors.get(other);
      return door === undefined || (isSecured(door.spec, door.state) && !failed.includes(door.spec.relay));
    });
  }

  /** Why the door does not let in whom the ledger has granted; null when it does. */
  grant(id: DoorId, input: Extract<DoorInput, { kind: "grant" }>, method: OpeningMethod): AbortReason | null {
    const door = this.#doors.get(id);
    if (door === undefined) return "blocked";
    if (this.isInterlocked(id)) return "interlocked";
    for (const effect of this.#stepDoor(door, input)) {
      if (effect.kind === "abort" && effect.ask === input.ask) return effect.why;
    }
    this.#stepRelays(door, { kind: "drive", method, cause: { by: "ask", ask: input.ask } });
    return null;
  }

  /** False when the door's mode does not take it, or its group. */
  access(id: DoorId, cause: Extract<Cause, { by: "http" | "operator" | "cloud" | "input" }>): boolean {
    const door = this.#doors.get(id);
    if (door === undefined || this.isInterlocked(id) || !this.tell(id, { kind: "access", cause })) return false;
    this.#stepRelays(door, { kind: "drive", method: cause.by, cause });
    return true;
  }

  /** A door whose relay did not take its level is not called locked. */
  statuses(): DoorStatus[] {
    const failed = this.failedRelays();
    return [...this.#doors.values()].map(({ spec, state }) => {
      const status = doorStatus(spec, state);
      return { ...status, locked: status.locked && !failed.includes(spec.relay) };
    });
  }

  /** False when it is no relay of a door. */
  loseRelay(id: string, why: string): boolean {
    return this.#drives.lose(id as RelayId, why);
  }

  /** False when nothing was wrong with such a relay. */
  findRelay(id: string): boolean {
    return this.#drives.find(id as RelayId);
  }

  failedRelays(): readonly RelayId[] {
    return this.#drives.failed();
  }

  deadline(): MonoMs | null {
    let first: MonoMs | null = null;
    const consider = (time: MonoMs | null) => {
      if (time !== null && (first === null || time < first)) first = time;
    };
    for (const { spec, state, relays } of this.#doors.values()) {
      consider(doorDeadline(spec, state));
      for (const relay of relays) consider(relayDeadline(relay.state));
    }
    return first;
  }

  /** The locks first: nothing else may delay a relock. */
  tick(): void {
    for (const door of this.#doors.values()) {
      const { spec, state } = door;
      const isDue = state.delayed !== null && state.delayed.at <= this.#parts.clock.mono();
      if (isDue && this.isInterlocked(spec.id)) this.#stepDoor(door, { kind: "interlocked" });
      this.#stepDoor(door, { kind: "tick" });
    }
    for (const door of this.#doors.values()) this.#stepRelays(door, { kind: "tick" });
  }

  #stepDoor(door: DoorEntry, input: DoorInput): readonly DoorEffect[] {
    const before = door.state;
    const { state, effects } = this.#step(door.spec, before, input, this.#parts.clock.mono());
    door.state = state;
    for (const effect of effects) this.#run(door, input, effect);
    if (input.kind === "exit" && input.pressed && before.exits !== state.exits) {
      this.#stepRelays(door, { kind: "drive", method: "exit", cause: { by: "exit", input: input.input } });
    }
    if (state !== before) this.#parts.onChange();
    return effects;
  }

  #run(door: DoorEntry, input: DoorInput, effect: DoorEffect): void {
    const { board, site, record, onAbort, onShut } = this.#parts;
    switch (effect.kind) {
      case "unlock":
        this.#drives.unlock(door.spec, effect.cause);
        return;
      case "lock":
        this.#drives.lock(door.spec, effect.cause);
        return;
      case "shut":
        this.#stepRelays(door, { kind: "shut", cause: effect.cause });
        if (effect.cause.by !== "time") onShut(door.spec.id);
        return;
      case "record":
        record(effect.event);
        return;
      case "abort":
        if (input.kind !== "grant" || input.ask !== effect.ask) onAbort(effect.ask, door.spec.id, effect.why);
        return;
      case "warn":
        for (const reader of site.readers) if (reader.door === door.spec.id) board.signal(reader.id, "warning");
        return;
      case "refuse":
        return;
    }
  }

  #stepRelays(door: DoorEntry, input: RelayInput): void {
    for (const relay of door.relays) {
      const step = stepRelay(relay.spec, relay.state, input, this.#parts.clock.mono());
      relay.state = step.state;
      if (step.drive !== null) this.#drives.drive(relay.spec.relay, step.drive.energized, step.drive.cause);
    }
  }
}

const entryOf = (spec: DoorSpec): DoorEntry => ({
  spec,
  state: lockedDoor,
  relays: spec.auxRelays.map((relay) => ({ spec: relay, state: releasedRelay })),
});
