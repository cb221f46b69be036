// Entries typed by people, by the impatient, and by whoever feeds the keypad an endless stream.
import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyKeypad, type KeypadState, keypadDeadline, stepKeypad } from "../../src/domain/keypad.ts";
import type { KeypadPolicy } from "../../src/domain/site.ts";
import { type MonoMs, monoMs } from "../../src/domain/time.ts";

const confirming: KeypadPolicy = { keyTimeoutMs: 10_000, maxKeys: 16, autoSubmitLength: null, apartmentLength: null };

/** Keys one second apart; `~` lets eleven seconds pass without a tick, `_` lets them pass with one. */
function typed(
  script: string,
  policy: KeypadPolicy = confirming,
): { submitted: (string | null)[]; state: KeypadState } {
  let now = 1_000;
  let state = emptyKeypad;
  const submitted: (string | null)[] = [];
  for (const mark of script) {
    now += mark === "~" || mark === "_" ? 11_000 : 1_000;
    if (mark === "~") continue;
    const input = mark === "_" ? ({ kind: "tick" } as const) : ({ kind: "key", key: mark } as const);
    const step = stepKeypad(state, input, policy, "pin", monoMs(now));
    state = step.state;
    if (step.submit !== null) submitted.push(step.submit.digits);
  }
  return { submitted, state };
}

test.each<[string, string, (string | null)[]]>([
  ["digits and # submit", "1234#", ["1234"]],
  ["leading zeros count", "0012#", ["0012"]],
  ["sixteen keys are still an entry", "1234567890123456#", ["1234567890123456"]],
  ["# alone submits nothing", "#", []],
  ["a second # submits nothing more", "1234##", ["1234"]],
  ["* clears", "12*3456#", ["3456"]],
  ["* and # submit nothing", "1234*#", []],
  ["one entry follows another", "1234#5678#", ["1234", "5678"]],
  ["an unconfirmed entry submits nothing", "1234", []],
  ["keys that no keypad has are passed over", "1a2 3-4A#", ["1234"]],
  ["a key after the timeout begins anew, tick or no tick", "12~34#", ["34"]],
  ["a tick after the timeout forgets", "12_34#", ["34"]],
  ["# after the timeout submits nothing", "1234~#", []],
  ["# after the timeout and its tick submits nothing", "1234_#", []],
  ["a seventeenth key spoils the entry, and # makes it a try", "12345678901234567#", [null]],
  ["a spoilt entry stays spoilt, however it ends", "123456789012345671234#", [null]],
  ["* clears a spoilt entry without a try", "12345678901234567*1234#", ["1234"]],
  ["the timeout clears a spoilt entry without a try", "12345678901234567~1234#", ["1234"]],
  ["the entry after a spoilt one is a new one", "12345678901234567#1234#", [null, "1234"]],
])("%s", (_, script, submitted) => {
  expect(typed(script).submitted).toEqual(submitted);
});

test.each<[string, string, (string | null)[]]>([
  ["the last digit submits", "1234", ["1234"]],
  ["a # out of habit submits nothing more", "1234#5678#", ["1234", "5678"]],
  ["a short entry may still be confirmed", "12#", ["12"]],
  ["* clears a short entry", "123*4567", ["4567"]],
  ["digits go by fours and never overlap", "123456789", ["1234", "5678"]],
])("with a fixed length, %s", (_, script, submitted) => {
  expect(typed(script, { ...confirming, autoSubmitLength: 4 }).submitted).toEqual(submitted);
});

test("an entry is forgotten exactly at its deadline, which each key moves", () => {
  const press = (state: KeypadState, key: string, at: number) =>
    stepKeypad(state, { kind: "key", key }, confirming, "pin", monoMs(at));
  expect(keypadDeadline(emptyKeypad, confirming)).toBe(null);
  const one = press(emptyKeypad, "1", 5_000).state;
  expect(keypadDeadline(one, confirming)).toBe(15_000);
  const two = press(one, "2", 14_999).state;
  expect(keypadDeadline(two, confirming)).toBe(24_999);
  expect(press(two, "#", 24_998).submit).toEqual({ digits: "12" });
  expect(press(two, "#", 24_999).submit).toBe(null);
  expect(press(two, "3", 24_999).state.keys).toBe("3");
  expect(stepKeypad(two, { kind: "tick" }, confirming, "pin", monoMs(24_998)).state).toEqual(two);
  expect(stepKeypad(two, { kind: "tick" }, confirming, "pin", monoMs(24_999)).state).toEqual(emptyKeypad);
});

test("a key that does not exist does not keep an entry alive", () => {
  const begun = stepKeypad(emptyKeypad, { kind: "key", key: "1" }, confirming, "pin", monoMs(0)).state;
  const after = stepKeypad(begun, { kind: "key", key: "F1" }, confirming, "pin", monoMs(9_000)).state;
  expect(keypadDeadline(after, confirming)).toBe(10_000);
});

test("nothing typed leaves no deadline behind", () => {
  for (const script of ["#", "*", "1234#", "12*", "x", "_", "12_"]) {
    expect(keypadDeadline(typed(script).state, confirming)).toBe(null);
  }
});

test("a hostile key is neither a digit nor remembered", () => {
  for (const key of ["", "12", "１", "٣", "1\n", "-", "constructor", "9".repeat(100_000)]) {
    expect(stepKeypad(emptyKeypad, { kind: "key", key }, confirming, "pin", monoMs(1)).state).toEqual(emptyKeypad);
  }
});

/** Every window of `length` digits, each once: a greedy construction by preferring the highest unused successor. */
function deBruijnDigits(length: number): string {
  const seen = new Set<string>();
  let digits = "0".repeat(length);
  seen.add(digits);
  for (;;) {
    const tail = digits.slice(digits.length - length + 1);
    const next = [..."9876543210"].find((digit) => !seen.has(tail + digit));
    if (next === undefined) return digits;
    seen.add(tail + next);
    digits += next;
  }
}

test("a stream that holds every four-digit code in 10,003 keys tries none of them on the way", () => {
  const stream = deBruijnDigits(4);
  expect(stream.length).toBe(10_003);
  expect(typed(stream).submitted).toEqual([]);
  expect(typed(`${stream}#`).submitted).toEqual([null]);
  expect(typed(stream).state).toMatchObject({ keys: "", overflowed: true });
});

test("with a fixed length the same stream is a quarter as many tries as it has digits", () => {
  const { submitted } = typed(deBruijnDigits(4), { ...confirming, autoSubmitLength: 4 });
  expect(submitted.length).toBe(2_500);
});

test("a submission is what stands between two ends, or null when that was too long", () => {
  const policies = fc.record({
    keyTimeoutMs: fc.constant(10_000),
    maxKeys: fc.integer({ min: 1, max: 16 }),
    autoSubmitLength: fc.constant(null),
    apartmentLength: fc.constant(null),
  });
  const script = fc.array(fc.constantFrom(..."0123456789#*x"), { maxLength: 120 }).map((keys) => keys.join(""));
  fc.assert(
    fc.property(policies, script, (policy, keys) => {
      const expected = keys
        .replaceAll("x", "")
        .split("#")
        .slice(0, -1)
        .map((entry) => entry.slice(entry.lastIndexOf("*") + 1))
        .filter((entry) => entry !== "")
        .map((entry) => (entry.length > policy.maxKeys ? null : entry));
      expect(typed(keys, policy).submitted).toEqual(expected);
    }),
  );
});

test("the state never grows past an entry, whatever comes when", () => {
  const event = fc.record({ key: fc.option(fc.string({ maxLength: 3 })), gapMs: fc.nat(20_000) });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 100 }), (events) => {
      let now: MonoMs = monoMs(0);
      let state = emptyKeypad;
      for (const { key, gapMs } of events) {
        now = monoMs(now + gapMs);
        const input = key === null ? ({ kind: "tick" } as const) : ({ kind: "key", key } as const);
        state = stepKeypad(state, input, confirming, "pin", now).state;
        expect(state.keys).toMatch(/^[0-9]{0,16}$/);
        expect(state.lastKeyAt === null).toBe(state.keys === "" && !state.overflowed);
      }
    }),
  );
});
