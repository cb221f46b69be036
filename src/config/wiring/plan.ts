// What is to be connected with what, terminal by terminal, as the configuration says; knows no table and no drawing.
import type { Config, DoorConfig, ReaderConfig } from "../schema.ts";
import { headerPinOf, otherUse } from "./header.ts";

/** As cables usually have it, and as the drawing shows it. */
export type WireColor =
  | "green"
  | "white"
  | "red"
  | "black"
  | "blue"
  | "brown"
  | "orange"
  | "yellow"
  | "violet"
  | "gray";

export interface Wire {
  /** As it is printed beside the device's screw. */
  readonly terminal: string;
  readonly color: WireColor;
  /** A line of the board, its ground, or something that is not the board. */
  readonly to: { readonly gpio: number } | "ground" | { readonly other: string };
  readonly note: string;
}

export interface WiredDevice {
  readonly id: string;
  /** What it is, in a few words. */
  readonly what: string;
  readonly wires: readonly Wire[];
}

export function planWiring(config: Config): readonly WiredDevice[] {
  return [
    ...config.relays.map((relay) => relayWiring(relay, config.doors)),
    ...config.inputs.map((input) => inputWiring(input, config)),
    ...config.readers.map((reader) => readerWiring(reader, config)),
  ];
}

function relayWiring(
  { id, pin, on, activeLevel }: Config["relays"][number],
  doors: readonly DoorConfig[],
): WiredDevice {
  const door = doors.find(({ relay }) => relay === id);
  const aux = doors.find(({ auxRelays }) => auxRelays.some(({ relay }) => relay === id));
  const what = door === undefined ? `relay${aux === undefined ? "" : ` beside ${aux.name}`}` : `lock of ${door.name}`;
  return {
    id,
    what,
    wires: [
      ...(pin === undefined ? outputOf(on) : relayModule(pin, activeLevel)),
      ...(door === undefined ? [] : lockWires(door)),
    ],
  };
}

const relayModule = (pin: number, activeLevel: "low" | "high"): readonly Wire[] => [
  line(
    "IN",
    "violet",
    pin,
    `${activeLevel} energizes; to the relay module, never to a coil: a line drives 3.3 V and a few milliamperes`,
  ),
  { terminal: "GND", color: "black", to: "ground", note: "" },
];

const outputOf = (on: Config["relays"][number]["on"]): readonly Wire[] =>
  on === undefined
    ? []
    : [
        {
          terminal: "IN",
          color: "violet",
          to: { other: `output ${on.output} of ${on.reader}` },
          note: "inside the reader",
        },
      ];

/** Both ways through the contact that closes when the relay is energized: what that means is the lock's to say. */
function lockWires({ lock }: DoorConfig): readonly Wire[] {
  const supply = { terminal: "COM", color: "red", to: { other: "lock supply, plus" }, note: "" } as const;
  const note =
    lock === "failSecure"
      ? "energized opens: without power the lock stays locked"
      : "energized locks: without power the lock opens; the fire panel may cut this wire as well";
  return [supply, { terminal: "NO", color: "blue", to: { other: "lock, plus" }, note }];
}

function inputWiring(input: Config["inputs"][number], config: Config): WiredDevice {
  const { pin, on } = input;
  if (pin === undefined) return { id: input.id, what: roleOf(input.id, config), wires: pointOf(on) };
  const low = input.activeLevel === "low";
  const when = low ? "active when the contact closes to ground" : "active when the contact opens, or at 3.3 V";
  const note = input.supervised ? `${when}; with the resistors of a supervised wire at its far end` : when;
  return {
    id: input.id,
    what: roleOf(input.id, config),
    wires: [
      line("1", "brown", pin, `${note}; never more than 3.3 V`),
      { terminal: "2", color: "black", to: "ground", note: "" },
    ],
  };
}

/** What a reader says of its case and its supply needs no wire. */
function pointOf(on: Config["inputs"][number]["on"]): readonly Wire[] {
  if (on === undefined || typeof on.point === "string") return [];
  const reader = { other: `input ${on.point} of ${on.reader}` };
  return [
    { terminal: "1", color: "brown", to: reader, note: "inside the reader" },
    { terminal: "2", color: "black", to: { other: `input common of ${on.reader}` }, note: "" },
  ];
}

function roleOf(id: string, { doors, inputs, fire, lockdown, supply, receptions }: Config): string {
  const exits = doors.filter(({ exitButtons }) => exitButtons.includes(id)).map(({ name }) => name);
  const contact = doors.find((door) => door.contact === id);
  const tamper = doors.find(({ tampers }) => tampers.includes(id));
  if (exits.length > 0) return `exit button of ${exits.join(", ")}`;
  if (contact !== undefined) return `contact of ${contact.name}`;
  if (tamper !== undefined) return `tamper contact of ${tamper.name}`;
  if (fire?.input === id) return "fire panel";
  if (lockdown?.input === id) return "lockdown switch";
  if (supply.mains === id) return "mains failure of the supply";
  if (supply.battery === id) return "low battery of the supply";
  if (supply.enclosures.includes(id)) return "contact of the controller's box";
  const opened = (inputs.find((input) => input.id === id)?.opens ?? []).map((one) => one.door);
  if (opened.length > 0)
    return `opens ${doors.flatMap((door) => (opened.includes(door.id) ? [door.name] : [])).join(", ")}`;
  return receptions.some(({ input }) => input === id) ? "reception button" : "input";
}

function socketOf(reader: Exclude<ReaderConfig, { readonly pins: unknown } | { readonly kind: "osdp" }>): string {
  if (reader.kind === "pcsc") return `USB, as ${reader.device} at pcscd`;
  if ("port" in reader) return `/dev/${reader.port}`;
  return reader.device === "libcamera" ? "the board's camera connector" : `USB, as /dev/${reader.device}`;
}

function readerWiring(reader: ReaderConfig, { doors, rs485 }: Config): WiredDevice {
  const door = doors.find(({ id }) => id === reader.door)?.name ?? reader.door;
  const side = reader.direction === "exit" ? "way out of" : "way into";
  if ("pins" in reader) {
    return { id: reader.id, what: `${reader.kind} reader, ${side} ${door}`, wires: wiegandWires(reader) };
  }
  if (reader.kind === "osdp") {
    const port = rs485.find(({ id }) => id === reader.line)?.port ?? reader.line;
    return { id: reader.id, what: `OSDP reader, ${side} ${door}`, wires: rs485Wires(port, reader.address) };
  }
  const where = socketOf(reader);
  const port: Wire = { terminal: "data", color: "gray", to: { other: where }, note: "" };
  return { id: reader.id, what: `${reader.kind}, ${side} ${door}`, wires: [port] };
}

const shift = "through a level shifter: readers drive 5 V, the board bears 3.3 V";

const shown = (level: "low" | "high"): string =>
  level === "low"
    ? "a low level shows it; through a level shifter, as the reader pulls it up to 5 V"
    : "a high level shows it; through a transistor that pulls the reader's wire to ground";

const wiegandWires = ({ pins: { d0, d1 }, led, beeper }: Extract<ReaderConfig, { pins: unknown }>): readonly Wire[] => [
  line("D0", "green", d0, shift),
  line("D1", "white", d1, shift),
  ...(led === null ? [] : [line("LED", "brown", led.pin, shown(led.activeLevel))]),
  ...(beeper === null ? [] : [line("BEEP", "yellow", beeper.pin, shown(beeper.activeLevel))]),
  { terminal: "GND", color: "black", to: "ground", note: "shared with the board, or nothing is read" },
  { terminal: "12V", color: "red", to: { other: "reader supply, plus" }, note: "never from the board" },
];

const rs485Wires = (port: string, address: number): readonly Wire[] => [
  { terminal: "A", color: "green", to: { other: `A of the adapter /dev/${port}` }, note: "a twisted pair with B" },
  {
    terminal: "B",
    color: "white",
    to: { other: `B of the adapter /dev/${port}` },
    note: `address ${address}; 120 ohms across A and B at both ends`,
  },
  { terminal: "GND", color: "black", to: { other: "ground of the adapter" }, note: "" },
  { terminal: "12V", color: "red", to: { other: "reader supply, plus" }, note: "never from the board" },
];

function line(terminal: string, color: WireColor, gpio: number, note: string): Wire {
  const other = headerPinOf(gpio) === null ? null : otherUse(gpio);
  return { terminal, color, to: { gpio }, note: other === null ? note : `${note}; this pin is also ${other}` };
}
