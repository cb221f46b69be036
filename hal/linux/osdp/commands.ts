// What a panel says to an OSDP reader: each command's code and data. Knows no frame, session or reader.
import type { ReaderSignal } from "../../board.ts";

export interface Command {
  readonly code: number;
  readonly data: Buffer;
}

export const commandCode = {
  poll: 0x60,
  identify: 0x61,
  capabilities: 0x62,
  localStatus: 0x64,
  inputStatus: 0x65,
  output: 0x68,
  light: 0x69,
  buzzer: 0x6a,
  text: 0x6b,
  keySet: 0x75,
  challenge: 0x76,
  proof: 0x77,
} as const;

const nothing = Buffer.alloc(0);
const command = (code: number, data: readonly number[] | Buffer = nothing): Command => ({
  code,
  data: Buffer.from(data),
});

export const poll = command(commandCode.poll);
export const identify = command(commandCode.identify, [0]);
export const askCapabilities = command(commandCode.capabilities, [0]);
export const askLocalStatus = command(commandCode.localStatus);
export const askInputs = command(commandCode.inputStatus);
/** A key's type is 1, and it has 16 bytes. */
export const setKey = (key: Buffer): Command => command(commandCode.keySet, Buffer.concat([Buffer.from([1, 16]), key]));

/**
 * How long an output stays on when nobody says so again: a panel that dies, or a cable that is cut, lets its relay fall in that
 * time. It is said again often enough that a few lost frames do not matter.
 */
export const outputHoldMs = 3_000;
export const outputRepeatMs = 1_000;

const offForGood = 1;
const onForAWhile = 5;

export function driveOutput(output: number, energized: boolean): Command {
  const units = energized ? outputHoldMs / 100 : 0;
  return command(commandCode.output, [output, energized ? onForAWhile : offForGood, units & 0xff, units >> 8]);
}

const colour = { off: 0, red: 1, green: 2, amber: 3 } as const;
type Colour = keyof typeof colour;

interface Light {
  /** What it alternates with. */
  readonly to: Colour;
  readonly forMs: number;
  /** Half of a blink; longer than the whole is steady. */
  readonly halfMs: number;
}

/** For a while, after which the light is as it was. */
function showLight(from: Colour, { to, forMs, halfMs }: Light): Command {
  const half = halfMs / 100;
  const units = forMs / 100;
  const temporary = [2, half, half, colour[from], colour[to], units & 0xff, units >> 8];
  return command(commandCode.light, [0, 0, ...temporary, 0, 0, 0, 0, 0]);
}

/** What the light shows when nothing else is to be shown. */
export const restingLight: Command = command(commandCode.light, [0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, colour.red, 0]);

const beep = (onMs: number, offMs: number, times: number): Command =>
  command(commandCode.buzzer, [0, 2, onMs / 100, offMs / 100, times]);

function showText(text: string, forS: number): Command {
  return command(commandCode.text, [0, 3, forS, 1, 1, text.length, ...Buffer.from(text, "ascii")]);
}

export interface Abilities {
  readonly light: boolean;
  readonly buzzer: boolean;
  readonly text: boolean;
}

const steady = (colourName: Colour, forMs: number) => showLight(colourName, { to: colourName, forMs, halfMs: 500 });

/** A denial looks and sounds the same whatever its reason. */
const shows: Readonly<
  Record<ReaderSignal, { readonly light?: Command; readonly buzzer?: Command; readonly text?: Command }>
> = {
  granted: { light: steady("green", 3_000), buzzer: beep(200, 100, 1), text: showText("Welcome", 3) },
  denied: { light: steady("amber", 2_000), buzzer: beep(200, 200, 3), text: showText("Not accepted", 3) },
  key: { buzzer: beep(100, 100, 1) },
  next: { light: showLight("amber", { to: "green", forMs: 10_000, halfMs: 300 }), text: showText("And now?", 10) },
  warning: {
    light: showLight("red", { to: "off", forMs: 5_000, halfMs: 200 }),
    buzzer: beep(500, 500, 5),
    text: showText("Close the door", 5),
  },
};

export function signalCommands(signal: ReaderSignal, abilities: Abilities): readonly Command[] {
  const { light, buzzer, text } = shows[signal];
  return [
    ...(light !== undefined && abilities.light ? [light] : []),
    ...(buzzer !== undefined && abilities.buzzer ? [buzzer] : []),
    ...(text !== undefined && abilities.text ? [text] : []),
  ];
}
