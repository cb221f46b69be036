// The kinds of values that settings have: ids, names, pins, spans of time; knows no setting.
import { z } from "zod";
import { idPattern } from "../domain/ids.ts";

/** `patternErrorMessage` is what editors show for a text that does not fit, and what `postern check` advises. */
export const text = (pattern: RegExp, advice: string, title: string, example: string) =>
  z
    .string()
    .regex(pattern)
    .meta({ title, patternErrorMessage: advice, examples: [example] });

export const id = (example: string) =>
  text(idPattern, "Write 1 to 63 small letters, digits or hyphens, a letter or digit first.", "id", example);
export const name = (example: string) =>
  text(/^\S(.*\S)?$/, "Write 1 to 64 characters without a space at either end.", "name", example).max(64);
export const filePath = (example: string) =>
  text(/^\/.{0,4094}$/, "Write the full path of the file, from the first slash on.", "full path", example);

export const pin = z
  .int()
  .min(0)
  .max(1023)
  .meta({ description: "The line's number on the board (GPIO number, not the header's pin number).", examples: [17] });
export const span = (min: number, max: number, help: string) =>
  z.int().min(min).max(max).describe(`${help} In milliseconds.`);
export const list = <T extends z.ZodType>(entry: T, min: number, max: number) => z.array(entry).min(min).max(max);

export const second = 1000;
export const hour = 3_600 * second;
export const day = 24 * hour;
