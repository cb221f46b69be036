// Watches what the board says of its power and heat: voltage, throttling, temperature, a battery that the kernel knows.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DeviceHealth } from "../board.ts";
import type { Clock, MonoMs, Timer } from "../clock.ts";
import type { Part, Report } from "./part.ts";

/** What could be read; null is not given here. */
export interface SupplyReadings {
  readonly lowVoltage: boolean | null;
  /** The firmware's bits of now: 0 low voltage, 1 slowed, 2 throttled, 3 near the heat limit. */
  readonly throttled: number | null;
  readonly milliCelsius: number | null;
  readonly mainsOnline: boolean | null;
  readonly batteryPercent: number | null;
}

const lookMs = 10_000;
/** A supply that is too weak dips and recovers all the time: that is one fault, not hundreds. */
const wellForMs = 60_000;
const hotMilliCelsius = 80_000;
const lowBatteryPercent = 20;
const device = "board supply";

/** Null when all is well or nothing is known; otherwise what is wrong, ending with what mends it. */
export function supplyTrouble(readings: SupplyReadings): string | null {
  const { lowVoltage, throttled, milliCelsius, mainsOnline, batteryPercent } = readings;
  const bits = throttled ?? 0;
  if (lowVoltage === true || (bits & 1) !== 0) {
    return "the voltage is too low; use a supply of the board's rating and a short, thick cable, and feed locks from one of their own";
  }
  if (mainsOnline === false) return "the mains has failed and the battery feeds the board; restore the mains";
  if (batteryPercent !== null && batteryPercent < lowBatteryPercent) {
    return `the battery is at ${batteryPercent} %; restore the mains, or change the battery if it does not charge`;
  }
  if ((milliCelsius !== null && milliCelsius >= hotMilliCelsius) || (bits & 0b1100) !== 0) {
    const heat = milliCelsius === null ? "too hot" : `${Math.round(milliCelsius / 1_000)} °C hot`;
    return `the processor is ${heat} and slowed down; give its box air or a heat sink, and keep it out of the sun`;
  }
  return null;
}

/** Below `root`, which is `/sys` but in tests. */
export async function readSupply(root: string): Promise<SupplyReadings> {
  const supplies = await entriesOf(join(root, "class/power_supply"));
  const types = await Promise.all(supplies.map((one) => textOf(join(one, "type"))));
  const ofType = (type: string) => supplies[types.indexOf(type)];
  const mains = ofType("Mains");
  const battery = ofType("Battery");
  return {
    lowVoltage: await lowVoltageOf(root),
    throttled: hexOf(await textOf(join(root, "devices/platform/soc/soc:firmware/get_throttled"))),
    milliCelsius: numberOf(await textOf(join(root, "class/thermal/thermal_zone0/temp"))),
    mainsOnline: mains === undefined ? null : flagOf(await textOf(join(mains, "online"))),
    batteryPercent: battery === undefined ? null : numberOf(await textOf(join(battery, "capacity"))),
  };
}

async function lowVoltageOf(root: string): Promise<boolean | null> {
  for (const sensor of await entriesOf(join(root, "class/hwmon"))) {
    if ((await textOf(join(sensor, "name"))) === "rpi_volt")
      return flagOf(await textOf(join(sensor, "in0_lcrit_alarm")));
  }
  return null;
}

export function openSupply(clock: Clock, root = "/sys"): Part {
  let trouble: string | null = null;
  let since: MonoMs = clock.mono();
  /** When it was last seen at fault. */
  let badAt: MonoMs = since;
  let timer: Timer | null = null;
  let report: Report | null = null;

  const judge = (found: string | null): void => {
    const now = clock.mono();
    if (found !== null) badAt = now;
    if (found === trouble || (found === null && now - badAt < wellForMs)) return;
    trouble = found;
    since = now;
    report?.(found === null ? { kind: "mended", device, at: now } : { kind: "faulty", device, why: found, at: now });
  };

  const look = async (): Promise<void> => {
    judge(supplyTrouble(await readSupply(root)));
    if (report !== null) timer = clock.after(lookMs, "board supply", () => void look());
  };

  return {
    relays: [],
    readers: [],
    start(listen) {
      report = listen;
      void look();
    },
    drive() {},
    signal() {},
    health(): readonly DeviceHealth[] {
      return [{ device, state: trouble === null ? "ok" : "faulty", why: trouble ?? "", since }];
    },
    stop() {
      report = null;
      timer?.cancel();
    },
  };
}

/** What is not there, or cannot be read, says nothing. */
async function textOf(path: string): Promise<string | null> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch {
    return null;
  }
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort().map((name) => join(folder, name));
  } catch {
    return [];
  }
}

const numberOf = (text: string | null): number | null =>
  text !== null && /^-?[0-9]+$/.test(text) ? Number(text) : null;
const hexOf = (text: string | null): number | null =>
  text !== null && /^(?:0x)?[0-9a-fA-F]+$/.test(text) ? Number.parseInt(text, 16) : null;
const flagOf = (text: string | null): boolean | null => (text === null ? null : text !== "0");
