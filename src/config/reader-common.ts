// What readers of every kind have in the installer's file.
import { z } from "zod";
import { id } from "./setting.ts";

export const readerCommon = {
  id: id("front-reader").describe("What this reader is called in events and faults."),
  door: id("front").describe("The id of the door that this reader asks for."),
  direction: z
    .enum(["entry", "exit"])
    .default("entry")
    .describe("On which side of the door it is: where one enters, or leaves."),
};
