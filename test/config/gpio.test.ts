// What the lines of a real board are asked for, and what they cannot do.
import { expect, test } from "vitest";
import { explainConfig } from "../../src/config/explain.ts";
import { readConfig } from "../../src/config/load.ts";
import { warningsOf } from "../../src/config/warnings.ts";
import { edited } from "./example.ts";
import type { Row } from "./refusal.ts";
import { expectRefusal } from "./refusal.ts";

const rows: readonly Row[] = [
  [
    "Wiegand readers on the driver for slow contacts",
    edited((site) => {
      site.gpio = { driver: "sysfs" };
      site.readers = [site.readers[0], site.readers[2]];
    }),
    ["readers[0].kind", /too short for the driver sysfs/, /"chardev" as driver at gpio/, '"keypad"'],
  ],
  [
    "a supervised wire on a line that knows two levels",
    edited((site) => {
      site.board = "linux";
      site.inputs[0].supervised = true;
    }),
    ["inputs[0].supervised", /two levels only/, /out/, "true"],
  ],
  [
    "a beeper on a relay's pin",
    edited((site) => {
      site.readers[1].beeper = { pin: 17 };
    }),
    ["readers[1].beeper.pin", /^Pin 17 already belongs to relays\[0\]/, /another pin/, "17"],
  ],
  [
    "an LED on its own reader's data line",
    edited((site) => {
      site.readers[1].led = { pin: 24 };
    }),
    ["readers[1].led.pin", /^Pin 24 already belongs to d0 of readers\[1\]/, /another pin/, "24"],
  ],
  [
    "a resistor that the driver cannot set",
    edited((site) => {
      site.gpio = { driver: "sysfs" };
      site.readers = [site.readers[2]];
      site.inputs[0].pull = "down";
    }),
    ["inputs[0].pull", /cannot set the board's resistors/, /gpio=5=pd/, '"down"'],
  ],
];

for (const [title, text, ...expected] of rows) {
  test(`${title}: refused`, () => expectRefusal(text, expected));
}

test("a board of real lines is taken, with the level that energizes each relay and a chip by its label", () => {
  const reading = readConfig(
    edited((site) => {
      site.board = "linux";
      site.gpio = { chip: "doorsim" };
      site.relays[0].activeLevel = "low";
      site.readers[1].led = { pin: 30 };
    }),
  );
  expect(reading.ok && reading.config).toMatchObject({
    gpio: { chip: "doorsim", driver: "chardev" },
    relays: [{ activeLevel: "low" }, { activeLevel: "high" }],
    inputs: expect.arrayContaining([expect.objectContaining({ pull: "up" })]),
    readers: expect.arrayContaining([expect.objectContaining({ led: { pin: 30, activeLevel: "low" } })]),
  });
});

test("a contact that would be told at each bounce is warned about on a real board, and in a simulated one is not", () => {
  const warned = (board: string) => {
    const reading = readConfig(
      edited((site) => {
        site.board = board;
        site.inputs = site.inputs.map((input: object, n: number) => ({ ...input, debounceMs: n === 0 ? 0 : 30 }));
      }),
    );
    const warnings = reading.ok ? warningsOf(reading.config) : [];
    return warnings.filter(({ problem }) => problem.includes("bounce")).map(({ steps }) => steps.join("."));
  };
  expect([warned("linux"), warned("simulated")]).toEqual([["inputs.0.debounceMs"], []]);
});

test("what is not usual about the lines is said in the words of the check", () => {
  const reading = readConfig(
    edited((site) => {
      site.gpio = { chip: "doorsim" };
      site.relays[0].activeLevel = "low";
      Object.assign(site.inputs[0], { activeLevel: "high", pull: "none", debounceMs: 30 });
      Object.assign(site.readers[1], { led: { pin: 30 }, beeper: { pin: 31 }, frameGapMs: 50, pulses: "any" });
    }),
  );
  const text = reading.ok ? explainConfig("site.json", reading.config, []).replaceAll(/\s+/g, " ") : "";
  for (const words of [
    "front-strike, pin 17, energized by a low level",
    "front-exit, pin 5, active when high, not pulled, settled for 30 ms",
    "LED on pin 30, beeper on pin 31, 50 ms end a frame, pulses may come unevenly",
    "lines of the chip doorsim",
  ]) {
    expect(text).toContain(words);
  }
});
