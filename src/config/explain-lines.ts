// How the board's lines are worked, in words for `postern check`: only what is not the usual; knows no door.
import type { Config, ReaderConfig } from "./schema.ts";

type Relay = Config["relays"][number];
type Input = Config["inputs"][number];

/** To be put behind what a wire is and where. */
export function levelText(wire: Relay | Input): string {
  const texts = "pull" in wire ? inputTexts(wire) : wire.activeLevel === "low" ? ["energized by a low level"] : [];
  return texts.map((text) => `, ${text}`).join("");
}

function inputTexts({ activeLevel, pull, debounceMs }: Input): readonly string[] {
  return [
    ...(activeLevel === "high" ? ["active when high"] : []),
    ...(pull === "up" ? [] : [pull === "down" ? "pulled down" : "not pulled"]),
    ...(debounceMs === 0 ? [] : [`settled for ${debounceMs} ms`]),
  ];
}

export function pulseText({ led, beeper, frameGapMs, pulses }: Extract<ReaderConfig, { pins: unknown }>): string {
  const texts = [
    ...(led === null ? [] : [`LED on pin ${led.pin}`]),
    ...(beeper === null ? [] : [`beeper on pin ${beeper.pin}`]),
    ...(frameGapMs === 30 ? [] : [`${frameGapMs} ms end a frame`]),
    ...(pulses === "even" ? [] : ["pulses may come unevenly"]),
  ];
  return texts.map((text) => `, ${text}`).join("");
}

export const chipTexts = ({ gpio: { chip, driver } }: Config): readonly string[] => [
  ...(chip === null ? [] : [`of the chip ${chip}`]),
  ...(driver === "chardev" ? [] : ["by the driver sysfs, so relays stay as they are when Postern dies"]),
];
