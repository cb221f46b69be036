// `postern log`: shows the record, follows it live, or checks that nobody has edited it.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { RecordedEvent } from "../domain/events.ts";
import type { JournalReader } from "../ledger/journal-reader.ts";
import { openJournalReader, pageSize } from "../ledger/journal-reader.ts";
import { pathsOf, stateOption } from "./options.ts";
import { usageOf } from "./usage.ts";

const followMs = 200;
const options = { last: { type: "string", default: "50" }, json: { type: "boolean", default: false } } as const;

export async function journal(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  if (verb === "show") return show(rest);
  if (verb === "follow") return follow(rest);
  if (verb === "verify") return verify(rest);
  console.error(usageOf("log"));
  return 2;
}

async function show(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { ...options, ...stateOption } });
  const last = Number(values.last);
  if (!Number.isInteger(last) || last < 1)
    throw new Error(`--last takes a whole number from 1 on, not "${values.last}".`);
  const reader = openJournalReader(pathsOf(values).database);
  const print = printer(values.json);
  let seq = Math.max(0, reader.head() - last);
  for (;;) {
    const page = reader.after(seq, pageSize);
    for (const event of page) print(event);
    if (page.length < pageSize) break;
    seq = page.at(-1)?.seq ?? seq;
  }
  reader.close();
  return 0;
}

async function follow(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { ...options, ...stateOption } });
  const paths = pathsOf(values);
  const reader = openJournalReader(paths.database);
  const print = printer(values.json);
  let seq = Math.max(0, reader.head() - 10);
  const catchUp = () => {
    seq = printAfter(reader, seq, print);
  };
  catchUp();
  const timer = setInterval(catchUp, followMs);
  await new Promise((stopped) => process.once("SIGINT", stopped));
  clearInterval(timer);
  reader.close();
  return 0;
}

function printAfter(reader: JournalReader, seq: number, print: (event: RecordedEvent) => void): number {
  let last = seq;
  for (const event of reader.after(seq, pageSize)) {
    print(event);
    last = event.seq;
  }
  return last;
}

async function verify(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { seed: { type: "string" }, ...stateOption } });
  const { readAnchorFile, readSeedFile } = await import("../ledger/anchor.ts");
  const { verifyJournal } = await import("../ledger/verify.ts");
  const paths = pathsOf(values);
  const seeds = values.seed === undefined ? [] : [readSeedFile(resolve(values.seed))];
  // Before the rows: the anchor may lag behind the record, never be ahead of it.
  const anchor = readAnchorFile(paths.keysDir);
  const reader = openJournalReader(paths.database);
  const result = verifyJournal({ rows: reader.rows(), anchor, seeds });
  reader.close();
  if (!result.ok) {
    for (const problem of result.problems) console.error(problem.what);
    if (result.more > 0) console.error(`… and ${result.more} more.`);
    return 1;
  }
  const head =
    result.head === null
      ? "nothing is recorded yet"
      : `the last is ${result.head.seq}, ${result.head.hash.slice(0, 16)}…`;
  const keyed = values.seed === undefined ? "" : ` ${result.authenticated} were checked with the audit key.`;
  console.log(`Nobody has edited the record: ${result.events} events in one chain; ${head}.${keyed}`);
  return 0;
}

function printer(json: boolean): (event: RecordedEvent) => void {
  return json ? (event) => console.log(JSON.stringify(event)) : (event) => console.log(eventLine(event));
}

function eventLine({ seq, at, event, personal }: RecordedEvent): string {
  const { type, ...fields } = event;
  const words = Object.entries(fields)
    .filter(([, value]) => value !== null && value !== false)
    .map(([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : String(value)}`);
  const when = `${new Date(at.wall).toISOString()}${at.trusted ? "" : "?"}`;
  const who = personal === null ? "" : ` (${personal.name})`;
  return `${String(seq).padStart(7)} ${when} ${type.padEnd(20)} ${words.join(" ")}${who}`;
}
