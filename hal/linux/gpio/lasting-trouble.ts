// A device that works but not as it should, as one fault until it has been well for a while; knows no kind of device.
import type { Clock, MonoMs, Timer } from "../../clock.ts";
import type { Report } from "../part.ts";

const wellForMs = 60_000;

export class LastingTrouble {
  readonly #device: string;
  readonly #clock: Clock;
  readonly #report: Report;
  #why: string | null = null;
  #since: MonoMs;
  #timer: Timer | null = null;

  constructor(device: string, clock: Clock, report: Report) {
    this.#device = device;
    this.#clock = clock;
    this.#report = report;
    this.#since = clock.mono();
  }

  /** Null while it is well. */
  get now(): { readonly why: string; readonly since: MonoMs } | null {
    return this.#why === null ? null : { why: this.#why, since: this.#since };
  }

  /** It happened, again perhaps; `why` ends with what mends it. */
  note(why: string): void {
    const wasWell = this.#why === null;
    this.#why = why;
    this.#timer?.cancel();
    this.#timer = this.#clock.after(wellForMs, `trouble of ${this.#device}`, () => this.#mend());
    if (!wasWell) return;
    this.#since = this.#clock.mono();
    this.#report({ kind: "faulty", device: this.#device, why, at: this.#since });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #mend(): void {
    this.#why = null;
    this.#timer = null;
    this.#since = this.#clock.mono();
    this.#report({ kind: "mended", device: this.#device, at: this.#since });
  }
}
