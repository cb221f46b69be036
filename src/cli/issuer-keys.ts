// `postern issuer keys`: keys that make carried passes and offline codes, and the files by which controllers get to know them.
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { passKeyForms, passKeyLimits } from "../domain/carried-pass/pass-key.ts";
import { idPattern } from "../domain/ids.ts";
import { isTimeZone } from "../domain/local-time.ts";
import type { KeyFile } from "../issuer/key-folder.ts";
import { exportedText, keyFiles, moveKey, readKey, writeNewKey } from "../issuer/key-folder.ts";
import { Misuse } from "./misuse.ts";
import { noSuchVerb, onlyWord } from "./options.ts";
import { momentOf, spanMs, spanText } from "./spoken-time.ts";
import { printTable } from "./table.ts";

export const folderOption = { folder: { type: "string", default: "issuer" } } as const;

const newOptions = {
  form: { type: "string" },
  place: { type: "string", multiple: true },
  digits: { type: "string" },
  number: { type: "string" },
  name: { type: "string" },
  floor: { type: "string", multiple: true },
  longest: { type: "string" },
  "max-uses": { type: "string" },
  person: { type: "string" },
  from: { type: "string" },
  until: { type: "string" },
  zone: { type: "string" },
  ...folderOption,
} as const;

type NewValues = ReturnType<typeof readNew>["values"];

const readNew = (args: readonly string[]) =>
  parseArgs({ args: [...args], allowPositionals: true, options: newOptions });

export async function issuerKeys([verb, ...rest]: readonly string[]): Promise<number> {
  if (verb === "new") return makeKey(rest);
  if (verb === "list") return listKeys(rest);
  if (verb === "export") return exportKey(rest);
  if (verb === "move") return move(rest);
  if (verb === "publish") return (await import("./issuer/publish-key.ts")).publishKey(rest);
  throw noSuchVerb("issuer keys", verb, ["new", "list", "export", "move", "publish"]);
}

function makeKey(args: readonly string[]): number {
  const { values, positionals } = readNew(args);
  const id = onlyWord(positionals, "the key, such as front-desk-2026");
  if (!idPattern.test(id)) throw new Misuse("The key's name has a-z, 0-9 and hyphens only.");
  const timeZone = values.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!isTimeZone(timeZone)) throw new Misuse("--zone takes a time zone such as Europe/Madrid.");
  const file: KeyFile = {
    key: keyOf(id, values, timeZone),
    secret: randomBytes(passKeyLimits.secretBytes).toString("hex"),
    timeZone,
    nextSerial: 1,
    codes: [],
    home: null,
  };
  const folder = resolve(values.folder);
  const taken = keyFiles(folder).find(({ key }) => key.number === file.key.number);
  if (taken !== undefined) {
    throw new Error(`The key "${taken.key.id}" has the number ${file.key.number} already; leave --number out.`);
  }
  writeNewKey(folder, file);
  console.log(`The key "${id}" has the number ${file.key.number}. Its places: ${placesText(file.key)}.`);
  console.log(
    `Controllers get to know it by: postern issuer keys publish ${id}, or without a cloud: export ${id} FILE`,
  );
  return 0;
}

function keyOf(id: string, values: NewValues, timeZone: string): KeyFile["key"] {
  const form = passKeyForms.find((one) => one === values.form);
  if (form === undefined) throw new Misuse(`--form takes ${passKeyForms.join(", ")}.`);
  const clock = { nowWall: Date.now(), timeZone };
  const { place = [], floor = [], longest, person = null } = values;
  if (place.length === 0 || place.length > passKeyLimits.places) {
    throw new Misuse(`Name 1 to ${passKeyLimits.places} places with --place DOOR[,DOOR...].`);
  }
  if (floor.length > passKeyLimits.floors) throw new Misuse(`A key has up to ${passKeyLimits.floors} floors.`);
  return {
    id,
    number: values.number === undefined ? nextNumber(values) : countOf(values.number, "--number", passKeyLimits.number),
    name: values.name ?? id,
    form,
    digits: digitsOf(form, values.digits),
    places: place.map((doors, n) => ({ number: n + 1, doors: doorsOf(doors) })),
    floors: floor,
    limits: {
      maxMinutes: longest === undefined ? null : spanMs(longest, "--longest") / 60_000,
      maxUses: values["max-uses"] === undefined ? null : countOf(values["max-uses"], "--max-uses", 127),
    },
    validity: {
      from: values.from === undefined ? null : momentOf(values.from, "--from", clock, false),
      until: values.until === undefined ? null : momentOf(values.until, "--until", clock, true),
    },
    person,
  };
}

/** A number is never used twice; of keys in other folders this one knows nothing. */
const nextNumber = ({ folder }: NewValues): number =>
  Math.max(0, ...keyFiles(resolve(folder)).map(({ key }) => key.number)) + 1;

function digitsOf(form: KeyFile["key"]["form"], said: string | undefined): 10 | 12 | null {
  if (form !== "code" && said !== undefined) throw new Misuse("--digits belongs to a key of the form code.");
  if (form !== "code") return null;
  if (said !== undefined && said !== "10" && said !== "12") throw new Misuse("--digits takes 10 or 12.");
  return said === "10" ? 10 : 12;
}

function doorsOf(text: string): string[] {
  const doors = text.split(",");
  if (doors.every((door) => idPattern.test(door))) return doors;
  throw new Misuse("--place takes the ids of doors, such as front or front,side.");
}

export function countOf(text: string, option: string, most: number): number {
  const count = /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > most) throw new Misuse(`${option} takes 1 to ${most}.`);
  return count;
}

export const placesText = ({ places }: Pick<KeyFile["key"], "places">, only: readonly number[] | null = null): string =>
  places
    .filter(({ number }) => only === null || only.includes(number))
    .map(({ number, doors }) => `${number} (${doors.join(", ")})`)
    .join(", ");

function listKeys(args: readonly string[]): number {
  const { values } = parseArgs({ args: [...args], options: folderOption });
  const rows = keyFiles(resolve(values.folder)).map(({ key }) => [
    String(key.number),
    key.id,
    key.digits === null ? key.form : `${key.form} ${key.digits}`,
    placesText(key),
    key.person ?? "",
    key.limits.maxMinutes === null ? "" : spanText(key.limits.maxMinutes * 60_000),
  ]);
  printTable(["NUMBER", "KEY", "FORM", "PLACES", "PERSON", "LONGEST"], rows);
  if (rows.length === 0) console.log("There are no keys yet; make one with: postern issuer keys new");
  return 0;
}

function writeNewFile(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: "wx" });
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === "EEXIST";
    const why = isThere ? "is there already; name a new file" : "cannot be written; see that its folder is there";
    throw new Error(`${file} ${why}.`, { cause: error });
  }
}

/** What the other folder gave out since it was copied, only whoever used it knows. */
function move(args: readonly string[]): number {
  const options = { ...folderOption, after: { type: "string" } } as const;
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const id = onlyWord(positionals, "the key");
  const folder = resolve(values.folder);
  const { key, nextSerial } = readKey(folder, id);
  const isOfCodes = key.form === "code";
  if (isOfCodes && values.after !== undefined) throw new Misuse("--after belongs to keys that make passes.");
  if (!isOfCodes && !/^(0|[1-9][0-9]{0,7})$/.test(values.after ?? ""))
    throw new Misuse("Say with --after which serial was the last that the other folder gave out; 0 for none.");
  moveKey(folder, id, isOfCodes ? nextSerial : Number(values.after) + 1);
  console.log(`The key "${id}" is used in ${folder} from now on, and must not be in another folder any more.`);
  if (isOfCodes)
    console.log("Codes that the other one made since it was copied may be made again; a new key makes none twice.");
  return 0;
}

function exportKey(args: readonly string[]): number {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: folderOption });
  const [id, file, ...more] = positionals;
  if (id === undefined || file === undefined || more.length > 0) throw new Misuse("Name the key and a new file.");
  const key = readKey(resolve(values.folder), id);
  writeNewFile(file, exportedText(key));
  const can = key.key.form === "signed" ? "can check passes, and make none" : "can make what it checks: keep it secret";
  console.log(`${file} is for controllers (postern pass-keys add ${file}); whoever has it ${can}.`);
  return 0;
}
