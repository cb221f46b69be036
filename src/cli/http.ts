// `postern http`: the tokens and accounts with which machines open doors and ask who may be called.
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { loadAccepted } from "../config/choose.ts";
import type { LedgerReply, LedgerRequest } from "../domain/ask.ts";
import type { AccessChange, AccessScope } from "../domain/http-opening.ts";
import { accessScopes } from "../domain/http-opening.ts";
import { idPattern } from "../domain/ids.ts";
import { readSubKey } from "../ledger/keys.ts";
import type { AccessEntry } from "../office/api/access-file.ts";
import { changeAccess, maxEntries, readAccess } from "../office/api/access-file.ts";
import {
  digestKeyPurpose,
  digestSecretsOf,
  hashPassword,
  makeSalt,
  makeToken,
  sealDigest,
  tokenDigest,
} from "../office/api/access-secret.ts";
import { askSocket } from "../ops/line-client.ts";
import { Misuse } from "./misuse.ts";
import type { StateValues } from "./options.ts";
import { noSuchVerb, onlyWord, pathsOf, stateOption } from "./options.ts";

const patienceMs = 10_000;
const minPasswordLength = 12;
const maxPasswordLength = 256;
/** Its characters stand in addresses, where others would have to be written as codes. */
const passwordPattern = /^[\x21-\x7e]+$/;

export async function http(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  if (verb === "token") return token(rest);
  if (verb === "account") return account(rest);
  if (verb === "list") return list(rest);
  if (verb === "revoke") return revoke(rest);
  throw noSuchVerb("http", verb, ["token", "account", "list", "revoke"]);
}

const doorOption = { door: { type: "string", multiple: true } } as const;

async function token(args: readonly string[]): Promise<number> {
  const options = { scope: { type: "string", multiple: true }, ...doorOption, ...stateOption } as const;
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const name = nameOf(positionals, "the token");
  const scopes = scopesOf(values.scope);
  const secret = makeToken();
  const digest = tokenDigest(secret).toString("hex");
  add(values, { kind: "token", name, digest, scopes, doors: doorsOf(values, values.door) });
  await record(values, "tokenMade", name);
  console.log(`The token "${name}" may ${scopes.map((scope) => scopeWords[scope]).join(" and ")}:\n\n  ${secret}\n`);
  console.log("It is shown this once.");
  return 0;
}

const scopeWords: Readonly<Record<AccessScope, string>> = { open: "open doors", query: "ask who may be called" };

function scopesOf(given: readonly string[] | undefined): readonly AccessScope[] {
  const wanted = given ?? ["open"];
  return wanted.map((word) => {
    const scope = accessScopes.find((one) => one === word);
    if (scope === undefined) throw new Misuse(`There is no scope "${word}"; there are ${accessScopes.join(" and ")}.`);
    return scope;
  });
}

async function account(args: readonly string[]): Promise<number> {
  const options = {
    "password-stdin": { type: "boolean", default: false },
    digest: { type: "boolean", default: false },
    ...doorOption,
    ...stateOption,
  } as const;
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const name = nameOf(positionals, "the account");
  if (!values["password-stdin"]) throw new Misuse("Give the password on standard input, with --password-stdin.");
  const password = await readPassword();
  const salt = makeSalt();
  const hash = (await hashPassword(password, salt)).toString("hex");
  const digest = values.digest ? sealDigest(digestSecretsOf(name, password), name, digestKeyOf(values)) : null;
  const doors = doorsOf(values, values.door);
  add(values, { kind: "account", name, salt: salt.toString("hex"), hash, digest, doors });
  await record(values, "accountSet", name);
  console.log(`The account "${name}" may open ${doors === null ? "every door" : doors.join(", ")} over HTTP.`);
  return 0;
}

function digestKeyOf(values: StateValues): Buffer {
  const key = readSubKey(pathsOf(values), digestKeyPurpose);
  if (key !== null) return key;
  throw new Error(
    "The controller's key is not there to seal what Digest needs; start it once, or name its --keys folder.",
  );
}

async function list(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: stateOption });
  const entries = readAccess(pathsOf(values).accessFile);
  if (entries.length === 0) console.log("No machine may ask for anything; `postern http token` makes a token.");
  for (const entry of entries) {
    const what = entry.kind === "token" ? entry.scopes.join(", ") : `open${entry.digest === null ? "" : ", digest"}`;
    console.log(`${entry.kind.padEnd(7)}  ${entry.name}  ${what}  ${entry.doors?.join(", ") ?? "every door"}`);
  }
  return 0;
}

async function revoke(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  const name = nameOf(positionals, "the token or account");
  changeAccess(pathsOf(values).accessFile, (entries) => {
    const left = entries.filter((entry) => entry.name !== name);
    if (left.length === entries.length) throw new Error(`There is no "${name}"; see \`postern http list\`.`);
    return left;
  });
  await record(values, "revoked", name);
  console.log(`"${name}" is revoked, from this moment on.`);
  return 0;
}

/** An account of the same kind and name gets the new password; a token is never replaced, because its holder would not know. */
function add(values: StateValues, entry: AccessEntry): void {
  const { folder, accessFile } = pathsOf(values);
  if (!existsSync(folder)) throw new Error(`There is no state folder ${folder}; start the controller once.`);
  changeAccess(accessFile, (entries) => {
    const same = entries.find(({ name }) => name === entry.name);
    if (same !== undefined && (same.kind === "token" || entry.kind === "token")) {
      throw new Error(`There is a ${same.kind} "${entry.name}" already; revoke it first, or use another name.`);
    }
    const others = entries.filter((one) => one !== same);
    if (others.length >= maxEntries) throw new Error(`There are ${maxEntries} already; revoke one first.`);
    return [...others, entry];
  });
}

/** The file counts, not the record: where no controller runs, the change holds all the same. */
async function record(values: StateValues, what: AccessChange, name: string): Promise<void> {
  const request: LedgerRequest = { kind: "note", event: { type: "http.accessChanged", what, name } };
  try {
    const reply = await askSocket<LedgerReply>(pathsOf(values).ledgerSocket, request, patienceMs);
    if (reply.kind !== "error") return;
  } catch {
    // Said below, in either case.
  }
  console.error("The record does not say so, because no controller runs on this state folder.");
}

function nameOf(positionals: readonly string[], what: string): string {
  const name = onlyWord(positionals, what);
  if (!idPattern.test(name)) {
    throw new Misuse(`Name ${what} with 1 to 63 small letters, digits or hyphens, a letter or digit first.`);
  }
  return name;
}

/** Null is every door. */
function doorsOf(values: StateValues, doors: readonly string[] | undefined): readonly string[] | null {
  if (doors === undefined) return null;
  const accepted = loadAccepted(pathsOf(values).folder);
  const known = accepted.ok ? accepted.config.doors.map(({ id }) => id) : null;
  const strange = doors.find((door) => known !== null && !known.includes(door));
  if (strange === undefined) return doors;
  throw new Error(`There is no door "${strange}"; there are ${known?.join(", ")}.`);
}

async function readPassword(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.length > maxPasswordLength + 2) break;
  }
  const password = text.replace(/\r?\n$/, "");
  if (password.length >= minPasswordLength && password.length <= maxPasswordLength && passwordPattern.test(password)) {
    return password;
  }
  throw new Error(
    `A password has ${minPasswordLength} to ${maxPasswordLength} letters, digits and signs, without spaces or accents.`,
  );
}
