// `postern dry-run`: says which decisions of the last days would have been others under a changed directory or configuration.
import { parseArgs } from "node:util";
import { explainProblems } from "../config/explain.ts";
import { readConfigFile } from "../config/load.ts";
import { printable } from "../config/problem.ts";
import { siteOf } from "../config/site.ts";
import type { Outcome } from "../domain/judgement.ts";
import { subjectOf } from "../domain/past-facts.ts";
import type { Decided } from "../domain/record-watch.ts";
import { isDecided, RecordWatch } from "../domain/record-watch.ts";
import type { SiteSpec } from "../domain/site.ts";
import { maxDirectoryBytes } from "../exchange/directory-file.ts";
import { reachOf } from "../ledger/history-reach.ts";
import { PastDirectory } from "../ledger/past-directory.ts";
import { PastRecord } from "../ledger/past-record.ts";
import { reasonWords } from "../office/console/panel/denial-words.ts";
import { readBounded } from "../ops/bounded-file.ts";
import type { ChangedCopy } from "./changed-copy.ts";
import { changedCopy } from "./changed-copy.ts";
import { listWords } from "./explain/access-words.ts";
import { secondsText } from "./explain/grounds.ts";
import type { Counts, Difference } from "./explain/rejudge.ts";
import { Rejudge } from "./explain/rejudge.ts";
import { Misuse } from "./misuse.ts";
import type { OpenedState } from "./opened-state.ts";
import { openState } from "./opened-state.ts";
import { pathsOf, stateOption } from "./options.ts";

const options = {
  directory: { type: "string" },
  config: { type: "string" },
  days: { type: "string", default: "30" },
  ...stateOption,
} as const;
const dayMs = 86_400_000;
const mostListed = 1_000;

export async function dryRun(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options });
  if (values.directory === undefined && values.config === undefined) {
    throw new Misuse("Name what would change: --directory FILE, --config FILE, or both.");
  }
  if (!/^[1-9][0-9]{0,4}$/.test(values.days)) throw new Misuse("--days takes a whole number from 1 on.");
  const state = openState(values);
  const { db, site } = state;
  const changedSite = values.config === undefined ? site : siteIn(values.config);
  const text = values.directory === undefined ? null : await readText(values.directory);
  const copy = await changedCopy(db, pathsOf(values), changedSite, text);
  tell(state, copy, changedSite, Number(values.days));
  copy.db.close();
  db.close();
  return 0;
}

function siteIn(file: string): SiteSpec {
  const reading = readConfigFile(file);
  if (!reading.ok) throw new Error(explainProblems(file, reading.problems));
  return siteOf(reading.config);
}

const readText = async (file: string): Promise<string> => (await readBounded(file, maxDirectoryBytes)).toString("utf8");

function tell({ db, site }: OpenedState, { before, after }: ChangedCopy, changedSite: SiteSpec, days: number): void {
  const record = new PastRecord(db);
  const { oldest } = reachOf(db);
  const { newest } = record;
  let then = new PastDirectory(db, before.version);
  const recorded = (decided: Decided) => {
    const version = Math.max(oldest, decided.event.directoryVersion);
    if (then.version !== version) then = new PastDirectory(db, version);
    return subjectOf(decided.event, then);
  };
  const rejudge = new Rejudge({
    now: { site, directory: before },
    changed: { site: changedSite, directory: after },
    passes: record,
    recorded,
  });
  const watch = new RecordWatch(site);
  const fromWall = (record.event(newest)?.at.wall ?? 0) - days * dayMs;
  let differing = 0;
  for (const event of record.range(record.oldest, newest)) {
    if (isDecided(event) && event.at.wall >= fromWall) {
      const difference = rejudge.judge(event, watch.around(event));
      if (difference !== null) {
        differing += 1;
        if (differing <= mostListed) say(lineOf(difference, site));
      }
    }
    watch.follow(event);
  }
  if (differing > mostListed) say(`… and ${differing - mostListed} more.`);
  if (differing > 0) say("");
  for (const line of summary(rejudge.counts, differing, days)) say(line);
}

function lineOf({ decided, then, now, changed }: Difference, site: SiteSpec): string {
  const { seq, at, event, personal } = decided;
  const door = site.doors.find(({ id }) => id === event.door)?.name ?? event.door;
  const who = personal?.name ?? event.person ?? event.pass ?? "a public code";
  const already = now === then ? "" : ` (${outcomeWords(now)} already, by the rules as they are)`;
  const after = changed === null ? "the door is not there any more" : outcomeWords(changed);
  return `${seq}  ${secondsText(at.wall, site.timeZone)}  ${door}  ${who}  ${event.method}: ${outcomeWords(then)}${already} → ${after}`;
}

function outcomeWords(outcome: Outcome): string {
  if (outcome === "granted") return "let in";
  return outcome === "begun" ? "asked for a second thing" : `denied, ${reasonWords[outcome]} (${outcome})`;
}

function summary(counts: Counts, differing: number, days: number): string[] {
  const { judged, otherwiseNow, takenFromRecord: taken, unknown, gone, neverDecided } = counts;
  const skipped = [
    unknown === 0 ? "" : `${unknown} of unknown codes, cards and plates`,
    gone === 0 ? "" : `${gone} of people, keys and doors that are gone since`,
    neverDecided === 0 ? "" : `${neverDecided} that were never decided`,
  ].filter((text) => text !== "");
  return [
    `${judged} ${judged === 1 ? "decision" : "decisions"} of the last ${days === 1 ? "day" : `${days} days`} of the record judged again; ${differing === 0 ? "none would be another" : differing === 1 ? "1 would be another" : `${differing} would be others`}.`,
    ...(skipped.length === 0 ? [] : [`Not judged: ${listWords(skipped, "and")}.`]),
    ...(taken === 0
      ? []
      : [
          `${taken} of them depended on what is not kept, such as blocks, modes and uses left; that is taken as recorded.`,
        ]),
    ...(otherwiseNow === 0
      ? []
      : [`${otherwiseNow} would be others already, as the directory or the configuration has changed since.`]),
  ];
}

const say = (line: string): void => console.log(printable(line));
