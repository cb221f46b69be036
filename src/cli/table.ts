// Rows as columns for a terminal; knows nothing of what they are about.
import { printable } from "../config/problem.ts";

/** Nothing but the rows when there is no header, and nothing at all when there are no rows. */
export function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
  if (rows.length > 0) for (const line of aligned([header, ...rows])) console.log(line);
}

/** A heading's values below each other. */
export function printFields(fields: readonly (readonly [name: string, value: string])[]): void {
  for (const line of aligned(fields.filter(([, value]) => value !== ""))) console.log(line);
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map(printable));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => widthOf(row[column] ?? ""))));
  return cells.map((row) =>
    row
      .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - widthOf(cell)))
      .join("  ")
      .trimEnd(),
  );
}

/** Characters as a person counts them; wide ones of East Asian scripts take two columns of a terminal. */
const widthOf = (text: string): number =>
  [...segments.segment(text)].reduce((sum, { segment }) => sum + (wide.test(segment) ? 2 : 1), 0);

const segments = new Intl.Segmenter();
const wide = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}/u;
