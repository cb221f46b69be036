// What an installer may write of readers on two Wiegand lines.
import { z } from "zod";
import { frameFormat, readerCommon } from "./reader-common.ts";
import { pin } from "./setting.ts";

const dataLines = z
  .strictObject({ d0: pin.describe("The line of DATA0."), d1: pin.describe("The line of DATA1.") })
  .describe("The two data lines.");

/** Readers light and sound when their wire is pulled to ground. */
const signalSchema = z.strictObject({
  pin: pin.describe("The output line that drives it (GPIO number, not the header's pin number)."),
  activeLevel: z
    .enum(["low", "high"])
    .default("low")
    .describe("Which level lights or sounds it: low when its wire is pulled to ground."),
});

const wiegandCommon = {
  ...readerCommon,
  pins: dataLines,
  frameGapMs: z
    .int()
    .min(5)
    .max(100)
    .default(30)
    .describe("A longer pause between two pulses ends a frame. In milliseconds."),
  pulses: z
    .enum(["even", "any"])
    .default("even")
    .describe(
      "even takes bursts of evenly spaced pulses only, which noise is not; any is for readers that pause between their bits.",
    ),
  led: signalSchema.nullable().default(null).describe("The wire of the reader's LED; null is not connected."),
  beeper: signalSchema.nullable().default(null).describe("The wire of the reader's beeper; null is not connected."),
};

export const wiegandReaderSchema = z
  .strictObject({
    ...wiegandCommon,
    kind: z.literal("wiegand").describe("A card reader on two Wiegand lines."),
    format: frameFormat,
    keypad: z.boolean().default(false).describe("Whether the reader has keys and sends them on the same lines."),
  })
  .describe("A card reader on two Wiegand lines, with or without keys.");

export const keypadReaderSchema = z
  .strictObject({
    ...wiegandCommon,
    kind: z.literal("keypad").describe("A keypad without a card reader, on two Wiegand lines."),
  })
  .describe("A keypad on two Wiegand lines.");
