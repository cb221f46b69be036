// `postern issuer code`: digits for a keypad that never heard of them, with what a visitor has to know.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { minuteMs } from "../domain/carried-pass/pass-claims.ts";
import { codeUnitMinutes } from "../domain/offline-code.ts";
import { unixMs } from "../domain/time.ts";
import { readKey, updateKey } from "../issuer/key-folder.ts";
import { unusedCode } from "../issuer/unused-code.ts";
import { folderOption, placesText } from "./issuer-keys.ts";
import { windowOptions, windowWanted } from "./issuer-pass.ts";
import { noSuchVerb, onlyWord } from "./options.ts";
import { timeText } from "./spoken-time.ts";

const options = { ...windowOptions, once: { type: "boolean", default: false }, ...folderOption } as const;

export async function issuerCode([verb, ...rest]: readonly string[]): Promise<number> {
  if (verb !== "new") throw noSuchVerb("issuer code", verb, ["new"]);
  const { values, positionals } = parseArgs({ args: [...rest], allowPositionals: true, options });
  const id = onlyWord(positionals, "the key that makes it");
  const folder = resolve(values.folder);
  const { key, timeZone } = readKey(folder, id);
  const now = unixMs(Date.now());
  const window = windowWanted(values, { nowWall: now, timeZone }, codeUnitMinutes(key.digits ?? 12));
  const { made, code: wanted } = updateKey(folder, id, (file) => {
    const found = unusedCode(file, { ...window, once: values.once }, now);
    if (!found.ok) throw new Error(found.problem);
    return [found.file, found.unused] as const;
  });
  const until = unixMs(wanted.from + wanted.minutes * minuteMs);
  const span = `from ${timeText(wanted.from, timeZone)} until ${timeText(until, timeZone)} (${timeZone})`;
  console.log(`Code ${made.id}: opens ${placesText(key)} ${span}${values.once ? ", once" : ""}.`);
  console.log(`Type ${made.digits.replace(/(.{4})(?=.)/g, "$1 ")} and #.`);
  return 0;
}
