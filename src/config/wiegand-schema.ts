// What an installer may write of readers on two Wiegand lines.
import { z } from "zod";
import { frameFormatOrOwn, readerCommon } from "./reader-common.ts";
import { list, pin, text } from "./setting.ts";

const dataLines = z
  .strictObject({ d0: pin.describe("The line of DATA0."), d1: pin.describe("The line of DATA1.") })
  .describe("The two data lines.");

export const frameLayoutSchema = z
  .strictObject({
    fields: text(
      /^[FC01.]{1,128}$/,
      "Write one letter for each bit: F facility, C card number, 0 or 1 what it must be, a dot for any other.",
      "layout",
      ".FFFFFFFFCCCCCCCCCCCCCCCC.",
    ).describe("What each bit of a frame is, the first one sent first."),
    parity: list(
      text(
        /^[.X]*[EO][.X]*$/,
        "Write one letter for each bit: E or O for the parity bit itself, X for what it covers, a dot for any other.",
        "parity",
        "EXXXXXXXXXXXX.............",
      ),
      0,
      16,
    ).describe("Each parity: E makes itself and what it covers even in number, O odd."),
  })
  .describe("The layout of frames of a format of your own.");

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
  keys: z
    .enum(["usual", "swapped", "parity"])
    .default("usual")
    .describe(
      "How keys are sent: usual is 4 bits, or 8 with the key last; swapped has it first; parity is 10 bits, the outer two parity.",
    ),
  pinFrames: z
    .boolean()
    .default(false)
    .describe("Whether a 26-bit frame of facility 0 is a whole PIN. Cards of facility 0 then cannot be read."),
  led: signalSchema.nullable().default(null).describe("The wire of the reader's LED; null is not connected."),
  beeper: signalSchema.nullable().default(null).describe("The wire of the reader's beeper; null is not connected."),
};

export const wiegandReaderSchema = z
  .strictObject({
    ...wiegandCommon,
    kind: z.literal("wiegand").describe("A card reader on two Wiegand lines."),
    format: frameFormatOrOwn,
    layout: frameLayoutSchema.nullable().default(null).describe("How the frames of the format own are laid out."),
    byteOrder: z
      .enum(["normal", "reversed"])
      .default("normal")
      .describe("reversed is for readers that send a card's last byte first."),
    keypad: z.boolean().default(false).describe("Whether the reader has keys and sends them on the same lines."),
  })
  .describe("A card reader on two Wiegand lines, with or without keys.");

export const keypadReaderSchema = z
  .strictObject({
    ...wiegandCommon,
    kind: z.literal("keypad").describe("A keypad without a card reader, on two Wiegand lines."),
  })
  .describe("A keypad on two Wiegand lines.");
