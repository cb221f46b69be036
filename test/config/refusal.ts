// What a test expects of a refused configuration.
import { expect } from "vitest";
import { readConfig } from "../../src/config/load.ts";
import { problemLine } from "../../src/config/problem.ts";

export type Expected = readonly [path: string | RegExp, problem: RegExp, remedy: RegExp, value?: string];
export type Row = readonly [title: string, text: string, ...expected: Expected[]];

/** These problems and no others, each one printable sentence with its remedy. */
export function expectRefusal(text: string, expected: readonly Expected[]): void {
  const reading = readConfig(text);
  if (reading.ok) throw new Error("The configuration was accepted.");
  const { problems } = reading;
  expect(problems.map((problem) => problem.path)).toEqual(
    expected.map(([path]) => (typeof path === "string" ? path : expect.stringMatching(path))),
  );
  expected.forEach(([, problem, remedy, value], n) => {
    expect(problems[n]?.problem).toMatch(problem);
    expect(problems[n]?.remedy).toMatch(remedy);
    if (value !== undefined) expect(problems[n]?.value).toBe(value);
  });
  for (const problem of problems) {
    expect(problem.value.length).toBeLessThanOrEqual(60);
    expect(problem.problem).toMatch(/^[^.].*\.$/);
    expect(problemLine(problem)).toMatch(/^[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]{20,600}$/u);
  }
}
