// The settings of readers on serial ports, and of those that type like keyboards; knows no other setting.
import { z } from "zod";
import { readerCommon, serialPort } from "./reader-common.ts";
import { text } from "./setting.ts";

const bauds = [1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200] as const;

const baud = z
  .literal(bauds)
  .default(9_600)
  .describe("The port's speed in bits a second, to which the reader is set. Ports at USB that are ttyACM do not mind.");

export const scannerReaderSchema = z
  .strictObject({
    ...readerCommon,
    kind: z.literal("scanner").describe("A QR scanner on a serial port."),
    port: serialPort,
    baud,
  })
  .describe("A QR scanner on a serial port.");

export const plateReaderSchema = z
  .strictObject({
    ...readerCommon,
    kind: z
      .literal("plate")
      .describe("A number-plate camera or a reader of vehicles' tags, which sends a line of text for each vehicle."),
    port: serialPort,
    baud,
  })
  .describe("A number-plate camera, or a reader of vehicles' tags, on a serial port.");

export const tagReaderSchema = z
  .strictObject({
    ...readerCommon,
    kind: z.literal("tag").describe("A reader of 125 kHz tags on a serial port: RDM6300, ID-2, ID-12, ID-20."),
    port: serialPort,
    baud,
  })
  .describe("A reader of 125 kHz tags (EM4100) on a serial port.");

export const keyboardReaderSchema = z
  .strictObject({
    ...readerCommon,
    kind: z.literal("keyboard").describe("A keypad or a scanner that types like a keyboard, at USB for example."),
    device: text(
      /^input\/[A-Za-z0-9][\w.:+-]{0,127}(\/[A-Za-z0-9][\w.:+-]{0,127})?$/,
      "Write the name of the input device under /dev, without /dev itself.",
      "input device",
      "input/by-id/usb-04d9_1203-event-kbd",
    ).describe("The input device, named as under /dev; those in input/by-id survive replugging."),
    types: z
      .enum(["keys", "text"])
      .default("keys")
      .describe(
        "keys: it is a keypad; Enter confirms, Backspace and * begin anew. text: it is a scanner that types the code and Enter, as on a keyboard of the USA.",
      ),
  })
  .describe("A keypad or a scanner that types like a keyboard; nobody else hears what is typed on it.");
