// Finds frame settings of Wiegand readers that contradict each other; knows no pin.
import type { Finding, Step } from "./problem.ts";
import type { Salvage, SomeReader } from "./salvage.ts";

type SomeWiegand = Extract<SomeReader, { kind?: "wiegand" }>;

/** They carry a card's whole bytes, which alone have an order. */
const byteFormats: readonly string[] = ["w26", "w34", "bqt34", "w58", "w66", "csn32", "csn40", "csn56", "csn64"];

export const wiegandFindings = ({ readers }: Salvage): readonly Finding[] =>
  readers.flatMap((reader, n) => (reader.kind === "wiegand" ? frameFindings(reader as SomeWiegand, n) : []));

function frameFindings({ format, layout, byteOrder }: SomeWiegand, n: number): readonly Finding[] {
  const findings: Finding[] = [];
  const find = (steps: readonly Step[], value: unknown, problem: string, remedy: string) =>
    findings.push({ steps: ["readers", n, ...steps], value, problem, remedy });
  if (format === "own" && layout === null) {
    find(["format"], format, "Nothing says how these frames are laid out.", 'Add "layout", or name a known format.');
  }
  if (format !== undefined && format !== "own" && layout !== null && layout !== undefined) {
    find(["layout"], layout.fields, `A layout has no effect with ${format}.`, 'Write "format": "own", or remove it.');
  }
  if (byteOrder === "reversed" && format !== undefined && !byteFormats.includes(format)) {
    find(["byteOrder"], byteOrder, `Frames of ${format} are no whole bytes.`, "Remove byteOrder.");
  }
  if (layout === null || layout === undefined) return findings;
  if (!layout.fields.includes("C")) {
    find(["layout", "fields"], layout.fields, "No bit is the card's number.", "Write C for each bit of the number.");
  }
  for (const [place, mask] of layout.parity.entries()) {
    if (mask.length === layout.fields.length) continue;
    const problem = `This parity has ${mask.length} bits, and the fields have ${layout.fields.length}.`;
    find(["layout", "parity", place], mask, problem, "Write one letter for each bit of the frame.");
  }
  return findings;
}
