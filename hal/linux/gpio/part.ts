// The lines of a board's terminals as one part: relays, inputs, Wiegand readers and what those show. Knows no door.
import type { BoardSpec, DeviceHealth, WiegandWiring } from "../../board.ts";
import type { Clock, MonoMs } from "../../clock.ts";
import { Fault } from "../../fault.ts";
import type { Part, Report } from "../part.ts";
import type { HeldLines } from "./held-lines.ts";
import { heldLines } from "./held-lines.ts";
import { InputLine } from "./input-line.ts";
import { keptOutputsSwitch, keptOutputsWhy } from "./kept-outputs.ts";
import type { GpioKernel } from "./kernel.ts";
import { placeOf } from "./lines.ts";
import { openLinuxKernel } from "./linux-kernel.ts";
import { SignalLine } from "./reader-signals.ts";
import { RelayLine } from "./relay-line.ts";
import { WiegandReader } from "./wiegand-reader.ts";

/** What a test puts in the machine's place. */
export interface Machine {
  readonly kernel: GpioKernel;
  readonly held: HeldLines;
  readonly sysRoot: string;
}

const linesDevice = "board lines";

/** Whatever is there has been opened when this returns; the rest is looked for until `stop`. */
export async function openGpio(
  spec: BoardSpec,
  clock: Clock,
  { kernel, held, sysRoot }: Machine = { kernel: openLinuxKernel(), held: heldLines, sysRoot: "/sys" },
): Promise<Part> {
  const source = { kernel, chip: spec.gpio?.chip ?? null };
  let listen: Report | null = null;
  const report: Report = (event) => listen?.(event);
  const common = { source, clock, report };
  held.keepOnly(placesOf(spec, source));

  const relays = new Map(spec.relays.map((wiring) => [wiring.id, new RelayLine({ ...common, wiring, held })]));
  const inputs = spec.inputs.map((wiring) => new InputLine({ ...common, wiring }));
  const wired = spec.readers.filter((reader): reader is WiegandWiring => "pins" in reader);
  const readers = wired.map((wiring) => new WiegandReader({ ...common, wiring }));
  const signals = wired.flatMap(({ id, led, beeper }) => [
    ...(led ? [new SignalLine({ ...common, reader: id, what: "LED", wiring: led })] : []),
    ...(beeper ? [new SignalLine({ ...common, reader: id, what: "beeper", wiring: beeper })] : []),
  ]);
  const devices = [...relays.values(), ...inputs, ...readers, ...signals];
  const kept = spec.relays.length > 0 && keptOutputsSwitch(sysRoot, source.chip) !== null;
  const since: MonoMs = clock.mono();
  // The first try of each is made by then.
  await new Promise<void>((resolve) => setImmediate(resolve));

  return {
    relays: [...relays.keys()],
    readers: wired.map(({ id }) => id),
    start(listener) {
      listen = listener;
      for (const input of inputs) input.introduce();
      for (const { device, state, why, since: at } of devices.map((one) => one.health())) {
        if (state === "lost") report({ kind: "lost", device, why, at });
      }
      if (kept) report({ kind: "faulty", device: linesDevice, why: keptOutputsWhy, at: since });
    },
    drive(relay, energized) {
      const line = relays.get(relay);
      if (line === undefined) throw new Fault("relay.failed", `relay "${relay}" did not take it: it has no line`);
      line.drive(energized);
    },
    signal(reader, signal) {
      for (const line of signals) if (line.reader === reader) line.show(signal);
    },
    health(): readonly DeviceHealth[] {
      const lines: DeviceHealth = kept
        ? { device: linesDevice, state: "faulty", why: keptOutputsWhy, since }
        : { device: linesDevice, state: "ok", why: "", since };
      return [...devices.map((one) => one.health()), lines];
    },
    stop() {
      listen = null;
      for (const one of devices) one.stop();
      kernel.stop();
    },
  };
}

/** Of the relays; none where the chip is not there. */
function placesOf({ relays }: BoardSpec, source: Parameters<typeof placeOf>[0]): ReadonlySet<string> {
  try {
    return new Set(relays.map(({ pin }) => placeOf(source, pin)));
  } catch {
    return new Set();
  }
}
