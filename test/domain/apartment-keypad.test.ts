// Entries of an apartment and a PIN, against a second reading of the same string of keys.
import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyKeypad, keypadDeadline, type Submission, stepKeypad } from "../../src/domain/keypad.ts";
import type { KeypadPolicy } from "../../src/domain/site.ts";
import { monoMs } from "../../src/domain/time.ts";

const withHash: KeypadPolicy = { keyTimeoutMs: 10_000, maxKeys: 16, autoSubmitLength: null, apartmentLength: null };
const fixed: KeypadPolicy = { ...withHash, apartmentLength: 3 };

/** Submissions as `apartment/pin`, a try in which nothing can match as `try`. `~` lets eleven seconds pass. */
function typed(script: string, policy: KeypadPolicy): string[] {
  let now = 1_000;
  let state = emptyKeypad;
  const submitted: string[] = [];
  for (const mark of script) {
    now += mark === "~" ? 11_000 : 1_000;
    if (mark === "~") continue;
    const step = stepKeypad(state, { kind: "key", key: mark }, policy, "apartmentPin", monoMs(now));
    state = step.state;
    if (step.submit !== null) submitted.push(words(step.submit));
  }
  return submitted;
}

const words = ({ digits, apartment }: Submission): string =>
  digits === null ? "try" : `${apartment ?? "none"}/${digits}`;

test.each<[string, string, string[]]>([
  ["an apartment and a PIN, each with its #", "12#4711#", ["12/4711"]],
  ["leading zeros of both count", "007#0012#", ["007/0012"]],
  ["# first leaves the apartment out", "#123456#", ["/123456"]],
  ["a PIN alone waits for what is missing", "4711#", []],
  ["a second # is passed over", "12##4711#", ["12/4711"]],
  ["* clears the apartment, too", "12#47*34#4711#", ["34/4711"]],
  ["* after the apartment begins anew", "12#*#4711#", ["/4711"]],
  ["the timeout clears the apartment, too", "12#~4711#", []],
  ["the timeout after # alone forgets it", "#~12#4711#", ["12/4711"]],
  ["seventeen digits in both together are a try", "123456#12345678901#", ["try"]],
  ["sixteen digits in both together are an entry", "123456#1234567890#", ["123456/1234567890"]],
  ["an apartment that overflows is a try once it is confirmed twice", "12345678901234567#4711#", ["try"]],
  ["no part of a long stream is a try", "1".repeat(500), []],
  ["the entry after a spoilt one is a new one", "123456#12345678901#1#22#", ["try", "1/22"]],
  ["one entry follows another", "1#22#3#44#", ["1/22", "3/44"]],
])("with # between: %s", (_, script, expected) => {
  expect(typed(script, withHash)).toEqual(expected);
});

test.each<[string, string, string[]]>([
  ["the first digits are the apartment", "1014711#", ["101/4711"]],
  ["leading zeros of both count", "0010012#", ["001/0012"]],
  ["# first leaves the apartment out", "#123456#", ["/123456"]],
  ["an apartment without a PIN is a try", "101#", ["try"]],
  ["a PIN shorter than an apartment is a try", "47#", ["try"]],
  ["* clears all", "10147*1024711#", ["102/4711"]],
  ["the timeout clears all", "101~4711#", ["471/1"]],
  ["too long is a try", "12345678901234567#", ["try"]],
])("with a fixed length: %s", (_, script, expected) => {
  expect(typed(script, fixed)).toEqual(expected);
});

test("the length that submits by itself counts the PIN's digits, in each form", () => {
  expect(typed("12#47111#22223#", { ...withHash, autoSubmitLength: 4 })).toEqual(["12/4711", "1/2222"]);
  expect(typed("#4711", { ...withHash, autoSubmitLength: 4 })).toEqual(["/4711"]);
  expect(typed("1014711", { ...fixed, autoSubmitLength: 4 })).toEqual(["101/4711"]);
  expect(typed("#4711", { ...fixed, autoSubmitLength: 4 })).toEqual(["/4711"]);
});

test("an apartment that was confirmed waits no longer for its PIN than any key for the next", () => {
  const key = (state: typeof emptyKeypad, one: string, at: number) =>
    stepKeypad(state, { kind: "key", key: one }, withHash, "apartmentPin", monoMs(at)).state;
  const apartment = key(key(emptyKeypad, "1", 1_000), "#", 2_000);
  expect(keypadDeadline(apartment, withHash)).toBe(12_000);
  // Pressing # again and again keeps nothing alive.
  expect(keypadDeadline(key(apartment, "#", 9_000), withHash)).toBe(12_000);
  expect(key(apartment, "4", 12_000)).toMatchObject({ apartment: null, keys: "4" });
});

const scripts = fc.array(fc.constantFrom(..."0123456789##*"), { maxLength: 120 }).map((keys) => keys.join(""));

/** What the pattern finds from left to right between two `*`; `read` makes a submission of each find. */
function found(script: string, pattern: RegExp, read: (groups: Record<string, string | undefined>) => string) {
  return script.split("*").flatMap((part) => [...part.matchAll(pattern)].map((match) => read(match.groups ?? {})));
}

test("whatever is typed, the submissions are those that a pattern finds, with # between", () => {
  fc.assert(
    fc.property(scripts, fc.integer({ min: 4, max: 16 }), (script, maxKeys) => {
      const expected = found(
        script,
        new RegExp(`(?<long>[0-9]{${maxKeys + 1},})#[0-9]*#|(?<apartment>[0-9]*)#+(?<pin>[0-9]+)#`, "gy"),
        ({ long, apartment = "", pin = "" }) =>
          long !== undefined || apartment.length + pin.length > maxKeys ? "try" : `${apartment}/${pin}`,
      );
      expect(typed(script, { ...withHash, maxKeys })).toEqual(expected);
    }),
  );
});

test("whatever is typed, the submissions are those that a pattern finds, with a fixed length", () => {
  fc.assert(
    fc.property(scripts, fc.integer({ min: 1, max: 6 }), (script, apartmentLength) => {
      const expected = found(script, /#+(?<alone>[0-9]+)#|(?<all>[0-9]+)#/gy, ({ alone, all = "" }) => {
        if (alone !== undefined) return alone.length > 16 ? "try" : `/${alone}`;
        if (all.length > 16 || all.length <= apartmentLength) return "try";
        return `${all.slice(0, apartmentLength)}/${all.slice(apartmentLength)}`;
      });
      expect(typed(script, { ...fixed, apartmentLength })).toEqual(expected);
    }),
  );
});
