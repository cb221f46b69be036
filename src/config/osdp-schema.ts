// Settings of OSDP: RS-485 lines, the readers on them, and relays and inputs that sit in readers; knows no other reader.
import { z } from "zod";
import { frameFormat, readerCommon, serialPort } from "./reader-common.ts";
import { id } from "./setting.ts";

/** Any other speed OSDP does not have. */
const bauds = [9_600, 19_200, 38_400, 57_600, 115_200, 230_400] as const;

export const rs485Schema = z
  .strictObject({
    id: id("line-1").describe("How readers refer to this line."),
    port: serialPort,
    baud: z
      .literal(bauds)
      .default(9_600)
      .describe("Its speed in bits a second, to which every reader on it is set. 38400 and more answer sooner."),
  })
  .describe("One RS-485 line with OSDP readers on it.");

export const osdpReaderSchema = z
  .strictObject({
    ...readerCommon,
    kind: z.literal("osdp").describe("A reader on an RS-485 line that speaks OSDP."),
    line: id("line-1").describe("The id of the line that it is on."),
    address: z.int().min(0).max(126).describe("Its address on that line."),
    format: frameFormat,
    keypad: z.boolean().default(false).describe("Whether the reader has keys."),
    security: z
      .enum(["required", "none"])
      .default("required")
      .describe(
        "required: only over a secure channel with a key of its own, which `postern osdp pair` gives it. none: in clear, always; whoever reaches the cable can then read cards and send them.",
      ),
  })
  .describe("A card reader with OSDP, with or without keys.");

const onReader = id("front-osdp").describe("The id of an OSDP reader.");
/** More than any reader has. */
const maxPoint = 15;
const points = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, maxPoint, "tamper", "power"] as const;

export const outputPlaceSchema = z
  .strictObject({
    reader: onReader,
    output: z.int().min(0).max(maxPoint).describe("The number of the reader's output, from 0 on."),
  })
  .describe("The output of an OSDP reader that is this relay, instead of a pin.");

export const pointPlaceSchema = z
  .strictObject({
    reader: onReader,
    point: z
      .literal(points)
      .describe("The number of the reader's input, from 0 on; tamper: its case was opened; power: its supply fails."),
  })
  .describe("What of an OSDP reader is this input, instead of a pin.");
