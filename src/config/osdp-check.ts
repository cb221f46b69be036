// Finds what contradicts itself about RS-485 lines, the readers on them, and relays and inputs that sit in readers; and what of it
// is allowed and still deserves a second look.
import { nearest } from "./nearest.ts";
import type { Finding, Step } from "./problem.ts";
import { pathText, shortValue } from "./problem.ts";
import type { Salvage, SomeReader } from "./salvage.ts";
import type { Config } from "./schema.ts";

export function osdpFindings(known: Salvage): readonly Finding[] {
  return [
    ...known.relays.flatMap((relay, n) => placeFindings(["relays", n], relay, "relay", "output")),
    ...known.inputs.flatMap((input, n) => placeFindings(["inputs", n], input, "input", "input")),
    ...known.readers.flatMap((reader, n) => lineFindings(reader, n, known)),
    ...sameAddresses(known),
    ...known.relays.flatMap(({ on }, n) => readerFindings(["relays", n, "on", "reader"], on?.reader, known)),
    ...known.inputs.flatMap(({ on }, n) => readerFindings(["inputs", n, "on", "reader"], on?.reader, known)),
    ...samePlaces(known),
    ...known.inputs.flatMap(whatPinsOnlyHave),
    ...known.relays.flatMap(({ on, activeLevel }, n) =>
      on === undefined || activeLevel !== "low"
        ? []
        : [
            {
              steps: ["relays", n, "activeLevel"],
              value: activeLevel,
              problem: "What switches an output of a reader, its maker has decided.",
              remedy: "Remove it.",
            },
          ],
    ),
  ];
}

interface Placed {
  readonly id?: string;
  readonly pin?: number | undefined;
  readonly on?: object | undefined;
}

/** What is there and wrong is for the schema to say. */
function placeFindings(steps: readonly Step[], entry: Placed, what: string, end: string): readonly Finding[] {
  const isAbsent = (key: "pin" | "on") => key in entry && entry[key] === undefined;
  if (entry.pin !== undefined && entry.on !== undefined) {
    const problem = `This ${what} is on a pin and in a reader.`;
    return [{ steps: [...steps, "on"], value: entry.on, problem, remedy: 'Remove "pin" or "on".' }];
  }
  if (entry.id === undefined || !isAbsent("pin") || !isAbsent("on")) return [];
  const remedy = `Add "pin", or "on" for an ${end} of an OSDP reader.`;
  return [{ steps, value: entry.id, problem: `Nothing says where this ${what} is.`, remedy }];
}

function lineFindings(reader: SomeReader, n: number, { rs485 }: Salvage): readonly Finding[] {
  if (reader.kind !== "osdp" || reader.line === undefined) return [];
  const lines = rs485.map(({ id }) => id);
  if (lines.includes(undefined) || lines.includes(reader.line)) return [];
  const known = lines.filter((line) => line !== undefined);
  return [
    {
      steps: ["readers", n, "line"],
      value: reader.line,
      problem: "No RS-485 line has this id.",
      remedy: adviceOf(reader.line, known, 'Add it to "rs485"'),
    },
  ];
}

function adviceOf(id: string, known: readonly string[], otherwise: string): string {
  const guess = nearest(id, known);
  if (guess !== null) return `Did you mean ${shortValue(guess)}?`;
  return known.length === 0 ? `${otherwise}.` : `${otherwise}, or name one of: ${known.slice(0, 5).join(", ")}.`;
}

function sameAddresses({ readers }: Salvage): readonly Finding[] {
  return clashes(
    readers.flatMap((reader, n) => {
      if (reader.kind !== "osdp" || reader.line === undefined || reader.address === undefined) return [];
      const owner = `${pathText(["readers", n])} on the same line`;
      return [
        { steps: ["readers", n, "address"], value: reader.address, place: `${reader.line} ${reader.address}`, owner },
      ];
    }),
    "Give each reader of a line an address of its own.",
  );
}

function samePlaces({ relays, inputs }: Salvage): readonly Finding[] {
  const outputs = relays.flatMap(({ on }, n) => {
    if (on === undefined) return [];
    return [
      {
        steps: ["relays", n, "on", "output"],
        value: on.output,
        place: `${on.reader} ${on.output}`,
        owner: pathText(["relays", n]),
      },
    ];
  });
  const points = inputs.flatMap(({ on }, n) => {
    if (on === undefined) return [];
    return [
      {
        steps: ["inputs", n, "on", "point"],
        value: on.point,
        place: `${on.reader} ${on.point}`,
        owner: pathText(["inputs", n]),
      },
    ];
  });
  return [...clashes(outputs, "Name another output."), ...clashes(points, "Name another input.")];
}

interface Claim {
  readonly steps: readonly Step[];
  readonly value: unknown;
  readonly place: string;
  readonly owner: string;
}

function clashes(claims: readonly Claim[], remedy: string): readonly Finding[] {
  const owners = new Map<string, string>();
  return claims.flatMap(({ steps, value, place, owner }) => {
    const first = owners.get(place);
    if (first === undefined) owners.set(place, owner);
    return first === undefined ? [] : [{ steps, value, problem: `This already belongs to ${first}.`, remedy }];
  });
}

function readerFindings(steps: readonly Step[], id: string | undefined, { readers }: Salvage): readonly Finding[] {
  const isUnclear = readers.some((reader) => reader.id === undefined || reader.kind === undefined);
  if (id === undefined || isUnclear) return [];
  const named = readers.find((reader) => reader.id === id);
  if (named?.kind === "osdp") return [];
  const osdp = readers.flatMap((reader) => (reader.kind === "osdp" && reader.id !== undefined ? [reader.id] : []));
  const problem = named === undefined ? "No reader has this id." : `This is a ${named.kind} reader, not one with OSDP.`;
  return [{ steps, value: id, problem, remedy: adviceOf(id, osdp, "Add an OSDP reader of this id") }];
}

/** Settings that would do nothing for an input in a reader. */
function whatPinsOnlyHave(input: Salvage["inputs"][number], n: number): readonly Finding[] {
  const { on, supervised, debounceMs, activeLevel, pull } = input;
  if (on === undefined) return [];
  const findings: Finding[] = [];
  const say = (key: string, value: unknown, problem: string) =>
    findings.push({ steps: ["inputs", n, key], value, problem, remedy: "Remove it." });
  if (supervised === true) say("supervised", supervised, "The reader watches its own wires; Postern cannot do so.");
  if (debounceMs !== undefined && debounceMs > 0)
    say("debounceMs", debounceMs, "The reader debounces its inputs itself.");
  if (pull !== undefined && pull !== "up") say("pull", pull, "The reader has resistors of its own.");
  if (activeLevel === "high" && typeof on.point === "string") {
    say("activeLevel", activeLevel, "What a reader says of its case and its supply has one meaning only.");
  }
  return findings;
}

export function osdpWarnings({ readers, relays, inputs, doors, rs485 }: Config): readonly Finding[] {
  const warnings: Finding[] = [];
  readers.forEach((reader, n) => {
    if (reader.kind !== "osdp" || reader.security === "required") return;
    warnings.push({
      steps: ["readers", n, "security"],
      value: reader.security,
      problem: "Whoever reaches this reader's cable can read cards from it, and send cards that were read before.",
      remedy: 'Write "required" and pair the reader.',
    });
  });
  relays.forEach(({ id, on }, n) => {
    const door = doors.find(({ relay }) => relay === id);
    if (on === undefined || door === undefined) return;
    const problem =
      door.lock === "failSafe"
        ? `Whoever cuts this reader's cable unlocks the door "${door.id}" within seconds.`
        : `Whoever opens this reader reaches the wires of the lock of the door "${door.id}".`;
    const remedy = "Take a relay inside, unless the reader is inside, or the lock checks who drives it.";
    warnings.push({ steps: ["relays", n, "on"], value: on.reader, problem, remedy });
  });
  inputs.forEach(({ id, on }, n) => {
    const door = doors.find(({ exitButtons }) => exitButtons.includes(id));
    const isOutside = readers.some((reader) => reader.id === on?.reader && reader.direction === "entry");
    if (on === undefined || door === undefined || !isOutside) return;
    const problem = `Whoever opens this reader outside can do as if the exit button of the door "${door.id}" were pressed.`;
    const remedy = "Wire the exit button to the board, or to a reader inside.";
    warnings.push({ steps: ["inputs", n, "on"], value: on.reader, problem, remedy });
  });
  rs485.forEach(({ id }, n) => {
    if (readers.some((reader) => reader.kind === "osdp" && reader.line === id)) return;
    const remedy = "Name it at a reader, or remove it.";
    warnings.push({ steps: ["rs485", n], value: id, problem: "Nothing uses this.", remedy });
  });
  return warnings;
}
