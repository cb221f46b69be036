// What number the bytes of a card are, by each way of writing it.
import { expect, test } from "vitest";
import type { CodeEncoding } from "../../../../hal/card-profile.ts";
import { cardCodeIn } from "../../../../hal/linux/pcsc/card-code.ts";
import { fits } from "../../../../hal/linux/pcsc/desk.ts";
import { flutterMs, Showing } from "../../../../hal/linux/pcsc/showing.ts";

const read = (data: string, encoding: CodeEncoding, offset = 0, length = data.length / 2 - offset) =>
  cardCodeIn(Buffer.from(data, "hex"), offset, length, encoding);
const ascii = (text: string): string => Buffer.from(text, "latin1").toString("hex");

/** Facility 118, card 1603, as the readers' notes give it: 20 06EC 0C86 without its first six bits. */
const h10301 = BigInt("0x06ec0c86") & 0x3ffffffn;
const w26 = (h10301 << 6n).toString(16).padStart(8, "0");

test.each<readonly [CodeEncoding, string, string]>([
  ["hex", "02b775d2", "02B775D2"],
  ["hexReversed", "d275b702", "02B775D2"],
  ["uintBE", "0000000002b775d2", "02B775D2"],
  ["uintBE", "01", "00000001"],
  ["uintLE", "d275b70200000000", "02B775D2"],
  ["bcd", "0045577682", "02B775D2"],
  ["bcd", "45577682ffff", "02B775D2"],
  ["ascii", ascii("0045577682"), "02B775D2"],
  ["ascii", `${ascii("45577682")}0000`, "02B775D2"],
  ["asciiHex", ascii("02b775d2"), "02B775D2"],
  ["w26", w26, "00760643"],
])("%s: %s is the card %s", (encoding, data, bytes) => {
  expect(read(data, encoding)).toEqual({ ok: true, bytes });
});

test.each<readonly [CodeEncoding, string, string]>([
  ["hex", "00000000", "blankCard"],
  ["ascii", "ffffffff", "blankCard"],
  ["bcd", "0a557682", "malformedCode"],
  ["bcd", "0000f0f0", "malformedCode"],
  ["ascii", ascii("45-77682"), "malformedCode"],
  ["ascii", ascii("00000000"), "malformedCode"],
  ["asciiHex", ascii("02b775d"), "malformedCode"],
  ["w26", (BigInt(`0x${w26}`) ^ 0x80n).toString(16).padStart(8, "0"), "malformedCode"],
  ["w34", "02b775d2", "malformedCode"],
])("%s: %s is none: %s", (encoding, data, problem) => {
  expect(read(data, encoding)).toEqual({ ok: false, problem });
});

test("only the bytes that the profile names are taken, and they must be there", () => {
  expect([read("ffff02b775d2ffff", "hex", 2, 4), read("ffff02b7", "hex", 2, 4)]).toEqual([
    { ok: true, bytes: "02B775D2" },
    { ok: false, problem: "malformedCode" },
  ]);
});

test.each([
  ["ACS ACR122U PICC Interface 00 00", "acr122u", true],
  ["ACS ACR122U PICC Interface 00 00", "*", true],
  ["ACS ACR122U PICC Interface 00 00", "acs*00 00", true],
  ["ACS ACR122U PICC Interface 00 00", "picc*acr", false],
  ["Virtual PCD 00 00", "ACR122U", false],
  ["ACS ACR1252 Dual Reader [ACR1252 Dual Reader SAM] 00 01", "ACR1252", false],
  ["ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] 00 00", "ACR1252", true],
  ["ACS ACR1252 Dual Reader [ACR1252 Dual Reader SAM] 00 01", "ACR1252*SAM", true],
])("the reader %s, asked for as %s: %s", (name, pattern, expected) => {
  expect(fits(name, pattern)).toBe(expected);
});

test("a card that flutters at the edge of the field is shown once, and again when it was really away", () => {
  const showing = new Showing();
  const told = [showing.came("a", 0), showing.came("a", 10)];
  showing.went(1_000);
  told.push(showing.came("a", 1_000 + flutterMs - 1));
  showing.went(2_000);
  told.push(showing.came("b", 2_001));
  showing.went(3_000);
  told.push(showing.came("b", 3_000 + flutterMs));
  expect(told).toEqual([true, false, false, true, true]);
});
