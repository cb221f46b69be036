import { expect, test } from "vitest";
import { nearest } from "../../src/config/nearest.ts";
import { pathText, printable, shortValue } from "../../src/config/problem.ts";

test.each([
  ["unlockms", "unlockMs"],
  ["unlock_ms", "unlockMs"],
  ["unlokcMs", "unlockMs"],
  ["relays", "relay"],
  ["exitButton", "exitButtons"],
  ["e", null],
  ["completelyElse", null],
  ["", null],
])("%s was meant to be %s", (written, meant) => {
  expect(nearest(written, ["relay", "exitButtons", "unlockMs"])).toBe(meant);
});

test("a word of a hundred thousand letters is not worth a guess", () => {
  expect(nearest("u".repeat(100_000), ["unlockMs"])).toBeNull();
});

test("of two candidates the closer one wins, and with none there is no guess", () => {
  expect(nearest("front-exti", ["front-edit", "front-exit"])).toBe("front-exit");
  expect(nearest("front", [])).toBeNull();
});

test.each([
  [undefined, "nothing"],
  ['a"b', '"a\\"b"'],
  ["\u001b[2J\u009b\u202e\u2028", '"\\u001b[2J\\u009b\\u202e\\u2028"'],
  [{ a: [1, null] }, '{"a":[1,null]}'],
  ["x".repeat(58), `"${"x".repeat(58)}"`],
  ["x".repeat(59), `"${"x".repeat(55)}..."`],
  [-0, "0"],
])("%j prints as %s", (value, text) => {
  expect(shortValue(value)).toBe(text);
});

test("a printed value has at most 60 characters and no half ones, wherever it is cut", () => {
  for (let length = 20; length < 70; length += 1) {
    for (const value of ["x".repeat(length) + "🚪".repeat(30), ["🚪".repeat(length)], "\u0007".repeat(length)]) {
      const text = shortValue(value);
      expect(text.length).toBeLessThanOrEqual(60);
      expect(text.isWellFormed()).toBe(true);
    }
  }
});

test("paths read like code, and odd names are quoted and cut", () => {
  expect(pathText(["doors", 0, "unlockMs"])).toBe("doors[0].unlockMs");
  expect(pathText([])).toBe("(file)");
  expect(pathText(["a b", "\n"])).toBe('["a b"]["\\n"]');
  expect(pathText(["k".repeat(1000)]).length).toBeLessThan(50);
  expect(printable("plain")).toBe("plain");
});
