// The contract for wires: what any board can report and be told. Knows no door, person or credential.
import type { PcscWiring } from "./card-profile.ts";
import type { MonoMs } from "./clock.ts";

export type BoardEvent =
  /** Bits of one Wiegand frame, first on the wire first, as a string of 0 and 1. */
  | { readonly kind: "frame"; readonly reader: string; readonly bits: string; readonly at: MonoMs }
  /** One key: 0 to 9, `*` or `#`. */
  | { readonly kind: "key"; readonly reader: string; readonly key: string; readonly at: MonoMs }
  | { readonly kind: "text"; readonly reader: string; readonly text: string; readonly at: MonoMs }
  /**
   * A card's number as its own bytes, upper-case hex, the first byte first. `proven`: no UID, which anybody may copy and a card
   * may make up, but what stands behind a key.
   */
  | {
      readonly kind: "card";
      readonly reader: string;
      readonly bytes: string;
      readonly proven?: boolean;
      readonly at: MonoMs;
    }
  /** Something was shown from which no number can be had, or none that anybody may be known by. */
  | { readonly kind: "unread"; readonly reader: string; readonly problem: string; readonly at: MonoMs }
  /** `active` is what the input is for: button pressed, door open, fire reported. */
  | { readonly kind: "input"; readonly input: string; readonly active: boolean; readonly at: MonoMs }
  /** Instead of a level, from a supervised input; the next level says that its wire is well again. */
  | { readonly kind: "fault"; readonly input: string; readonly fault: WireFault; readonly at: MonoMs }
  /** Somebody is at a device's wires or secrets, or it looks like that: `what` says so in a few words. */
  | { readonly kind: "attack"; readonly device: string; readonly what: string; readonly at: MonoMs }
  /** It works, but not as it should; `why` ends with what mends it. */
  | { readonly kind: "faulty"; readonly device: string; readonly why: string; readonly at: MonoMs }
  | { readonly kind: "mended"; readonly device: string; readonly at: MonoMs }
  /** An installer's window in which a reader may be given a key is over: it took one, or `why` not. */
  | {
      readonly kind: "pairing";
      readonly device: string;
      readonly paired: boolean;
      readonly why: string;
      readonly at: MonoMs;
    }
  | { readonly kind: "lost"; readonly device: string; readonly why: string; readonly at: MonoMs }
  | { readonly kind: "found"; readonly device: string; readonly at: MonoMs };

export type WireFault = "cut" | "shorted";

export const readerSignals = ["granted", "denied", "key", "next", "warning"] as const;
/**
 * What a reader shows and sounds. `key` acknowledges a key, alike for every key; `next` asks for a second thing; `warning`
 * says that the door has stood open for nearly too long.
 */
export type ReaderSignal = (typeof readerSignals)[number];

export interface DeviceHealth {
  readonly device: string;
  /** `faulty` works, but not as it should: `why` ends with what mends it. */
  readonly state: "ok" | "lost" | "faulty";
  readonly why: string;
  readonly since: MonoMs;
}

export interface Board {
  readonly kind: string;
  /** Reports every input's level or fault once, then each change, until `stop`. */
  start(listen: (event: BoardEvent) => void): void;
  /** Throws a Fault with code `relay.failed` when the relay did not take it. `cause` is for traces only. */
  drive(relay: string, energized: boolean, cause: string): void;
  signal(reader: string, signal: ReaderSignal): void;
  health(): readonly DeviceHealth[];
  stop(): void;
  /** What an installer may do with readers on a bus; left out where there are none. */
  readonly care?: () => ReaderCare | null;
}

/** Each throws, or rejects with, a Fault of one sentence when it makes no sense. */
export interface ReaderCare {
  /** Gives this one reader a key of its own; until it took one, or the time is over. */
  pair(reader: string, forMs: number): void;
  endPairing(reader: string): void;
  /** Writes what crosses a line into a new file, for so long at most. */
  trace(line: string, file: string, forMs: number): Promise<void>;
}

/** The wires as the installer described them. */
export interface BoardSpec {
  readonly relays: readonly RelayWiring[];
  readonly inputs: readonly InputWiring[];
  readonly readers: readonly ReaderWiring[];
  /** Left out, the header's lines by their character device. */
  readonly gpio?: GpioWiring;
  /** Left out where there are none. */
  readonly rs485?: readonly Rs485Wiring[];
  readonly readerRelays?: readonly ReaderRelayWiring[];
  readonly readerInputs?: readonly ReaderInputWiring[];
}

export interface GpioWiring {
  /** A chip's label or name; null is the one of the board's header. */
  readonly chip: string | null;
  readonly driver: "chardev" | "sysfs";
}

/** A line with several readers on it; `port` is named as under /dev. */
export interface Rs485Wiring {
  readonly id: string;
  readonly port: string;
  readonly baud: number;
}

/** An output of a reader. */
export interface ReaderRelayWiring {
  readonly id: string;
  readonly reader: string;
  readonly output: number;
}

/** An input of a reader, or what it says of its case and its supply. */
export interface ReaderInputWiring {
  readonly id: string;
  readonly reader: string;
  readonly point: number | "tamper" | "power";
  /** `high`: active is what the reader calls inactive. */
  readonly activeLevel?: "low" | "high";
}

export interface RelayWiring {
  readonly id: string;
  readonly pin: number;
  /** Which electrical level energizes it; left out, a high one. */
  readonly activeLevel?: "low" | "high";
}

export interface InputWiring {
  readonly id: string;
  readonly pin: number;
  /** Which electrical level means active; left out, a low one: the contact closes to ground. */
  readonly activeLevel?: "low" | "high";
  /** How long a level must stand before it is reported; left out, it need not. */
  readonly debounceMs?: number;
  /** The board's own resistor; left out, up. */
  readonly pull?: "up" | "down" | "none";
  /** Its resistors tell a cut or shorted wire from a level. */
  readonly supervised?: boolean;
}

/** A line that shows or sounds something at a reader. */
export interface SignalWiring {
  readonly pin: number;
  readonly activeLevel: "low" | "high";
}

/** What is on two Wiegand lines. */
interface WiegandLines {
  readonly id: string;
  readonly pins: { readonly d0: number; readonly d1: number };
  /** What is longer than this between two pulses ends a frame. */
  readonly frameGapMs?: number;
  /** Left out, even: a burst whose pulses come unevenly is noise. */
  readonly pulses?: "even" | "any";
  readonly keys?: "usual" | "swapped" | "parity";
  readonly led?: SignalWiring | null;
  readonly beeper?: SignalWiring | null;
}

/** `own` is laid out as only the site knows. */
export type FrameFormat = OsdpFormat | "own";
export type OsdpFormat =
  | ("w26" | "w34" | "bqt34" | "w37" | "h10304" | "w58" | "w66" | "corporate35" | "corporate48" | "p10001")
  | ("csn32" | "csn40" | "csn56" | "csn64" | "raw");

export type WiegandWiring =
  | (WiegandLines & {
      readonly kind: "wiegand";
      readonly format: FrameFormat;
      readonly keypad: boolean;
    })
  | (WiegandLines & { readonly kind: "keypad" });

/**
 * One line of text for each code that is shown to a scanner, or for each vehicle before a number-plate camera or a reader of
 * radio tags. `port` is named as under /dev.
 */
export interface SerialWiring {
  readonly id: string;
  readonly kind: "scanner" | "plate";
  readonly port: string;
  readonly baud: number;
}

/** A reader of 125 kHz tags, whose frames name the tag's number. */
export interface TagWiring {
  readonly id: string;
  readonly kind: "tag";
  readonly port: string;
  readonly baud: number;
}

/** What types like a keyboard: a keypad, whose keys are those of an entry, or a scanner. `device` is named as under /dev. */
export interface KeyboardWiring {
  readonly id: string;
  readonly kind: "keyboard";
  readonly device: string;
  readonly types: "keys" | "text";
}

/** A camera before which people hold QR codes. */
export interface CameraWiring {
  readonly id: string;
  readonly kind: "camera";
  /** Named as under /dev, or `libcamera` for the one on the board's own connector. */
  readonly device: string;
  readonly size: "640x480" | "1280x720";
  /** Pictures a second that are looked at, at most. */
  readonly rate: number;
  /** Null leaves it to the camera. */
  readonly exposureMs: number | null;
  /** Where in the picture codes count; null is all of it. */
  readonly region: { readonly x: number; readonly y: number; readonly width: number; readonly height: number } | null;
}

export type ReaderWiring =
  | WiegandWiring
  | SerialWiring
  | TagWiring
  | KeyboardWiring
  | CameraWiring
  | PcscWiring
  | {
      readonly id: string;
      readonly kind: "osdp";
      readonly line: string;
      readonly address: number;
      readonly format: OsdpFormat;
      readonly keypad: boolean;
      /** `none` speaks in clear; there is no falling back to it. */
      readonly security: "required" | "none";
    };
