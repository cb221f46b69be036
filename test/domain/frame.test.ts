// Frames against published vectors and against what a bad line delivers.
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeFrame, type FrameReading, maxFrameBits } from "../../src/domain/frame.ts";
import type { FrameFormat } from "../../src/domain/site.ts";

const lowBits = (hex: string, count: number) => BigInt(`0x${hex}`).toString(2).padStart(count, "0").slice(-count);
const inverted = (bits: string) => [...bits].map((bit) => (bit === "0" ? "1" : "0")).join("");
const flipped = (bits: string, at: number) => bits.slice(0, at) + inverted(bits.slice(at, at + 1)) + bits.slice(at + 1);
const card = (code: string): FrameReading => ({ kind: "card", code: code as never });
const key = (name: string): FrameReading => ({ kind: "key", key: name });
const misread = (problem: "length" | "parity" | "key"): FrameReading => ({ kind: "misread", problem });

/** Parity masks as a controller vendor publishes them, first bit first: E and O are the parity bits, X what each covers. */
const masks = {
  w26: ["EXXXXXXXXXXXX.............", ".............XXXXXXXXXXXXO"],
  w34: ["EXXXXXXXXXXXXXXXX.................", ".................XXXXXXXXXXXXXXXXO"],
  w37: ["EXXXXXXXXXXXXXXXXXX..................", "..................XXXXXXXXXXXXXXXXXXO"],
} as const;
type ParityFormat = keyof typeof masks;
const parityFormats = Object.keys(masks) as ParityFormat[];
const dataBits = (format: ParityFormat) => masks[format][0].length - 2;

function encoded(format: ParityFormat, data: bigint): string {
  const bits = [..."0".concat(data.toString(2).padStart(dataBits(format), "0"), "0")];
  const covered = (mask: string) => bits.filter((bit, at) => mask[at] === "X" && bit === "1").length;
  bits[0] = String(covered(masks[format][0]) % 2);
  bits[bits.length - 1] = String((covered(masks[format][1]) + 1) % 2);
  return bits.join("");
}

const anyCode = fc
  .constantFrom(...parityFormats)
  .chain((format) =>
    fc.record({ format: fc.constant(format), data: fc.bigInt(0n, (1n << BigInt(dataBits(format))) - 1n) }),
  );

test.each<[string, FrameFormat, string, string]>([
  ["the W26 of B775D2", "w26", "11011011101110101110100101", "00B775D2"],
  ["the W34 of 02B775D2", "w34", "1000000101011011101110101110100100", "02B775D2"],
  ["an H10301 of facility 118, card 1603", "w26", lowBits("2006ec0c86", 26), "00760643"],
  [
    "a photo card of facility 233, card 30333, as three decoders read it",
    "w26",
    "01110100101110110011111011",
    "00E9767D",
  ],
  ["a key fob of facility 113, card 7068", "w26", "10111000100011011100111000", "00711B9C"],
  ["a camera maker's worked example of 1234567890", "w34", `1${lowBits("499602D2", 32)}0`, "499602D2"],
  ["an H10302 of card 1", "w37", `0${"0".repeat(34)}10`, "0000000001"],
  [
    "an H10302 whose only set bit counts in both parities",
    "w37",
    `1${"0".repeat(17)}1${"0".repeat(17)}0`,
    "0000020000",
  ],
  ["the highest H10302", "w37", `0${"1".repeat(35)}1`, "07FFFFFFFF"],
])("%s reads as its card", (_, format, bits, code) => {
  expect(decodeFrame(bits, format, false)).toEqual(card(code));
  expect(decodeFrame(bits, format, true)).toEqual(card(code));
});

test("every data value of a parity format comes back, in whole bytes and never less than four", () => {
  fc.assert(
    fc.property(anyCode, ({ format, data }) => {
      const digits = format === "w37" ? 10 : 8;
      const code = data.toString(16).toUpperCase().padStart(digits, "0");
      expect(decodeFrame(encoded(format, data), format, false)).toEqual(card(code));
    }),
  );
});

test("any single wrong bit of a parity format is noticed", () => {
  fc.assert(
    fc.property(anyCode, ({ format, data }) => {
      const bits = encoded(format, data);
      for (let at = 0; at < bits.length; at += 1) {
        expect(decodeFrame(flipped(bits, at), format, false)).toEqual(misread("parity"));
      }
    }),
  );
});

test("swapped data wires are noticed at every card of a parity format", () => {
  fc.assert(
    fc.property(anyCode, ({ format, data }) => {
      expect(decodeFrame(inverted(encoded(format, data)), format, false)).toEqual(misread("parity"));
    }),
  );
});

test("a bit too few or too many is a misread, not another card", () => {
  for (const format of parityFormats) {
    const bits = encoded(format, 0x123456n);
    for (const wrong of [bits.slice(1), bits.slice(0, -1), `0${bits}`, `${bits}1`, bits + bits]) {
      expect(decodeFrame(wrong, format, true)).toEqual(misread("length"));
    }
  }
});

test("a line that never changes is no card in any format and of any length", () => {
  for (const format of ["w26", "w34", "w37", "raw"] as const) {
    for (const bit of ["0", "1"]) {
      for (let length = 1; length <= maxFrameBits; length += 1) {
        for (const keypad of [false, true]) {
          expect(decodeFrame(bit.repeat(length), format, keypad).kind).not.toBe("card");
        }
      }
    }
  }
});

test("random noise passes a parity format no more often than two parity bits let it", () => {
  let seed = 20260101;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  for (const format of parityFormats) {
    let cards = 0;
    for (let frame = 0; frame < 20_000; frame += 1) {
      const bits = Array.from({ length: dataBits(format) + 2 }, () => (random() < 0.5 ? "0" : "1")).join("");
      if (decodeFrame(bits, format, false).kind === "card") cards += 1;
    }
    expect(cards / 20_000).toBeLessThan(0.265);
  }
});

test("a raw frame is its bytes and its length, so that leading zeros make another card", () => {
  expect(decodeFrame(lowBits("01f0760643c3", 40), "raw", false)).toEqual(card("F0760643C3/40"));
  expect(decodeFrame(lowBits("2e0ec00c87", 35), "raw", false)).toEqual(card("060EC00C87/35"));
  expect(decodeFrame(`0${"1".repeat(36)}`, "raw", false)).toEqual(card("0FFFFFFFFF/37"));
  expect(decodeFrame("1".repeat(35).concat("0"), "raw", false)).toEqual(card("0FFFFFFFFE/36"));
  expect(decodeFrame("010000001", "raw", true)).toEqual(card("00000081/9"));
  expect(decodeFrame("00010000001", "raw", true)).toEqual(card("00000081/11"));
  expect(decodeFrame("10".repeat(64), "raw", false)).toEqual(card(`${"AA".repeat(16)}/128`));
});

test("a raw reader without keys takes eight bits as a card and fewer as a fragment", () => {
  expect(decodeFrame("11100001", "raw", false)).toEqual(card("000000E1/8"));
  expect(decodeFrame("11100001", "raw", true)).toEqual(key("1"));
  expect(decodeFrame("1010101", "raw", false)).toEqual(misread("length"));
  expect(decodeFrame("0001", "raw", false)).toEqual(misread("length"));
});

test("different raw frames are never the same card", () => {
  const frame = fc.array(fc.constantFrom("0", "1"), { minLength: 8, maxLength: 128 }).map((bits) => bits.join(""));
  fc.assert(
    fc.property(frame, frame, (one, other) => {
      const readings = [decodeFrame(one, "raw", false), decodeFrame(other, "raw", false)];
      if (one !== other && readings.every((reading) => reading.kind === "card")) {
        expect(readings[0]).not.toEqual(readings[1]);
      }
    }),
  );
});

test("four bits are a key: digits, star and hash, and four values that no key has", () => {
  const names = [..."0123456789*#"];
  for (let value = 0; value < 16; value += 1) {
    const name = names[value];
    expect(decodeFrame(lowBits(value.toString(16), 4), "w26", true)).toEqual(
      name === undefined ? misread("key") : key(name),
    );
  }
});

test("eight bits are a key only beside its complement", () => {
  const published = ["F0", "E1", "D2", "C3", "B4", "A5", "96", "87", "78", "69", "5A", "4B"];
  const names = [..."0123456789*#"];
  for (let value = 0; value < 256; value += 1) {
    const hex = value.toString(16).toUpperCase().padStart(2, "0");
    const name = names[published.indexOf(hex)];
    expect(decodeFrame(lowBits(hex, 8), "w26", true)).toEqual(name === undefined ? misread("key") : key(name));
  }
});

test("key frames reach a reader without card frames, and not a card reader without keys", () => {
  expect(decodeFrame("0101", null, true)).toEqual(key("5"));
  expect(decodeFrame("0101", null, false)).toEqual(key("5"));
  expect(decodeFrame("01001011", null, false)).toEqual(key("#"));
  expect(decodeFrame("0101", "w26", false)).toEqual(misread("length"));
  expect(decodeFrame("11100001", "w26", false)).toEqual(misread("length"));
  expect(decodeFrame("11011011101110101110100101", null, true)).toEqual(misread("length"));
});

test("nothing, something else than bits, and an endless burst are misreads", () => {
  for (const bits of [
    "",
    " ",
    "2",
    "0b01",
    "0101\n",
    "０１０１",
    "1".repeat(129),
    "01".repeat(1_000_000),
    "\u0000".repeat(26),
  ]) {
    for (const format of ["w26", "w34", "w37", "raw", null] as const) {
      expect(decodeFrame(bits, format, true)).toEqual(misread("length"));
    }
  }
});

test("whatever comes, a reading is returned", () => {
  const anything = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.array(fc.constantFrom("0", "1"), { maxLength: 200 }).map((bits) => bits.join("")),
  );
  fc.assert(
    fc.property(anything, fc.constantFrom("w26", "w34", "w37", "raw", null), fc.boolean(), (bits, format, keypad) => {
      const reading = decodeFrame(bits, format, keypad);
      if (reading.kind === "card") expect(reading.code).toMatch(/^([0-9A-F]{2}){4,16}(\/[0-9]+)?$/);
    }),
  );
});
