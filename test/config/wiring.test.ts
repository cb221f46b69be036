// The wiring plan and its drawing: every pin of the configuration once, on the right place of the header.
import { expect, test } from "vitest";
import { readConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { drawWiring } from "../../src/config/wiring/drawing.ts";
import { freePins, gpioOf, groundPins, headerPinOf, headerSize, supplyPins } from "../../src/config/wiring/header.ts";
import { planWiring } from "../../src/config/wiring/plan.ts";
import { edited } from "./example.ts";

function configOf(text: string): Config {
  const reading = readConfig(text);
  if (!reading.ok) throw new Error(reading.problems.map(({ problem }) => problem).join("\n"));
  return reading.config;
}

const example = (edit: Parameters<typeof edited>[0] = () => {}) => configOf(edited(edit));
const linesOf = (config: Config) =>
  planWiring(config).flatMap(({ wires }) =>
    wires.flatMap(({ to }) => (typeof to === "object" && "gpio" in to ? [to.gpio] : [])),
  );

test("each of the header's forty pins is a line, a ground or a supply, and no two are the same line", () => {
  const lines = Array.from({ length: headerSize }, (_, n) => n + 1).map((pin) => gpioOf(pin));
  for (const [n, gpio] of lines.entries()) {
    const isPower = groundPins.includes(n + 1) || supplyPins[n + 1] !== undefined;
    expect(gpio === null, `pin ${n + 1}`).toBe(isPower);
    if (gpio !== null) expect(headerPinOf(gpio)).toBe(n + 1);
  }
  expect(new Set(lines.filter((gpio) => gpio !== null)).size).toBe(28);
});

test("every pin of the configuration is wired, each once", () => {
  expect(linesOf(example()).toSorted((a, b) => a - b)).toEqual([5, 6, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27]);
});

test("the lock's wires say what happens without power", () => {
  const notes = planWiring(example()).flatMap(({ id, wires }) =>
    wires.filter(({ terminal }) => terminal === "NO").map(({ note }) => `${id}: ${note}`),
  );
  expect(notes[0]).toMatch(/^front-strike: energized opens: without power the lock stays locked/);
  expect(notes[1]).toMatch(/^garage-magnet: energized locks: without power the lock opens/);
});

test("a pin that the board uses for something else is wired with a warning, and is not among the free ones", () => {
  const config = example((site) => {
    site.inputs[0].pin = 14;
    site.inputs[1].pin = 2;
  });
  const notes = planWiring(config).flatMap(({ wires }) => wires.map(({ note }) => note));
  expect(notes.some((note) => /also the serial console; switch it off/.test(note))).toBe(true);
  expect(notes.some((note) => /also I2C/.test(note))).toBe(true);
  expect(freePins(new Set(linesOf(example())))).toEqual([4, 12, 16, 18]);
});

test("the drawing takes any name for text and nothing else", () => {
  const config = example((site) => {
    site.doors[0].name = '<script>alert("&")</script>';
  });
  const drawing = drawWiring("Casa & <Olmo>", planWiring(config));
  expect(drawing).not.toMatch(/<script|& |"&"/);
  expect(drawing).toContain("Casa &amp; &lt;Olmo&gt;");
  for (const { id } of planWiring(config)) expect(drawing).toContain(`>${id}</text>`);
});

test("a line that is not on the header is drawn by its number", () => {
  const config = example((site) => {
    site.relays[0].pin = 99;
  });
  expect(drawWiring("Site", planWiring(config))).toContain("line 99");
});

test("a relay says which level energizes it, and a reader's LED and beeper have wires of their own", () => {
  const config = example((site) => {
    site.relays[0].activeLevel = "low";
    site.readers[1].led = { pin: 16 };
    site.readers[1].beeper = { pin: 12, activeLevel: "high" };
  });
  const notesOf = (wanted: string) =>
    planWiring(config).flatMap(({ wires }) =>
      wires.flatMap(({ terminal, note }) => (terminal === wanted ? [note] : [])),
    );
  expect(notesOf("IN")).toEqual([expect.stringMatching(/^low energizes;/), expect.stringMatching(/^high energizes;/)]);
  expect(notesOf("LED")).toEqual([expect.stringContaining("through a level shifter")]);
  expect(notesOf("BEEP")).toEqual([expect.stringContaining("through a transistor")]);
});
