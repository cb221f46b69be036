// When an input's action happens: told as a line of what the input does and where the action falls.
import fc from "fast-check";
import { expect, test } from "vitest";
import { idleInputAction, stepInputAction } from "../../src/domain/input-action.ts";
import { monoMs } from "../../src/domain/time.ts";

type Mode = "unconditional" | "ifStillActive";

/** One character a second: `^` becomes active, `v` inactive, `x` its wire breaks, `.` nothing. `!` marks where it acts. */
function acts(line: string, delayMode: Mode, delayMs = 3_000, seenToBegin = false): string {
  const rule = { delayMs, delayMode, seenToBegin };
  let state = idleInputAction;
  let marks = "";
  [...line].forEach((mark, second) => {
    const now = monoMs(second * 1_000);
    const ticked = stepInputAction(rule, state, { kind: "tick" }, now);
    state = ticked.state;
    const level = ({ "^": "active", v: "inactive", x: "unknown" } as const)[mark];
    const moved = level === undefined ? null : stepInputAction(rule, state, { kind: "level", level }, now);
    state = moved?.state ?? state;
    marks += ticked.acts || moved?.acts === true ? "!" : ".";
  });
  return marks;
}

test("acceptance 11: let go before the delay is over, an action that needs the input still active does not happen, and an unconditional one does", () => {
  expect(acts("^.v......", "ifStillActive")).toBe(".........");
  expect(acts("^.v......", "unconditional")).toBe("...!.....");
});

test.each<[string, Mode, string, string]>([
  ["held for the whole delay, it happens once", "ifStillActive", "^.......", "...!...."],
  ["held for the whole delay, it happens once", "unconditional", "^.......", "...!...."],
  ["pressed again, the time counts from the last press", "ifStillActive", "^.v^.....", "......!.."],
  ["pressed again during the delay, it happens once", "unconditional", "^v^v.....", "...!....."],
  ["pressed again after it happened, it happens again", "unconditional", "^v...^v....", "...!....!.."],
  ["a broken wire is not still active", "ifStillActive", "^.x......", "........."],
  ["a wire that is well again and active counts anew", "ifStillActive", "^.x.^.....", ".......!.."],
  ["a broken wire does not stop what is certain", "unconditional", "^.x......", "...!....."],
  ["a wire that is well again is no new press", "unconditional", "^...x.^...", "...!......"],
])("%s (%s)", (_, mode, line, expected) => {
  expect(acts(line, mode)).toBe(expected);
});

test("without a delay it happens at once, however short the press", () => {
  expect(acts("^v..^v", "ifStillActive", 0)).toBe("!...!.");
  expect(acts("^v..^v", "unconditional", 0)).toBe("!...!.");
});

test("it never happens more often than the input became active, and if it must still be active, it is", () => {
  const lines = fc.array(fc.constantFrom(..."^v.x"), { maxLength: 60 }).map((marks) => marks.join(""));
  fc.assert(
    fc.property(
      lines,
      fc.constantFrom<Mode>("unconditional", "ifStillActive"),
      fc.integer({ min: 0, max: 5 }),
      (line, mode, s) => {
        const marks = acts(line, mode, s * 1_000);
        expect(marks.replaceAll(".", "").length).toBeLessThanOrEqual(line.replaceAll(/[^^]/g, "").length);
        if (mode === "unconditional") return;
        [...marks].forEach((mark, n) => {
          const before = line.slice(0, s === 0 ? n + 1 : n).replaceAll(".", "");
          if (mark === "!") expect(before.endsWith("^")).toBe(true);
        });
      },
    ),
  );
});

test.each<[string, Mode, string, string]>([
  ["active when it is first heard is not seen to begin", "unconditional", "^....", "....."],
  ["a press after it was first seen let go counts", "unconditional", "v^...", "....!"],
  ["a wire that is well again and active counts for nothing", "unconditional", "vx^....v^...", "...........!"],
  ["a wire that breaks during the delay does not take back a press that was seen", "unconditional", "v^x...", "....!."],
  [
    "what must still be active is not when its wire breaks, nor when it is well again",
    "ifStillActive",
    "v^x^.....",
    ".........",
  ],
  ["let go before the delay is over, it does not happen", "ifStillActive", "v^.v...", "......."],
])("of what must be seen to begin: %s (%s)", (_, mode, line, expected) => {
  expect(acts(line, mode, 3_000, true)).toBe(expected);
});
