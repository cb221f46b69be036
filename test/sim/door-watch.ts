// One door as the soak's witness knows it: what its relay was told, who holds its buttons, and when it must lock at the latest.
import type { DoorSpec } from "../../src/domain/site.ts";
import type { DoorCommand, DoorMode } from "../../src/domain/status.ts";

/** The product tries a relay that did not take a level again after so long. */
const retryMs = 1_000;

export class DoorWatch {
  readonly spec: DoorSpec;
  energized = false;
  /** Until then somebody's passage lasts; null when nothing has unlocked it since it was locked. */
  openUntil: number | null = null;
  /** The part of it that an exit button has a right to, whatever is ordered. */
  exitUntil = Number.NEGATIVE_INFINITY;
  /** Exit buttons that the wires report as held, and since when. */
  readonly presses = new Map<string, number>();
  contactOpen = false;
  /** As it was ordered to stand; a lockdown with a time is over then. */
  standing: Exclude<DoorMode, "accessed"> = "locked";
  #shutUntil: number | null = null;
  /** What its relay did not take. */
  failing: string | null = null;
  relayStuck = false;
  freedAt = Number.NEGATIVE_INFINITY;
  /** Unlocking that was tried since this run began, as the record should tell it. */
  readonly unlocks: string[] = [];

  constructor(spec: DoorSpec) {
    this.spec = spec;
  }

  get unlocked(): boolean {
    return this.energized === (this.spec.lock === "failSecure");
  }

  /** An order keeps it unlocked. */
  get isHeldOpen(): boolean {
    return this.standing === "unlocked" || this.standing === "lockedOpen";
  }

  /** Nobody of this site gets in. */
  isShut(now: number): boolean {
    if (this.standing === "blocked") return true;
    return this.standing === "lockedDown" && (this.#shutUntil === null || now < this.#shutUntil);
  }

  /** What a new run restores of it. */
  restore(mode: DoorMode): void {
    if (mode === "blocked" || mode === "lockedDown") this.standing = mode;
  }

  /** An order that the door took. A passage that a card has opened ends with it, one that an exit has opened does not. */
  ordered(command: DoorCommand, now: number): void {
    if (command.kind === "access") {
      if (!this.isHeldOpen) this.extend(now + this.spec.timing.unlockMs);
      return;
    }
    const standing = standings.get(command.kind);
    if (standing === undefined) return;
    this.standing = standing;
    this.#shutUntil = command.kind === "lockDown" && command.forMs !== null ? now + command.forMs : null;
    if (command.kind === "lockDownRelease") return;
    this.openUntil = this.exitShare(now);
  }

  /** Whoever pressed the exit button is through, also where an order holds the door unlocked meanwhile. */
  shutBehind(now: number): void {
    if (this.spec.timing.relockOnClose && !this.heldExit(now)) this.exitUntil = Number.NEGATIVE_INFINITY;
  }

  exitShare(now: number): number | null {
    if (this.exitUntil > now) return this.exitUntil;
    return this.heldExit(now) ? now : null;
  }

  extend(until: number): void {
    this.openUntil = Math.max(this.openUntil ?? until, until);
  }

  mustLockBy(): number {
    const holds = [...this.presses.values()].map((since) => since + this.spec.timing.exitHoldMs);
    return Math.max(this.openUntil ?? Number.NEGATIVE_INFINITY, ...holds);
  }

  holds(input: string, now: number): boolean {
    const since = this.presses.get(input);
    return since !== undefined && now < since + this.spec.timing.exitHoldMs;
  }

  heldExit(now: number): boolean {
    return [...this.presses.keys()].some((input) => this.holds(input, now));
  }

  relayWorks(now: number): boolean {
    return !this.relayStuck && now > this.freedAt + retryMs;
  }
}

const standings: ReadonlyMap<DoorCommand["kind"], DoorWatch["standing"]> = new Map([
  ["lock", "locked"],
  ["unlock", "unlocked"],
  ["block", "blocked"],
  ["doubleLock", "doubleLocked"],
  ["lockOpen", "lockedOpen"],
  ["lockOpenRelease", "locked"],
  ["lockDown", "lockedDown"],
  ["lockDownRelease", "locked"],
]);
