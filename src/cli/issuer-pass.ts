// `postern issuer pass`: a pass as a QR code, with what a visitor has to know.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { carriedHolder } from "../domain/carried-pass/carried-holder.ts";
import type { PassClaims, Revokes } from "../domain/carried-pass/pass-claims.ts";
import { minuteMs } from "../domain/carried-pass/pass-claims.ts";
import type { UnixMs } from "../domain/time.ts";
import { unixMs } from "../domain/time.ts";
import type { KeyFile } from "../issuer/key-folder.ts";
import { issuerKeyOf, readKey, updateKey } from "../issuer/key-folder.ts";
import { mintPass } from "../issuer/mint-pass.ts";
import { countOf, folderOption, placesText } from "./issuer-keys.ts";
import { Misuse } from "./misuse.ts";
import { noSuchVerb, onlyWord } from "./options.ts";
import { serialIn } from "./pass-serial.ts";
import { recurrenceText } from "./pass-words.ts";
import { refusePicture, writePicture } from "./picture-file.ts";
import { qrLines } from "./qr-picture.ts";
import type { TimeWords } from "./spoken-time.ts";
import { daysOf, momentOf, spanMs, timeText, windowOf } from "./spoken-time.ts";

export const windowOptions = {
  from: { type: "string" },
  until: { type: "string" },
  for: { type: "string" },
} as const;

const options = {
  ...windowOptions,
  place: { type: "string", multiple: true },
  uses: { type: "string" },
  "uses-in-all": { type: "string" },
  days: { type: "string" },
  between: { type: "string" },
  floor: { type: "string", multiple: true },
  "floors-of-person": { type: "boolean", default: false },
  "with-code": { type: "boolean", default: false },
  revoke: { type: "string", multiple: true },
  "revoke-up-to": { type: "string" },
  picture: { type: "string", multiple: true },
  ...folderOption,
} as const;

type Values = ReturnType<typeof read>["values"];

const read = (args: readonly string[]) => parseArgs({ args: [...args], allowPositionals: true, options });

export async function issuerPass([verb, ...rest]: readonly string[]): Promise<number> {
  if (verb !== "new") throw noSuchVerb("issuer pass", verb, ["new"]);
  const { values, positionals } = read(rest);
  const id = onlyWord(positionals, "the key that makes it");
  const folder = resolve(values.folder);
  const { key, timeZone } = readKey(folder, id);
  const said = claimsOf(values, { nowWall: Date.now(), timeZone }, key);
  for (const picture of values.picture ?? []) refusePicture(picture);
  const { file, claims, minted } = updateKey(folder, id, (file) => {
    const claims = { ...said, serial: file.nextSerial };
    const minted = mintPass(issuerKeyOf(file), claims);
    if (!minted.ok) throw new Error(minted.problem);
    return [
      { ...file, nextSerial: file.nextSerial + 1 },
      { file, claims, minted },
    ] as const;
  });
  tell(file, claims, minted.text, minted.code, values["with-code"]);
  const written = (values.picture ?? []).map((picture) => writePicture(picture, minted.text));
  return written.every((isWritten) => isWritten) ? 0 : 1;
}

function claimsOf(values: Values, clock: TimeWords, key: KeyFile["key"]): Omit<PassClaims, "serial"> {
  const { place, floor } = values;
  if (floor !== undefined && values["floors-of-person"]) throw new Misuse("Use either --floor or --floors-of-person.");
  return {
    ...windowWanted(values, clock, 1),
    places: place === undefined ? null : place.map((one) => countOf(one, "--place", 32)),
    uses: usesOf(values),
    recurrence: recurrenceOf(values),
    floors: values["floors-of-person"]
      ? "person"
      : floor === undefined
        ? null
        : floor.map((n) => countOf(n, "--floor", 16)),
    code: values["with-code"],
    revokes: revokesOf(values, key),
  };
}

/** From now on unless it says otherwise, in whole units; a minute that has begun belongs to it. */
export function windowWanted(
  values: {
    readonly from?: string | undefined;
    readonly until?: string | undefined;
    readonly for?: string | undefined;
  },
  clock: TimeWords,
  unitMinutes: number,
): { readonly from: UnixMs; readonly until: UnixMs } {
  const unitMs = unitMinutes * minuteMs;
  const wanted = values.from === undefined ? clock.nowWall : momentOf(values.from, "--from", clock, false);
  const from = unixMs(Math.floor(wanted / unitMs) * unitMs);
  if ((values.for === undefined) === (values.until === undefined))
    throw new Misuse("Say either --for SPAN or --until TIME.");
  if (values.for !== undefined) return { from, until: unixMs(from + spanMs(values.for, "--for")) };
  const until = momentOf(values.until ?? "", "--until", clock, true);
  return { from, until: unixMs(Math.ceil(until / minuteMs) * minuteMs) };
}

function usesOf(values: Values): PassClaims["uses"] {
  const inAll = values["uses-in-all"];
  if (values.uses !== undefined && inAll !== undefined) throw new Misuse("Use either --uses or --uses-in-all.");
  if (inAll !== undefined) return { count: countOf(inAll, "--uses-in-all", 127), over: "all" };
  return values.uses === undefined ? null : { count: countOf(values.uses, "--uses", 127), over: "door" };
}

function recurrenceOf({ days, between }: Values): PassClaims["recurrence"] {
  if (between === undefined && days === undefined) return null;
  if (between === undefined) throw new Misuse("Say between which hours it works, with --between 08:00-18:00.");
  const { startMinute, endMinute } = windowOf(between, "--between");
  const minutes = endMinute > startMinute ? endMinute - startMinute : endMinute - startMinute + 1_440;
  return { start: startMinute, minutes, days: daysOf(days ?? "daily", "--days") };
}

function revokesOf(values: Values, key: KeyFile["key"]): Revokes | null {
  const upTo = values["revoke-up-to"];
  const serials = (values.revoke ?? []).map((one) => serialIn(one, key));
  if (upTo === undefined && serials.length === 0) return null;
  return { upTo: upTo === undefined ? null : serialIn(upTo, key), serials };
}

function tell(file: KeyFile, claims: PassClaims, text: string, code: string | null, withCode: boolean): void {
  const { key, timeZone } = file;
  const { holder } = carriedHolder(issuerKeyOf(file).key, claims, timeZone, false);
  const hours = claims.recurrence === null ? "" : `, ${recurrenceText(holder.recurrence)}`;
  const uses = usesWords(claims);
  console.log(`Pass ${holder.id}: opens ${placesText(key, claims.places)} from ${timeText(claims.from, timeZone)}`);
  console.log(`until ${timeText(claims.until, timeZone)} (${timeZone})${hours}${uses}.`);
  for (const line of qrLines(text, process.stdout.isTTY)) console.log(line);
  console.log("Hold this code to the scanner at the door. Whoever has a picture of it has the key.");
  if (code === null) return;
  const when = withCode ? "Then type" : "Where the door then asks for a code, type";
  console.log(`${when} ${code} and #. Send these digits another way than the picture.`);
}

export const usesWords = ({ uses }: Pick<PassClaims, "uses">): string => {
  if (uses === null) return "";
  const times = uses.count === 1 ? "once" : `${uses.count} times`;
  return `, ${times} ${uses.over === "all" ? "in all" : "at each door"}`;
};
