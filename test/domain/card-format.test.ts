import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CardFormat } from "../../src/domain/card-format.ts";
import {
  cardFormats,
  formatCard,
  formatPartly,
  isRandomUid,
  parseCard,
  shortNumberOf,
} from "../../src/domain/card-format.ts";
import type { CardCode } from "../../src/domain/presentation.ts";

const code = (text: string) => text as CardCode;

/** The worked examples of the format table; the first agrees with a card maker's printing table. */
const worked: readonly (readonly [bytes: string, views: Readonly<Record<CardFormat, string>>])[] = [
  [
    "02B775D2",
    {
      "8HN": "02B775D2",
      "8HR": "D275B702",
      "8H10D": "0045577682",
      "8HR10D": "3530929922",
      "6H8D": "12023250",
      "6H3D5D": "18330162",
      "6H3D5D-R": "11746850",
      RAW: "02B775D2",
    },
  ],
  [
    "A1B2C3D4",
    {
      "8HN": "A1B2C3D4",
      "8HR": "D4C3B2A1",
      "8H10D": "2712847316",
      "8HR10D": "3569595041",
      "6H8D": "11715540",
      "6H3D5D": "17850132",
      "6H3D5D-R": "19545729",
      RAW: "A1B2C3D4",
    },
  ],
];

describe.each(worked)("%s", (bytes, views) => {
  test.each(Object.entries(views))("in %s is shown as %s", (format, shown) => {
    expect(formatCard(code(bytes), format as CardFormat)).toBe(shown);
  });

  test.each(Object.entries(views).filter(([format]) => !format.startsWith("6H")))(
    "in %s is read from %s",
    (format, shown) => {
      expect(parseCard(shown, format as CardFormat)).toEqual({ ok: true, code: bytes, known: null });
    },
  );

  test("a 6H number leaves one byte unknown and says which three are known", () => {
    expect(parseCard(views["6H8D"], "6H8D")).toEqual({ ok: true, code: `00${bytes.slice(2)}`, known: "low" });
    expect(parseCard(views["6H3D5D"], "6H3D5D")).toEqual({ ok: true, code: `00${bytes.slice(2)}`, known: "low" });
    expect(parseCard(views["6H3D5D-R"], "6H3D5D-R")).toEqual({
      ok: true,
      code: `${bytes.slice(0, 6)}00`,
      known: "high",
    });
  });
});

test("every format reads back what it shows, byte for byte", () => {
  const fourBytes = fc
    .integer({ min: 0, max: 0xffff_ffff })
    .map((value) => value.toString(16).toUpperCase().padStart(8, "0"));
  fc.assert(
    fc.property(fourBytes, fc.constantFrom(...cardFormats), (bytes, format) => {
      const reading = parseCard(formatCard(code(bytes), format), format);
      if (!reading.ok) throw new Error(reading.problem);
      if (reading.known === null) expect(reading.code).toBe(bytes);
      else expect(formatCard(reading.code, format)).toBe(formatCard(code(bytes), format));
    }),
  );
});

test("longer numbers and raw frames look the same in every format", () => {
  for (const bytes of ["04A1B2C3D4E5F6", "04A1B2C3D4E5F6071829", "1234567890/37"]) {
    for (const format of cardFormats) {
      expect(formatCard(code(bytes), format)).toBe(bytes);
      expect(parseCard(bytes.toLowerCase(), format)).toEqual({ ok: true, code: bytes, known: null });
    }
  }
});

test("numbers of other lengths, as 37-bit frames give, come back from every format and are never taken for four bytes", () => {
  for (const bytes of ["0045577682", "010203040506"]) {
    for (const format of cardFormats) {
      expect(parseCard(formatCard(code(bytes), format), format)).toEqual({ ok: true, code: bytes, known: null });
    }
  }
  expect(formatCard(code("0045577682"), "8H10D")).toBe("RAW:0045577682");
});

test("four bytes with three of zeros in front, as a 58-bit frame brings them, are the four bytes", () => {
  expect(parseCard("00000002B775D2", "8HN")).toEqual({ ok: true, code: "02B775D2", known: null });
});

test("a number may name its format, and a partly known one does so wherever the site's format says more", () => {
  expect(parseCard("8H10D:0045577682", "8HN")).toEqual({ ok: true, code: "02B775D2", known: null });
  expect(formatPartly(code("00B775D2"), "low", "8HN")).toBe("6H8D:12023250");
  expect(formatPartly(code("00B775D2"), "low", "6H3D5D")).toBe("18330162");
  expect(formatPartly(code("A1B2C300"), "high", "8HN")).toBe("6H3D5D-R:19545729");
  expect(parseCard("6H3D5D-R:19545729", "8HN")).toEqual({ ok: true, code: "A1B2C300", known: "high" });
});

test("leading zeros may be missing where a number is decimal, never where it is hex", () => {
  expect(parseCard("45577682", "8H10D")).toMatchObject({ ok: true, code: "02B775D2" });
  expect(parseCard("2B775D2", "8HN").ok).toBe(false);
});

test.each([
  ["4294967296", "8H10D"],
  ["16777216", "6H8D"],
  ["25600001", "6H3D5D"],
  ["00165536", "6H3D5D"],
  ["", "8HN"],
  ["=1+1", "8HN"],
  ["02B775D2\0", "8HN"],
  [`0${"9".repeat(100_000)}`, "8H10D"],
] as const)("a number that the format cannot hold is refused with an example (%#)", (text, format) => {
  const reading = parseCard(text, format);
  expect(reading).toMatchObject({ ok: false, problem: `The card number is not in the format ${format}.` });
});

test("a random number is known by its first byte", () => {
  expect(["08A1B2C3", "18A1B2C3", "08A1B2C3D4E5F6"].map(isRandomUid)).toEqual([true, false, false]);
});

test("which four bytes of a long number are meant has no default", () => {
  expect(shortNumberOf("04A1B2C3D4E5F6", null)).toBeNull();
  expect(shortNumberOf("04A1B2C3D4E5F6", "first4")).toBe("04A1B2C3");
  expect(shortNumberOf("04A1B2C3D4E5F6", "last4")).toBe("C3D4E5F6");
  expect(shortNumberOf("02B775D2", "first4")).toBeNull();
});
