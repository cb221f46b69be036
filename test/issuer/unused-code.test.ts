// Offline codes of one window: none is given out twice while it opens, and all cover what was asked for.
import { expect, test } from "vitest";
import type { UnixMs } from "../../src/domain/time.ts";
import { unixMs } from "../../src/domain/time.ts";
import type { KeyFile } from "../../src/issuer/key-folder.ts";
import { maxRemembered, unusedCode } from "../../src/issuer/unused-code.ts";

const minute = 60_000;
const day = 1_440 * minute;
const start = unixMs(Date.UTC(2026, 5, 1, 12));

const keyOf = (digits: 10 | 12, maxMinutes: number | null = null): KeyFile => ({
  key: {
    ...{ id: "codes", number: 9, name: "codes", form: "code", digits, floors: [], person: null },
    places: [{ number: 1, doors: ["front"] }],
    limits: { maxMinutes, maxUses: null },
    validity: { from: null, until: null },
  },
  ...{ secret: "ab".repeat(32), timeZone: "Europe/Madrid", nextSerial: 1, codes: [], home: null },
});

const windowOf = (minutes: number, from: UnixMs = start) => ({
  ...{ from, until: unixMs(from + minutes * minute), once: false },
});

function give(file: KeyFile, wanted: ReturnType<typeof windowOf>, now: UnixMs) {
  const found = unusedCode(file, wanted, now);
  if (!found.ok) throw new Error(found.problem);
  return found;
}

test("of 1,500 codes for one window no two are alike, and each opens all of it", () => {
  let file = keyOf(12);
  const given = new Set<string>();
  const wanted = windowOf(15);
  for (let n = 0; n < 1_500; n += 1) {
    const { file: next, unused } = give(file, wanted, start);
    expect(unused.code.from <= wanted.from && unused.code.from + unused.code.minutes * minute >= wanted.until).toBe(
      true,
    );
    given.add(unused.made.digits);
    file = next;
  }
  expect(given.size).toBe(1_500);
});

test("a code that still runs is remembered however many came after it, and one that has ended is not", () => {
  let file = give(keyOf(12), windowOf(31 * 1_440), start).file;
  const [long] = file.codes;
  for (let n = 0; n < 1_100; n += 1) file = give(file, windowOf(15, unixMs(start + n * 15 * minute)), start).file;
  expect(file.codes).toContain(long);
  const later = unixMs(start + 30 * day);
  file = give(file, windowOf(15, later), later).file;
  expect(file.codes).toHaveLength(2);
  expect(file.codes).toContain(long);
  const end = unixMs(start + 40 * day);
  expect(give(file, windowOf(15, end), end).file.codes).toHaveLength(1);
});

test("when a window has no codes left, and when too many run, none is made and it is said how to go on", () => {
  // Only codes of a quarter-hour: none other than those that begin with the window opens all of it.
  let file = keyOf(10, 15);
  for (const _ of [1, 2]) file = give(file, windowOf(15), start).file;
  expect(unusedCode(file, windowOf(15), start)).toEqual({
    ok: false,
    problem:
      'All codes that the key "codes" has for this window are given out; take another window or make one more key.',
  });
  const codes = Array.from({ length: maxRemembered }, () => file.codes[0] ?? 0);
  expect(unusedCode({ ...file, codes }, windowOf(15), start)).toEqual({
    ok: false,
    problem: '10000 codes of the key "codes" run or are to come; make one more key.',
  });
  expect(unusedCode(file, windowOf(32 * 1_440), start)).toEqual({ ok: false, problem: "A code lasts up to 31 days." });
});
