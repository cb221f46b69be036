// `postern log`: shows the record, follows it live, or checks that nobody has edited it.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { RecordedEvent } from "../domain/events.ts";
import type { JournalReader } from "../ledger/journal-reader.ts";
import { openJournalReader, pageSize } from "../ledger/journal-reader.ts";
import type { StatePaths } from "../ops/state-paths.ts";
import { createEventLine, siteOfFolder } from "./event-line.ts";
import { Misuse } from "./misuse.ts";
import type { StateValues } from "./options.ts";
import { noSuchVerb, pathsOf, stateOption } from "./options.ts";

const followMs = 200;
const showLast = "50";
const followLast = "10";

type Print = (event: RecordedEvent) => void;

export async function journal(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  if (verb === "show") return show(rest);
  if (verb === "follow") return follow(rest);
  if (verb === "verify") return verify(rest);
  throw noSuchVerb("log", verb, ["show", "follow", "verify"]);
}

interface Listing {
  readonly reader: JournalReader;
  readonly database: string;
  readonly print: Print;
  /** The last event that is not to be printed. */
  readonly after: number;
}

function openListing(args: readonly string[], last: string): Listing {
  const options = { last: { type: "string", default: last }, json: { type: "boolean", default: false } } as const;
  const { values } = parseArgs({ args: [...args], options: { ...options, ...stateOption } });
  if (!/^[1-9][0-9]{0,8}$/.test(values.last)) throw new Misuse("--last takes a whole number from 1 on.");
  const { reader, paths } = openRecord(values);
  const after = Math.max(0, reader.head() - Number(values.last));
  const print = values.json ? printJson : linePrinter(paths.folder);
  return { reader, database: paths.database, print, after };
}

function openRecord(values: StateValues): { readonly reader: JournalReader; readonly paths: StatePaths } {
  const paths = pathsOf(values);
  if (!existsSync(paths.database))
    throw new Error(`There is no record in ${paths.folder}; name the folder with --state.`);
  return { reader: openJournalReader(paths.database), paths };
}

function printJson(event: RecordedEvent): void {
  console.log(JSON.stringify(event));
}

function linePrinter(folder: string): Print {
  const eventLine = createEventLine(siteOfFolder(folder));
  return (event) => console.log(eventLine(event));
}

async function show(args: readonly string[]): Promise<number> {
  const { reader, print, after } = openListing(args, showLast);
  const head = reader.head();
  for (let seq = after; seq < head; ) {
    const next = printPage(reader, seq, print);
    if (next === seq) break;
    seq = next;
  }
  reader.close();
  return 0;
}

async function follow(args: readonly string[]): Promise<number> {
  const listing = openListing(args, followLast);
  const { print } = listing;
  const stopped = new Promise((stop) => {
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
  });
  let seq = printPage(listing.reader, listing.after, print);
  let { reader } = listing;
  const timer = setInterval(() => {
    // A recovered database begins a record of its own.
    if (reader.isReplaced()) {
      reader.close();
      reader = openJournalReader(listing.database);
      seq = 0;
    }
    seq = printPage(reader, seq, print);
  }, followMs);
  await stopped;
  clearInterval(timer);
  reader.close();
  return 0;
}

/** Prints what follows `seq`, up to a page of it, and returns the last that it printed. */
function printPage(reader: JournalReader, seq: number, print: Print): number {
  let last = seq;
  for (const event of reader.after(seq, pageSize)) {
    print(event);
    last = event.seq;
  }
  return last;
}

async function verify(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { seed: { type: "string" }, ...stateOption } });
  const { readAnchorFile, readSeedFile, seedFilesIn } = await import("../ledger/anchor.ts");
  const { verifyJournal } = await import("../ledger/verify.ts");
  const seeds = values.seed === undefined ? [] : [readSeedFile(resolve(values.seed))];
  // Before the rows: the anchor may lag behind the record, never be ahead of it.
  const { keysDir } = pathsOf(values);
  const anchor = readAnchorFile(keysDir);
  const { reader } = openRecord(values);
  const result = verifyJournal({ rows: reader.rows(), anchor, seeds });
  reader.close();
  if (!result.ok) {
    for (const problem of result.problems) console.error(problem.what);
    if (result.more > 0) console.error(`… and ${result.more} more.`);
    return 1;
  }
  const { events, head, authenticated, forgotten } = result;
  const upTo = head === null ? "nothing is recorded yet" : `the last is ${head.seq}, ${head.hash.slice(0, 16)}…`;
  const how =
    values.seed === undefined
      ? "Chain and anchor agree; --seed FILE checks each event against the owner's audit seed as well."
      : `${authenticated} of them are authenticated by the audit seed.`;
  console.log(`The record is whole: ${events} events in one chain; ${upTo}.\n${how}`);
  if (forgotten > 0) console.log(`The names in ${forgotten} of them are forgotten.`);
  if (values.seed === undefined) {
    for (const path of seedFilesIn(keysDir)) {
      console.log(`Take ${path} off this board: with it, somebody who edits the record could forge it.`);
    }
  }
  return 0;
}
