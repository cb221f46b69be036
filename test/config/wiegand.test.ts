// Frames of Wiegand readers as an installer describes them, down to cards that are read.
import { expect, test } from "vitest";
import { encodeCard, encodeKeyAs } from "../../hal/sim/wiegand-encoder.ts";
import { readConfig } from "../../src/config/load.ts";
import { siteOf } from "../../src/config/site.ts";
import { decodeFrame } from "../../src/domain/frame.ts";
import { edited } from "./example.ts";
import { expectRefusal } from "./refusal.ts";

const wiegand = { id: "it", door: "front", kind: "wiegand", pins: { d0: 120, d1: 121 } };
const layout = {
  fields: ".FFFFFFFFCCCCCCCCCCCCCCCC.",
  parity: ["EXXXXXXXXXXXX.............", ".............XXXXXXXXXXXXO"],
};

const withReader = (more: object) =>
  edited((site) => {
    site.readers[0] = { ...wiegand, ...more };
  });

function readerOf(more: object) {
  const read = readConfig(withReader(more));
  if (!read.ok) throw new Error(JSON.stringify(read));
  const reader = siteOf(read.config).readers[0];
  if (reader === undefined) throw new Error("no reader");
  return (bits: string) => decodeFrame(bits, reader.format, reader.keypad, reader.frames);
}

const sent = (...card: Parameters<typeof encodeCard>) => {
  const encoded = encodeCard(...card);
  if (!encoded.ok) throw new Error(encoded.problem);
  return encoded.bits;
};

test.each([
  ["bqt34", "02B775D2", "02B775D2"],
  ["h10304", "0712345678", "0712345678"],
  ["w58", "04A1B2C3D4E5F6", "04A1B2C3D4E5F6"],
  ["w66", "E0A1B2C3D4E5F607", "E0A1B2C3D4E5F607"],
  ["csn32", "02B775D2", "02B775D2"],
  ["csn40", "0100695DF0", "0100695DF0"],
  ["csn56", "04A1B2C3D4E5F6", "04A1B2C3D4E5F6"],
  ["csn64", "E0A1B2C3D4E5F607", "E0A1B2C3D4E5F607"],
  ["corporate35", "060EC00C87/35", "060EC00C87/35"],
  ["corporate48", "400076000C86/48", "400076000C86/48"],
  ["p10001", "F0760643C3/40", "F0760643C3/40"],
] as const)("a %s reader that is configured reads what a simulated one sends", (format, card, code) => {
  expect(readerOf({ format })(sent(card, format))).toEqual({ kind: "card", code });
});

test("a layout of one's own is read by its masks, and known by its whole frame", () => {
  const read = readerOf({ format: "own", layout });
  expect(read(sent("00760643", "w26"))).toMatchObject({ kind: "card", code: expect.stringMatching(/\/26$/) });
  expect(read(sent("00760643", "w26").replace("1", "0"))).toEqual({ kind: "misread", problem: "parity" });
});

test.each(["usual", "swapped", "parity"] as const)("keys that are sent as %s are read by that setting", (keys) => {
  const read = readerOf({ format: "w26", keypad: true, keys });
  for (const key of "0123456789*#") expect(read(encodeKeyAs(keys, key) ?? "")).toEqual({ kind: "key", key });
});

test("byte order and PINs in frames are the reader's own", () => {
  expect(readerOf({ format: "w34", byteOrder: "reversed" })(sent("D275B702", "w34"))).toMatchObject({
    code: "02B775D2",
  });
  expect(readerOf({ format: "w26", pinFrames: true })(sent("001267", "w26"))).toEqual({ kind: "pin", digits: "4711" });
});

test("frame settings that contradict each other are refused where they stand", () => {
  expectRefusal(withReader({ format: "own" }), [["readers[0].format", /laid out/, /layout/, '"own"']]);
  expectRefusal(withReader({ format: "w34", layout }), [["readers[0].layout", /no effect/, /own/]]);
  expectRefusal(withReader({ format: "w37", byteOrder: "reversed" }), [
    ["readers[0].byteOrder", /whole bytes/, /Remove/],
  ]);
  expectRefusal(withReader({ format: "own", layout: { ...layout, parity: ["EX"] } }), [
    ["readers[0].layout.parity[0]", /2 bits.*26/, /each bit/],
  ]);
  expectRefusal(withReader({ format: "own", layout: { fields: "FFFF", parity: [] } }), [
    ["readers[0].layout.fields", /number/, /C/],
  ]);
});
