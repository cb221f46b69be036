// Finds settings of one door that contradict each other or the readers it has; knows no other door.
import { doorSchema } from "./door-schema.ts";
import type { Finding, Step } from "./problem.ts";
import { readersByDoor, sidesOf } from "./reader-methods.ts";
import type { Salvage, SomeDoor } from "./salvage.ts";

export function doorFindings(known: Salvage): readonly Finding[] {
  return known.doors.flatMap((door, n) => [
    ...timingFindings(door, n),
    ...repetitions(door, n),
    ...placeFindings(door, n),
    ...wayInFindings(door, n, known),
  ]);
}

function timingFindings(door: SomeDoor, n: number): readonly Finding[] {
  const { contact, heldOpenMs, extendedHeldOpenMs, unlockMs, extendedUnlockMs, preAlarmMs } = door;
  const findings: Finding[] = [];
  const find = (key: keyof SomeDoor, problem: string, remedy: string) =>
    findings.push({ steps: ["doors", n, key], value: door[key], problem, remedy });
  const hasContact = typeof contact === "string";
  if (hasContact && heldOpenMs !== undefined && unlockMs !== undefined && heldOpenMs <= unlockMs) {
    const problem = `The door would alarm as held open while it is still unlocked, for ${unlockMs} ms.`;
    find("heldOpenMs", problem, `Write more than ${unlockMs}, or shorten unlockMs.`);
  }
  if (isShorter(extendedUnlockMs, unlockMs, "extendedUnlockMs")) {
    const problem = `People who need longer would have less time than others, who have ${unlockMs} ms.`;
    find("extendedUnlockMs", problem, `Write at least ${unlockMs}, or leave it out.`);
  }
  if (isShorter(extendedHeldOpenMs, heldOpenMs, "extendedHeldOpenMs")) {
    const problem = `The door would alarm sooner for people who need longer than for others, after ${heldOpenMs} ms.`;
    find("extendedHeldOpenMs", problem, `Write at least ${heldOpenMs}, or leave it out.`);
  } else if (hasContact && isAlarmBeforeRelock(door)) {
    const problem = `The door would alarm as held open while it is still unlocked for people who need longer, for ${extendedUnlockMs} ms.`;
    find("extendedHeldOpenMs", problem, `Write more than ${extendedUnlockMs}, or shorten extendedUnlockMs.`);
  }
  if (preAlarmMs === undefined || preAlarmMs === 0) return findings;
  if (contact === null) {
    const problem = "Without a contact nobody knows that the door stands open, so there is nothing to warn of.";
    find("preAlarmMs", problem, "Add the door's contact, or write 0.");
  } else if (heldOpenMs !== undefined && preAlarmMs >= heldOpenMs) {
    const problem = `The warning would come before the door is open, for the alarm comes after ${heldOpenMs} ms.`;
    find("preAlarmMs", problem, `Write less than ${heldOpenMs}, or 0 for none.`);
  }
  return findings;
}

/** Left as it usually is, the longer of the two counts. */
function isShorter(extended: number | undefined, plain: number | undefined, key: ExtendedKey): boolean {
  return extended !== undefined && plain !== undefined && extended < plain && extended !== usual(key);
}

function isAlarmBeforeRelock({ heldOpenMs, extendedHeldOpenMs, unlockMs, extendedUnlockMs }: SomeDoor): boolean {
  if (heldOpenMs === undefined || extendedHeldOpenMs === undefined) return false;
  if (unlockMs === undefined || extendedUnlockMs === undefined || heldOpenMs <= unlockMs) return false;
  return Math.max(heldOpenMs, extendedHeldOpenMs) <= Math.max(unlockMs, extendedUnlockMs);
}

type ExtendedKey = "extendedUnlockMs" | "extendedHeldOpenMs";
const usual = (key: ExtendedKey): number => doorSchema.shape[key].parse(undefined);

/** What is named twice, and so counts once. */
function repetitions(door: SomeDoor, n: number): readonly Finding[] {
  const auxMethods = (door.auxRelays ?? []).flatMap(({ methods }, m) =>
    repeated(methods, (method) => method, ["doors", n, "auxRelays", m, "methods"]),
  );
  return [
    ...repeated(door.methods, (method) => method, ["doors", n, "methods"]),
    ...auxMethods,
    ...repeated(door.factors, ({ schedule }) => schedule, ["doors", n, "factors"], ["schedule"]),
    ...repeated(
      door.timetable,
      ({ schedule, action }) => `${schedule} ${action}`,
      ["doors", n, "timetable"],
      ["schedule"],
    ),
  ];
}

export function repeated<Entry>(
  list: readonly Entry[] | undefined,
  key: (entry: Entry) => string | undefined,
  steps: readonly Step[],
  below: readonly ("schedule" | "action" | "door")[] = [],
): readonly Finding[] {
  const entries = list ?? [];
  return entries.flatMap((entry, m) => {
    const first = entries.findIndex((other) => key(other) === key(entry));
    if (first === m || key(entry) === undefined) return [];
    const value = below.reduce<unknown>((part, step) => (part as Record<string, unknown>)[step], entry);
    return [{ steps: [...steps, m, ...below], value, problem: "This is listed twice.", remedy: "Remove one." }];
  });
}

function placeFindings(door: SomeDoor, n: number): readonly Finding[] {
  const findings: Finding[] = [];
  const { leadsTo, leadsFrom, unit, timetable = [] } = door;
  if (typeof leadsTo === "string" && leadsTo === leadsFrom) {
    const problem = "The door would lead from this area into the same one.";
    const remedy = "Name the area on its other side, or write null.";
    findings.push({ steps: ["doors", n, "leadsFrom"], value: leadsFrom, problem, remedy });
  }
  timetable.forEach(({ action }, m) => {
    if (unit !== true || action !== "holdOpen") return;
    const problem = "The door of a home would stand open for whoever comes by.";
    const remedy = "Remove this rule, or write unit: false.";
    findings.push({ steps: ["doors", n, "timetable", m, "action"], value: action, problem, remedy });
  });
  return findings;
}

/** What the door asks for and nobody could show there. */
function wayInFindings(door: SomeDoor, n: number, known: Salvage): readonly Finding[] {
  const readersOf = readersByDoor(known);
  if (readersOf === null || door.id === undefined || door.methods === undefined) return [];
  const sides = sidesOf(door, readersOf(door.id), known.features);
  const canShow = (...methods: readonly ("card" | "qr" | "pin")[]) =>
    sides.some((side) => methods.every((method) => side.has(method)));
  const findings: Finding[] = [];
  const find = (steps: readonly Step[], value: unknown, problem: string, remedy: string) =>
    findings.push({ steps: ["doors", n, ...steps], value, problem, remedy });
  if (door.keypadMode === "apartmentPin" && !canShow("pin")) {
    find(
      ["keypadMode"],
      door.keypadMode,
      "Nobody can type an apartment here, for no reader of this door has keys that count.",
      "Add a keypad, or leave keypadMode out.",
    );
  }
  door.factors?.forEach(({ need }, m) => {
    if (need !== "cardAndPin" && need !== "qrAndCode") return;
    const [what, first] = need === "cardAndPin" ? (["a card", "card"] as const) : (["a QR", "qr"] as const);
    if (canShow(first, "pin")) return;
    const problem = `Nobody could open this door then: it takes no ${what.slice(2)} and typed digits on the same side.`;
    find(["factors", m, "need"], need, problem, `Add a reader for ${what} and a keypad, or ask for something else.`);
  });
  if (door.passCodeRequired === true && !canShow("qr", "pin") && !isCodeEnough(canShow, known)) {
    const problem = "No pass could open this door: its QR and its secret code cannot both be shown on the same side.";
    find(["passCodeRequired"], true, problem, "Add a scanner and a keypad, or write false.");
  }
  return findings;
}

/** Where there is no scanner, a long code may do alone. */
const isCodeEnough = (canShow: (...methods: readonly ("qr" | "pin")[]) => boolean, { codes }: Salvage): boolean =>
  codes.codeAlone !== false && canShow("pin") && !canShow("qr");
