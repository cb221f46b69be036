// Reads the code that Debian's qrencode prints in characters.
import type { Matrix } from "./scene.ts";

/** From `-t ASCIIi -m 1`: two characters a module, dark ones are hashes in the inverted form's blanks. */
export function matrixOf(printed: string): Matrix {
  const lines = printed.split("\n").filter((line) => line !== "");
  const rows = lines.map((line) => Array.from({ length: lines.length }, (_, at) => line.charAt(at * 2) !== "#"));
  const framed = rows[0]?.[0] === true ? rows.map((row) => row.map((dark) => !dark)) : rows;
  return framed.slice(1, -1).map((row) => row.slice(1, -1));
}
