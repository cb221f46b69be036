// Lines through the kernel's older files, by onoff: relays and slow contacts only. Knows no door.
//
// The kernel tells here that something changed and not what: a pulse that is over when its level is read was never there.
import { readdirSync, readFileSync } from "node:fs";
import type { Gpio } from "onoff";
import type { DeviceHealth, InputWiring, RelayWiring } from "../../board.ts";
import type { Clock } from "../../clock.ts";
import { Fault } from "../../fault.ts";
import type { Keeper } from "../keep-open.ts";
import { keepOpen } from "../keep-open.ts";
import type { Report } from "../part.ts";
import { headerLabels } from "./chips.ts";

export interface SysfsSource {
  /** `/sys` but in tests. */
  readonly root: string;
  readonly chip: string | null;
  readonly Gpio: typeof Gpio;
  /** Relays' lines stay exported when a board stops; the next one of this process takes them over as they are. */
  readonly held: Map<number, { readonly line: Gpio; readonly activeLow: boolean }>;
}

interface Common {
  readonly source: SysfsSource;
  readonly clock: Clock;
  readonly report: Report;
}

/** Pins are counted within a chip, and this interface counts over all of them. */
export function numberOf({ root, chip }: SysfsSource, pin: number): number {
  const wanted: readonly string[] = chip === null ? headerLabels : [chip];
  const folder = `${root}/class/gpio`;
  const chips = entriesOf(folder).map((name) => ({
    label: textOf(`${folder}/${name}/label`),
    base: Number(textOf(`${folder}/${name}/base`)),
    lines: Number(textOf(`${folder}/${name}/ngpio`)),
  }));
  const [found] = chips.filter(({ label }) => wanted.includes(label));
  if (found === undefined) {
    throw new Fault(
      "gpio.refused",
      `${folder} has no chip "${wanted.join('", "')}"; set gpio.driver to "chardev", or gpio.chip to one of: ${chips.map(({ label }) => label).join(", ") || "none is there"}.`,
    );
  }
  if (pin < found.lines) return found.base + pin;
  throw new Fault("gpio.refused", `Chip "${found.label}" has no line ${pin}, only 0 to ${found.lines - 1}.`);
}

export class SysfsRelay {
  readonly #parts: Common & { readonly wiring: RelayWiring };
  readonly #activeLow: boolean;
  readonly #keeper: Keeper;
  #number = 0;
  #line: Gpio | null = null;

  constructor(parts: Common & { readonly wiring: RelayWiring }) {
    this.#parts = parts;
    this.#activeLow = parts.wiring.activeLevel === "low";
    const { wiring, clock, report } = parts;
    this.#keeper = keepOpen({ device: wiring.id, clock, report, open: async () => this.#open() });
  }

  /** Throws a Fault with code `relay.failed`. */
  drive(energized: boolean): void {
    const { id } = this.#parts.wiring;
    const failed = (why: string) =>
      new Fault("relay.failed", `relay "${id}" did not take it: ${why}`, { relay: id, why });
    if (this.#line === null) throw failed(this.#keeper.health().why);
    try {
      this.#line.writeSync(energized ? 1 : 0);
      if (this.#line.readSync() === (energized ? 1 : 0)) return;
    } catch (error) {
      throw failed(error instanceof Error ? error.message : String(error));
    }
    throw failed("its line does not follow; look for a short, or for two things on one pin");
  }

  health(): DeviceHealth {
    return this.#keeper.health();
  }

  stop(): void {
    this.#keeper.stop();
    const { held } = this.#parts.source;
    if (this.#line !== null) held.set(this.#number, { line: this.#line, activeLow: this.#activeLow });
    this.#line = null;
  }

  #open() {
    const { source, wiring } = this.#parts;
    this.#number = numberOf(source, wiring.pin);
    const kept = source.held.get(this.#number);
    source.held.delete(this.#number);
    if (kept?.activeLow === this.#activeLow) {
      this.#line = kept.line;
    } else {
      kept?.line.unexport();
      // An electrical level, unlike the values that are written later.
      const released = this.#activeLow ? "high" : "low";
      this.#line = new source.Gpio(this.#number, released, "none", { activeLow: this.#activeLow });
    }
    return { close: () => {} };
  }
}

export class SysfsInput {
  readonly #parts: Common & { readonly wiring: InputWiring };
  readonly #keeper: Keeper;
  #active: boolean | null = null;

  constructor(parts: Common & { readonly wiring: InputWiring }) {
    this.#parts = parts;
    const { wiring, clock, report } = parts;
    this.#keeper = keepOpen({ device: wiring.id, clock, report, open: async () => this.#open() });
  }

  introduce(): void {
    const { wiring, clock, report } = this.#parts;
    if (this.#active === null) return;
    report({ kind: "input", input: wiring.id, active: this.#active, at: clock.mono() });
  }

  health(): DeviceHealth {
    return this.#keeper.health();
  }

  stop(): void {
    this.#keeper.stop();
  }

  #open() {
    const { source, wiring } = this.#parts;
    const line = new source.Gpio(numberOf(source, wiring.pin), "in", "both", {
      activeLow: wiring.activeLevel !== "high",
      debounceTimeout: wiring.debounceMs ?? 0,
    });
    line.watch((error, value) => {
      if (error) this.#keeper.lose(error.message);
      else this.#set(value === 1);
    });
    this.#set(line.readSync() === 1);
    const close = (): void => {
      this.#active = null;
      line.unexport();
    };
    return { close };
  }

  #set(active: boolean): void {
    if (this.#active === active) return;
    this.#active = active;
    this.introduce();
  }
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => /^gpiochip[0-9]+$/.test(name));
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
