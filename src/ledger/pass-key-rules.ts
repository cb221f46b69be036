// What a change of issuers' keys must look like before anything is looked up; knows no database. Pure. No text here names a secret.
import { maxSerial } from "../domain/carried-pass/pass-body.ts";
import type { PassKey } from "../domain/carried-pass/pass-key.ts";
import { completePassKey, passKeyLimits } from "../domain/carried-pass/pass-key.ts";
import type { DirectoryChange } from "../domain/directory.ts";
import { idPattern } from "../domain/ids.ts";
import type { Problem } from "./directory-rules.ts";

type PutPassKey = Extract<DirectoryChange, { op: "putPassKey" }>;
type RevokePasses = Extract<DirectoryChange, { op: "revokePasses" }>;

const maxRevokedAtOnce = 1_000;
const maxNameLength = 100;
const maxFloorLength = 255;

const problem = (text: string, remedy: string): Problem => ({ problem: text, remedy });
const isWhole = (value: number, min: number, max: number) => Number.isInteger(value) && value >= min && value <= max;

export function checkPassKey({ key: given, secret }: PutPassKey): Problem[] {
  const key = completePassKey(given);
  return [...checkNames(key), ...checkForm(key, secret), ...checkPlaces(key), ...checkBounds(key)];
}

export function checkRevoked({ upTo = null, serials = [] }: RevokePasses): Problem[] {
  const all = upTo === null ? serials : [upTo, ...serials];
  const fits = all.every((serial) => isWhole(serial, 0, Number.MAX_SAFE_INTEGER)) && all.length > 0;
  if (fits && all.length <= maxRevokedAtOnce) return [];
  return [problem("It names no passes to revoke, or too many.", `Give up to ${maxRevokedAtOnce} serials.`)];
}

function checkNames({ id, number, name }: PassKey): Problem[] {
  const problems: Problem[] = [];
  if (!idPattern.test(id)) problems.push(problem("The key's id is malformed.", "Use a-z, 0-9 and hyphens."));
  if (!isWhole(number, 1, passKeyLimits.number)) {
    problems.push(problem("The key's number is out of range.", `Use 1 to ${passKeyLimits.number}.`));
  }
  if (!isText(name, maxNameLength)) {
    problems.push(problem("The key's name is malformed.", `Use up to ${maxNameLength} printable characters.`));
  }
  return problems;
}

function checkForm({ form, digits }: PassKey, secret: string | undefined): Problem[] {
  const problems: Problem[] = [];
  if ((form === "code") !== (digits !== null)) {
    problems.push(problem("Only a key for offline codes has digits, and it must.", "Say 10 or 12, or leave them out."));
  }
  if (secret !== undefined && !new RegExp(`^[0-9a-f]{${passKeyLimits.secretBytes * 2}}$`).test(secret)) {
    problems.push(
      problem("The key's secret is malformed.", "Give the file as its issuer wrote it: 64 digits and letters a-f."),
    );
  }
  return problems;
}

function checkPlaces({ places }: PassKey): Problem[] {
  const numbers = places.map(({ number }) => number);
  const fits =
    places.length > 0 &&
    new Set(numbers).size === numbers.length &&
    numbers.every((number) => isWhole(number, 1, passKeyLimits.places)) &&
    places.every(({ doors }) => doors.length > 0 && doors.length <= passKeyLimits.doorsPerPlace) &&
    places.every(({ doors }) => doors.every((door) => idPattern.test(door)));
  if (fits) return [];
  const remedy = `Number them 1 to ${passKeyLimits.places}, each number once, with 1 to ${passKeyLimits.doorsPerPlace} doors.`;
  return [problem("The key's places are malformed.", remedy)];
}

function checkBounds({ floors, limits, validity }: PassKey): Problem[] {
  const problems: Problem[] = [];
  if (floors.length > passKeyLimits.floors || !floors.every((floor) => floor !== "" && isText(floor, maxFloorLength))) {
    problems.push(problem("The key's floors are malformed.", `Name up to ${passKeyLimits.floors} floors.`));
  }
  const { maxMinutes, maxUses } = limits;
  if (![maxMinutes, maxUses].every((limit) => limit === null || isWhole(limit, 1, maxSerial))) {
    problems.push(problem("The key's limits are malformed.", "Give minutes and uses from 1 on, or null for none."));
  }
  const { from, until } = validity;
  if (
    ![from, until].every((time) => time === null || Number.isInteger(time)) ||
    (until !== null && (from ?? 0) >= until)
  ) {
    problems.push(problem("The key's validity is malformed.", "Let it end after it begins."));
  }
  return problems;
}

const isText = (text: string, length: number): boolean => text.length <= length && /^[^\p{C}]*$/u.test(text);
