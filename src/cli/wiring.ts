// `postern wiring`: what to connect with what, as a table and as a drawing for the cabinet.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { explainProblems } from "../config/explain.ts";
import { readConfigFile } from "../config/load.ts";
import { drawWiring } from "../config/wiring/drawing.ts";
import { headerPinOf } from "../config/wiring/header.ts";
import type { Wire } from "../config/wiring/plan.ts";
import { planWiring } from "../config/wiring/plan.ts";
import { onlyWord } from "./options.ts";
import { printTable } from "./table.ts";

export async function wiring(args: readonly string[]): Promise<number> {
  const options = { svg: { type: "string" } } as const;
  const { positionals, values } = parseArgs({ args: [...args], allowPositionals: true, options });
  const file = onlyWord(positionals, "the configuration");
  const reading = readConfigFile(file);
  if (!reading.ok) {
    console.error(explainProblems(file, reading.problems));
    return 1;
  }
  const devices = planWiring(reading.config);
  const rows = devices.flatMap(({ id, what, wires }) =>
    wires.map((wire, n) => [
      n === 0 ? id : "",
      n === 0 ? what : "",
      wire.terminal,
      wire.color,
      placeOf(wire),
      wire.note,
    ]),
  );
  printTable(["DEVICE", "WHAT", "TERMINAL", "COLOUR", "TO", "NOTE"], rows);
  if (values.svg !== undefined) {
    writeFileSync(values.svg, drawWiring(`${reading.config.site.name}: wiring`, devices), { flag: "wx" });
    console.error(`The drawing is in ${values.svg}.`);
  }
  return 0;
}

function placeOf({ to }: Wire): string {
  if (to === "ground") return "GND";
  if ("other" in to) return to.other;
  const pin = headerPinOf(to.gpio);
  return pin === null ? `GPIO ${to.gpio}` : `GPIO ${to.gpio} = pin ${pin}`;
}
