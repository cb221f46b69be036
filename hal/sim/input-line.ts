// One input of a simulated board: the contact at the end of its wire, the wire, and what the board makes of them.
import type { BoardEvent, InputWiring, WireFault } from "../board.ts";
import type { Clock, MonoMs, Timer } from "../clock.ts";

/** Whatever it hangs on. */
export type SimInputWiring = Omit<InputWiring, "pin">;

export interface InputLineParts {
  readonly wiring: SimInputWiring;
  readonly clock: Clock;
  /** What the contact does, whether or not anybody hears of it. */
  readonly moved: (active: boolean) => void;
  readonly report: (event: BoardEvent) => void;
}

export class InputLine {
  readonly wiring: SimInputWiring;
  /** Why the board cannot reach it at all; the board says when it changes. */
  lostWhy: string | null = null;
  since: MonoMs;
  readonly #parts: InputLineParts;
  #active = false;
  #fault: WireFault | null = null;
  /** What was last told; null when that no longer counts. */
  #reported: boolean | WireFault | null = null;
  #release: Timer | null = null;
  #settling: Timer | null = null;

  constructor(parts: InputLineParts) {
    this.#parts = parts;
    this.wiring = parts.wiring;
    this.since = parts.clock.mono();
  }

  get active(): boolean {
    return this.#active;
  }

  /** Null while it can be read. */
  get trouble(): string | null {
    return this.lostWhy ?? (this.#fault === null ? null : `its wire is ${this.#fault}`);
  }

  move(active: boolean): void {
    this.#release?.cancel();
    this.#release = null;
    if (this.#active === active) return;
    this.#active = active;
    this.#parts.moved(active);
    this.#settle();
  }

  press(durationMs: number): void {
    const { clock, wiring } = this.#parts;
    this.move(true);
    // Wires move after the timers that are due at the same instant, as they do when a scenario or a replay moves them:
    // hence the second wait.
    this.#release = clock.after(durationMs, `release of ${wiring.id}`, () => {
      this.#release = clock.after(0, `release of ${wiring.id}`, () => this.move(false));
    });
  }

  setFault(fault: WireFault | null): void {
    if (this.#fault === fault) return;
    this.#fault = fault;
    this.since = this.#parts.clock.mono();
    if (fault !== null || this.#settling === null) this.tell();
  }

  /** Says how it stands, to a listener who knows nothing of it. */
  introduce(): void {
    this.#reported = null;
    this.tell();
  }

  /** A broken wire hides what the contact does until it is healed. */
  tell(): void {
    const { wiring, clock, report } = this.#parts;
    const [input, at] = [wiring.id, clock.mono()];
    const now = this.#fault ?? this.#active;
    if (this.lostWhy !== null || this.#reported === now) return;
    this.#reported = now;
    report(
      typeof now === "boolean" ? { kind: "input", input, active: now, at } : { kind: "fault", input, fault: now, at },
    );
  }

  stop(): void {
    this.#release?.cancel();
    this.#settling?.cancel();
  }

  /** A level that does not stand long enough is never reported. */
  #settle(): void {
    const { wiring, clock } = this.#parts;
    const debounceMs = wiring.debounceMs ?? 0;
    this.#settling?.cancel();
    this.#settling = null;
    if (debounceMs === 0) {
      this.tell();
      return;
    }
    // The second wait is that of `press`.
    this.#settling = clock.after(debounceMs, `settling of ${wiring.id}`, () => {
      this.#settling = clock.after(0, `settling of ${wiring.id}`, () => {
        this.#settling = null;
        this.tell();
      });
    });
  }
}
