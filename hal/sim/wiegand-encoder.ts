// Turns cards and keys into the bits a Wiegand reader would send; knows nothing of how anyone reads them back.

import type { FrameFormat } from "../board.ts";

export type Encoded = { readonly ok: true; readonly bits: string } | { readonly ok: false; readonly problem: string };

/** Longer bursts are noise to a real line driver. */
export const maxFrameBits = 128;

/** First bit: even parity over the first `covered` card bits; last bit: odd parity over the last `covered`. */
const parityLayouts = {
  w26: { cardBits: 24, covered: 12 },
  w34: { cardBits: 32, covered: 16 },
  /** 35 card bits: the middle one is covered twice. */
  w37: { cardBits: 35, covered: 18 },
  h10304: { cardBits: 35, covered: 18 },
  bqt34: { cardBits: 32, covered: 16 },
  w58: { cardBits: 56, covered: 28 },
  w66: { cardBits: 64, covered: 32 },
} as const;

/** Without parity. */
const plainBits = { csn32: 32, csn40: 40, csn56: 56, csn64: 64 } as const;
/** Their cards are known by whole frames, so that one is given as that; null is any length. */
const frameBits = { corporate35: 35, corporate48: 48, p10001: 40, own: null, raw: null } as const;

/** `card` is its bytes in hex; for a raw reader a length in bits may follow, as in `1B3F/37`. */
export function encodeCard(card: string, format: FrameFormat): Encoded {
  const match = /^([0-9a-f]{1,32})(?:\/([1-9][0-9]{0,2}))?$/i.exec(card);
  const hex = match?.[1];
  if (hex === undefined) {
    return refuse("A card is its bytes in hex, such as 02B775D2.");
  }
  const length = match?.[2];
  if (length === undefined && hex.length % 2 !== 0)
    return refuse("A card is whole bytes: an even number of hex digits.");
  if (format in frameBits) {
    const given = length === undefined ? hex.length * 4 : Number(length);
    const wanted = frameBits[format as keyof typeof frameBits];
    if (wanted !== null && given !== wanted)
      return refuse(`A ${format} card is its whole frame, as in 1B3F/${wanted}.`);
    return encodeRaw(hex, given);
  }
  if (length !== undefined) return refuse(`A length in bits is for raw readers; a ${format} frame has its own.`);
  if (format in plainBits) {
    const bits = toBits(hex, plainBits[format as keyof typeof plainBits]);
    return bits === null ? refuse(`This card has more bits than a ${format} frame.`) : { ok: true, bits };
  }
  const { cardBits, covered } = parityLayouts[format as keyof typeof parityLayouts];
  const bits = toBits(hex, cardBits);
  if (bits === null) return refuse(`A ${format} frame carries ${cardBits} bits of a card, and this one has more.`);
  const even = isOdd(bits.slice(0, covered)) ? "1" : "0";
  const odd = isOdd(bits.slice(-covered)) ? "0" : "1";
  return { ok: true, bits: even + bits + odd };
}

/** A key as a 4-bit burst without parity; null for what is no key. */
export function encodeKey(key: string): string | null {
  const value = key.length === 1 ? "0123456789*#".indexOf(key) : -1;
  return value < 0 ? null : value.toString(2).padStart(4, "0");
}

/** The same key as that reader sends it: 8 bits with the key first, or 8 between two of parity. */
export function encodeKeyAs(keys: "usual" | "swapped" | "parity", key: string): string | null {
  const usual = encodeKey(key);
  if (usual === null || keys === "usual") return usual;
  const complement = [...usual].map((bit) => (bit === "0" ? "1" : "0")).join("");
  if (keys === "swapped") return usual + complement;
  return (isOdd(complement) ? "1" : "0") + complement + usual + (isOdd(usual) ? "0" : "1");
}

function encodeRaw(hex: string, length: number): Encoded {
  if (length > maxFrameBits) return refuse(`A frame has at most ${maxFrameBits} bits.`);
  const bits = toBits(hex, length);
  return bits === null ? refuse(`This card does not fit into ${length} bits.`) : { ok: true, bits };
}

function toBits(hex: string, length: number): string | null {
  const significant = BigInt(`0x${hex}`).toString(2);
  return significant.length > length ? null : significant.padStart(length, "0");
}

const isOdd = (bits: string): boolean => bits.replaceAll("0", "").length % 2 === 1;

const refuse = (problem: string): Encoded => ({ ok: false, problem });
