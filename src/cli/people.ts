// `postern people`: lists, shows, suspends and removes people through the running ledger, the only writer.
import { parseArgs } from "node:util";
import { loadAccepted } from "../config/choose.ts";
import type { DirectoryListing } from "../domain/ask.ts";
import { always } from "../domain/schedule.ts";
import { guessReport } from "./guess-report.ts";
import { readLastUse } from "./last-use.ts";
import { askLedger, by, changeDirectory, findHolder, holdersOf, problemOf, refOf } from "./ledger-client.ts";
import { Misuse } from "./misuse.ts";
import type { StateValues } from "./options.ts";
import { noSuchVerb, onlyWord, pathsOf, stateOption } from "./options.ts";
import { addPerson } from "./people-add.ts";
import { changePerson } from "./people-change.ts";
import { showHolder } from "./people-show.ts";
import { siteAt } from "./site-view.ts";
import { timeText } from "./spoken-time.ts";
import { printTable } from "./table.ts";

type ListedHolder = DirectoryListing["holders"][number];

const verbs: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  list,
  add: addPerson,
  change: changePerson,
  show,
  suspend: (args) => setState(args, "suspended"),
  resume: (args) => setState(args, "active"),
  remove,
  forgive,
};

export async function people(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  const run = verb !== undefined && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (run === undefined) throw noSuchVerb("people", verb, Object.keys(verbs));
  return run(rest);
}

async function listingOf(where: StateValues): Promise<DirectoryListing> {
  const reply = await askLedger(where, { kind: "directory" });
  if (reply.kind !== "directory") throw new Error(problemOf(reply));
  return reply.listing;
}

async function list(args: readonly string[]): Promise<number> {
  const options = { unused: { type: "string" }, ...stateOption } as const;
  const { values } = parseArgs({ args: [...args], options });
  const unusedDays = values.unused === undefined ? null : daysOf(values.unused);
  const { holders, liveCodes } = await listingOf(values);
  if (unusedDays !== null) return listUnused(holders, unusedDays, values);
  const rows = holders.toSorted((a, b) => a.id.localeCompare(b.id)).map(holderRow);
  printTable(["ID", "NAME", "KIND", "SHOWS", "DOORS"], rows);
  if (rows.length === 0) console.log("Nobody may enter yet; `postern people add` lets somebody in.");
  const accepted = loadAccepted(pathsOf(values).folder);
  if (!accepted.ok) return 0;
  for (const line of guessReport(liveCodes, accepted.config.guessing)) console.log(line);
  for (const line of await outdatedPublicCodes(values, accepted.config.codes.publicLength)) console.log(line);
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

/** All public codes have one length: after it was changed, the others open nothing until they are set anew. */
async function outdatedPublicCodes(where: StateValues, length: number): Promise<string[]> {
  return (await holdersOf(where, "public")).flatMap(({ holder, credentials }) =>
    credentials.flatMap(({ code }) => {
      if (code === null || code.digits === length) return [];
      return [`${holder.id}: its code has ${code.digits} digits and opens nothing; "codes.publicLength" is ${length}.`];
    }),
  );
}

const dayMs = 86_400_000;

function daysOf(text: string): number {
  if (!/^[1-9][0-9]{0,3}$/.test(text)) throw new Misuse("--unused takes a number of days, 1 to 9999.");
  return Number(text);
}

function listUnused(holders: readonly ListedHolder[], days: number, where: StateValues): number {
  const { timeZone } = siteAt(where);
  const lastUse = readLastUse(where);
  const before = Date.now() - days * dayMs;
  const rows = holders
    .filter(({ kind }) => kind !== "public")
    .map((holder) => ({ holder, last: lastUse.of(holder) }))
    .filter(({ last }) => last === null || last < before)
    .toSorted((a, b) => (a.last ?? 0) - (b.last ?? 0))
    .map(({ holder: { id, name, kind }, last }) => [
      id,
      name,
      kind,
      last === null ? "never" : timeText(last, timeZone),
    ]);
  printTable(["ID", "NAME", "KIND", "LAST USED"], rows);
  if (rows.length === 0) console.log(`Everybody has come in within ${days} days.`);
  else if (lastUse.sinceWall !== null && lastUse.sinceWall > before) {
    console.log(`The record begins on ${timeText(lastUse.sinceWall, timeZone)}; what was before it, it cannot tell.`);
  }
  return 0;
}

async function show(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  await showHolder(values, await findHolder(values, onlyWord(positionals, "the id of the person")));
  return 0;
}

async function setState(args: readonly string[], state: "active" | "suspended"): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  const { holder } = await findHolder(values, onlyWord(positionals, "the id of the person"));
  await changeDirectory(values, [{ op: "setHolderState", holder: refOf(holder), state }]);
  const said = state === "active" ? "may enter again" : "may not enter until `postern people resume`";
  console.log(`${holder.name} ${said}.`);
  return 0;
}

async function remove(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  const { holder } = await findHolder(values, onlyWord(positionals, "the id of the person"));
  await changeDirectory(values, [{ op: "removeHolder", holder: refOf(holder) }]);
  console.log(`${holder.name} is gone; what the record says of them stays.`);
  return 0;
}

async function forgive(args: readonly string[]): Promise<number> {
  const options = { everybody: { type: "boolean", default: false }, ...stateOption } as const;
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  if (values.everybody && positionals.length > 0) throw new Misuse("Name one person or say --everybody, not both.");
  if (!values.everybody && positionals.length === 0) throw new Misuse("Name the id of the person, or say --everybody.");
  const found = values.everybody ? null : await findHolder(values, onlyWord(positionals, "the id of the person"));
  const holder = found === null ? null : refOf(found.holder);
  const reply = await askLedger(values, { kind: "forgive", by, holder });
  if (reply.kind !== "forgiven") throw new Error(problemOf(reply));
  const who = found === null ? `${reply.count} of those inside` : found.holder.name;
  const isNew = reply.count > 0;
  console.log(isNew ? `${who} may enter again, wherever they are.` : "Nobody of them was held to be inside.");
  return 0;
}
