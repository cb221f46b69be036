// `postern people`: lists, adds and removes people through the running ledger, the only writer.
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { loadAccepted } from "../config/choose.ts";
import type { DirectoryListing, LedgerReply, LedgerRequest } from "../domain/ask.ts";
import type { DirectoryChange, HolderRef } from "../domain/directory.ts";
import type { CredentialId, DoorId, PersonId, ScheduleId } from "../domain/ids.ts";
import { always } from "../domain/schedule.ts";
import { askSocket } from "../ops/line-client.ts";
import { guessReport } from "./guess-report.ts";
import { Misuse } from "./misuse.ts";
import type { StateValues } from "./options.ts";
import { noSuchVerb, onlyWord, pathsOf, stateOption } from "./options.ts";

const patienceMs = 30_000;
const newPinDigits = 6;
/** A PIN is eight digits at most; whatever else comes over standard input is none. */
const maxPinBytes = 64;

type ListedHolder = DirectoryListing["holders"][number];

export async function people(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  if (verb === "list") return list(rest);
  if (verb === "add") return add(rest);
  if (verb === "remove") return remove(rest);
  throw noSuchVerb("people", verb, ["list", "add", "remove"]);
}

const askLedger = (where: StateValues, request: LedgerRequest): Promise<LedgerReply> =>
  askSocket<LedgerReply>(pathsOf(where).ledgerSocket, request, patienceMs);

async function listingOf(where: StateValues): Promise<DirectoryListing> {
  const reply = await askLedger(where, { kind: "directory" });
  if (reply.kind !== "directory") throw new Error(problemOf(reply));
  return reply.listing;
}

async function list(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: stateOption });
  const { holders, liveCodes } = await listingOf(values);
  const rows = holders.toSorted((a, b) => a.id.localeCompare(b.id)).map(holderRow);
  for (const line of aligned(rows)) console.log(line);
  if (rows.length === 0) console.log("Nobody may enter yet; `postern people add` lets somebody in.");
  const accepted = loadAccepted(pathsOf(values).folder);
  if (accepted.ok) for (const line of guessReport(liveCodes, accepted.config.guessing)) console.log(line);
  return 0;
}

function holderRow({ id, name, kind, state, credentials, grants }: ListedHolder): readonly string[] {
  const shown = credentials.map((one) => {
    const hint = one.hint === "" ? one.kind : `${one.kind} …${one.hint}`;
    return one.state === "active" ? hint : `${hint} (${one.state})`;
  });
  const doors = grants.map(({ door, schedule, usesSpent }) => {
    const limits = [schedule === always.id ? "" : schedule, usesSpent === 0 ? "" : `${usesSpent} used`];
    const text = limits.filter((limit) => limit !== "").join(", ");
    return text === "" ? door : `${door} (${text})`;
  });
  const what = state === "active" ? kind : `${kind}, ${state}`;
  return [id, name, what, shown.join(", ") || "no credentials", doors.join(", ") || "no doors"];
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

const addOptions = {
  id: { type: "string" },
  door: { type: "string", multiple: true },
  schedule: { type: "string", default: "always" },
  "new-pin": { type: "boolean", default: false },
  "pin-stdin": { type: "boolean", default: false },
  card: { type: "string", multiple: true },
  ...stateOption,
} as const;

async function add(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: addOptions });
  const name = onlyWord(positionals, "the person");
  const { door: doors, card: cards = [], schedule } = values;
  if (doors === undefined) throw new Misuse("Name at least one door that opens for them, with --door.");
  if (values["new-pin"] && values["pin-stdin"]) throw new Misuse("Use either --new-pin or --pin-stdin.");
  const id = values.id ?? idFrom(name);
  if (id === "") throw new Misuse("This name has no letters of which an id could be made; give one with --id.");
  // Adding is never changing: somebody of the same name would take over the other's rights, and lose them the PIN.
  if ((await listingOf(values)).holders.some((one) => one.id === id)) {
    throw new Error(`There is somebody with the id "${id}" already; give this person another one with --id.`);
  }
  const pin = values["new-pin"] ? newPin() : values["pin-stdin"] ? await readPin() : null;
  const changes = planPerson({ id, name, pin, cards, doors, schedule });
  const reply = await askLedger(values, { kind: "change", by: "command line", changes });
  if (reply.kind !== "changed") throw new Error(problemOf(reply));
  console.log(`${name} may enter now, under the id "${id}".`);
  if (values["new-pin"]) console.log(`The PIN is ${pin}. It is shown this once.`);
  if (pin === null && cards.length === 0) console.log("They have neither PIN nor card, so no door opens for them yet.");
  return 0;
}

interface NewPerson {
  readonly id: string;
  readonly name: string;
  readonly pin: string | null;
  readonly cards: readonly string[];
  readonly doors: readonly string[];
  readonly schedule: string;
}

function planPerson({ id, name, pin, cards, doors, schedule }: NewPerson): DirectoryChange[] {
  const person = id as PersonId;
  const holder: HolderRef = { kind: "person", id: person };
  const credential = (suffix: string, kind: "pin" | "card", secret: string): DirectoryChange => ({
    op: "putCredential",
    id: `${id}-${suffix}` as CredentialId,
    kind,
    secret,
    holder,
  });
  const validity = { from: null, until: null };
  return [
    { op: "putPerson", person: { kind: "person", id: person, name, state: "active", validity } },
    ...(pin === null ? [] : [credential("pin", "pin", pin)]),
    ...cards.map((card, index) => credential(`card-${index + 1}`, "card", card.toUpperCase())),
    ...doors.map((door): DirectoryChange => {
      return { op: "putGrant", holder, door: door as DoorId, schedule: schedule as ScheduleId };
    }),
  ];
}

async function remove(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  const id = onlyWord(positionals, "the id of the person");
  const found = (await listingOf(values)).holders.find((one) => one.id === id);
  if (found === undefined) throw new Error(`There is nobody with the id "${id}"; see \`postern people list\`.`);
  const changes = [{ op: "removeHolder", holder: { kind: found.kind, id } as HolderRef }] as const;
  const reply = await askLedger(values, { kind: "change", by: "command line", changes });
  if (reply.kind !== "changed") throw new Error(problemOf(reply));
  console.log(`${found.name} is gone; what the record says of them stays.`);
  return 0;
}

function problemOf(reply: LedgerReply): string {
  if (reply.kind === "refused") return reply.problems.map((one) => `${one.problem} ${one.remedy}`).join("\n");
  return reply.kind === "error" ? reply.problem : `The ledger answered "${reply.kind}".`;
}

const newPin = (): string => String(randomInt(10 ** newPinDigits)).padStart(newPinDigits, "0");

const idFrom = (name: string): string =>
  name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}+/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 60)
    .replace(/^-+|-+$/g, "");

async function readPin(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.length > maxPinBytes) break;
  }
  return text.trim().slice(0, maxPinBytes);
}
