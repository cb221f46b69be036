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

export const frameFormat = z
  .enum(["w26", "w34", "w37", "raw"])
  .describe(
    "How the reader's frames are laid out; w26 is the common one. Use raw for any other: the card is then known by all of its bits. Cards enrolled in one format are not known in another.",
  );

export const serialPort = text(
  /^[A-Za-z0-9][\w.:+-]{0,127}(\/[A-Za-z0-9][\w.:+-]{0,127}){0,3}$/,
  "Write the port's name under /dev, without /dev itself.",
  "port",
  "ttyACM0",
).describe("The serial port, named as under /dev. The names in serial/by-id survive replugging.");
