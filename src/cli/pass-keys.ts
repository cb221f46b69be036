// `postern pass-keys`: the issuers whose carried passes and offline codes a controller takes, also one that never had a network.
import { readFileSync, statSync } from "node:fs";
import { parseArgs } from "node:util";
import type { PassKey } from "../domain/carried-pass/pass-key.ts";
import type { PassKeyId } from "../domain/ids.ts";
import { SeenPasses } from "../ledger/seen-passes.ts";
import { changeDirectory } from "./ledger-client.ts";
import { Misuse } from "./misuse.ts";
import { openState } from "./opened-state.ts";
import { noSuchVerb, onlyWord, stateOption } from "./options.ts";
import { revokedText, serialIn } from "./pass-serial.ts";
import { spanText, timeText } from "./spoken-time.ts";
import { printTable } from "./table.ts";

const maxFileBytes = 1_000_000;

export async function passKeys([verb, ...rest]: readonly string[]): Promise<number> {
  if (verb === "add") return add(rest);
  if (verb === "list") return list(rest);
  if (verb === "suspend" || verb === "resume") return setState(rest, verb === "suspend" ? "suspended" : "active");
  if (verb === "remove") return remove(rest);
  if (verb === "revoke") return revoke(rest);
  throw noSuchVerb("pass-keys", verb, ["add", "list", "suspend", "resume", "remove", "revoke"]);
}

async function add(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  const file = onlyWord(positionals, "the file that the issuer exported");
  const { exportSchema } = await import("../issuer/key-folder.ts");
  const content = readPrivate(file);
  const parsed = exportSchema.safeParse(content);
  if (!parsed.success) throw new Error(`${file} is no key as \`postern issuer keys export\` writes it.`);
  const key = parsed.data.passKey as unknown as PassKey;
  await changeDirectory(values, [{ op: "putPassKey", key, secret: parsed.data.secret }]);
  console.log(`The key "${key.id}" counts from now on. Remove ${file}: the controller keeps it sealed.`);
  return 0;
}

/** A key that others could read may be theirs by now. */
function readPrivate(file: string): unknown {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new Error(`There is no file ${file}; \`postern issuer keys export\` writes one.`);
  const { mode, size } = found;
  if ((mode & 0o077) !== 0)
    throw new Error(`Others may read ${file}: say chmod 600 first, if it is still yours alone.`);
  if (size > maxFileBytes) throw new Error(`${file} is too large for a key.`);
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}

function list(args: readonly string[]): number {
  const { values } = parseArgs({ args: [...args], options: stateOption });
  const { db, site } = openState(values);
  const rows = new SeenPasses(db).keys().map((key) => rowOf(key, site.timeZone));
  db.close();
  printTable(["NUMBER", "KEY", "FORM", "STATE", "DOORS", "PERSON", "LIMITS"], rows);
  if (rows.length === 0) console.log("No issuer's key is known here: only passes of the directory open.");
  return 0;
}

function rowOf(key: PassKey, timeZone: string): string[] {
  const { maxMinutes, maxUses } = key.limits;
  const { from, until } = key.validity;
  const limits = [
    maxMinutes === null ? "" : `up to ${spanText(maxMinutes * 60_000)}`,
    maxUses === null ? "" : `${maxUses} uses`,
    from === null ? "" : `from ${timeText(from, timeZone)}`,
    until === null ? "" : `until ${timeText(until, timeZone)}`,
  ];
  return [
    String(key.number),
    key.id,
    key.digits === null ? key.form : `${key.form} ${key.digits}`,
    key.state,
    key.places.map(({ number, doors }) => `${number}: ${doors.join(" ")}`).join(", "),
    key.person ?? "",
    limits.filter((one) => one !== "").join(", "),
  ];
}

async function setState(args: readonly string[], state: PassKey["state"]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  const id = onlyWord(positionals, "the key");
  await changeDirectory(values, [{ op: "putPassKey", key: { ...keyCalled(id, values), state } }]);
  console.log(
    state === "active" ? `The key "${id}" counts again.` : `No pass and no code of "${id}" opens until it is resumed.`,
  );
  return 0;
}

function keyCalled(id: string, values: Parameters<typeof openState>[0]): PassKey {
  const { db } = openState(values);
  const key = new SeenPasses(db).keys().find((one) => one.id === id);
  db.close();
  if (key === undefined) throw new Error(`There is no key "${id}"; see \`postern pass-keys list\`.`);
  return key;
}

async function remove(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  const id = onlyWord(positionals, "the key") as PassKeyId;
  await changeDirectory(values, [{ op: "removePassKey", id }]);
  console.log(`No pass and no code of "${id}" opens any more.`);
  return 0;
}

const revokeOptions = { "up-to": { type: "string" }, ...stateOption } as const;

async function revoke(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: revokeOptions });
  const [id, ...words] = positionals;
  const upTo = values["up-to"];
  if (id === undefined || (words.length === 0 && upTo === undefined)) {
    throw new Misuse("Name the key and the serials, the digits behind the dot, or all up to one with --up-to.");
  }
  const key = keyCalled(id, values);
  const revoked = {
    serials: words.map((word) => serialIn(word, key)),
    upTo: upTo === undefined ? null : serialIn(upTo, key),
  };
  await changeDirectory(values, [{ op: "revokePasses", key: key.id, ...revoked }]);
  const what = revokedText(key.number, revoked.serials, revoked.upTo);
  console.log(`Of "${key.id}", ${what} will open nothing any more, which nothing undoes.`);
  return 0;
}
