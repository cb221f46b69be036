// Works the doors while no controller can start: every door locked first, then exit buttons, fire and administrators' cards.
// Shares nothing with the door loop, so that what broke that one does not break this; knows no file, key or process.
import type { Board, BoardEvent } from "../../hal/board.ts";
import type { Clock, Timer } from "../../hal/clock.ts";
import { cardCodeOf, isRandomUid } from "../domain/card-format.ts";
import { decodeFrame } from "../domain/frame.ts";
import type { DoorId, InputId } from "../domain/ids.ts";
import type { CardCode, Presentation } from "../domain/presentation.ts";
import type { CardTokens, RescueDoor, RescueDoorState, RescueOpening, RescuePlan } from "../domain/rescue.ts";
import { cardThatOpens, isOpen, mayLook, nextEnd, openFor, shutDoor, stepExit } from "../domain/rescue.ts";
import type { ReaderSpec } from "../domain/site.ts";
import type { MonoMs } from "../domain/time.ts";

/** Between two tries at a relay that did not take its level. */
const retryMs = 1_000;

export interface RescueParts {
  readonly plan: RescuePlan;
  readonly board: Board;
  readonly clock: Clock;
  readonly tokensOf: (card: Presentation) => CardTokens;
  /** A fire release was in force when the controller ended. */
  readonly fireLatched: boolean;
  /** After the relay has moved. */
  readonly opened: (opening: RescueOpening) => void;
  readonly fireRaised: () => void;
  readonly trouble: (sentence: string) => void;
}

interface Door {
  readonly spec: RescueDoor;
  state: RescueDoorState;
  /** The level that the relay has taken; null is not known. */
  driven: boolean | null;
  failing: boolean;
}

export class RescueLoop {
  readonly #parts: RescueParts;
  readonly #doors: readonly Door[];
  readonly #lastLook = new Map<string, MonoMs>();
  /** Absent is not known. */
  readonly #active = new Map<string, boolean>();
  #timer: Timer | null = null;
  #isStopped = false;

  constructor(parts: RescueParts) {
    this.#parts = parts;
    this.#doors = parts.plan.doors.map((spec) => ({ spec, state: shutDoor, driven: null, failing: false }));
  }

  start(): void {
    const { fireLatched } = this.#parts;
    for (const door of this.#doors) door.state = { ...door.state, fire: fireLatched };
    this.#apply("start");
    this.#parts.board.start((event) => this.#hear(event));
  }

  /** Locks every door, whoever stands in it; save from fire. */
  stop(): void {
    if (this.#isStopped) return;
    for (const door of this.#doors) door.state = { ...shutDoor, fire: door.state.fire };
    this.#apply("stop");
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#parts.board.stop();
  }

  #hear(event: BoardEvent): void {
    if (this.#isStopped) return;
    switch (event.kind) {
      case "input":
        this.#takeInput(event.input as InputId, event.active);
        return;
      case "fault":
        this.#takeInput(event.input as InputId, null);
        return;
      case "lost":
        this.#takeInput(event.device as InputId, null);
        return;
      case "frame": {
        const reader = this.#parts.plan.readers.find(({ id }) => id === event.reader);
        if (reader !== undefined) this.#takeFrame(reader, event.bits);
        return;
      }
      case "card": {
        const reader = this.#parts.plan.readers.find(({ id }) => id === event.reader);
        const code = cardCodeOf(event.bytes);
        const isRandom = event.proven !== true && code !== null && isRandomUid(code);
        if (reader !== undefined && code !== null && !isRandom) this.#takeCard(reader, code);
        return;
      }
      default:
        return;
    }
  }

  #takeInput(input: InputId, active: boolean | null): void {
    if (active === null) this.#active.delete(input);
    else this.#active.set(input, active);
    const now = this.#parts.clock.mono();
    for (const door of this.#doors.filter(({ spec }) => spec.exitButtons.includes(input))) {
      const before = door.state;
      door.state = stepExit(door.spec, before, { input, pressed: active === true }, now);
      this.#apply("exit");
      if (door.state.held.length > before.held.length) this.#opened(door, "exit");
    }
    if (input === this.#parts.plan.fireInput && active === true) this.#raiseFire();
  }

  #raiseFire(): void {
    const released = this.#doors.filter(({ spec, state }) => spec.lock === "failSafe" && !state.fire);
    for (const door of released) door.state = { ...door.state, fire: true };
    this.#apply("fire");
    this.#parts.fireRaised();
    for (const door of released) this.#opened(door, "fire");
  }

  #takeFrame(reader: ReaderSpec, bits: string): void {
    const reading = decodeFrame(bits, reader.format, reader.keypad, reader.frames);
    if (reading.kind === "card") this.#takeCard(reader, reading.code);
  }

  #takeCard(reader: ReaderSpec, code: CardCode): void {
    const now = this.#parts.clock.mono();
    const { plan, board, tokensOf } = this.#parts;
    if (!mayLook(this.#lastLook.get(reader.id), now)) return;
    this.#lastLook.set(reader.id, now);
    const door = this.#doors.find(({ spec }) => spec.id === reader.door);
    const shown = tokensOf({ method: "card", code, short: reader.format === "w26" });
    const card = cardThatOpens(plan, reader, shown, (id) => this.#isSecured(id, now));
    if (card === null || door === undefined) {
      board.signal(reader.id, "denied");
      return;
    }
    door.state = openFor(door.spec, door.state, now);
    this.#apply("card");
    board.signal(reader.id, "granted");
    this.#parts.opened({ door: door.spec.id, by: "card", credential: card.credential });
  }

  #isSecured(id: DoorId, now: MonoMs): boolean {
    const door = this.#doors.find(({ spec }) => spec.id === id);
    if (door === undefined) return true;
    const { spec, state } = door;
    return !isOpen(spec, state, now) && (spec.contact === null || this.#active.get(spec.contact) === false);
  }

  #opened({ spec }: Door, by: "exit" | "fire"): void {
    this.#parts.opened({ door: spec.id, by, credential: null });
  }

  /** Brings every relay to the level that its door asks for now, and waits for the next change. */
  #apply(cause: string): void {
    if (this.#isStopped) return;
    const now = this.#parts.clock.mono();
    let wakeAt: MonoMs | null = null;
    for (const door of this.#doors) {
      this.#drive(door, isOpen(door.spec, door.state, now), cause);
      const end = door.failing ? ((now + retryMs) as MonoMs) : nextEnd(door.spec, door.state, now);
      if (end !== null && (wakeAt === null || end < wakeAt)) wakeAt = end;
    }
    this.#timer?.cancel();
    this.#timer = wakeAt === null ? null : this.#parts.clock.after(wakeAt - now, "rescue", () => this.#apply("time"));
  }

  #drive(door: Door, open: boolean, cause: string): void {
    const { id, relay, lock } = door.spec;
    const level = open === (lock === "failSecure");
    if (door.driven === level) return;
    try {
      this.#parts.board.drive(relay, level, `rescue:${cause}`);
      door.driven = level;
      door.failing = false;
    } catch (error) {
      if (!door.failing) this.#parts.trouble(`Door ${id} does not ${open ? "unlock" : "lock"}: ${String(error)}`);
      door.failing = true;
      door.driven = null;
    }
  }
}
