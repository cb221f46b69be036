// `postern who-can` and `postern where-can`: who could open a door at a time, and which doors somebody could, as the directory is.
import { parseArgs } from "node:util";
import { printable } from "../config/problem.ts";
import { formatLocal } from "../domain/asked-time.ts";
import type { HolderRef } from "../domain/directory.ts";
import { holderKinds } from "../domain/directory.ts";
import type { ScheduleId } from "../domain/ids.ts";
import type { ScheduleRule } from "../domain/schedule.ts";
import type { DoorSpec } from "../domain/site.ts";
import type { UnixMs } from "../domain/time.ts";
import { monoMs } from "../domain/time.ts";
import { timetableAt } from "../domain/timetable.ts";
import type { Access, Place } from "../domain/ways-in.ts";
import { accessOf } from "../domain/ways-in.ts";
import { reachOf } from "../ledger/history-reach.ts";
import { PastDirectory } from "../ledger/past-directory.ts";
import { PastRecord } from "../ledger/past-record.ts";
import { SeenPasses } from "../ledger/seen-passes.ts";
import { reasonWords } from "../office/console/panel/denial-words.ts";
import { grantWords, listWords, notLookedAt, timetableWords, waysWords } from "./explain/access-words.ts";
import { nextOpening } from "./explain/later.ts";
import { holderWords, kindOfHolder } from "./explain/rule-words.ts";
import type { MeantTime, OpenedState } from "./opened-state.ts";
import { doorNamed, openState, timeMeant } from "./opened-state.ts";
import { onlyWord, stateOption } from "./options.ts";

const options = { at: { type: "string", default: "now" }, ...stateOption } as const;
/** So many holders are read at once, whoever else waits for the database. */
const holdersPerPage = 200;

interface Asked extends OpenedState {
  readonly word: string;
  readonly time: MeantTime;
  readonly directory: PastDirectory;
  readonly counts: PastRecord;
}

async function asking(args: readonly string[], what: string, answer: (asked: Asked) => void): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const word = onlyWord(positionals, what);
  const state = openState(values);
  try {
    const time = timeMeant(values.at, state.site, "future");
    // Of one version throughout, although the directory may change meanwhile.
    const directory = new PastDirectory(state.db, reachOf(state.db).newest);
    answer({ ...state, word, time, directory, counts: new PastRecord(state.db) });
    return 0;
  } finally {
    state.db.close();
  }
}

export const whoCan = (args: readonly string[]): Promise<number> => asking(args, "the door", tellWhoCan);
export const whereCan = (args: readonly string[]): Promise<number> =>
  asking(args, "the person, pass or public code", tellWhereCan);

function tellWhoCan({ db, site, word, time, directory, counts }: Asked): void {
  const door = doorNamed(site, word);
  const place = placeOf(door, time.at, { site, directory, counts });
  say(`${door.name}, ${whenText(time, site.timeZone)}, by version ${directory.version} of the directory:`);
  if (time.note !== null) say(time.note);
  const stands = timetableWords[timetableOf(door, time.at, { site, directory })];
  if (stands !== null) say(stands);
  say("");
  const counted = { person: 0, pass: 0, public: 0 };
  let grantedOnly = 0;
  const table = new Table();
  for (let last: HolderRef | null = null; ; ) {
    const page: HolderRef[] = directory.holdersAfter(last, holdersPerPage);
    const found = page.flatMap((ref) => accessOf(ref, place) ?? []);
    const opening = found.filter(({ ways }) => ways.length > 0);
    for (const { holder } of opening) counted[holder.kind] += 1;
    grantedOnly += found.length - opening.length;
    table.print(opening.map((access) => accessRow(access, place)));
    last = page.at(-1) ?? null;
    if (page.length < holdersPerPage) break;
  }
  const all = counted.person + counted.pass + counted.public;
  if (all > 0) say("");
  say(all === 0 ? "Nobody could open it." : `${countWords(counted)} could open it.`);
  if (grantedOnly > 0)
    say(
      `${grantedOnly} more ${grantedOnly === 1 ? "has" : "have"} a grant here, but could not; \`postern where-can ID\` says why.`,
    );
  const issuers = new SeenPasses(db).keys().filter(({ state, places }) => {
    return state === "active" && places.some(({ doors }) => doors.includes(door.id));
  });
  const names = issuers.map(({ id }) => `"${id}"`);
  if (names.length > 0)
    say(`And whoever carries a pass or a code by ${listWords(names, "or")} for that time and this door.`);
  console.log(notLookedAt);
}

function tellWhereCan({ site, word, time, directory, counts }: Asked): void {
  const refs = holderKinds.map((kind) => ({ kind, id: word }) as HolderRef);
  const known = refs.filter((ref) => directory.holder(ref) !== null);
  if (known.length === 0) throw new Error(`There is nobody with the id "${word}"; see \`postern people list\`.`);
  for (const ref of known) {
    const holder = directory.holder(ref);
    if (holder === null) continue;
    say(`${holderWords(holder)}, ${whenText(time, site.timeZone)}, by version ${directory.version} of the directory:`);
    if (time.note !== null) say(time.note);
    say("");
    const rows = site.doors.map((door) => {
      const place = placeOf(door, time.at, { site, directory, counts });
      const access = accessOf(ref, place);
      if (access === null) return [door.name, "no", "no grant at this door"];
      const { ways, grants } = access;
      if (ways.length > 0) return [door.name, "yes", `${waysWords(ways)}, by ${grantWords(grants, place)}`];
      return [door.name, "no", barWords(access)];
    });
    new Table().print(rows);
  }
  console.log(notLookedAt);
}

/** What would open soonest says most about why nothing does. */
function barWords({ bars }: Access): string {
  if (bars.length === 0) return "nothing to show that this door takes";
  const next = bars
    .map(({ facts }) => nextOpening(facts))
    .filter((at) => at !== null)
    .sort((a, b) => a - b)[0];
  const reasons = [...new Set(bars.map(({ reason }) => `${reasonWords[reason]} (${reason})`))].join("; ");
  const facts = bars[0]?.facts;
  return next === undefined || facts === undefined
    ? reasons
    : `${reasons}; from ${formatLocal(next, facts.timeZone)} on`;
}

function accessRow({ holder, grants, ways }: Access, place: Place): string[] {
  return [holder.id, holder.name, kindOfHolder(holder), waysWords(ways), grantWords(grants, place)];
}

type Looking = Pick<Asked, "site" | "directory" | "counts">;

function placeOf(door: DoorSpec, at: UnixMs, { site, directory, counts }: Looking): Place {
  const isLockedDown = timetableOf(door, at, { site, directory }) === "lockDown";
  return { site, door, at, mode: isLockedDown ? "lockedDown" : "locked", directory, passes: counts };
}

function timetableOf(door: DoorSpec, at: UnixMs, { site, directory }: Omit<Looking, "counts">) {
  const schedules: Record<ScheduleId, ScheduleRule> = {};
  for (const { schedule } of door.timetable) {
    const known = directory.knownSchedule(schedule);
    if (known !== null) schedules[schedule] = known.rule;
  }
  const calendar = { schedules, holidays: directory.holidays };
  return timetableAt(door, calendar, { wall: at, mono: monoMs(0), trusted: true }, site.timeZone).state;
}

function whenText({ at }: MeantTime, timeZone: string): string {
  return `${formatLocal(at, timeZone)} (${timeZone})`;
}

function countWords({ person, pass, public: codes }: Record<"person" | "pass" | "public", number>): string {
  const words = [
    person === 0 ? "" : person === 1 ? "1 person" : `${person} people`,
    pass === 0 ? "" : pass === 1 ? "1 pass" : `${pass} passes`,
    codes === 0 ? "" : codes === 1 ? "1 public code" : `${codes} public codes`,
  ];
  return listWords(
    words.filter((word) => word !== ""),
    "and",
  );
}

/** Columns that only ever grow wider, so that no page waits for the last. */
class Table {
  readonly #widths: number[] = [];

  print(rows: readonly (readonly string[])[]): void {
    for (const row of rows) {
      for (const [column, cell] of row.entries())
        this.#widths[column] = Math.max(this.#widths[column] ?? 0, cell.length);
    }
    for (const row of rows) {
      const cells = row.map((cell, column) => cell.padEnd(this.#widths[column] ?? 0));
      say(`  ${cells.join("  ").trimEnd()}`);
    }
  }
}

const say = (line: string): void => console.log(printable(line));
