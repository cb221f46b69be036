// Keypads and scanners that type like a keyboard, as a part of a Linux board. Each is taken for Postern alone: what is typed at a
// door must not reach a login or another program.
import type { DeviceHealth, KeyboardWiring } from "../../board.ts";
import type { Clock } from "../../clock.ts";
import type { GpioKernel } from "../gpio/kernel.ts";
import type { Keeper, Opened } from "../keep-open.ts";
import { keepOpen } from "../keep-open.ts";
import type { Part, Report } from "../part.ts";
import type { KeyStroke } from "./key-events.ts";
import { entryKeyOf, KeyEvents } from "./key-events.ts";
import { TextEntry } from "./text-entry.ts";

export type KeyboardKernel = Pick<GpioKernel, "open" | "ioctl" | "close" | "watch" | "stop">;

/** EVIOCGRAB; any argument but none takes it. */
const grab = 0x40044590;
const errorPermission = 13;
const errorBusy = 16;
const line = { clear: 0x02, end: 0x0d } as const;

export const openKeyboards = (wirings: readonly KeyboardWiring[], clock: Clock, kernel: KeyboardKernel): Part =>
  new Keyboards(wirings, clock, kernel);

class Keyboards implements Part {
  readonly relays = [];
  readonly readers: readonly string[];
  readonly #wirings: readonly KeyboardWiring[];
  readonly #clock: Clock;
  readonly #kernel: KeyboardKernel;
  #keepers: readonly Keeper[] = [];

  constructor(wirings: readonly KeyboardWiring[], clock: Clock, kernel: KeyboardKernel) {
    this.readers = wirings.map(({ id }) => id);
    this.#wirings = wirings;
    this.#clock = clock;
    this.#kernel = kernel;
  }

  start(report: Report): void {
    const clock = this.#clock;
    this.#keepers = this.#wirings.map((wiring) => {
      const press = pressOf(wiring, clock, report);
      const open = async (lost: (why: string) => void): Promise<Opened> =>
        openKeyboard(this.#kernel, wiring, press, lost);
      return keepOpen({ device: wiring.id, clock, report, open });
    });
  }

  drive(): void {}

  signal(): void {}

  health(): readonly DeviceHealth[] {
    return this.#keepers.map((keeper) => keeper.health());
  }

  stop(): void {
    for (const keeper of this.#keepers) keeper.stop();
    this.#kernel.stop();
  }
}

/** What becomes of a stroke. */
function pressOf({ id: reader, types }: KeyboardWiring, clock: Clock, report: Report): (stroke: KeyStroke) => void {
  if (types === "keys") {
    return (stroke) => {
      const key = entryKeyOf(stroke);
      if (key !== null) report({ kind: "key", reader, key, at: clock.mono() });
    };
  }
  const entry = new TextEntry({
    clock,
    device: reader,
    repeats: "drop",
    shown: (text, at) => report({ kind: "text", reader, text, at }),
  });
  return (stroke) => {
    if (stroke.kind === "character") entry.take(Buffer.from(stroke.character, "latin1"));
    else entry.take(Uint8Array.of(stroke.kind === "enter" ? line.end : line.clear));
  };
}

function openKeyboard(
  kernel: KeyboardKernel,
  { device }: KeyboardWiring,
  press: (stroke: KeyStroke) => void,
  lost: (why: string) => void,
): Opened {
  const path = `/dev/${device}`;
  const descriptor = kernel.open(path);
  if (descriptor < 0) throw new Error(whyNot(path, -descriptor));
  const grabbed = kernel.ioctl(descriptor, grab, Buffer.alloc(8));
  if (grabbed < 0) {
    kernel.close(descriptor);
    throw new Error(whyNot(path, -grabbed));
  }
  const events = new KeyEvents();
  const close = kernel.watch(descriptor, null, {
    events: (bytes) => {
      for (const stroke of events.take(bytes)) press(stroke);
    },
    quiet: () => {},
    gone: () => lost(`it was unplugged; plug it in again`),
  });
  return { close };
}

function whyNot(path: string, error: number): string {
  if (error === errorPermission) return `${path} may not be opened; add Postern's user to the group input`;
  if (error === errorBusy) return `another program has taken ${path} for itself; find it with fuser -v ${path}`;
  return `there is no ${path} (error ${error}); plug it in, and see /dev/input/by-id`;
}
