// `postern log`: shows the record, follows it live, or checks that nobody has edited it.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { printable } from "../config/problem.ts";
import type { RecordedEvent } from "../domain/events.ts";
import type { JournalReader } from "../ledger/journal-reader.ts";
import { openJournalReader, pageSize } from "../ledger/journal-reader.ts";
import type { StatePaths } from "../ops/state-paths.ts";
import type { EventFilter, Recorded } from "./event-filter.ts";
import { filterOf, filterOptions, isAskedFor, nothingWords } from "./event-filter.ts";
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

function openListing(args: readonly string[]): Listing {
  const options = { last: { type: "string", default: followLast }, json: { type: "boolean", default: false } } as const;
  const { values } = parseArgs({ args: [...args], options: { ...options, ...stateOption } });
  const most = lastOf(values.last);
  const { reader, paths } = openRecord(values);
  const after = Math.max(0, reader.head() - most);
  const print = values.json ? printJson : linePrinter(paths.folder);
  return { reader, database: paths.database, print, after };
}

function lastOf(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new Misuse("--last takes a whole number from 1 on.");
  return Number(text);
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
  const options = { last: { type: "string" }, json: { type: "boolean", default: false }, ...filterOptions } as const;
  const { values } = parseArgs({ args: [...args], options: { ...options, ...stateOption } });
  // Whoever names a beginning wants all that followed.
  const last = values.last ?? (values.from === undefined ? showLast : null);
  const most = last === null ? Number.POSITIVE_INFINITY : lastOf(last);
  const { reader, paths } = openRecord(values);
  try {
    const site = siteOfFolder(paths.folder);
    const filter = filterOf(values, site, Date.now());
    const print = values.json ? printJson : linePrinter(paths.folder);
    const printed = showAsked(reader, filter, most, print);
    if (printed === 0 && !values.json) console.log(printable(nothingWords(filter, site, recordedIn(reader))));
    return 0;
  } finally {
    reader.close();
  }
}

function recordedIn(reader: JournalReader): Recorded {
  const [types, persons] = [new Set<string>(), new Set<string>()];
  for (let page = reader.after(0, pageSize); page.length > 0; page = reader.after(page.at(-1)?.seq ?? 0, pageSize)) {
    for (const { event } of page) {
      types.add(event.type);
      if ("person" in event && typeof event.person === "string") persons.add(event.person);
    }
  }
  return { types, persons };
}

/** Times are looked at one by one: a clock that was wrong has them out of their order. */
function showAsked(reader: JournalReader, filter: EventFilter, most: number, print: Print): number {
  const [oldest, head] = [reader.oldest(), reader.head()];
  let printed = 0;
  let { seq, skip } = beginningOf(reader, filter, most);
  for (seq = Math.max(seq, oldest - 1); seq < head; seq += pageSize) {
    for (const event of reader.within(filter, seq)) {
      if (event.seq > head || !isAskedFor(event.event, filter)) continue;
      if (skip > 0) skip -= 1;
      else {
        print(event);
        printed += 1;
      }
    }
  }
  return printed;
}

/** After which event to begin, and how many of those asked for to pass over, so that the newest `most` are left. */
function beginningOf(reader: JournalReader, filter: EventFilter, most: number): { seq: number; skip: number } {
  const [oldest, head] = [reader.oldest(), reader.head()];
  if (most === Number.POSITIVE_INFINITY) return { seq: oldest - 1, skip: 0 };
  let found = 0;
  for (let seq = head - pageSize; seq > oldest - 1 - pageSize; seq -= pageSize) {
    found += reader
      .within(filter, seq)
      .filter(({ event, seq: one }) => one <= head && isAskedFor(event, filter)).length;
    if (found >= most) return { seq, skip: found - most };
  }
  return { seq: oldest - 1, skip: 0 };
}

async function follow(args: readonly string[]): Promise<number> {
  const listing = openListing(args);
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
