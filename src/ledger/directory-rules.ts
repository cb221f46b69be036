// What a directory change must look like before anything is looked up; knows no database. Pure. No text here names a secret.
import type { ChangeProblem, CredentialKind, DirectoryChange, Pass, Person } from "../domain/directory.ts";
import { idPattern } from "../domain/ids.ts";
import type { Schedule, WeeklyWindow } from "../domain/schedule.ts";
import { always, never } from "../domain/schedule.ts";

export const directoryLimits = {
  /** Applied at once, while asks wait: a quarter of a second on a small board. */
  stepsPerChange: 2_000,
  holders: 50_000,
  schedules: 1_000,
  windowsPerSchedule: 100,
  grantsPerHolder: 1_000,
  usesPerDoor: 999,
  nameLength: 100,
  perHolder: { pin: 1, card: 5, qr: 5 } satisfies Record<CredentialKind, number>,
} as const;

export type Problem = Omit<ChangeProblem, "step">;

/** ECMAScript's range of dates. */
const maxUnixMs = 8.64e15;
const minutesOfDay = 1_440;
const builtIn: readonly string[] = [always.id, never.id];

const problem = (text: string, remedy: string): Problem => ({ problem: text, remedy });

export function checkStepCount(count: number): ChangeProblem | null {
  if (count === 0) return { step: 0, problem: "The change has no steps.", remedy: "Give at least one step." };
  if (count <= directoryLimits.stepsPerChange) return null;
  const remedy = `Split it: at most ${directoryLimits.stepsPerChange} steps at once.`;
  return { step: 0, problem: `The change has ${count} steps.`, remedy };
}

export function checkChanges(changes: readonly DirectoryChange[]): ChangeProblem[] {
  const miscount = checkStepCount(changes.length);
  if (miscount !== null) return [miscount];
  return changes.flatMap((change, step) => checkStep(change).map((found) => ({ step, ...found })));
}

function checkStep(change: DirectoryChange): Problem[] {
  switch (change.op) {
    case "putPerson":
      return checkHolder(change.person);
    case "putPass":
      return [...checkHolder(change.pass), ...checkPass(change.pass)];
    case "putCredential":
      return [...checkId(change.id), ...checkSecret(change.kind, change.secret)];
    case "putSchedule":
      return checkSchedule(change.schedule);
    case "removeSchedule":
      return builtIn.includes(change.id) ? [builtInProblem(change.id)] : [];
    case "removeHolder":
    case "setCredentialState":
    case "removeCredential":
    case "putGrant":
    case "removeGrant":
      return [];
  }
}

function checkId(id: string): Problem[] {
  if (idPattern.test(id)) return [];
  return [problem("The id is malformed.", "Use 1 to 63 of a to z, 0 to 9 and -, not beginning with -.")];
}

function checkName(name: string): Problem[] {
  const { nameLength } = directoryLimits;
  const length = [...name].length;
  if (name.trim() !== "" && length <= nameLength && /^[^\p{C}]*$/u.test(name)) return [];
  return [problem("The name is not usable.", `Use 1 to ${nameLength} printable characters.`)];
}

function checkHolder({ id, name, validity }: Person | Pass): Problem[] {
  const { from, until } = validity;
  const problems = [...checkId(id), ...checkName(name)];
  for (const bound of [from, until]) {
    if (bound !== null && !(Number.isInteger(bound) && Math.abs(bound) <= maxUnixMs)) {
      problems.push(problem("A bound of the validity is not a time.", "Give milliseconds since 1970, or null."));
    }
  }
  if (from !== null && until !== null && from >= until) {
    problems.push(problem("The validity ends before it begins.", "Let `from` be earlier than `until`."));
  }
  return problems;
}

function checkPass({ validity, usesPerDoor }: Pass): Problem[] {
  const problems: Problem[] = [];
  if (validity.until === null) {
    problems.push(problem("The pass never ends.", "Give the pass an `until`."));
  }
  const most = directoryLimits.usesPerDoor;
  if (usesPerDoor !== null && !(Number.isInteger(usesPerDoor) && usesPerDoor >= 1 && usesPerDoor <= most)) {
    problems.push(problem("The uses per door are out of range.", `Give 1 to ${most}, or null for any number.`));
  }
  return problems;
}

function checkSecret(kind: CredentialKind, secret: string): Problem[] {
  switch (kind) {
    case "pin":
      if (/^[0-9]{2,8}$/.test(secret)) return [];
      return [problem("The PIN is not 2 to 8 digits.", "Give 2 to 8 digits; leading zeros count.")];
    case "card":
      if (isCardCode(secret)) return [];
      return [
        problem("The card code is malformed.", "Give it as the reader shows it: upper-case hex, such as 00B775D2."),
      ];
    case "qr":
      if (/^[^\p{C}]{1,300}$/u.test(secret)) return [];
      return [problem("The QR text is not usable.", "Use 1 to 300 printable characters.")];
  }
}

/** Whole bytes; a raw frame adds its length in bits. */
function isCardCode(code: string): boolean {
  const match = /^((?:[0-9A-F]{2}){1,32})(?:\/([1-9][0-9]{0,2}))?$/.exec(code);
  if (match === null) return false;
  const [, hex = "", bits] = match;
  return bits === undefined ? hex.length >= 8 : Number(bits) <= 256;
}

function checkSchedule({ id, name, rule }: Schedule): Problem[] {
  if (builtIn.includes(id)) return [builtInProblem(id)];
  const problems = [...checkId(id), ...checkName(name)];
  if (rule.kind !== "weekly") return problems;
  const most = directoryLimits.windowsPerSchedule;
  if (rule.windows.length === 0 || rule.windows.length > most) {
    problems.push(problem("The number of windows is out of range.", `Give 1 to ${most} windows, or the kind "never".`));
  }
  if (!rule.windows.every(isWindow)) {
    const remedy = "Give at least one day, each once, a start from minute 0 to 1439 and an end from 0 to 1440.";
    problems.push(problem("A window is malformed.", remedy));
  }
  return problems;
}

function isWindow({ days, startMinute, endMinute }: WeeklyWindow): boolean {
  const minutesFit =
    Number.isInteger(startMinute) &&
    Number.isInteger(endMinute) &&
    startMinute >= 0 &&
    startMinute < minutesOfDay &&
    endMinute >= 0 &&
    endMinute <= minutesOfDay;
  return minutesFit && days.length > 0 && new Set(days).size === days.length;
}

const builtInProblem = (id: string): Problem =>
  problem(`The schedule "${id}" is built in.`, "Put a schedule of your own under another id.");
