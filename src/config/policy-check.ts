// Finds rules for several doors, and for what is typed at all of them, that cannot be kept; knows no wire.
import { leastPaddedDigits } from "../domain/padded-pin.ts";
import { repeated } from "./door-check.ts";
import type { Finding, Step } from "./problem.ts";
import type { Salvage } from "./salvage.ts";

export function policyFindings(known: Salvage): readonly Finding[] {
  return [
    ...entryFindings(known),
    ...apartmentFindings(known),
    ...qrPinFindings(known),
    ...virtualPinFindings(known),
    ...blockFindings(known),
    ...groupFindings(known),
    ...receptionFindings(known),
    ...openingFindings(known),
    ...areaFindings(known),
  ];
}

/** The shortest PIN that somebody may have. */
const minPinDigits = 2;
/** A QR that is shown as digits has so many. */
const qrPinDigits = 8;

function entryFindings({ keypad: { autoSubmitLength, maxKeys } }: Salvage): readonly Finding[] {
  if (typeof autoSubmitLength !== "number" || maxKeys === undefined || autoSubmitLength <= maxKeys) return [];
  return [
    {
      steps: ["keypad", "autoSubmitLength"],
      value: autoSubmitLength,
      problem: `An entry never gets that long, for maxKeys is ${maxKeys}.`,
      remedy: `Write at most ${maxKeys}, or raise maxKeys.`,
    },
  ];
}

function apartmentFindings({ doors, keypad }: Salvage): readonly Finding[] {
  const { apartmentLength, autoSubmitLength, maxKeys } = keypad;
  if (typeof apartmentLength !== "number") return [];
  const find = (problem: string, remedy: string): Finding => ({
    steps: ["keypad", "apartmentLength"],
    value: apartmentLength,
    problem,
    remedy,
  });
  if (doors.every(({ keypadMode }) => keypadMode === "pin")) {
    return [find("No door asks for the apartment.", 'Write keypadMode "apartmentPin" at a door, or write null here.')];
  }
  if (maxKeys === undefined || autoSubmitLength === undefined) return [];
  const pinDigits = autoSubmitLength ?? minPinDigits;
  if (apartmentLength + pinDigits <= maxKeys) return [];
  const problem = `With ${pinDigits} digits of a PIN after it, an entry would be longer than maxKeys, ${maxKeys}.`;
  return [find(problem, `Write at most ${Math.max(0, maxKeys - pinDigits)}, or raise maxKeys.`)];
}

function qrPinFindings({ codes: { qrPinOnKeypad }, keypad: { autoSubmitLength, maxKeys } }: Salvage) {
  const longest = Math.min(autoSubmitLength ?? Number.POSITIVE_INFINITY, maxKeys ?? Number.POSITIVE_INFINITY);
  if (qrPinOnKeypad !== true || longest >= qrPinDigits) return [];
  const problem = `The digits of a QR are ${qrPinDigits}, and an entry has at most ${longest}.`;
  const remedy = "Write false, or let entries be longer at keypad.";
  return [{ steps: ["codes", "qrPinOnKeypad"], value: true, problem, remedy }];
}

function virtualPinFindings({ codes: { virtualPin }, keypad: { autoSubmitLength, maxKeys } }: Salvage) {
  const longest = Math.min(autoSubmitLength ?? Number.POSITIVE_INFINITY, maxKeys ?? Number.POSITIVE_INFINITY);
  if (virtualPin !== true || longest > leastPaddedDigits) return [];
  const problem = `Nothing fits around a PIN of ${leastPaddedDigits} digits, for an entry has at most ${longest}.`;
  const remedy = "Write false, or let entries be longer at keypad.";
  return [{ steps: ["codes", "virtualPin"], value: true, problem, remedy }];
}

function blockFindings({ guessing: { blockMs, maxBlockMs } }: Salvage): readonly Finding[] {
  if (blockMs === undefined || maxBlockMs === undefined || blockMs <= maxBlockMs) return [];
  return [
    {
      steps: ["guessing", "maxBlockMs"],
      value: maxBlockMs,
      problem: `The longest block would be shorter than the first, of ${blockMs} ms.`,
      remedy: `Write at least ${blockMs}, or shorten blockMs.`,
    },
  ];
}

const groupFindings = ({ interlocks }: Salvage): readonly Finding[] =>
  interlocks.flatMap((group, n) => repeated(group, (id) => id, ["interlocks", n]));

function receptionFindings({ receptions, doors }: Salvage): readonly Finding[] {
  return receptions.flatMap(({ doors: ids = [] }, n) => {
    const homes = ids.flatMap((id, m) => homeFindings(doors, id, ["receptions", n, "doors", m]));
    return [...homes, ...repeated(ids, (id) => id, ["receptions", n, "doors"])];
  });
}

function openingFindings({ inputs, doors }: Salvage): readonly Finding[] {
  return inputs.flatMap(({ opens = [] }, n) => {
    const homes = opens.flatMap(({ door }, m) => homeFindings(doors, door, ["inputs", n, "opens", m, "door"]));
    return [...homes, ...repeated(opens, ({ door }) => door, ["inputs", n, "opens"], ["door"])];
  });
}

function homeFindings(doors: Salvage["doors"], id: string, steps: readonly Step[]): readonly Finding[] {
  if (doors.find((door) => door.id === id)?.unit !== true) return [];
  const problem = "This is the door of a home, which nobody may open without showing something.";
  return [{ steps, value: id, problem, remedy: "Remove it here." }];
}

/** Whom an area holds to be inside must be seen to leave, or be forgotten: otherwise nobody could come back. */
function areaFindings(known: Salvage): readonly Finding[] {
  return known.areas.flatMap((area, n) => {
    const { id, passback, capacity, forgiveMs } = area;
    if (forgiveMs !== 0 || id === undefined || !hasNoWayOut(known, id)) return [];
    if (passback !== "hard" && (capacity === undefined || capacity === 0)) return [];
    const problem = "Nobody is ever seen to leave this area, so everybody could enter it only once.";
    const remedy = "Add a reader with direction exit at a door that leads to it, or write a forgiveMs.";
    return [{ steps: ["areas", n, "forgiveMs"], value: forgiveMs, problem, remedy }];
  });
}

/** No reader that is known to be there shows somebody leaving. */
export function hasNoWayOut({ doors, readers }: Pick<Salvage, "doors" | "readers">, area: string): boolean {
  const isUnclear = readers.some(({ door, direction }) => door === undefined || direction === undefined);
  if (isUnclear || doors.some(({ leadsTo, leadsFrom }) => leadsTo === undefined || leadsFrom === undefined))
    return false;
  return doors.every(({ id, leadsTo, leadsFrom }) =>
    readers.every(({ door, direction }) => {
      if (door !== id) return true;
      return direction === "exit" ? leadsTo !== area : leadsFrom !== area;
    }),
  );
}
