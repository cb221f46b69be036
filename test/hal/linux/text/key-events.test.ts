// Keys as Linux tells them, from bytes laid out by hand after <linux/input.h>.
import { expect, test } from "vitest";
import { entryKeyOf, KeyEvents } from "../../../../hal/linux/text/key-events.ts";
import { eventOf, typed } from "./typing.ts";

const keysOf = (bytes: Uint8Array) => new KeyEvents().take(bytes).map(entryKeyOf);
const textOf = (bytes: Uint8Array) =>
  new KeyEvents()
    .take(bytes)
    .map((stroke) => (stroke.kind === "character" ? stroke.character : `<${stroke.kind}>`))
    .join("");

test("a keypad's block gives digits, with Enter for the end of an entry and Backspace or * for its beginning", () => {
  const [one, two, three, zero] = [79, 80, 81, 82];
  expect(keysOf(typed([one, two, three, zero, 96]))).toEqual(["1", "2", "3", "0", "#"]);
  expect(keysOf(typed([14, 55, 1]))).toEqual(["*", "*", "*"]);
});

test("the digits of a keyboard's upper row and of a telephone's keys count alike", () => {
  expect(keysOf(typed([2, 11, 28]))).toEqual(["1", "0", "#"]);
  expect(keysOf(typed([0x201, 0x200, 0x20b, 0x20a]))).toEqual(["1", "0", "#", "*"]);
});

test("letters and other keys are no keys of an entry", () => {
  expect(keysOf(typed([30, 57, 83, 59, 0x160]))).toEqual([null, null, null]);
});

test("what a scanner types is read with its capitals and signs", () => {
  const shift = (code: number) => Buffer.concat([eventOf(1, 42, 1), typed([code]), eventOf(1, 42, 0)]);
  const bytes = Buffer.concat([shift(30), typed([48, 12, 10]), shift(39), shift(3), typed([53, 28])]);
  expect(textOf(bytes)).toBe("Ab-9:@/<enter>");
});

test("a key that is held down is one key, and its coming up none", () => {
  const bytes = Buffer.concat([eventOf(1, 79, 1), eventOf(1, 79, 2), eventOf(1, 79, 2), eventOf(1, 79, 0)]);
  expect(keysOf(bytes)).toEqual(["1"]);
});

test("where the kernel lost keys, the entry begins anew and shift is not held any more", () => {
  const bytes = Buffer.concat([eventOf(1, 54, 1), eventOf(0, 3, 0), typed([30])]);
  expect(textOf(bytes)).toBe("<lost>a");
  expect(keysOf(bytes)).toEqual(["*", null]);
});
