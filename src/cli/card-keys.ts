// `postern cards key`: the keys by which card profiles read secured cards. They come from standard input and go to files of 0600.
import { existsSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { cardKeyFile, keyLengths, parseCardKey, readCardKey } from "../../hal/linux/pcsc/card-key.ts";
import { loadAccepted } from "../config/choose.ts";
import { readConfigFile } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { LedgerReply, LedgerRequest } from "../domain/ask.ts";
import { idPattern } from "../domain/ids.ts";
import { makeKeysFolder, writeDurably } from "../ledger/keys.ts";
import { syncPath } from "../ledger/migrate.ts";
import { askSocket } from "../ops/line-client.ts";
import type { StateValues } from "./options.ts";
import { noSuchVerb, onlyWord, pathsOf, stateOption } from "./options.ts";
import { printTable } from "./table.ts";

type Profile = Config["cardProfiles"][number];

const options = { ...stateOption, config: { type: "string" } } as const;
const maxInput = 256;
const patienceMs = 10_000;

interface Values extends StateValues {
  readonly config?: string | undefined;
}

export async function cardKeys(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  const { values, positionals } = parseArgs({ args: [...rest], allowPositionals: true, options });
  if (verb === "list") return list(values);
  if (verb !== "set" && verb !== "remove") throw noSuchVerb("cards key", verb, ["set", "list", "remove"]);
  const id = onlyWord(positionals, "the card profile");
  return verb === "set" ? set(values, id) : remove(values, id);
}

function profilesAt(values: Values): readonly Profile[] {
  const { folder } = pathsOf(values);
  const reading = values.config === undefined ? loadAccepted(folder) : readConfigFile(resolve(values.config));
  if (reading.ok) return reading.config.cardProfiles;
  throw new Error(
    values.config === undefined
      ? "This state folder holds no accepted configuration yet; name the site's file with --config."
      : "The configuration has mistakes; `postern check` says which.",
  );
}

function profileAt(values: Values, id: string): Profile {
  const profiles = profilesAt(values);
  const profile = profiles.find((one) => one.id === id);
  if (profile !== undefined) return profile;
  const known = profiles.map((one) => one.id).join(", ");
  throw new Error(
    `There is no card profile "${id}"; ${known === "" ? "cardProfiles has none" : `there are ${known}`}.`,
  );
}

async function set(values: Values, id: string): Promise<number> {
  const profile = profileAt(values, id);
  const key = parseCardKey(await readInput(), profile);
  if (key === null) {
    const digits = keyLengths(profile).map((bytes) => 2 * bytes);
    throw new Error(`The key of "${id}" has ${digits.join(" or ")} hex digits; nothing was changed.`);
  }
  const { keysDir } = pathsOf(values);
  makeKeysFolder(keysDir);
  writeDurably(cardKeyFile(keysDir, id), Buffer.from(`${key.toString("hex").toUpperCase()}\n`), 0o600);
  syncPath(keysDir);
  await record(values, "set", id);
  console.log(`The card profile "${id}" has its key, from the next card on.`);
  if (key.every((byte) => byte === key[0])) {
    console.error("Its bytes are all alike, as makers set them before cards are given out: anybody knows it.");
  }
  return 0;
}

function list(values: Values): number {
  const { keysDir } = pathsOf(values);
  const words = {
    missing: "missing",
    exposed: "others may read it",
    malformed: "not of its form",
    unreadable: "of another user",
  };
  const rows = profilesAt(values).map((profile) => {
    const reading = readCardKey(keysDir, profile);
    return [profile.id, profile.kind, reading.ok ? "set" : words[reading.why]];
  });
  printTable(["PROFILE", "CARD", "KEY"], rows);
  if (rows.length === 0) console.log("cardProfiles in the configuration has none.");
  return 0;
}

/** Also of a profile that is no more: its key must not lie about. */
async function remove(values: Values, id: string): Promise<number> {
  const file = cardKeyFile(pathsOf(values).keysDir, id);
  if (!idPattern.test(id) || !existsSync(file)) throw new Error(`There is no key of "${id}".`);
  rmSync(file);
  await record(values, "removed", id);
  console.log(`The key of "${id}" is gone; its cards are not read from now on.`);
  return 0;
}

/** The file counts, not the record: where no controller runs, the change holds all the same. */
async function record(values: Values, what: "set" | "removed", profile: string): Promise<void> {
  const request: LedgerRequest = { kind: "note", event: { type: "cards.keyChanged", what, profile } };
  try {
    const reply = await askSocket<LedgerReply>(pathsOf(values).ledgerSocket, request, patienceMs);
    if (reply.kind !== "error") return;
  } catch {
    // Said below, in either case.
  }
  console.error("The record does not say so, because no controller runs on this state folder.");
}

async function readInput(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin) {
    text += String(chunk);
    // A terminal ends with the line; nobody should have to know of Ctrl-D.
    if (text.length > maxInput || (process.stdin.isTTY && text.includes("\n"))) break;
  }
  return text;
}
