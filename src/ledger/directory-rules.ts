// What a directory change must look like before anything is looked up; knows no database. Pure. No text here names a secret.
import { dayOf, parseDate } from "../domain/calendar-day.ts";
import { isRandomUid } from "../domain/card-format.ts";
import type {
  ChangeProblem,
  CredentialKind,
  DirectoryChange,
  HolderKind,
  Pass,
  Person,
  Validity,
} from "../domain/directory.ts";
import { completePass, completePerson, publicIds } from "../domain/directory.ts";
import { idPattern } from "../domain/ids.ts";
import { hasEnd } from "../domain/pass-preset.ts";
import { isPlate, normalizePlate } from "../domain/presentation.ts";
import type { DayWindow, Recurrence } from "../domain/recurrence.ts";
import type { Holiday, Schedule, WeeklyWindow } from "../domain/schedule.ts";
import { always, never } from "../domain/schedule.ts";
import { checkPassKey, checkRevoked } from "./pass-key-rules.ts";

export const directoryLimits = {
  /** Applied at once, while asks wait: a quarter of a second on a small board. */
  stepsPerChange: 2_000,
  holders: 100_000,
  schedules: 1_000,
  windowsPerSchedule: 100,
  grantsPerHolder: 1_000,
  usesPerDoor: 999,
  nameLength: 100,
  /** Cards and keys of the Bkey kind together. */
  perHolder: { pin: 1, code: 1, qrPin: 1, qr: 5, card: 5, bkey: 5, plate: 5 } satisfies Record<CredentialKind, number>,
  holidays: 1_000,
  floorsPerHolder: 128,
  textLength: 255,
  exceptions: 366,
} as const;

/** Share one space of numbers and one limit. */
export const cardClass: readonly CredentialKind[] = ["card", "bkey"];

export const kindsOf: Readonly<Record<HolderKind, readonly CredentialKind[]>> = {
  person: ["pin", "qrPin", "qr", "card", "bkey", "plate"],
  pass: ["pin", "code", "qrPin", "qr", "card", "plate"],
  public: ["pin"],
};

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
      return checkPerson(completePerson(change.person));
    case "putPass":
      return checkPass(completePass(change.pass));
    case "putPublic":
      return [...checkPublicId(change.public.id), ...checkName(change.public.name)];
    case "putCredential":
      return [
        ...checkId(change.id),
        ...checkSecret(change.kind, change.secret),
        ...(change.validity === undefined ? [] : checkValidity(change.validity)),
        ...checkCard(change),
      ];
    case "putSchedule":
      return checkSchedule(change.schedule);
    case "removeSchedule":
      return builtIn.includes(change.id) ? [builtInProblem(change.id)] : [];
    case "putHoliday":
      return checkHoliday(change.holiday);
    case "activatePass":
      return isTime(change.at) ? [] : [problem("The time of activation is not a time.", timeRemedy)];
    case "setHolderState":
      return change.state === "revoked" && change.holder.kind !== "pass"
        ? [problem("Only a pass can be revoked.", "Suspend or remove them.")]
        : [];
    case "putToken":
      return [...checkId(change.id), ...checkValidity(change.validity), ...checkToken(change)];
    case "putUses":
      return checkUses(change);
    case "putPassKey":
      return checkPassKey(change);
    case "revokePasses":
      return checkRevoked(change);
    case "removeHolder":
    case "setCredentialState":
    case "removeCredential":
    case "removeHoliday":
    case "putGrant":
    case "removeGrant":
    case "removePassKey":
      return [];
  }
}

const timeRemedy = "Give milliseconds since 1970, or null.";
const isTime = (value: number): boolean => Number.isInteger(value) && Math.abs(value) <= maxUnixMs;

function checkPublicId(id: string): Problem[] {
  if ((publicIds as readonly string[]).includes(id)) return [];
  return [problem("There are three public codes.", `Use ${publicIds.join(", ")}.`)];
}

function checkCard(change: Extract<DirectoryChange, { op: "putCredential" }>): Problem[] {
  const { kind, secret, known = null, technology = null } = change;
  const isCard = cardClass.includes(kind);
  if (known !== null && !(isCard && /^[0-9A-F]{8}$/.test(secret))) {
    return [problem("Only a card of four bytes can be known by three of them.", "Leave `known` out.")];
  }
  if (!isCard || known !== null || technology === "id" || !isRandomUid(secret)) return [];
  return [
    problem(
      "This card shows another number each time, so nobody can be known by it.",
      "Use another card; if it is a 125 kHz one, whose numbers stay, say so by its technology.",
    ),
  ];
}

function checkToken({ kind, holder, code }: Extract<DirectoryChange, { op: "putToken" }>): Problem[] {
  const tokens = [code.token, ...(code.twin === null ? [] : [code.twin])];
  const isWhole = tokens.every((token) => /^[A-Za-z0-9_-]{22}$/.test(token));
  const digitsFit = code.digits === null ? kind === "qr" : Number.isInteger(code.digits) && inRange(code.digits, 1, 16);
  if (isWhole && digitsFit && tokenKinds.includes(kind) && kindsOf[holder.kind].includes(kind)) return [];
  return [problem("The token is malformed.", "Use one as a controller exported it.")];
}

/** Kinds of which only tokens are stored. */
const tokenKinds: readonly CredentialKind[] = ["pin", "code", "qrPin", "qr"];

const inRange = (value: number, min: number, max: number): boolean => value >= min && value <= max;

function checkUses({ occurrence, spent }: Extract<DirectoryChange, { op: "putUses" }>): Problem[] {
  const most = directoryLimits.usesPerDoor * directoryLimits.grantsPerHolder;
  if (Number.isInteger(occurrence) && Number.isInteger(spent) && inRange(spent, 0, most)) return [];
  return [problem("The spent uses are out of range.", `Give whole numbers; 0 to ${most} uses.`)];
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

function checkPerson(person: Person): Problem[] {
  const { id, name, validity, floors, webRelay, namedEvents, building, apartment, phone } = person;
  const problems = [...checkId(id), ...checkName(name), ...checkValidity(validity), ...checkFloors(floors)];
  const texts = [building, phone, ...namedEvents].filter((text) => text !== null);
  if (!texts.every(isText)) problems.push(problem("A text is not usable.", textRemedy));
  if (apartment !== null && !/^[0-9A-Za-z-]{1,16}$/.test(apartment)) {
    problems.push(problem("The apartment is not usable.", "Use 1 to 16 letters, digits and hyphens."));
  }
  if (!(Number.isInteger(webRelay) && webRelay >= 0 && webRelay <= 50)) {
    problems.push(problem("The web relay is out of range.", "Give 0 for none, or the number of an action, 1 to 50."));
  }
  return problems;
}

function checkValidity({ from, until }: Validity): Problem[] {
  const problems: Problem[] = [];
  for (const bound of [from, until]) {
    if (bound !== null && !isTime(bound)) problems.push(problem("A bound of the validity is not a time.", timeRemedy));
  }
  if (from !== null && until !== null && from >= until) {
    problems.push(problem("The validity ends before it begins.", "Let `from` be earlier than `until`."));
  }
  return problems;
}

function checkPass(pass: Pass): Problem[] {
  const { id, name, validity, expiresAt, activationMs, recurrence, usesPerDoor, usesTotal, floors } = pass;
  const problems = [...checkId(id), ...checkName(name), ...checkValidity(validity), ...checkRecurrence(recurrence)];
  if (pass.preset === null && !hasEnd(pass)) {
    problems.push(problem("The pass never ends.", "Give the pass an `until`."));
  }
  if (expiresAt !== null && !isTime(expiresAt)) problems.push(problem("`expiresAt` is not a time.", timeRemedy));
  const most = directoryLimits.usesPerDoor;
  for (const uses of [usesPerDoor, usesTotal]) {
    if (uses !== null && !(Number.isInteger(uses) && uses >= 1 && uses <= most)) {
      problems.push(problem("The uses per door are out of range.", `Give 1 to ${most}, or null for any number.`));
    }
  }
  if ((usesPerDoor !== null || usesTotal !== null) && (recurrence.kind === "daily" || recurrence.kind === "weekly")) {
    problems.push(
      problem("Openings cannot be counted for a daily or weekly pass.", "Leave the uses out, or let it not repeat."),
    );
  }
  if (activationMs !== null && !(Number.isInteger(activationMs) && activationMs >= 60_000 && activationMs <= yearMs)) {
    problems.push(problem("`activationMs` is out of range.", "Give a minute to a year in milliseconds, or null."));
  }
  if (floors.kind === "list") problems.push(...checkFloors(floors.floors));
  if (floors.kind === "host" && pass.host === null) {
    problems.push(problem("The floors follow a host, and the pass has none.", "Name the host, or list the floors."));
  }
  if (![pass.idNumber, pass.message].every((text) => text === null || isText(text))) {
    problems.push(problem("A text is not usable.", textRemedy));
  }
  if (!(Number.isInteger(pass.version) && pass.version >= 0)) {
    problems.push(problem("The version is not a number.", "Give a whole number from 0 on."));
  }
  return problems;
}

const yearMs = 366 * 86_400_000;
const textRemedy = `Use up to ${directoryLimits.textLength} printable characters.`;
const isText = (text: string): boolean => text.length <= directoryLimits.textLength && /^[^\p{C}]*$/u.test(text);

function checkFloors(floors: readonly string[]): Problem[] {
  if (floors.length <= directoryLimits.floorsPerHolder && floors.every((floor) => /^[0-9A-Za-z-]{1,16}$/.test(floor)))
    return [];
  return [problem("The floors are not usable.", "Give up to 128, each of 1 to 16 letters, digits and hyphens.")];
}

function checkRecurrence(recurrence: Recurrence): Problem[] {
  if (recurrence.kind === "once") return [];
  const { from, until, window } = recurrence;
  const problems: Problem[] = [];
  if (!isDayWindow(window)) problems.push(problem("The window is malformed.", windowRemedy));
  const dates = [from, ...(until === null ? [] : [until]), ...(recurrence.kind === "custom" ? recurrence.except : [])];
  if (!dates.every((date) => parseDate(date) !== null)) problems.push(problem("A date is malformed.", dateRemedy));
  else if (until !== null && dayOf(until) < dayOf(from)) {
    problems.push(problem("The pass ends before it begins.", "Let `from` be no later than `until`."));
  }
  if (recurrence.kind === "weekly" && !isDayList(recurrence.days)) {
    problems.push(problem("The days are malformed.", "Give at least one day, each once."));
  }
  if (recurrence.kind !== "custom") return problems;
  const { every, count, except } = recurrence;
  if (!(Number.isInteger(every) && every >= 1 && every <= 366)) {
    problems.push(problem("`every` is out of range.", "Give 1 to 366."));
  }
  if (count !== null && !(Number.isInteger(count) && count >= 1 && count <= 999)) {
    problems.push(problem("`count` is out of range.", "Give 1 to 999, or null."));
  }
  if (except.length > directoryLimits.exceptions) {
    problems.push(problem("There are too many exceptions.", `Give at most ${directoryLimits.exceptions}.`));
  }
  return problems;
}

function checkHoliday({ id, name, from, until, workingHours }: Holiday): Problem[] {
  const problems = [...checkId(id), ...checkName(name)];
  if (parseDate(from) === null || parseDate(until) === null) problems.push(problem("A date is malformed.", dateRemedy));
  else if (dayOf(until) < dayOf(from)) {
    problems.push(problem("The holiday ends before it begins.", "Let `from` be no later than `until`."));
  }
  if (workingHours.length > 8 || !workingHours.every(isDayWindow)) {
    problems.push(problem("The working hours are malformed.", windowRemedy));
  }
  return problems;
}

const dateRemedy = "Write the year, the month and the day, such as 2026-12-24.";
const windowRemedy = "Give a start from minute 0 to 1439 and an end from 0 to 1440.";

function checkSecret(kind: CredentialKind, secret: string): Problem[] {
  switch (kind) {
    case "pin":
      if (/^[0-9]{2,8}$/.test(secret)) return [];
      return [problem("The PIN is not 2 to 8 digits.", "Give 2 to 8 digits; leading zeros count.")];
    case "code":
      if (/^[0-9]{4,8}$/.test(secret)) return [];
      return [problem("The secret code is not 4 to 8 digits.", "Give 4 to 8 digits; leading zeros count.")];
    case "qrPin":
      if (/^[0-9]{8}$/.test(secret)) return [];
      return [problem("The QR's PIN is not 8 digits.", "Give 8 digits; leading zeros count.")];
    case "plate":
      if (isPlate(normalizePlate(secret))) return [];
      return [problem("The number plate is not usable.", "Give 2 to 32 letters and digits.")];
    case "card":
    case "bkey":
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
  const { from = null, until = null } = rule;
  if (![from, until].every((date) => date === null || parseDate(date) !== null)) {
    problems.push(problem("A date is malformed.", dateRemedy));
  } else if (from !== null && until !== null && dayOf(until) < dayOf(from)) {
    problems.push(problem("The schedule ends before it begins.", "Let `from` be no later than `until`."));
  }
  return problems;
}

const isWindow = (window: WeeklyWindow): boolean => isDayWindow(window) && isDayList(window.days);

const isDayList = (days: readonly string[]): boolean => days.length > 0 && new Set(days).size === days.length;

const isDayWindow = ({ startMinute, endMinute }: DayWindow): boolean =>
  Number.isInteger(startMinute) &&
  Number.isInteger(endMinute) &&
  startMinute >= 0 &&
  startMinute < minutesOfDay &&
  endMinute >= 0 &&
  endMinute <= minutesOfDay;

const builtInProblem = (id: string): Problem =>
  problem(`The schedule "${id}" is built in.`, "Put a schedule of your own under another id.");
