// What number the bytes in a card's memory stand for (REQUIREMENTS F.5). Pure.
import type { CodeEncoding } from "../../card-profile.ts";
import type { UnreadProblem } from "./exchange.ts";

export type CodeReading =
  | { readonly ok: true; readonly bytes: string }
  | { readonly ok: false; readonly problem: UnreadProblem };

/** The bytes of a number are four at least, as card numbers are written. */
const minBytes = 4;
const maxDigits = 38;

/** In upper-case hex. Memory that nobody has written opens for nobody. */
export function cardCodeIn(data: Buffer, offset: number, length: number, encoding: CodeEncoding): CodeReading {
  const bytes = data.subarray(offset, offset + length);
  if (bytes.length !== length) return { ok: false, problem: "malformedCode" };
  if (bytes.every((byte) => byte === 0) || bytes.every((byte) => byte === 0xff)) {
    return { ok: false, problem: "blankCard" };
  }
  const code = decode(bytes, encoding);
  return code === null ? { ok: false, problem: "malformedCode" } : { ok: true, bytes: code };
}

function decode(bytes: Buffer, encoding: CodeEncoding): string | null {
  switch (encoding) {
    case "hex":
      return hexOf(bytes);
    case "hexReversed":
      return hexOf(reversed(bytes));
    case "uintBE":
      return numberOf(BigInt(`0x${hexOf(bytes)}`));
    case "uintLE":
      return numberOf(BigInt(`0x${hexOf(reversed(bytes))}`));
    case "bcd":
      return decimal(hexOf(bytes).replace(/F+$/, ""));
    case "ascii":
      return decimal(textOf(bytes));
    case "asciiHex":
      return /^(?:[0-9A-F]{2}){4,16}$/i.test(textOf(bytes)) ? textOf(bytes).toUpperCase() : null;
    case "w26":
      return frameNumber(bytes, 26);
    case "w34":
      return frameNumber(bytes, 34);
  }
}

const hexOf = (bytes: Buffer): string => bytes.toString("hex").toUpperCase();
const reversed = (bytes: Buffer): Buffer => Buffer.from(bytes).reverse();

/** Spaces and zero bytes behind a text fill it up. */
const textOf = (bytes: Buffer): string => bytes.toString("latin1").replace(/[\0 ]+$/, "");

function numberOf(value: bigint): string | null {
  if (value === 0n) return null;
  const hex = value.toString(16).toUpperCase();
  return hex.padStart(Math.max(2 * minBytes, hex.length + (hex.length % 2)), "0");
}

const decimal = (digits: string): string | null =>
  /^[0-9]+$/.test(digits) && digits.length <= maxDigits ? numberOf(BigInt(digits)) : null;

/** The frame that a Wiegand reader would send, its first bit in the first byte's highest: even parity in front, odd behind. */
function frameNumber(bytes: Buffer, frameBits: number): string | null {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  if (bits.length < frameBits) return null;
  const frame = bits.slice(0, frameBits);
  const half = frameBits / 2;
  const ones = (part: string): number => part.replaceAll("0", "").length;
  if (ones(frame.slice(0, half)) % 2 !== 0 || ones(frame.slice(half)) % 2 !== 1) return null;
  return numberOf(BigInt(`0b${frame.slice(1, -1)}`));
}
