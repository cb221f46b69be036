// Reads one Wiegand frame by its reader's format, as a card, a key or a PIN; knows no reader and whose the card is.
import type { FrameLayout, LayoutName } from "./frame-layouts.ts";
import { fits, invertedBits, isPlain, namedLayouts, plainFormats, printedNumbers } from "./frame-layouts.ts";
import type { CardCode } from "./presentation.ts";
import type { FrameFormat, FrameOptions } from "./site.ts";

export type FrameProblem = "length" | "parity" | "key";

export type FrameReading =
  | { readonly kind: "card"; readonly code: CardCode }
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "pin"; readonly digits: string }
  | { readonly kind: "misread"; readonly problem: FrameProblem };

/** Longer bursts are noise. */
export const maxFrameBits = 128;
/** A raw card shorter than this is a fragment of one. */
const minRawBits = 8;

/** By the value of a 4-bit burst, or of the low half of an 8-bit one. */
const keyNames = "0123456789*#";
/** Eight bits of a key between two of parity. */
const parityKey: FrameLayout = { fields: ".CCCCCCCC.", parity: ["EXXXX.....", ".....XXXXO"] };
/** What a keypad sends for an entry that it cannot express. */
const noPin = 0xffff;

/** Their code is the card's bytes, whatever reader it is shown to; that of all others is the whole frame. */
const byteFormats: readonly string[] = ["w26", "w34", "bqt34", "w37", "h10304", "w58", "w66"];
/** A longer number is filled up with zeros in front. */
const usualBytes = [4, 7] as const;

export function decodeFrame(
  bits: string,
  format: FrameFormat | null,
  keypad: boolean,
  options: FrameOptions = {},
): FrameReading {
  if (bits.length > maxFrameBits || !/^[01]+$/.test(bits)) return misread("length");
  if ((keypad || format === null) && isKeyLength(bits.length, options)) return decodeKey(bits, options);
  const pin = options.pinFrames === true ? decodePin(bits) : null;
  if (pin !== null) return pin;
  if (format === null) return misread("length");
  if (format === "raw") return decodeRaw(bits);
  const reversed = options.byteOrder === "reversed";
  if (typeof format === "string" && isPlain(format)) return decodePlain(bits, plainFormats[format], reversed);
  return decodeLayout(bits, format, reversed);
}

/** What two swapped wires make of a good frame. */
export const isInverted = (bits: string, format: FrameFormat | null): boolean => {
  const layout = layoutOf(format);
  return layout !== null && layout.parity.length > 0 && !fits(bits, layout) && fits(invertedBits(bits), layout);
};

/** What is printed on such a card; null where the format does not say which bits those are. */
export function printedOn(bits: string, format: FrameFormat | null): ReturnType<typeof printedNumbers> | null {
  const layout = layoutOf(format);
  return layout === null || !fits(bits, layout) ? null : printedNumbers(bits, layout);
}

function layoutOf(format: FrameFormat | null): FrameLayout | null {
  if (format === null || format === "raw") return null;
  if (typeof format !== "string") return format;
  return isPlain(format) ? null : namedLayouts[format];
}

const misread = (problem: FrameProblem): FrameReading => ({ kind: "misread", problem });

const isKeyLength = (length: number, { keys }: FrameOptions): boolean =>
  keys === "parity" ? length === 10 : length === 4 || length === 8;

/** Eight bits are the key's complement and then the key, or the other way round. */
function decodeKey(received: string, { keys }: FrameOptions): FrameReading {
  if (keys === "parity" && !fits(received, parityKey)) return misread("parity");
  const bits = keys === "parity" ? received.slice(1, -1) : received;
  const swapped = keys === "swapped" && bits.length === 8;
  const value = Number.parseInt(swapped ? bits.slice(0, 4) : bits.slice(-4), 2);
  const complement = Number.parseInt(swapped ? bits.slice(4) : bits.slice(0, 4), 2);
  const key = keyNames[value];
  if (key === undefined || (bits.length === 8 && complement !== (value ^ 0b1111))) return misread("key");
  return { kind: "key", key };
}

/** A 26-bit frame of facility 0, from a keypad that sends a whole entry; null for every other. */
function decodePin(bits: string): FrameReading | null {
  if (!fits(bits, namedLayouts.w26)) return null;
  const { facility, number } = printedNumbers(bits, namedLayouts.w26);
  if (facility !== "0") return null;
  return Number(number) === noPin || number === "0" ? misread("key") : { kind: "pin", digits: number };
}

function decodeRaw(bits: string): FrameReading {
  if (bits.length < minRawBits) return misread("length");
  return isStuck(bits) ? misread("parity") : wholeFrame(bits);
}

function decodePlain(bits: string, length: number, reversed: boolean): FrameReading {
  if (bits.length !== length) return misread("length");
  return isStuck(bits) ? misread("parity") : bytesOf(bits, reversed);
}

function decodeLayout(bits: string, format: LayoutName | FrameLayout, reversed: boolean): FrameReading {
  const layout = typeof format === "string" ? namedLayouts[format] : format;
  if (bits.length !== layout.fields.length) return misread("length");
  if (!fits(bits, layout) || isStuck(bits)) return misread("parity");
  if (typeof format !== "string" || !byteFormats.includes(format)) return wholeFrame(bits);
  return bytesOf(bits.slice(1, -1), reversed);
}

/** A line that is grounded or cut reads the same all along; without parity nothing else would catch it. */
const isStuck = (bits: string): boolean => !bits.includes("0") || !bits.includes("1");

const wholeFrame = (bits: string): FrameReading => ({
  kind: "card",
  code: `${hexOf(bits, 4)}/${bits.length}` as CardCode,
});

/** Four or seven bytes that a longer frame has filled up are the card's own again. */
function bytesOf(bits: string, reversed: boolean): FrameReading {
  const hex = hexOf(bits, bits.length === 24 ? 3 : 4);
  const ordered = reversed ? (hex.match(/../g) ?? []).reverse().join("") : hex;
  const isLong = bits.length % 8 === 0 && ordered.length > 8;
  const size = isLong ? usualBytes.find((bytes) => /^0*$/.test(ordered.slice(0, -2 * bytes))) : undefined;
  return { kind: "card", code: (size === undefined ? ordered : ordered.slice(-2 * size)).padStart(8, "0") as CardCode };
}

/** Whole bytes, so many at least, the last bit received being the lowest. */
function hexOf(bits: string, atLeast: number): string {
  const digits = 2 * Math.max(atLeast, Math.ceil(bits.length / 8));
  return BigInt(`0b${bits}`).toString(16).toUpperCase().padStart(digits, "0");
}
