// Relays and slow contacts as one part where the kernel has no character devices for lines; refuses readers. Knows no door.
import type { BoardSpec, DeviceHealth } from "../../board.ts";
import type { Clock } from "../../clock.ts";
import { Fault } from "../../fault.ts";
import type { Part, Report } from "../part.ts";
import type { SysfsSource } from "./sysfs-lines.ts";
import { numberOf, SysfsInput, SysfsRelay } from "./sysfs-lines.ts";

const linesDevice = "board lines";
const keptWhy =
  'with the driver sysfs relays stay as they are when Postern dies, so a lock may stay open; write "chardev" as gpio.driver';
const held: SysfsSource["held"] = new Map();

export type SysfsMachine = Pick<SysfsSource, "root" | "Gpio" | "held">;

export async function openSysfs(spec: BoardSpec, clock: Clock, machine?: SysfsMachine): Promise<Part> {
  const source: SysfsSource = {
    ...(machine ?? { root: "/sys", Gpio: await loadGpio(), held }),
    chip: spec.gpio?.chip ?? null,
  };
  let listen: Report | null = null;
  const report: Report = (event) => listen?.(event);
  giveBack(spec, source);
  const common = { source, clock, report };
  const relays = new Map(spec.relays.map((wiring) => [wiring.id, new SysfsRelay({ ...common, wiring })]));
  const inputs = spec.inputs.map((wiring) => new SysfsInput({ ...common, wiring }));
  const since = clock.mono();
  const why = 'the driver sysfs misses Wiegand pulses; write "chardev" as gpio.driver';
  const refused = spec.readers
    .filter((reader) => "pins" in reader)
    .map(({ id }): DeviceHealth => ({ device: id, state: "lost", why, since }));
  const healths = () => [...[...relays.values(), ...inputs].map((one) => one.health()), ...refused];
  const isKept = relays.size > 0;
  // The first try of each is made by then.
  await new Promise<void>((resolve) => setImmediate(resolve));

  return {
    relays: [...relays.keys()],
    readers: refused.map(({ device }) => device),
    start(listener) {
      listen = listener;
      for (const input of inputs) input.introduce();
      for (const { device, state, why: lostWhy, since: at } of healths()) {
        if (state === "lost") report({ kind: "lost", device, why: lostWhy, at });
      }
      if (isKept) report({ kind: "faulty", device: linesDevice, why: keptWhy, at: since });
    },
    drive(relay, energized) {
      const line = relays.get(relay);
      if (line === undefined) throw new Fault("relay.failed", `relay "${relay}" did not take it: it has no line`);
      line.drive(energized);
    },
    signal() {},
    health: () => (isKept ? [...healths(), { device: linesDevice, state: "faulty", why: keptWhy, since }] : healths()),
    stop() {
      listen = null;
      for (const one of [...relays.values(), ...inputs]) one.stop();
    },
  };
}

/** Lines of relays that a former configuration had, and this one has not. */
function giveBack({ relays }: BoardSpec, source: SysfsSource): void {
  const wanted = new Set(relays.flatMap(({ pin }) => numberOrNone(source, pin)));
  for (const [number, { line }] of [...source.held]) {
    if (wanted.has(number)) continue;
    source.held.delete(number);
    line.unexport();
  }
}

function numberOrNone(source: SysfsSource, pin: number): readonly number[] {
  try {
    return [numberOf(source, pin)];
  } catch {
    return [];
  }
}

/** It is compiled where it is installed, and that may have failed. */
async function loadGpio(): Promise<SysfsSource["Gpio"]> {
  try {
    return (await import("onoff")).Gpio;
  } catch (error) {
    const [first = ""] = String(error instanceof Error ? error.message : error).split("\n");
    throw new Fault(
      "gpio.refused",
      `The package onoff cannot be loaded (${first}); install it anew, or write "chardev" as gpio.driver.`,
      {},
      error,
    );
  }
}
