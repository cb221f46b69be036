// One relay on a line: released when it is first had, driven, read back. Knows no door.
import type { DeviceHealth, RelayWiring } from "../../board.ts";
import type { Clock } from "../../clock.ts";
import { Fault } from "../../fault.ts";
import type { Keeper } from "../keep-open.ts";
import { keepOpen } from "../keep-open.ts";
import type { Report } from "../part.ts";
import type { HeldLines } from "./held-lines.ts";
import type { LineSource } from "./lines.ts";
import { openLines, placeOf, readValue, writeValue } from "./lines.ts";

export interface RelayLineParts {
  readonly wiring: RelayWiring;
  readonly source: LineSource;
  readonly held: HeldLines;
  readonly clock: Clock;
  readonly report: Report;
}

export class RelayLine {
  readonly #parts: RelayLineParts;
  readonly #activeLow: boolean;
  readonly #keeper: Keeper;
  #descriptor: number | null = null;
  #place = "";
  /** What it was last told: a line that was lost comes back with it. */
  #wanted = false;

  constructor(parts: RelayLineParts) {
    this.#parts = parts;
    this.#activeLow = parts.wiring.activeLevel === "low";
    const { wiring, clock, report } = parts;
    this.#keeper = keepOpen({ device: wiring.id, clock, report, open: async () => this.#open() });
  }

  /** Throws a Fault with code `relay.failed`. */
  drive(energized: boolean): void {
    const { wiring, source } = this.#parts;
    this.#wanted = energized;
    if (this.#descriptor === null) throw this.#failed(this.#keeper.health().why);
    try {
      writeValue(source.kernel, this.#descriptor, energized);
      if (readValue(source.kernel, this.#descriptor) === energized) return;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#keeper.lose(why);
      throw this.#failed(why);
    }
    const level = energized === this.#activeLow ? "low" : "high";
    throw this.#failed(
      `line ${wiring.pin} was driven ${level} and does not follow; look for a short, or for two things on one pin`,
    );
  }

  health(): DeviceHealth {
    return this.#keeper.health();
  }

  /** The level stays on the line for whoever opens the board next, and with the process at the longest. */
  stop(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = null;
    this.#keeper.stop();
    if (descriptor === null) return;
    const { held, source } = this.#parts;
    held.hold(this.#place, { kernel: source.kernel, descriptor, activeLow: this.#activeLow });
  }

  #open() {
    const { wiring, source, held } = this.#parts;
    this.#place = placeOf(source, wiring.pin);
    const kept = held.take(this.#place, this.#activeLow);
    if (kept !== null) this.#wanted = readValue(source.kernel, kept);
    const descriptor =
      kept ??
      openLines(source, {
        direction: "out",
        offsets: [wiring.pin],
        consumer: `postern ${wiring.id}`,
        activeLow: this.#activeLow,
        value: this.#wanted,
      });
    this.#descriptor = descriptor;
    const close = (): void => {
      if (this.#descriptor !== descriptor) return;
      this.#descriptor = null;
      source.kernel.close(descriptor);
    };
    return { close };
  }

  #failed(why: string): Fault {
    const { id } = this.#parts.wiring;
    return new Fault("relay.failed", `relay "${id}" did not take it: ${why}`, { relay: id, why });
  }
}
