// The machine's own clock as a site's clock: hears of its steps, and says whether its time is to be believed and on whose word.
import type { ClockChange, MonoMs, SiteClock, Timer, TimeStanding, UnixMs } from "../clock.ts";
import { Fault } from "../fault.ts";
import { machineMono, startTimer } from "../machine-time.ts";

export interface TimePolicy {
  /** What it is worth that a time daemon has set the clock: proven only where its sources are authenticated, as with NTS. */
  readonly network: "proven" | "plain" | "ignored";
  /** Whether a clock chip with a battery is fitted, whose time after a start counts. */
  readonly chip: boolean;
}

/** What the kernel knows and does. */
export interface TimeKernel {
  /** Whether a time daemon holds the clock. */
  synchronised(): boolean;
  /** Whether the clock was set from a chip that kept time over the power cut. */
  setFromChip(): boolean;
  /** Sets the clock, and the chip if there is one. Null when it was done, otherwise why not. */
  set(wallMs: number): string | null;
}

/** That somebody vouched for the time outlasts a restart of Postern, but not of the machine. */
export interface TimeMemory {
  /** Wall less monotonic time when somebody last vouched in this boot. */
  load(): number | null;
  save(offsetMs: number | null): void;
}

export interface SystemClockParts {
  readonly policy: TimePolicy;
  readonly kernel: () => Promise<TimeKernel>;
  readonly memory: TimeMemory;
  /** The kernel's clocks; left out, those of this machine. */
  readonly readings?: { wall(): number; mono(): number };
}

const lookMs = 1_000;
/** A time daemon slews smaller differences. */
const stepMs = 500;
/** How far the machine's clock may have been slewed since somebody vouched for it. */
const maxSlewMs = 5_000;

const real = { wall: () => Date.now(), mono: machineMono };

export function createSystemClock(parts: SystemClockParts): SiteClock {
  return new SystemClock(parts);
}

class SystemClock implements SiteClock {
  readonly #parts: SystemClockParts;
  readonly #readings: { wall(): number; mono(): number };
  readonly #listeners = new Set<(change: ClockChange) => void>();
  #kernel: TimeKernel | null = null;
  #kernelTrouble = "the kernel has not been asked yet";
  #standing: TimeStanding = { source: null, proven: false };
  /** Wall less monotonic time at the last look. */
  #offsetMs: number;
  #isVouched: boolean;
  #isStepped = false;
  #timer: Timer | null = null;
  #isStopped = false;

  constructor(parts: SystemClockParts) {
    this.#parts = parts;
    this.#readings = parts.readings ?? real;
    this.#offsetMs = this.#offsetNow();
    const vouched = parts.memory.load();
    this.#isVouched = vouched !== null && Math.abs(vouched - this.#offsetMs) <= maxSlewMs;
    this.#standing = this.#judge();
    parts.kernel().then(
      (kernel) => {
        this.#kernel = kernel;
        this.#look();
      },
      (error) => {
        this.#kernelTrouble = error instanceof Error ? error.message : String(error);
      },
    );
    this.#wait();
  }

  wall(): UnixMs {
    return Math.floor(this.#readings.wall()) as UnixMs;
  }

  mono(): MonoMs {
    return Math.floor(this.#readings.mono()) as MonoMs;
  }

  trusted(): boolean {
    return this.#standing.source !== null;
  }

  proven(): boolean {
    return this.#standing.proven;
  }

  standing(): TimeStanding {
    return this.#standing;
  }

  after(ms: number, name: string, run: () => void): Timer {
    return startTimer(ms, name, run, true);
  }

  onChange(listener: (change: ClockChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  set(wall: UnixMs): void {
    const why = this.#kernel === null ? this.#kernelTrouble : this.#kernel.set(wall);
    if (why !== null) {
      throw new Fault(
        "clock.refused",
        `This machine's clock could not be set: ${why}. Set it by other means, then say \`postern time confirm\`.`,
      );
    }
    const offsetMs = this.#offsetNow();
    const byMs = Math.round(offsetMs - this.#offsetMs);
    this.#offsetMs = offsetMs;
    if (byMs !== 0) this.#report({ kind: "stepped", byMs });
    this.vouch();
  }

  vouch(): void {
    this.#isVouched = true;
    this.#parts.memory.save(this.#offsetNow());
    this.#stand();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#listeners.clear();
  }

  #wait(): void {
    if (this.#isStopped) return;
    this.#timer = startTimer(
      lookMs,
      "clock",
      () => {
        this.#look();
        this.#wait();
      },
      false,
    );
  }

  #look(): void {
    if (this.#isStopped) return;
    const offsetMs = this.#offsetNow();
    const byMs = Math.round(offsetMs - this.#offsetMs);
    this.#offsetMs = offsetMs;
    if (Math.abs(byMs) > stepMs) {
      // Not by us: whoever vouched for the time did not mean this one.
      if (this.#isVouched) this.#parts.memory.save(null);
      this.#isVouched = false;
      this.#isStepped = true;
      this.#report({ kind: "stepped", byMs });
    }
    this.#stand();
  }

  #stand(): void {
    const before = this.#standing;
    this.#standing = this.#judge();
    const isTrusted = this.#standing.source !== null;
    if (isTrusted !== (before.source !== null)) this.#report({ kind: isTrusted ? "trusted" : "distrusted" });
  }

  #judge(): TimeStanding {
    return judgeTime(this.#parts.policy, {
      isVouched: this.#isVouched,
      isSynchronised: this.#kernel?.synchronised() ?? false,
      isFromChip: !this.#isStepped && (this.#kernel?.setFromChip() ?? false),
    });
  }

  #offsetNow(): number {
    return this.#readings.wall() - this.#readings.mono();
  }

  #report(change: ClockChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}

export interface TimeFacts {
  readonly isVouched: boolean;
  readonly isSynchronised: boolean;
  readonly isFromChip: boolean;
}

/** The best word counts: a proven one, then that of somebody on site, of the network, of the chip. */
export function judgeTime(policy: TimePolicy, { isVouched, isSynchronised, isFromChip }: TimeFacts): TimeStanding {
  const fromNetwork = isSynchronised && policy.network !== "ignored";
  if (fromNetwork && policy.network === "proven") return { source: "network", proven: true };
  if (isVouched) return { source: "site", proven: true };
  if (fromNetwork) return { source: "network", proven: false };
  if (isFromChip && policy.chip) return { source: "chip", proven: false };
  return { source: null, proven: false };
}
