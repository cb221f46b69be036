// What stays in force until somebody ends it, over restarts: fire, alarms, lockdowns, a recovery to take note of. Knows how
// each is put in force again and ended; keeps no door's state.
import type { Recovery, Restored } from "../domain/ask.ts";
import type { JournalEvent } from "../domain/events.ts";
import type { DoorId, InputId } from "../domain/ids.ts";
import type { Doors } from "./doors.ts";

export class Latches {
  readonly #doors: Doors;
  readonly #record: (event: JournalEvent) => void;
  #fire: "clear" | "raised" | "latched" = "clear";
  #restored = false;
  /** Ended or ordered in this run, perhaps before the ledger was there to restore it. */
  readonly #settled = new Set<string>();
  #recovery: Recovery | null = null;
  /** A ledger that died before it had recorded that still tells of it. */
  #notedRecovery = 0;

  constructor(doors: Doors, record: (event: JournalEvent) => void) {
    this.#doors = doors;
    this.#record = record;
  }

  /** The run knows better from now on than a ledger that has not heard the latest. */
  settle(what: "forced" | "tamper" | "mode", door: DoorId): void {
    this.#settled.add(`${what} ${door}`);
  }

  isFireLatched(): boolean {
    return this.#fire !== "clear";
  }

  recovery(): string | null {
    return this.#recovery?.why ?? null;
  }

  /** Once in a run, before readers are served. */
  restore(restored: Restored): void {
    const { recovery = null } = restored;
    this.#recovery = recovery !== null && recovery.epoch > this.#notedRecovery ? recovery : null;
    if (this.#restored) return;
    this.#restored = true;
    const isOpen = (what: string, door: DoorId) => !this.#settled.has(`${what} ${door}`);
    for (const door of restored.forcedDoors)
      if (isOpen("forced", door)) this.#doors.tell(door, { kind: "restoreForced" });
    for (const door of restored.tampered) if (isOpen("tamper", door)) this.#doors.tell(door, { kind: "restoreTamper" });
    for (const door of restored.blocked) if (isOpen("mode", door)) this.#doors.tell(door, { kind: "restoreBlock" });
    for (const { door, leftMs } of restored.lockdowns) {
      if (isOpen("mode", door)) this.#doors.tell(door, { kind: "restoreLockDown", leftMs });
    }
    if (restored.fire && this.#fire === "clear" && !this.#settled.has("fire")) this.releaseForFire("latched");
  }

  hearFire(input: InputId, active: boolean): void {
    if (!active) {
      if (this.#fire === "raised") this.#fire = "latched";
      return;
    }
    const news = this.#fire === "clear";
    this.releaseForFire("raised");
    if (news) this.#record({ type: "fire.raised", input });
  }

  releaseForFire(level: "raised" | "latched"): void {
    this.#fire = level;
    this.#doors.tellAll({ kind: "fire" });
  }

  /** Null when it was done, otherwise why not. */
  clearFire(who: string): string | null {
    if (this.#fire === "clear") return "There is no fire alarm to clear.";
    if (this.#fire === "raised") return "The fire input still reports fire; clear the fire panel first.";
    this.#fire = "clear";
    this.#settled.add("fire");
    this.#record({ type: "fire.cleared", who });
    this.#doors.tellAll({ kind: "fireCleared", who });
    return null;
  }

  clearRecovery(who: string): string | null {
    if (this.#recovery === null) return "There is no recovery of the database to take note of.";
    const { epoch } = this.#recovery;
    this.#notedRecovery = epoch;
    this.#recovery = null;
    this.#record({ type: "ledger.recoveryCleared", epoch, who });
    return null;
  }
}
