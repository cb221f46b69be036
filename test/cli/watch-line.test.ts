// What an installer sees of the wires, and what stays hidden of people's codes.
import { expect, test } from "vitest";
import type { BoardEvent } from "../../hal/board.ts";
import type { MonoMs } from "../../hal/clock.ts";
import { watchLine } from "../../src/cli/watch-line.ts";
import type { DoorId, ReaderId } from "../../src/domain/ids.ts";
import type { ReaderSpec } from "../../src/domain/site.ts";

const reader: ReaderSpec = {
  id: "front-reader" as ReaderId,
  door: "front" as DoorId,
  direction: "entry",
  format: "w26",
  keypad: true,
};
const at = 12_345 as MonoMs;
const frame = (bits: string): BoardEvent => ({ kind: "frame", reader: "front-reader", bits, at });
const line = (event: BoardEvent, mayReveal = false) =>
  watchLine(event, [reader], mayReveal).replace(/\s+/g, " ").trim();

test("a frame is shown bit by bit, with the card that it was taken for", () => {
  const bits = "10111011000000110010000110";
  expect(line(frame(bits))).toMatch(new RegExp(`^12.345 front-reader 26 bits ${bits} `));
});

test("a frame of another length says so, and one whose parity is wrong what to look at", () => {
  expect(line(frame("1".repeat(34)))).toContain("not read: the reader's format has another length");
  expect(line(frame("0".repeat(26)))).toContain("D0 and D1 are not swapped");
});

test("keys and codes are hidden, also inside a frame, unless they may be revealed", () => {
  const shown = [
    line(frame("0101")),
    line({ kind: "key", reader: "front-reader", key: "5", at }),
    line({ kind: "text", reader: "front-reader", text: "55512", at }),
  ];
  expect(shown.join(" ")).not.toMatch(/0101|key 5|55512/);
  expect(shown[2]).toContain("text of 5 characters");
  expect(line(frame("0101"), true)).toContain("key 5");
});

test("a PIN that came as one frame is hidden, also when a bit of it is wrong", () => {
  const pins: ReaderSpec = { ...reader, frames: { pinFrames: true } };
  const told = (bits: string, mayReveal: boolean) => watchLine(frame(bits), [pins], mayReveal);
  const bits = "10000000000010010011001111";
  const wrong = bits.replace("1", "0");
  expect(`${told(bits, false)} ${told(wrong, false)}`).not.toMatch(/4711|[01]{8}/);
  expect(told(bits, true)).toContain("PIN 4711");
});

test("a frame that only passes inverted says which wires to change, and a good one what is printed on its card", () => {
  const good = "10111011000000110010000110";
  const swapped = [...good].map((bit) => (bit === "0" ? "1" : "0")).join("");
  expect(line(frame(swapped))).toContain("change the two wires");
  expect(line(frame(good))).toContain("printed as 118, 1603");
});
