// `postern issuer directory`: says what a directory.json would change at a site, does it, lists what there is, removes one thing.
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import type { Owned } from "../../domain/cloud-directory.ts";
import { ownedByCloud } from "../../domain/cloud-directory.ts";
import { maxDirectoryBytes, readDirectoryFile } from "../../exchange/directory-file.ts";
import { problemLines } from "../../exchange/line-report.ts";
import type { Edit } from "../../issuer/directory-edit.ts";
import { knownDocuments, planEdits } from "../../issuer/directory-edit.ts";
import type { IssuedCredential, IssuedDocument } from "../../issuer/documents.ts";
import { unpackDocument } from "../../issuer/documents.ts";
import { readBounded } from "../../ops/bounded-file.ts";
import { refuse } from "../directory-site.ts";
import { Misuse } from "../misuse.ts";
import { noSuchVerb, onlyWord } from "../options.ts";
import { printTable } from "../table.ts";
import { doorNotes, scheduleNotes } from "./named-places.ts";
import type { OpenIssuer } from "./open-issuer.ts";
import { issuerOption, siteOf, withIssuer } from "./open-issuer.ts";
import { sharedProblems, wantedDocuments } from "./wanted-documents.ts";

const verbs: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  plan: (args) => planOrApply(args, false),
  apply: (args) => planOrApply(args, true),
  list,
  remove,
};

export async function issuerDirectory(args: readonly string[]): Promise<number> {
  const [verb = "", ...rest] = args;
  const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (run === undefined) throw noSuchVerb("issuer directory", verb === "" ? undefined : verb, Object.keys(verbs));
  return run(rest);
}

/** Numbers without a format of their own, as most readers write them. */
const cards = { icFormat: "8HN", idFormat: "8HN", longUid: null } as const;
const maxNews = 500;

async function planOrApply(args: readonly string[], does: boolean): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: issuerOption });
  const path = onlyWord(positionals, "the file");
  const text = (await readBounded(path, maxDirectoryBytes)).toString("utf8");
  return withIssuer(values, async (open) => {
    const { name, timeZone, version: since } = await siteOf(open, values);
    const reading = readDirectoryFile(text, { timeZone, cards });
    if (!reading.ok) return refuse(path, reading.problems);
    const box = { key: open.keysOf(name).secrets, random: randomBytes };
    const known = await knownDocuments(open.store.directory, name, box);
    const wanted = wantedDocuments(reading.wanted, known);
    if (wanted.problems.length > 0) return refuse(path, wanted.problems);
    const plan = planEdits(known, wanted.documents, wanted.complete, box);
    const shared = sharedProblems(reading.wanted, plan.after);
    if (shared.length > 0) return refuse(path, shared.slice(0, maxNews));
    const doors = new Set((await open.store.fleet.list(name)).flatMap((one) => one.doors ?? []));
    const notes = [...scheduleNotes(reading.wanted, plan.after), ...doorNotes(reading.wanted, doors)];
    for (const line of problemLines([...reading.warnings, ...notes])) console.error(`note: ${line}`);
    printEdits(plan.edits);
    if (does && plan.changes.length > 0) {
      const version = await open.store.directory.change(name, plan.changes, since);
      console.log(`The directory of ${name} is at version ${version}; ${await whoIsTold(open, name)}`);
    } else if (plan.changes.length > 0) console.log("Nothing was changed.");
    return 0;
  });
}

/** What no worker tells yet, nobody is told. */
async function whoIsTold({ store }: OpenIssuer, site: string): Promise<string> {
  const [{ held }, rows] = [await store.leases.signs(), await store.fleet.list(site)];
  const isWorked = rows.length === 0 ? held.size > 0 : rows.every(({ part }) => held.has(part));
  return isWorked
    ? "its controllers are told."
    : "its controllers are told once a worker runs for them (`postern issuer run`).";
}

function printEdits(edits: readonly Edit[]): void {
  for (const { verb, what, id } of edits.slice(0, maxNews)) console.log(`${verb.padEnd(7)} ${what} ${id}`);
  if (edits.length > maxNews) console.log(`... and ${edits.length - maxNews} more.`);
  if (edits.length === 0) console.log("Nothing changes.");
}

async function list(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: issuerOption });
  const what = positionals.length === 0 ? null : kindIn(onlyWord(positionals, "what to list"));
  return withIssuer(values, async (open) => {
    const { name } = await siteOf(open, values);
    const key = open.keysOf(name).secrets;
    const rows = await open.store.directory.list(name, what);
    printTable(
      ["what", "id", "name", "version", "doors", "shows"],
      rows.map((row) => {
        const document = unpackDocument(row, key);
        return [row.what, row.id, nameOf(document), String(row.version), doorsOf(document), kindsOf(document)];
      }),
    );
    return 0;
  });
}

async function remove(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: issuerOption });
  const [kind = "", id = "", ...more] = positionals;
  if (id === "" || more.length > 0) throw new Misuse('Say what to remove and its id, such as "person ana-ruiz".');
  const what = kindIn(kind);
  return withIssuer(values, async (open) => {
    const { name } = await siteOf(open, values);
    const known = await open.store.directory.list(name, what);
    if (!known.some((one) => one.id === id))
      throw new Error(`There is no ${what} "${id}" at ${name}; "postern issuer directory list" shows all.`);
    const version = await open.store.directory.change(name, [{ what, id, fromFile: false, content: null }]);
    console.log(`The ${what} ${id} is removed; the directory of ${name} is at version ${version}.`);
    return 0;
  });
}

function kindIn(word: string): Owned {
  const found = ownedByCloud.find((one) => one === word);
  if (found === undefined)
    throw new Misuse(`There is no "${word}" in a directory; there are ${ownedByCloud.join(", ")}.`);
  return found;
}

const nameOf = ({ body }: IssuedDocument): string => {
  const { name } = body as { readonly name?: unknown };
  return typeof name === "string" ? name : "";
};

function doorsOf(document: IssuedDocument): string {
  if (!("grants" in document)) return "";
  return document.grants
    .map(({ door, schedule }) => (schedule === "always" ? door : `${door} (${schedule})`))
    .join(", ");
}

const kindsOf = (document: IssuedDocument): string =>
  "credentials" in document ? document.credentials.map(shownOf).join(", ") : "";

const shownOf = ({ kind, state = "active" }: IssuedCredential): string =>
  state === "active" ? kind : `${kind} (${state})`;
