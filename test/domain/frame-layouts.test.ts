// Every layout against published vectors, single wrong bits, swapped wires and random frames.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeFrame, isInverted, printedOn } from "../../src/domain/frame.ts";
import type { FrameLayout, LayoutName } from "../../src/domain/frame-layouts.ts";
import { invertedBits, namedLayouts, plainFormats } from "../../src/domain/frame-layouts.ts";
import type { FrameFormat } from "../../src/domain/site.ts";

const lowBits = (hex: string, count: number) => BigInt(`0x${hex}`).toString(2).padStart(count, "0").slice(-count);
const flipped = (bits: string, at: number) => bits.slice(0, at) + (bits[at] === "0" ? "1" : "0") + bits.slice(at + 1);
const names = Object.keys(namedLayouts) as LayoutName[];
const random = (seed: number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

/** Puts the given bits into the fields and then makes each parity right, the innermost first. */
function framed({ fields, parity }: FrameLayout, data: readonly string[]): string {
  let next = 0;
  const bits = [...fields].map((field) => {
    if (field === "0" || field === "1") return field;
    return field === "." ? "0" : (data[next++] ?? "0");
  });
  for (const mask of parity) {
    const at = mask.search(/[EO]/);
    const count = bits.filter((bit, place) => bit === "1" && mask[place] === "X").length;
    bits[at] = String((count + (mask[at] === "O" ? 1 : 0)) % 2);
  }
  return bits.join("");
}

const anyFrame = fc.record({
  name: fc.constantFrom(...names),
  data: fc.array(fc.constantFrom("0", "1"), { minLength: 64, maxLength: 64 }),
});
const isStuck = (bits: string) => !bits.includes("0") || !bits.includes("1");

test.each<[LayoutName, string, number, string]>([
  ["w26", "2006ec0c86", 26, "00760643"],
  ["corporate35", "2e0ec00c87", 35, "060EC00C87/35"],
  ["p10001", "01f0760643c3", 40, "F0760643C3/40"],
  ["corporate48", "01400076000c86", 48, "400076000C86/48"],
])("the published %s of facility 118, card 1603 is read, and printed as that", (name, hex, count, code) => {
  const bits = lowBits(hex, count);
  expect(decodeFrame(bits, name, false)).toEqual({ kind: "card", code });
  expect(printedOn(bits, name)).toEqual({ facility: "118", number: "1603" });
});

test("any single wrong bit, and swapped wires, are noticed in every format with parity", () => {
  fc.assert(
    fc.property(anyFrame, ({ name, data }) => {
      const bits = framed(namedLayouts[name], data);
      fc.pre(!isStuck(bits));
      expect(decodeFrame(bits, name, false).kind).toBe("card");
      for (let at = 0; at < bits.length; at += 1) {
        expect(decodeFrame(flipped(bits, at), name, false).kind).toBe("misread");
      }
      expect(decodeFrame(invertedBits(bits), name, false).kind).toBe("misread");
      expect([isInverted(invertedBits(bits), name), isInverted(bits, name)]).toEqual([true, false]);
    }),
  );
});

test("a card is the same one in every format that carries its bytes", () => {
  const uid = "02B775D2";
  const data = (bytes: number) => [...lowBits(uid, 8 * bytes)];
  const code = { kind: "card", code: uid };
  expect(decodeFrame(framed(namedLayouts.w34, data(4)), "w34", false)).toEqual(code);
  expect(decodeFrame(framed(namedLayouts.bqt34, data(4)), "bqt34", false)).toEqual(code);
  expect(decodeFrame(framed(namedLayouts.w58, data(7)), "w58", false)).toEqual(code);
  expect(decodeFrame(framed(namedLayouts.w66, data(8)), "w66", false)).toEqual(code);
  for (const [format, count] of [
    ["csn32", 32],
    ["csn40", 40],
    ["csn56", 56],
    ["csn64", 64],
  ] as const) {
    expect(decodeFrame(lowBits(uid, count), format, false)).toEqual(code);
  }
  const long = "04A1B2C3D4E5F6";
  expect(decodeFrame(lowBits(long, 56), "csn56", false)).toEqual({ kind: "card", code: long });
  expect(decodeFrame(framed(namedLayouts.w58, [...lowBits(long, 56)]), "w58", false)).toEqual({
    kind: "card",
    code: long,
  });
});

test("a reader that sends the last byte first is read by its byte order", () => {
  const reversed = { byteOrder: "reversed" } as const;
  const w34 = framed(namedLayouts.w34, [...lowBits("D275B702", 32)]);
  expect(decodeFrame(w34, "w34", false, reversed)).toEqual({ kind: "card", code: "02B775D2" });
  const w26 = framed(namedLayouts.w26, [...lowBits("D275B7", 24)]);
  expect(decodeFrame(w26, "w26", false, reversed)).toEqual({ kind: "card", code: "00B775D2" });
  const w58 = framed(namedLayouts.w58, [...lowBits("D275B702000000", 56)]);
  expect(decodeFrame(w58, "w58", false, reversed)).toEqual({ kind: "card", code: "02B775D2" });
});

test("formats that differ in print only know the same card", () => {
  const bits = framed(namedLayouts.h10304, [...lowBits("1234567", 35)]);
  expect(decodeFrame(bits, "h10304", false)).toEqual(decodeFrame(bits, "w37", false));
  expect(printedOn(bits, "w37")?.facility).toBe(null);
  expect(printedOn(bits, "h10304")?.facility).toBe(String(0x1234567n >> 19n));
});

test("a frame of its own layout is the card that a raw reader would know", () => {
  for (const [name, hex, count] of [
    ["corporate35", "2e0ec00c87", 35],
    ["corporate48", "01400076000c86", 48],
    ["p10001", "01f0760643c3", 40],
  ] as const) {
    const bits = lowBits(hex, count);
    expect(decodeFrame(bits, name, false)).toEqual(decodeFrame(bits, "raw", false));
  }
});

/** 6 bits of facility and card between two of parity, one of them fixed, so that all frames can be tried. */
const small: FrameLayout = { fields: ".1FFFCCCCC.", parity: ["EXXXXX.....", ".....XXXXXO"] };

test("of all frames of a layout exactly the enrolled cards are let in", () => {
  const all = Array.from({ length: 2 ** 11 }, (_, value) => value.toString(2).padStart(11, "0"));
  const codes = all.flatMap((bits) => {
    const reading = decodeFrame(bits, small, false);
    return reading.kind === "card" ? [reading.code] : [];
  });
  expect([codes.length, new Set(codes).size]).toEqual([2 ** 8, 2 ** 8]);
  const enrolled = new Set(codes.filter((_, at) => at % 5 === 0));
  const granted = all.filter((bits) => {
    const reading = decodeFrame(bits, small, false);
    return reading.kind === "card" && enrolled.has(reading.code);
  });
  expect(granted.length).toBe(enrolled.size);
});

/** So many bits of a frame say nothing of the card: parities and fixed ones. */
const checkBits: Readonly<Record<LayoutName, number>> = {
  w26: 2,
  w34: 2,
  bqt34: 2,
  w37: 2,
  h10304: 2,
  w58: 2,
  w66: 2,
  corporate35: 3,
  corporate48: 3,
  p10001: 12,
};

test.each(names)("of random %s frames as many pass as its check bits predict, each as another card", (name) => {
  const next = random(7 + names.indexOf(name));
  const length = namedLayouts[name].fields.length;
  const rounds = 20_000;
  const passed = new Map<string, string>();
  for (let round = 0; round < rounds; round += 1) {
    const bits = Array.from({ length }, () => (next() < 0.5 ? "0" : "1")).join("");
    const reading = decodeFrame(bits, name, false);
    if (reading.kind !== "card") continue;
    expect(passed.get(reading.code) ?? bits).toBe(bits);
    passed.set(reading.code, bits);
  }
  const chance = 2 ** -checkBits[name];
  const deviation = Math.sqrt(rounds * chance * (1 - chance));
  expect(Math.abs(passed.size - rounds * chance)).toBeLessThan(Math.max(12, 5 * deviation));
});

test.each<[string, Parameters<typeof decodeFrame>[3], string, string]>([
  ["8 bits with the key first", { keys: "swapped" }, "00011110", "1"],
  ["10 bits between parities", { keys: "parity" }, "1111000010", "1"],
])("a key of %s is read", (_, options, bits, key) => {
  expect(decodeFrame(bits, "w26", true, options)).toEqual({ kind: "key", key });
});

test("a wrong bit in a key of ten bits is noticed", () => {
  for (let at = 0; at < 10; at += 1) {
    expect(decodeFrame(flipped("1111000010", at), null, true, { keys: "parity" }).kind).toBe("misread");
  }
});

test("a frame of facility 0 is a PIN only at a reader that sends PINs so", () => {
  const pin = (number: number) => framed(namedLayouts.w26, [...lowBits(number.toString(16), 24)]);
  const options = { pinFrames: true };
  expect(decodeFrame(pin(4711), "w26", false, options)).toEqual({ kind: "pin", digits: "4711" });
  expect(decodeFrame(pin(4711), null, true, options)).toEqual({ kind: "pin", digits: "4711" });
  expect(decodeFrame(pin(4711), "w26", false)).toEqual({ kind: "card", code: "00001267" });
  expect(decodeFrame(pin(65_535), "w26", false, options)).toEqual({ kind: "misread", problem: "key" });
  expect(decodeFrame(pin(0x76_0643), "w26", false, options)).toEqual({ kind: "card", code: "00760643" });
});

test("no run of equal bits is a card in any format", () => {
  const formats: FrameFormat[] = [...names, "csn32", "csn40", "csn56", "csn64", small];
  for (const format of formats) {
    for (let length = 1; length <= 128; length += 1) {
      for (const bit of ["0", "1"]) expect(decodeFrame(bit.repeat(length), format, true).kind).not.toBe("card");
    }
  }
});

test("the documents state for each format how often a random frame opens with 1,000 cards enrolled", () => {
  const stated = [
    ...readFileSync("docs/readers.md", "utf8").matchAll(/^\| `(\w+)` +\| (\d+) +\|.* (\d\.\de-\d+) +\|$/gm),
  ];
  const rows = stated.map(([, name, bits, chance]) => [name, Number(bits), chance]);
  const computed = [
    ...names.map((name): [string, number] => [name, namedLayouts[name].fields.length]),
    ...Object.entries(plainFormats),
  ].map(([name, bits]) => [name, bits, (1_000 / 2 ** bits).toExponential(1)]);
  expect(rows.toSorted()).toEqual(computed.toSorted());
});
