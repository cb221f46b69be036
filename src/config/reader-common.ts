// What readers of several kinds have in the installer's file; knows no kind.
import { z } from "zod";
import { id, text } from "./setting.ts";

export const readerCommon = {
  id: id("front-reader").describe("What this reader is called in events and faults."),
  door: id("front").describe("The id of the door that this reader asks for."),
  direction: z
    .enum(["entry", "exit"])
    .default("entry")
    .describe("On which side of the door it is: where one enters, or leaves."),
};

const frameFormats = [
  "w26",
  "w34",
  "bqt34",
  "w37",
  "h10304",
  "w58",
  "w66",
  "corporate35",
  "corporate48",
  "p10001",
  "csn32",
  "csn40",
  "csn56",
  "csn64",
  "raw",
] as const;

const formatHelp =
  "How the reader's frames are laid out; w26 is the common one. csn and a number are a card's plain bytes without parity. Use raw for any other: the card is then known by all of its bits. Lengths do not tell formats apart, and cards enrolled in one format are not known in every other.";

export const frameFormat = z.enum(frameFormats).describe(formatHelp);
export const frameFormatOrOwn = z.enum([...frameFormats, "own"]).describe(`${formatHelp} own is as layout says.`);

export const serialPort = text(
  /^[A-Za-z0-9][\w.:+-]{0,127}(\/[A-Za-z0-9][\w.:+-]{0,127}){0,3}$/,
  "Write the port's name under /dev, without /dev itself.",
  "port",
  "ttyACM0",
).describe("The serial port, named as under /dev. The names in serial/by-id survive replugging.");
