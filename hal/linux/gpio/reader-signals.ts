// Shows and sounds at a reader by its LED's and its beeper's lines, for seconds at most; knows no door and no reason.
import type { DeviceHealth, ReaderSignal, SignalWiring } from "../../board.ts";
import type { Clock, Timer } from "../../clock.ts";
import type { Keeper } from "../keep-open.ts";
import { keepOpen } from "../keep-open.ts";
import type { Report } from "../part.ts";
import type { LineSource } from "./lines.ts";
import { openLines, writeValue } from "./lines.ts";

/** By turns on and off, in milliseconds, on first; off afterwards. */
type Pattern = readonly number[];

const thrice: Pattern = [100, 100, 100, 100, 100];
const alarm: Pattern = [200, 200, 200, 200, 200, 200, 200, 200, 200];
const patterns: Readonly<Record<"LED" | "beeper", Readonly<Record<ReaderSignal, Pattern>>>> = {
  LED: { granted: [3_000], denied: thrice, key: [50], next: [100, 100, 100], warning: alarm },
  beeper: { granted: [250], denied: thrice, key: [50], next: [60, 60, 60], warning: alarm },
};

export interface SignalLineParts {
  readonly reader: string;
  readonly what: "LED" | "beeper";
  readonly wiring: SignalWiring;
  readonly source: LineSource;
  readonly clock: Clock;
  readonly report: Report;
}

export class SignalLine {
  readonly reader: string;
  readonly #parts: SignalLineParts;
  readonly #device: string;
  readonly #keeper: Keeper;
  #descriptor: number | null = null;
  #timer: Timer | null = null;

  constructor(parts: SignalLineParts) {
    this.reader = parts.reader;
    this.#parts = parts;
    this.#device = `${parts.reader} ${parts.what}`;
    const { clock, report } = parts;
    this.#keeper = keepOpen({ device: this.#device, clock, report, open: async () => this.#open() });
  }

  /** What was shown before is over. */
  show(signal: ReaderSignal): void {
    this.#play(patterns[this.#parts.what][signal], 0);
  }

  health(): DeviceHealth {
    return this.#keeper.health();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#set(false);
    this.#keeper.stop();
  }

  #play(pattern: Pattern, place: number): void {
    this.#timer?.cancel();
    this.#timer = null;
    const ms = pattern[place];
    this.#set(ms !== undefined && place % 2 === 0);
    if (ms === undefined) return;
    this.#timer = this.#parts.clock.after(ms, this.#device, () => this.#play(pattern, place + 1));
  }

  /** What cannot be shown keeps nobody outside. */
  #set(on: boolean): void {
    if (this.#descriptor === null) return;
    try {
      writeValue(this.#parts.source.kernel, this.#descriptor, on);
    } catch (error) {
      this.#keeper.lose(error instanceof Error ? error.message : String(error));
    }
  }

  #open() {
    const { wiring, source } = this.#parts;
    const descriptor = openLines(source, {
      direction: "out",
      offsets: [wiring.pin],
      consumer: `postern ${this.#device}`,
      activeLow: wiring.activeLevel === "low",
      value: false,
    });
    this.#descriptor = descriptor;
    const close = (): void => {
      this.#descriptor = null;
      source.kernel.close(descriptor);
    };
    return { close };
  }
}
