// Reads one Wiegand frame by its reader's format, as a card or a key; knows no reader and whose the card is.
import type { CardCode } from "./presentation.ts";
import type { FrameFormat } from "./site.ts";

export type FrameProblem = "length" | "parity" | "key";

export type FrameReading =
  | { readonly kind: "card"; readonly code: CardCode }
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "misread"; readonly problem: FrameProblem };

/** Longer bursts are noise. */
export const maxFrameBits = 128;
/** A raw card shorter than this is a fragment of one. */
const minRawBits = 8;

/** By the value of a 4-bit burst, or of the low half of an 8-bit one. */
const keyNames = "0123456789*#";

interface Layout {
  readonly bits: number;
  /** The first bit evens out the bits up to here, inclusive; bit 0 is the first on the wire. */
  readonly evenTo: number;
  /** The last bit makes the bits from here on odd. */
  readonly oddFrom: number;
}

const layouts: Readonly<Record<Exclude<FrameFormat, "raw">, Layout>> = {
  w26: { bits: 26, evenTo: 12, oddFrom: 13 },
  w34: { bits: 34, evenTo: 16, oddFrom: 17 },
  /** H10302: the middle bit counts in both parities. */
  w37: { bits: 37, evenTo: 18, oddFrom: 18 },
};

export function decodeFrame(bits: string, format: FrameFormat | null, keypad: boolean): FrameReading {
  if (bits.length > maxFrameBits || !/^[01]+$/.test(bits)) return misread("length");
  const mayBeKey = keypad || format === null;
  if (mayBeKey && (bits.length === 4 || bits.length === 8)) return decodeKey(bits);
  if (format === null) return misread("length");
  return format === "raw" ? decodeRaw(bits) : decodeParity(bits, layouts[format]);
}

const misread = (problem: FrameProblem): FrameReading => ({ kind: "misread", problem });

/** Eight bits are the key's complement and then the key. */
function decodeKey(bits: string): FrameReading {
  const value = Number.parseInt(bits.slice(-4), 2);
  const key = keyNames[value];
  if (key === undefined) return misread("key");
  if (bits.length === 8 && Number.parseInt(bits.slice(0, 4), 2) !== (value ^ 0b1111)) return misread("key");
  return { kind: "key", key };
}

function decodeRaw(bits: string): FrameReading {
  if (bits.length < minRawBits) return misread("length");
  // A line that is grounded or cut reads the same all along; without parity nothing else would catch it.
  if (!bits.includes("0") || !bits.includes("1")) return misread("parity");
  return { kind: "card", code: `${hexOf(bits)}/${bits.length}` as CardCode };
}

function decodeParity(bits: string, layout: Layout): FrameReading {
  if (bits.length !== layout.bits) return misread("length");
  // Neither all zeros nor all ones pass: the odd half of the one and the even half of the other are wrong.
  const even = ones(bits.slice(0, layout.evenTo + 1)) % 2 === 0;
  const odd = ones(bits.slice(layout.oddFrom)) % 2 === 1;
  if (!even || !odd) return misread("parity");
  return { kind: "card", code: hexOf(bits.slice(1, -1)) as CardCode };
}

const ones = (bits: string): number => bits.replaceAll("0", "").length;

/** Whole bytes, four at least, the last bit received being the lowest. */
function hexOf(bits: string): string {
  const digits = Math.max(8, Math.ceil(bits.length / 8) * 2);
  return BigInt(`0b${bits}`).toString(16).toUpperCase().padStart(digits, "0");
}
