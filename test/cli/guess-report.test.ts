import { expect, test } from "vitest";
import { guessReport } from "../../src/cli/guess-report.ts";
import { site } from "../site-fixture.ts";

test("each door's codes are weighed against a tireless guesser, and short ones are warned about", () => {
  const report = guessReport(
    [
      { door: "front", length: 6, count: 1 },
      { door: "garage", length: 4, count: 3 },
      { door: "garage", length: 8, count: 1 },
    ],
    site.guessing,
  );
  expect(report).toEqual([
    "front: 1 code at the keypad; a tireless guesser finds one in a day with 0.011 %, in a year with 3.5 %.",
    expect.stringMatching(
      /^garage: 4 codes .* in a day with 3\.\d %, in a year with 100 %\. WARNING: use longer PINs here\.$/,
    ),
  ]);
});

test("a door without codes is not mentioned", () => {
  expect(guessReport([], site.guessing)).toEqual([]);
});
