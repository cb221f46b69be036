// Has doors do what arrives as an order, or refuses it with a reason that is counted; knows no socket.
import type { HomeAssistantSpec, HomeOrder, HomeRefusal } from "../../domain/home-assistant.ts";
import type { DoorId } from "../../domain/ids.ts";
import type { DoorDesk } from "../door-desk.ts";
import type { Arrival } from "./read-order.ts";
import { commandFor, readOrder } from "./read-order.ts";

/** In the record: nobody can say who it was at that broker. */
const who = "Home Assistant";
/** A connection that was not heard of for longer may deliver what was sent long before. */
const freshMs = 5_000;
/** So many at once, and one more each second. */
const burst = 10;
const refillMs = 1_000;
/** Fewer than the desk has room for: a flood must not keep operators waiting. */
const maxUnderWay = 4;

export interface OrderParts {
  readonly spec: HomeAssistantSpec;
  readonly doors: readonly DoorId[];
  readonly desk: Pick<DoorDesk, "command" | "doors">;
  readonly mono: () => number;
  readonly obeyed: (door: DoorId, order: HomeOrder) => void;
  readonly refused: (why: HomeRefusal) => void;
}

export class OrderDesk {
  readonly #parts: OrderParts;
  #tokens = burst;
  #refilledAt: number;
  #underWay = 0;

  constructor(parts: OrderParts) {
    this.#parts = parts;
    this.#refilledAt = parts.mono();
  }

  /** `ageMs`: how long ago the broker sent it on, at most. */
  async take(arrival: Arrival, ageMs: number): Promise<void> {
    const why = await this.#obey(arrival, ageMs);
    if (why !== null) this.#parts.refused(why);
  }

  async #obey(arrival: Arrival, ageMs: number): Promise<HomeRefusal | null> {
    if (!this.#hasRoom()) return "flooded";
    const { spec, doors, desk, obeyed } = this.#parts;
    const reading = readOrder(arrival, spec, doors);
    if (!reading.ok) return reading.why;
    if (ageMs > freshMs) return "late";
    if (this.#underWay >= maxUnderWay) return "busy";
    const { door, order } = reading;
    const status = desk.doors.find((one) => one.door === door);
    const command = commandFor(order, door, status);
    if (command === null) return "door";
    this.#underWay += 1;
    const outcome = await desk.command(who, command);
    this.#underWay -= 1;
    if (!outcome.ok) return outcome.code === "busy" ? "busy" : "door";
    obeyed(door, order);
    return null;
  }

  #hasRoom(): boolean {
    const now = this.#parts.mono();
    const refilled = Math.floor((now - this.#refilledAt) / refillMs);
    this.#tokens = Math.min(burst, this.#tokens + refilled);
    this.#refilledAt += refilled * refillMs;
    if (this.#tokens === 0) return false;
    this.#tokens -= 1;
    return true;
  }
}
