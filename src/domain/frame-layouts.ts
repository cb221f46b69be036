// Where facility, number and parity stand in each kind of Wiegand frame; knows no reader and no card.

/** Bit 0 is the first on the wire. All strings of a layout are as long as its frame. */
export interface FrameLayout {
  /** F is a bit of the facility, C one of the card's number, 0 and 1 must be just that; anything else is a dot. */
  readonly fields: string;
  /** Each has one E or O, the bit that makes itself and all bits under an X even or odd in number. */
  readonly parity: readonly string[];
}

export const namedLayouts = {
  /** H10301; as three bytes without facility it is the same frame. */
  w26: halves(`.${"F".repeat(8)}${"C".repeat(16)}.`),
  /** H10306, N10002; a card's four bytes are the same frame. */
  w34: halves(`.${"F".repeat(16)}${"C".repeat(16)}.`),
  /** Differs from w34 in how its number is printed only. */
  bqt34: halves(`.${"F".repeat(8)}${"C".repeat(24)}.`),
  /** H10302: the middle bit counts in both parities. */
  w37: halves(`.${"C".repeat(35)}.`),
  /** Differs from w37 in how its number is printed only. */
  h10304: halves(`.${"F".repeat(16)}${"C".repeat(19)}.`),
  w58: halves(`.${"C".repeat(56)}.`),
  w66: halves(`.${"C".repeat(64)}.`),
  corporate35: {
    fields: `..${"F".repeat(12)}${"C".repeat(20)}.`,
    parity: [`.E${"XX.".repeat(11)}`, `.${"XX.".repeat(11)}O`, `O${"X".repeat(34)}`],
  },
  corporate48: {
    fields: `..${"F".repeat(22)}${"C".repeat(23)}.`,
    parity: [`.E.${"XX.".repeat(15)}`, `..${"XX.".repeat(15)}O`, `O${"X".repeat(47)}`],
  },
  /** The last byte is the exclusive or of the four before. */
  p10001: {
    fields: `1111${"F".repeat(12)}${"C".repeat(16)}${".".repeat(8)}`,
    parity: Array.from({ length: 8 }, (_, bit) => everyByte(bit)),
  },
} as const satisfies Record<string, FrameLayout>;

export type LayoutName = keyof typeof namedLayouts;

/** Plain bytes of a card, without any parity. */
export const plainFormats = { csn32: 32, csn40: 40, csn56: 56, csn64: 64 } as const;
export type PlainFormat = keyof typeof plainFormats;

export const isPlain = (format: string): format is PlainFormat => format in plainFormats;

/** Whether the frame is as long as the layout says, its fixed bits are right, and so are its parities. */
export function fits(bits: string, { fields, parity }: FrameLayout): boolean {
  if (bits.length !== fields.length) return false;
  for (let at = 0; at < bits.length; at += 1) {
    const wanted = fields[at];
    if ((wanted === "0" || wanted === "1") && bits[at] !== wanted) return false;
  }
  return parity.every((mask) => ones(bits, mask) % 2 === (mask.includes("O") ? 1 : 0));
}

/** As they are printed on cards, in decimal; a layout without facility has null. */
export function printedNumbers(bits: string, { fields }: FrameLayout): { facility: string | null; number: string } {
  const taken = (field: string) => [...bits].filter((_, at) => fields[at] === field).join("");
  const facility = taken("F");
  return { facility: facility === "" ? null : decimal(facility), number: decimal(taken("C")) };
}

export const invertedBits = (bits: string): string => [...bits].map((bit) => (bit === "0" ? "1" : "0")).join("");

const decimal = (bits: string): string => BigInt(`0b${bits === "" ? "0" : bits}`).toString();

function ones(bits: string, mask: string): number {
  let count = 0;
  for (let at = 0; at < bits.length; at += 1) if (bits[at] === "1" && mask[at] !== ".") count += 1;
  return count;
}

/** The first bit makes the first half even, the last one the second half odd; an odd middle counts in both. */
function halves(fields: string): FrameLayout {
  const covered = Math.ceil((fields.length - 2) / 2);
  const rest = fields.length - 1 - covered;
  const even = `E${"X".repeat(covered)}${".".repeat(rest)}`;
  return { fields, parity: [even, `${".".repeat(rest)}${"X".repeat(covered)}O`] };
}

function everyByte(bit: number): string {
  const data = `${".".repeat(bit)}X${".".repeat(7 - bit)}`;
  return data.repeat(4) + data.replace("X", "E");
}
