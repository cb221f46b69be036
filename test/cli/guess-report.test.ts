import { expect, test } from "vitest";
import { guessReport } from "../../src/cli/guess-report.ts";
import { liveOfflineCodes } from "../../src/domain/offline-code.ts";
import { site } from "../site-fixture.ts";

test("each door's codes are weighed against a tireless guesser, and short ones are warned about", () => {
  const report = guessReport(
    [
      { door: "front", length: 6, count: 1, ofPasses: false },
      { door: "garage", length: 4, count: 3, ofPasses: false },
      { door: "garage", length: 8, count: 1, ofPasses: true },
    ],
    site.guessing,
    false,
  );
  expect(report).toEqual([
    "front: 1 code at the keypad; a tireless guesser finds one in a day with 0.011 %, in a year with 3.5 %.",
    expect.stringMatching(
      /^garage: 4 codes .* in a day with 3\.\d %, in a year with 100 %\. WARNING: use longer PINs here\.$/,
    ),
  ]);
});

test("a door without codes is not mentioned", () => {
  expect(guessReport([], site.guessing, false)).toEqual([]);
});

test("where the first digit tells passes apart, a pass is found as easily as by one digit less", () => {
  const report = (length: number, ofPasses: boolean, partition: boolean) =>
    guessReport([{ door: "front", length, count: 1, ofPasses }], site.guessing, partition);
  expect(report(6, true, true)).toEqual(report(5, false, false));
  expect(report(6, false, true)).toEqual([expect.stringContaining("in a day with 0.012 %, in a year with 3.9 %")]);
});

test("offline codes are weighed by how many numbers would open at a moment, wherever they begin", () => {
  const offline = (length: 10 | 12) =>
    ({ door: "front", length, count: liveOfflineCodes(length), ofPasses: true, offline: true }) as const;
  expect(guessReport([offline(12)], site.guessing, true)).toEqual([
    "front: offline codes of 12 digits at the keypad; a tireless guesser finds one in a day with 0.0093 %, in a year with 3.1 %.",
  ]);
  const [both] = guessReport(
    [{ door: "front", length: 8, count: 40, ofPasses: true }, offline(10)],
    site.guessing,
    false,
  );
  expect(both).toMatch(
    /^front: 40 codes and offline codes of 10 digits at the keypad; .* 0\.06\d %, in a year with 1\d %\.$/,
  );
});
