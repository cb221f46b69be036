import { expect, test } from "vitest";
import type { BoardSpec } from "../../hal/board.ts";
import { readConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { boardOf, consoleOf, siteOf } from "../../src/config/site.ts";
import { exampleText } from "./example.ts";

function example(): Config {
  const reading = readConfig(exampleText);
  if (!reading.ok) throw new Error("refused");
  return reading.config;
}

test("the rules get doors, readers and policies, and no pin", () => {
  const site = siteOf(example());
  expect(site).toMatchObject({
    name: "Casa Olmo",
    timeZone: "Europe/Madrid",
    fireInput: "fire-panel",
    recordDeadlineMs: 300,
    keepEvents: 200_000,
    keepNamesDays: 90,
    readers: [
      { id: "front-keypad", door: "front", format: null, keypad: true },
      { id: "front-reader", door: "front", format: "w26", keypad: false },
      { id: "front-scanner", door: "front", format: null, keypad: false },
      { id: "garage-reader", door: "garage", format: "w34", keypad: true },
    ],
  });
  expect(site.doors[1]).toMatchObject({
    id: "garage",
    name: "Garage door",
    lock: "failSafe",
    relay: "garage-magnet",
    contact: "garage-contact",
    exitButtons: ["garage-exit"],
    methods: ["pin", "card"],
    timing: { unlockMs: 8000, relockOnClose: true, heldOpenMs: 120_000, forcedGraceMs: 2000, exitHoldMs: 30_000 },
  });
  expect(JSON.stringify(site)).not.toMatch(/pins"\s*:|"pin":\d|ttyACM0/);
});

test("the board gets wires, and no door", () => {
  const board: BoardSpec = boardOf(example());
  const wired = { frameGapMs: 30, pulses: "even", keys: "usual", pinFrames: false, led: null, beeper: null };
  const cards = { ...wired, layout: null, byteOrder: "normal" };
  expect(board.gpio).toEqual({ chip: null, driver: "chardev" });
  expect(board.relays).toEqual([
    { id: "front-strike", pin: 17, activeLevel: "high" },
    { id: "garage-magnet", pin: 27, activeLevel: "high" },
  ]);
  expect(board.readers).toEqual([
    { id: "front-keypad", kind: "keypad", pins: { d0: 22, d1: 23 }, ...wired },
    { id: "front-reader", kind: "wiegand", pins: { d0: 24, d1: 25 }, format: "w26", keypad: false, ...cards },
    { id: "front-scanner", kind: "scanner", port: "ttyACM0", baud: 9_600 },
    { id: "garage-reader", kind: "wiegand", pins: { d0: 20, d1: 21 }, format: "w34", keypad: true, ...cards },
  ]);
});

test("the console gets its address, without TLS unless there is some", () => {
  expect(consoleOf(example())).toEqual({ host: "127.0.0.1", port: 8480, tls: null });
});

test("a site without a fire section has no fire input", () => {
  expect(siteOf({ ...example(), fire: null }).fireInput).toBeNull();
});

test("an input that is switched off is not read and has no role at any door or for the site", () => {
  const config = example();
  const off = { ...config, inputs: config.inputs.map((input) => ({ ...input, enabled: false })) };
  expect(boardOf(off).inputs).toEqual([]);
  expect(siteOf(off)).toMatchObject({
    doors: [
      { contact: null, exitButtons: [], tampers: [] },
      { contact: null, exitButtons: [], tampers: [] },
    ],
    fireInput: null,
    lockdownInput: null,
    supplyInputs: [],
    inputActions: [],
    receptions: [],
  });
  const one = { ...config, inputs: config.inputs.map((input, n) => ({ ...input, enabled: n !== 0 })) };
  expect(siteOf(one).doors.map(({ contact, exitButtons }) => ({ contact, exitButtons }))).toEqual([
    { contact: "front-contact", exitButtons: [] },
    { contact: "garage-contact", exitButtons: ["garage-exit"] },
  ]);
});
