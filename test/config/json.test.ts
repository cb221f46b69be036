import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeJson } from "../../src/config/json.ts";

const tame = (text: string) => !/__proto__|constructor|prototype/.test(text);

/** JSON.parse, written by others, is the judge of what is JSON. */
function parsed(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

test("whatever JSON.parse reads is read as the same value", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }).filter(tame), fc.constantFrom(undefined, 1, "\t"), (text, indent) => {
      const value = JSON.parse(text);
      const reading = decodeJson(JSON.stringify(value, null, indent));
      expect(reading).toMatchObject({ ok: true });
      if (reading.ok) expect(reading.value).toEqual(value);
    }),
    { numRuns: 2_000 },
  );
});

test("whatever JSON.parse refuses is refused, and the other way around, one character changed", () => {
  const spoiled = fc
    .tuple(
      fc.json({ maxDepth: 3 }),
      fc.nat(),
      fc.constantFrom(..."\"\\{}[],:0123456789.-+eEtfn u\n\t/'\u00a0\ufeff", ""),
      fc.boolean(),
    )
    .map(([text, at, char, replace]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + char + text.slice(place + (replace ? 1 : 0));
    })
    .filter(tame);
  fc.assert(
    fc.property(spoiled, (text) => {
      const judged = parsed(text);
      const reading = decodeJson(text);
      expect(reading.ok).toBe(judged !== null);
      if (reading.ok) expect(reading.value).toEqual(judged?.value);
    }),
    { numRuns: 5_000 },
  );
});

test.each([
  "0",
  "-0",
  "1.5e-7",
  "123456789012345678901234567890",
  '"\\ud83d\\udeaa"',
  '"\u2028"',
  "[[],{}]",
  '{"":{"":0}}',
  " \r\n\t1 ",
])("%j is read as JSON.parse reads it", (text) => {
  const reading = decodeJson(text);
  expect(reading.ok && Object.is(reading.value, JSON.parse(text))).toBe(typeof JSON.parse(text) !== "object");
  if (reading.ok) expect(reading.value).toEqual(JSON.parse(text));
});

test.each([
  "01",
  "1.",
  ".5",
  "+1",
  "--1",
  "1e",
  "0x1",
  "1_000",
  "tru",
  "truex",
  "nulL",
  '"a',
  '"\\x41"',
  '"\\u12"',
  "'a'",
  "[1 2]",
  "[,1]",
  "[1,]",
  '{"a"}',
  '{"a":}',
  "{a:1}",
  '{"a":1,}',
  "{,}",
  "1 1",
  "\ufeff1",
  "\u00a01",
  "\v1",
  '"\t"',
  "// c",
  "/**/1",
  "]",
  "}",
  ":",
  ",",
])("%j is not JSON", (text) => {
  expect(parsed(text)).toBeNull();
  expect(decodeJson(text)).toMatchObject({ ok: false, problems: [{ problem: expect.stringMatching(/\.$/) }] });
});

test("lines and columns are counted from one, with either kind of line end", () => {
  for (const end of ["\n", "\r\n"]) {
    const reading = decodeJson(["{", '  "a": 1,', "", '  "b": [', "    2,", "    x", "  ]", "}"].join(end));
    expect(reading).toMatchObject({
      ok: false,
      problems: [{ path: "b[1]", line: 6, problem: expect.stringContaining("at line 6, column 5.") }],
    });
  }
});

test("the line of every value is known by its path", () => {
  const reading = decodeJson('{"a": 1,\n"b c": [\n2, {"d":\n3}]}');
  expect(reading.ok && Object.fromEntries(reading.lines)).toEqual({
    "(file)": 1,
    a: 1,
    '["b c"]': 2,
    "b[0]": undefined,
    '["b c"][0]': 3,
    '["b c"][1]': 3,
    '["b c"][1].d': 4,
  });
});

test("a key that comes three times is told twice, each time with its first line", () => {
  const reading = decodeJson('{"a":1,\n"a":2,\n"a":3}');
  expect(reading.ok && reading.problems.map(({ line, problem }) => [line, problem])).toEqual([
    [2, '"a" is written twice in the same object, first on line 1.'],
    [3, '"a" is written twice in the same object, first on line 1.'],
  ]);
});

test("the same key in two objects is no repetition", () => {
  const reading = decodeJson('[{"a":1},{"a":{"a":2}}]');
  expect(reading.ok && reading.problems).toEqual([]);
});

test.each([
  ["one endless number", "1".repeat(1_000_000)],
  ["one endless text", `"${"x".repeat(1_000_000)}"`],
  ["one text of escapes", `"${"\\n".repeat(500_000)}"`],
  ["a text that never ends", `"${"\\\\".repeat(500_000)}`],
  ["one endless word", "x".repeat(1_000_000)],
  ["one endless blank", " ".repeat(1_000_000)],
  ["a million brackets", "[".repeat(1_000_000)],
  ["a million objects", '{"a":'.repeat(200_000)],
  ["one endless key", `{"${"k".repeat(1_000_000)}":1}`],
  ["a million keys", `{${'"a":1,'.repeat(160_000)}"a":1}`],
])("%s is read or refused without harm", (_, text) => {
  const reading = decodeJson(text);
  expect(reading.problems.length).toBeLessThanOrEqual(20_000);
  for (const problem of reading.problems.slice(0, 10)) expect(JSON.stringify(problem).length).toBeLessThan(700);
});
