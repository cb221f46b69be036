// Time that a person or a test can move: one clock that stands still until told, one that runs by itself; knows no board.
import type { ClockChange, MonoMs, SiteClock, Timer, TimeStanding, UnixMs } from "../clock.ts";
import { Fault } from "../fault.ts";
import { machineMono, startTimer, wholeDelay } from "../machine-time.ts";

export interface SimClock extends SiteClock {
  stepWall(byMs: number): void;
  /** Makes the wall gain so many microseconds each second of monotonic time. */
  setDrift(ppm: number): void;
  trust(): void;
  distrust(): void;
}

export interface VirtualClock extends SimClock {
  /** Runs every timer due until then, in order of due time, then of creation. */
  advance(ms: number): void;
  advanceTo(mono: number): void;
  /** Moves to the next timer and runs it; false when none waits. */
  runNext(): boolean;
  nextDue(): MonoMs | null;
  /** Sets the wall without reporting a step. */
  slewWallTo(wallMs: number): void;
}

const maxDriftPpm = 500_000;
const lastWallMs = Date.UTC(9999, 11, 31);
const maxRearms = 10_000;

/** The steps, drift and trust of a wall clock, over whatever monotonic time and undisturbed wall time it is given. */
abstract class SimTime implements SimClock {
  readonly #listeners = new Set<(change: ClockChange) => void>();
  #offsetMs = 0;
  #driftPpm = 0;
  #driftSince = 0;
  #trusted: boolean;

  protected constructor(trusted: boolean) {
    this.#trusted = trusted;
  }

  abstract mono(): MonoMs;
  abstract after(ms: number, name: string, run: () => void): Timer;
  protected abstract undisturbedWall(): number;

  wall(): UnixMs {
    return Math.floor(this.undisturbedWall() + this.#offsetMs + this.#drifted()) as UnixMs;
  }

  trusted(): boolean {
    return this.#trusted;
  }

  proven(): boolean {
    return this.#trusted;
  }

  standing(): TimeStanding {
    return { source: this.#trusted ? "simulated" : null, proven: this.#trusted };
  }

  set(wall: UnixMs): void {
    this.stepWall(wall - this.wall());
    this.trust();
  }

  vouch(): void {
    this.trust();
  }

  stop(): void {}

  stepWall(byMs: number): void {
    this.#moveWall(byMs);
    if (byMs !== 0) this.#report({ kind: "stepped", byMs });
  }

  slewWallTo(wallMs: number): void {
    this.#moveWall(wallMs - this.wall());
  }

  setDrift(ppm: number): void {
    if (!(Math.abs(ppm) <= maxDriftPpm)) {
      throw new Fault("sim.refused", `A drift lies between -${maxDriftPpm} and ${maxDriftPpm} ppm.`, { ppm });
    }
    this.#offsetMs += this.#drifted();
    this.#driftSince = this.mono();
    this.#driftPpm = ppm;
  }

  trust(): void {
    if (this.#trusted) return;
    this.#trusted = true;
    this.#report({ kind: "trusted" });
  }

  distrust(): void {
    if (!this.#trusted) return;
    this.#trusted = false;
    this.#report({ kind: "distrusted" });
  }

  onChange(listener: (change: ClockChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #drifted(): number {
    return ((this.mono() - this.#driftSince) * this.#driftPpm) / 1_000_000;
  }

  #moveWall(byMs: number): void {
    const target = this.wall() + byMs;
    if (!(target >= 0 && target <= lastWallMs)) {
      throw new Fault("sim.refused", "A step must leave the clock between the years 1970 and 9999.", { byMs });
    }
    this.#offsetMs += byMs;
  }

  #report(change: ClockChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}

interface Waiting {
  readonly due: number;
  /** How many timers in a row led to this one without time moving. */
  readonly rearms: number;
  readonly name: string;
  readonly run: () => void;
}

class VirtualTime extends SimTime implements VirtualClock {
  readonly #startWallMs: number;
  readonly #startMono: number;
  /** The next one to fire is last. */
  readonly #waiting: Waiting[] = [];
  #mono: number;
  #rearms = 0;
  #firing: string | null = null;

  constructor(startWallMs: number, startMono: number, trusted: boolean) {
    super(trusted);
    this.#startWallMs = startWallMs;
    this.#startMono = startMono;
    this.#mono = startMono;
  }

  mono(): MonoMs {
    return this.#mono as MonoMs;
  }

  protected undisturbedWall(): number {
    return this.#startWallMs + (this.#mono - this.#startMono);
  }

  after(ms: number, name: string, run: () => void): Timer {
    const due = this.#mono + wholeDelay(ms, name);
    const rearms = due === this.#mono ? this.#rearms + 1 : 0;
    if (rearms > maxRearms) {
      throw new Error(`timer "${name}" was armed again ${maxRearms} times without letting time move`);
    }
    const timer: Waiting = { due, rearms, name, run };
    this.#waiting.splice(this.#placeFor(due), 0, timer);
    return {
      cancel: () => {
        const place = this.#waiting.indexOf(timer);
        if (place >= 0) this.#waiting.splice(place, 1);
      },
    };
  }

  advance(ms: number): void {
    if (!(ms >= 0)) throw new Error(`time cannot move by ${ms} ms`);
    this.advanceTo(this.#mono + ms);
  }

  advanceTo(mono: number): void {
    if (!Number.isSafeInteger(mono) || mono < this.#mono) {
      throw new Error(`time cannot move from ${this.#mono} ms to ${mono} ms`);
    }
    for (let next = this.#waiting.at(-1); next !== undefined && next.due <= mono; next = this.#waiting.at(-1)) {
      this.#fire(next);
    }
    this.#moveTo(mono);
  }

  runNext(): boolean {
    const next = this.#waiting.at(-1);
    if (next === undefined) return false;
    this.#fire(next);
    return true;
  }

  nextDue(): MonoMs | null {
    return (this.#waiting.at(-1)?.due ?? null) as MonoMs | null;
  }

  #fire(timer: Waiting): void {
    this.#moveTo(timer.due);
    this.#waiting.pop();
    this.#rearms = timer.rearms;
    this.#firing = timer.name;
    try {
      timer.run();
    } finally {
      this.#firing = null;
    }
  }

  #moveTo(mono: number): void {
    if (this.#firing !== null) throw new Error(`time was moved from within timer "${this.#firing}"`);
    if (mono !== this.#mono) this.#rearms = 0;
    this.#mono = mono;
  }

  /** Before the first of those that are due no later: they were created earlier and fire earlier. */
  #placeFor(due: number): number {
    let low = 0;
    let high = this.#waiting.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = this.#waiting[middle];
      if (there !== undefined && there.due > due) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

class LiveTime extends SimTime {
  readonly #startWallMs: number | null;
  readonly #startMono: number;
  readonly #holdsProcess: boolean;

  constructor(startWallMs: number | null, trusted: boolean, holdsProcess: boolean) {
    super(trusted);
    this.#startWallMs = startWallMs;
    this.#startMono = machineMono();
    this.#holdsProcess = holdsProcess;
  }

  mono(): MonoMs {
    return Math.floor(machineMono()) as MonoMs;
  }

  protected undisturbedWall(): number {
    if (this.#startWallMs === null) return Date.now();
    return this.#startWallMs + (machineMono() - this.#startMono);
  }

  after(ms: number, name: string, run: () => void): Timer {
    return startTimer(ms, name, run, this.#holdsProcess);
  }
}

export function createVirtualClock(start: {
  readonly startWallMs: number;
  readonly trusted: boolean;
  readonly startMono?: number;
}): VirtualClock {
  return new VirtualTime(start.startWallMs, start.startMono ?? 0, start.trusted);
}

export function createLiveClock(start: {
  readonly trusted: boolean;
  /** Where the wall starts; left out, it follows the machine's own clock, whose steps then pass through unreported. */
  readonly startWallMs?: number;
  /** False lets the process end while timers wait. */
  readonly holdsProcess?: boolean;
}): SimClock {
  return new LiveTime(start.startWallMs ?? null, start.trusted, start.holdsProcess ?? true);
}
