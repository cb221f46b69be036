// An issuer's keys as files of their own in a folder, each readable for its owner alone; a serial is on the disk before it is used.
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { PassKey } from "../domain/carried-pass/pass-key.ts";
import { passKeyForms, passKeyLimits } from "../domain/carried-pass/pass-key.ts";
import { Fault } from "../domain/fault.ts";
import type { IssuerKey } from "./issuer-key.ts";
import { doorSecret } from "./issuer-key.ts";
import { homeOf } from "./key-home.ts";

const text = z.string().max(1_000);
const limit = z.number().int().min(1).nullable();
const time = z.number().int().nullable();
const hex = z.string().regex(/^[0-9a-f]{64}$/);

/** What a controller is to know of a key, as `export` writes it. */
export const passKeySchema = z.strictObject({
  id: text,
  number: z.number().int().min(1).max(passKeyLimits.number),
  name: text,
  form: z.enum(passKeyForms),
  digits: z.literal([10, 12]).nullable(),
  places: z.array(z.strictObject({ number: z.number().int(), doors: z.array(text) })),
  floors: z.array(text),
  limits: z.strictObject({ maxMinutes: limit, maxUses: limit }),
  validity: z.strictObject({ from: time, until: time }),
  person: text.nullable(),
});

const fileSchema = z.strictObject({
  key: passKeySchema,
  secret: hex,
  timeZone: text,
  /** Of passes: the next one's. */
  nextSerial: z.number().int().min(1),
  /** Of offline codes: those that were made and have not ended, the newest last. */
  codes: z.array(z.number().int()),
  /** Which folder counts its serials; null until one does. */
  home: text.nullable().default(null),
});
export type KeyFile = z.infer<typeof fileSchema>;

export const exportSchema = z.strictObject({ passKey: passKeySchema, secret: hex });

/** As a door and a mint see it. */
export function issuerKeyOf({ key, secret }: KeyFile): IssuerKey {
  const whole = { ...key, state: "active", source: "local" } as unknown as PassKey;
  return { key: whole, secret: Buffer.from(secret, "hex") };
}

export const exportedText = (file: KeyFile): string =>
  `${JSON.stringify({ passKey: file.key, secret: doorSecret(issuerKeyOf(file)) }, null, 2)}\n`;

const folderOf = (folder: string): string => join(folder, "pass-keys");
const pathOf = (folder: string, id: string): string => join(folderOf(folder), `${id}.json`);

export function keyFiles(folder: string): KeyFile[] {
  if (!existsSync(folderOf(folder))) return [];
  const ids = readdirSync(folderOf(folder)).flatMap((name) => /^(.+)\.json$/.exec(name)?.[1] ?? []);
  return ids.map((id) => readKey(folder, id)).toSorted((a, b) => a.key.number - b.key.number);
}

export function readKey(folder: string, id: string): KeyFile {
  const path = pathOf(folder, id);
  if (!existsSync(path)) throw new Fault("issuer.noKey", `There is no key "${id}" in ${folderOf(folder)}.`);
  if ((statSync(path).mode & 0o077) !== 0) {
    throw new Fault(
      "issuer.exposed",
      `Others may read ${path}: make a new key, or take their right away with chmod 600.`,
    );
  }
  const parsed = fileSchema.safeParse(parsedJson(readFileSync(path, "utf8")));
  if (!parsed.success) throw new Fault("issuer.unreadable", `${path} is not a key that this Postern wrote.`);
  return parsed.data;
}

function parsedJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return null;
  }
}

/** Refused where there is one of that id. */
export function writeNewKey(folder: string, file: KeyFile): void {
  mkdirSync(folderOf(folder), { recursive: true, mode: 0o700 });
  const path = pathOf(folder, file.key.id);
  if (existsSync(path)) throw new Fault("issuer.keyTaken", `There is a key "${file.key.id}" already.`);
  writeDurably(path, { ...file, home: homeOf(folderOf(folder)) });
}

/** What it makes of the key is on the disk when it returns; nobody else makes anything with the key meanwhile. */
export function updateKey<Made>(folder: string, id: string, make: (file: KeyFile) => readonly [KeyFile, Made]): Made {
  return withKey(folder, id, (file) => {
    // Two that count the same serials would give two visitors one pass.
    if (file.home !== null && file.home !== homeOf(folderOf(folder))) throw copied(id);
    return make(file);
  });
}

/** From now on its serials are counted here, from that one on. */
export function moveKey(folder: string, id: string, nextSerial: number): KeyFile {
  return withKey(folder, id, (file) => {
    if (nextSerial < file.nextSerial) {
      const what = `The key "${id}" has given out ${file.nextSerial - 1} here already; say --after ${file.nextSerial - 1} or more.`;
      throw new Fault("issuer.serialTaken", what);
    }
    const moved = { ...file, nextSerial };
    return [moved, moved];
  });
}

const copied = (id: string): Fault =>
  new Fault(
    "issuer.keyCopied",
    `The key "${id}" was copied here from another folder, which may give out the same numbers: make one of its own with "postern issuer keys new", or see "keys move" when the other is not used any more.`,
  );

function withKey<Made>(folder: string, id: string, make: (file: KeyFile) => readonly [KeyFile, Made]): Made {
  const lock = `${pathOf(folder, id)}.lock`;
  try {
    closeSync(openSync(lock, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new Fault("issuer.busy", `Another command works with this key; try again, or remove ${lock} if none does.`);
  }
  try {
    const [changed, made] = make(readKey(folder, id));
    writeDurably(pathOf(folder, id), { ...changed, home: homeOf(folderOf(folder)) });
    return made;
  } finally {
    rmSync(lock);
  }
}

function writeDurably(path: string, file: KeyFile): void {
  const partial = `${path}.partial`;
  rmSync(partial, { force: true });
  writeFileSync(partial, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600, flag: "wx", flush: true });
  renameSync(partial, path);
  const directory = openSync(dirname(path), "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
