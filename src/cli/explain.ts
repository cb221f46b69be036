// `postern explain`: says why somebody was or was not let in, by the rules and the directory of that moment.
import { parseArgs } from "node:util";
import { printable } from "../config/problem.ts";
import type { Facts } from "../domain/facts.ts";
import type { Decided } from "../domain/record-watch.ts";
import { isDecided, RecordWatch } from "../domain/record-watch.ts";
import type { SiteSpec } from "../domain/site.ts";
import { reachOf } from "../ledger/history-reach.ts";
import { PastDirectory } from "../ledger/past-directory.ts";
import { PastRecord } from "../ledger/past-record.ts";
import { wordsFor } from "../office/console/panel/event-words.ts";
import { explain } from "./explain/explanation.ts";
import { secondsText } from "./explain/grounds.ts";
import { durationWords } from "./explain/rule-words.ts";
import { Misuse } from "./misuse.ts";
import type { OpenedState } from "./opened-state.ts";
import { doorNamed, openState, timeMeant } from "./opened-state.ts";
import { stateOption } from "./options.ts";

const options = { door: { type: "string" }, at: { type: "string" }, ...stateOption } as const;
const aroundMs = 15 * 60_000;
const mostListed = 20;
const nextWithinMs = 60_000;

export async function explainDecision(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const [seq, ...more] = positionals;
  if (more.length > 0) throw new Misuse("Name one event.");
  if (seq !== undefined && (values.at !== undefined || values.door !== undefined)) {
    throw new Misuse("Name either an event or a door and a time.");
  }
  const state = openState(values);
  try {
    const record = new PastRecord(state.db);
    const { decided, notes } = seq === undefined ? search(record, state.site, values) : numbered(record, seq);
    for (const note of notes) console.log(`${note}\n`);
    for (const line of linesOf(decided, record, state)) console.log(printable(line));
    return 0;
  } finally {
    state.db.close();
  }
}

interface Found {
  readonly decided: Decided;
  readonly notes: readonly string[];
}

function numbered(record: PastRecord, text: string): Found {
  if (!/^[1-9][0-9]{0,14}$/.test(text)) throw new Misuse("Name an event by its number, as `postern log show` has it.");
  const event = record.event(Number(text));
  if (event === null) {
    throw new Error(`There is no event ${text}; the record has ${record.oldest} to ${record.newest}.`);
  }
  if (!isDecided(event)) {
    const decided = record.decisionBehind(event);
    if (decided === null) {
      throw new Error(`Event ${text} is no decision but "${event.event.type}"; see \`postern log show\`.`);
    }
    return { decided, notes: [`Event ${text} is "${event.event.type}"; this is the decision behind it.`] };
  }
  return { decided: event, notes: [] };
}

function search(
  record: PastRecord,
  site: SiteSpec,
  { door, at }: { door?: string | undefined; at?: string | undefined },
): Found {
  const place = door === undefined ? null : doorNamed(site, door);
  const where = place === null ? "" : ` at ${place.name}`;
  if (at === undefined) {
    const whenever = { fromWall: Number.MIN_SAFE_INTEGER, untilWall: Number.MAX_SAFE_INTEGER };
    const [last] = record.decisions({ door: place?.id ?? null, ...whenever, deniedOnly: true }, 1);
    if (last === undefined) throw new Error(`The record has no denial${where}.`);
    return { decided: last, notes: [] };
  }
  const meant = timeMeant(at, site, "past");
  const notes = meant.note === null ? [] : [meant.note];
  const filter = { door: place?.id ?? null, deniedOnly: false };
  const exact = record.decisions({ ...filter, fromWall: meant.at, untilWall: meant.until }, mostListed);
  if (exact.length > 0) return chosen(exact, notes, site);
  const nearby = record.decisions(
    { ...filter, fromWall: meant.at - aroundMs, untilWall: meant.until + aroundMs },
    mostListed,
  );
  if (nearby.length === 0)
    throw new Error(
      `The record has no decision${where} within a quarter of an hour of ${secondsText(meant.at, site.timeZone)}.`,
    );
  const nearest = nearby.toSorted((a, b) => Math.abs(a.at.wall - meant.at) - Math.abs(b.at.wall - meant.at))[0];
  if (nearest === undefined) throw new Error("The record has nothing near that time.");
  return { decided: nearest, notes: [...notes, `Nothing was decided${where} in that minute; this is the nearest.`] };
}

/** A denial is what people ask about; of several, the last. */
function chosen(decisions: readonly Decided[], notes: readonly string[], site: SiteSpec): Found {
  const decided = decisions.find(({ event }) => event.type === "access.denied") ?? decisions[0];
  if (decided === undefined) throw new Error("The record has nothing at that time.");
  const others = decisions.filter((one) => one !== decided);
  if (others.length === 0) return { decided, notes };
  const list = others.map((one) => `  ${one.seq}  ${wordsFor(one, site).sentence}`).reverse();
  return { decided, notes: [...notes, `In that minute there were also:\n${list.join("\n")}`] };
}

function linesOf(decided: Decided, record: PastRecord, { db, site }: OpenedState): string[] {
  const { seq, at, event } = decided;
  const reach = reachOf(db);
  const version = Math.max(event.directoryVersion, reach.oldest);
  const directory = new PastDirectory(db, version);
  const watch = new RecordWatch(site);
  for (const earlier of record.before(seq)) watch.follow(earlier);
  const doorsOf = ({ holder }: Facts) => {
    const doors = holder === null ? [] : directory.grantsOf(holder).map(({ door }) => door);
    return [...new Set(doors)].map((id) => site.doors.find((door) => door.id === id)?.name ?? id);
  };
  const near = watch.around(decided);
  const around = { ...near, mode: near.mode ?? record.lastModeBefore(seq, event.door) };
  const basis = basisOf(event.directoryVersion, reach, record.isConfigSame(seq));
  const explained = explain({ decided, around, site, directory, passes: record, basis, doorsOf });
  const settled = record.settlementOf(decided);
  return [
    `Event ${seq}, ${secondsText(at.wall, site.timeZone)}${at.trusted ? "" : " (clock not trusted)"}`,
    `${wordsFor(decided, site).sentence}.`,
    ...(settled === null ? [] : [`Afterwards (event ${settled.seq}): ${wordsFor(settled, site).sentence}.`]),
    ...nextLines(decided, record.nextAfter(decided), site),
    ...explained,
  ];
}

function basisOf(named: number, { oldest, newest }: ReturnType<typeof reachOf>, isConfigSame: boolean): string[] {
  const directory =
    named < oldest
      ? `Of directory version ${named}, which the event names, nothing is kept any more: this is by version ${oldest}.`
      : `By the directory as it was in version ${named}${named === newest ? ", which is still in force" : `; it is ${newest} now`}.`;
  const config = isConfigSame
    ? "By the configuration that is in force; the record tells of no change since."
    : "The configuration has been changed since; older ones are not kept, so this is by the present one.";
  return [directory, config];
}

/** Whoever mistyped, or lacked the second half, often tries once more. */
function nextLines({ at, event }: Decided, next: Decided | null, site: SiteSpec): string[] {
  if (event.type === "access.granted" || next === null) return [];
  const agoMs = next.at.wall - at.wall;
  if (agoMs < 0 || agoMs > nextWithinMs) return [];
  return [`Next at this reader, ${durationWords(agoMs)} later (event ${next.seq}): ${wordsFor(next, site).sentence}.`];
}
