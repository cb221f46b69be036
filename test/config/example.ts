// The example site, as text and for tests to spoil.
import { readFileSync } from "node:fs";

export const examplePath = new URL("../../config.example.json", import.meta.url).pathname;
export const exampleText = readFileSync(examplePath, "utf8");

/** Untyped, for tests put wrong types on purpose. */
type Raw = ReturnType<typeof JSON.parse>;

/** The example with one thing done to it. */
export function edited(edit: (site: Raw) => void): string {
  const site = JSON.parse(exampleText);
  edit(site);
  return JSON.stringify(site, null, 2);
}

/** The example with one piece of its text replaced. */
export function swap(from: string, to: string): string {
  if (!exampleText.includes(from)) throw new Error(`The example does not contain ${from}.`);
  return exampleText.replace(from, () => to);
}
