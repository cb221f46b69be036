// What is expected of the bits that the simulated readers send.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { FrameFormat } from "../../hal/board.ts";
import { encodeCard, encodeKey } from "../../hal/sim/wiegand-encoder.ts";

const bitsOf = (card: string, format: FrameFormat): string => {
  const encoded = encodeCard(card, format);
  if (!encoded.ok) throw new Error(encoded.problem);
  return encoded.bits;
};

const ones = (bits: string): number => [...bits].filter((bit) => bit === "1").length;

test("the published vectors come out to the bit", () => {
  expect(bitsOf("B775D2", "w26")).toBe("11011011101110101110100101");
  expect(bitsOf("02B775D2", "w34")).toBe("1000000101011011101110101110100100");
  // Facility 118, card 1603 in H10301: the last 26 bits of 2006ec0c86.
  expect(bitsOf("760643", "w26")).toBe(BigInt("0x2006ec0c86").toString(2).slice(-26));
});

test("a card may be written with leading zeros and in either case", () => {
  expect(bitsOf("00b775d2", "w26")).toBe(bitsOf("B775D2", "w26"));
  expect(bitsOf("B775D2", "w34")).toBe(bitsOf("00B775D2", "w34"));
  expect(bitsOf("07FFFFFFFF", "w37")).toBe(bitsOf("0007ffffffff", "w37"));
});

test("every card keeps its bits between an even first and an odd last parity", () => {
  const layouts = [
    { format: "w26", cardBits: 24, half: 13 },
    { format: "w34", cardBits: 32, half: 17 },
    { format: "w37", cardBits: 35, half: 19 },
  ] as const;
  for (const { format, cardBits, half } of layouts) {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** BigInt(cardBits) - 1n }), (value) => {
        const bits = bitsOf(value.toString(16).padStart(10, "0"), format);
        expect(bits).toMatch(/^[01]+$/);
        expect(bits).toHaveLength(cardBits + 2);
        expect(BigInt(`0b${bits.slice(1, -1)}`)).toBe(value);
        expect(ones(bits.slice(0, half)) % 2).toBe(0);
        expect(ones(bits.slice(-half)) % 2).toBe(1);
      }),
    );
  }
});

test("a raw reader sends the bytes as they are, or as many bits as the card says", () => {
  expect(bitsOf("02B775D2", "raw")).toBe("00000010101101110111010111010010");
  expect(bitsOf("1B3F/37", "raw")).toBe("0001101100111111".padStart(37, "0"));
  expect(bitsOf("00/1", "raw")).toBe("0");
  expect(bitsOf("F".repeat(32), "raw")).toHaveLength(128);
});

test.each([
  ["", "w26"],
  ["B775D", "w34"],
  ["XYZ0", "w34"],
  ["0xB7", "w34"],
  ["B7 75 D2", "w34"],
  ["01B775D2", "w26"],
  ["0102B775D2", "w34"],
  ["0800000000", "w37"],
  ["B775D2/26", "w26"],
  ["1B3F/12", "raw"],
  ["1B3F/0", "raw"],
  ["1B3F/129", "raw"],
  ["F".repeat(34), "raw"],
] as const)("the card %j is refused at a %s reader with a sentence that does not repeat it", (card, format) => {
  const encoded = encodeCard(card, format);
  expect(encoded).toMatchObject({ ok: false, problem: expect.stringMatching(/^[A-Z].*\.$/) });
  if (!encoded.ok && card.length > 4) expect(encoded.problem).not.toContain(card);
});

test("keys are four bits without parity, and nothing else is a key", () => {
  expect([..."0123456789*#"].map(encodeKey)).toEqual([
    ...["0000", "0001", "0010", "0011", "0100", "0101", "0110", "0111", "1000", "1001"],
    ...["1010", "1011"],
  ]);
  for (const none of ["", "A", "12", "٣", " "]) expect(encodeKey(none)).toBe(null);
});
