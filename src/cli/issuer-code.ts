// `postern issuer code`: digits for a keypad that never heard of them, with what a visitor has to know.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { minuteMs } from "../domain/carried-pass/pass-claims.ts";
import type { OfflineCode } from "../domain/offline-code.ts";
import { codeMinutes, codeUnitMinutes } from "../domain/offline-code.ts";
import { unixMs } from "../domain/time.ts";
import type { KeyFile } from "../issuer/key-folder.ts";
import { issuerKeyOf, readKey, updateKey } from "../issuer/key-folder.ts";
import type { MintedCode } from "../issuer/mint-code.ts";
import { mintCode } from "../issuer/mint-code.ts";
import { folderOption, placesText } from "./issuer-keys.ts";
import { windowOptions, windowWanted } from "./issuer-pass.ts";
import { Misuse } from "./misuse.ts";
import { noSuchVerb, onlyWord } from "./options.ts";
import { timeText } from "./spoken-time.ts";

const options = { ...windowOptions, once: { type: "boolean", default: false }, ...folderOption } as const;

export async function issuerCode([verb, ...rest]: readonly string[]): Promise<number> {
  if (verb !== "new") throw noSuchVerb("issuer code", verb, ["new"]);
  const { values, positionals } = parseArgs({ args: [...rest], allowPositionals: true, options });
  const id = onlyWord(positionals, "the key that makes it");
  const folder = resolve(values.folder);
  const { key, timeZone } = readKey(folder, id);
  const unit = codeUnitMinutes(key.digits ?? 12);
  const window = windowWanted(values, { nowWall: Date.now(), timeZone }, unit);
  const minutes = codeMinutes.find((one) => one * minuteMs >= window.until - window.from);
  if (minutes === undefined) throw new Misuse("A code lasts up to 31 days.");
  const { made, wanted } = updateKey(folder, id, (file) =>
    unusedCode(file, { from: window.from, minutes, once: values.once }),
  );
  const until = unixMs(wanted.from + wanted.minutes * minuteMs);
  const span = `from ${timeText(wanted.from, timeZone)} until ${timeText(until, timeZone)} (${timeZone})`;
  console.log(`Code ${made.id}: opens ${placesText(key)} ${span}${values.once ? ", once" : ""}.`);
  console.log(`Type ${made.digits.replace(/(.{4})(?=.)/g, "$1 ")} and #.`);
  return 0;
}

type Made = Extract<MintedCode, { ok: true }>;

/** Where both codes of a window are given away, one begins a unit earlier. */
function unusedCode(
  file: KeyFile,
  { from, minutes, once }: Omit<OfflineCode, "n">,
): readonly [KeyFile, { readonly made: Made; readonly wanted: Omit<OfflineCode, "n"> }] {
  const unitMs = codeUnitMinutes(file.key.digits ?? 12) * minuteMs;
  for (let earlier = 0; ; earlier += 1) {
    const wanted = { from: unixMs(from - earlier * unitMs), minutes, once };
    for (const n of [0, 1] as const) {
      const made = mintCode(issuerKeyOf(file), { ...wanted, n });
      if (!made.ok) throw new Error(made.problem);
      if (file.codes.includes(made.serial)) continue;
      return [
        { ...file, codes: [...file.codes, made.serial] },
        { made, wanted },
      ];
    }
  }
}
