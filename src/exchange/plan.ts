// Works out the steps from what the directory is to what a file wants it to be, with a sentence for each thing that changes;
// sentences name people and doors, never a secret. Pure.
import type { DirectoryChange, HolderKind, HolderRef } from "../domain/directory.ts";
import type { ExportedHolder, Owned } from "../domain/directory-export.ts";
import type { Holiday, Schedule } from "../domain/schedule.ts";
import { planAttributes } from "./plan-attributes.ts";
import { planCredentials } from "./plan-credentials.ts";
import { planGrants } from "./plan-grants.ts";
import type { Compared, KnownDirectory, Plan, PlannedNews, PlannedStep } from "./planned.ts";
import { sameValue } from "./planned.ts";
import type { Placed, Wanted, WantedHolder } from "./wanted.ts";

export interface PlanTerms {
  /** Which codes of the file are the credentials' already, as the ledger said. */
  readonly compared: Compared;
  /** Schedules that the site's configuration names: they stay whatever the file says. */
  readonly namedSchedules: ReadonlySet<string>;
}

/** In this order steps can be taken one after the other: what is named comes before what names it. */
interface Phases {
  readonly schedules: PlannedStep[];
  readonly removals: PlannedStep[];
  readonly holders: PlannedStep[];
  readonly rest: PlannedStep[];
  readonly last: PlannedStep[];
}

const keyOf = (kind: HolderKind, id: string): string => `${kind} ${id}`;

export function planChanges(wanted: Wanted, known: KnownDirectory, terms: PlanTerms): Plan {
  const phases: Phases = { schedules: [], removals: [], holders: [], rest: [], last: [] };
  const news: PlannedNews[] = [];
  const byKey = new Map(known.holders.map((one) => [keyOf(one.holder.kind, one.holder.id), one]));
  const takenIds = new Set(known.holders.flatMap(({ credentials }) => credentials.map(({ id }) => id as string)));
  const order: readonly HolderKind[] = ["person", "pass", "public"];
  const inOrder = wanted.holders.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  planThings(wanted, wanted.schedules, known.schedules, scheduleThings(known, wanted, terms), phases, news);
  planThings(wanted, wanted.holidays, known.holidays, holidayThings, phases, news);
  for (const holder of inOrder) {
    const before = byKey.get(keyOf(holder.kind, holder.given.id)) ?? null;
    news.push(...planHolder(holder, before, terms.compared, takenIds, phases));
  }
  news.push(...planRemovals(wanted, known, phases));
  const { schedules, removals, holders, rest, last } = phases;
  return { steps: [...schedules, ...removals, ...holders, ...rest, ...last], news };
}

function planHolder(
  wanted: WantedHolder,
  before: ExportedHolder | null,
  compared: Compared,
  takenIds: Set<string>,
  phases: Phases,
): PlannedNews[] {
  const { kind, given, line } = wanted;
  const holder = { kind, id: given.id } as HolderRef;
  const say = (verb: PlannedNews["verb"], rest: string): PlannedNews => newsOf(verb, "", given.name, given.id, rest);
  if (before !== null && "source" in before.holder && before.holder.source === "cloud") {
    return [say("leaves", " to the cloud, which manages them")];
  }
  const attributes = planAttributes(wanted, before);
  if (attributes.change !== null) phases.holders.push({ change: attributes.change, line });
  const credentials = planCredentials(wanted, holder, before?.credentials ?? [], { compared, takenIds });
  const grants = planGrants(wanted, holder, before?.grants ?? []);
  for (const { removals, puts } of [credentials, grants]) {
    phases.removals.push(...removals);
    phases.rest.push(...puts);
  }
  const told = [...attributes.words, ...credentials.words, ...grants.words, ...planCounts(wanted, before, phases)];
  const rest = told.length === 0 ? "" : `: ${told.join(", ")}`;
  if (before === null) return [say("adds", rest)];
  return told.length === 0 ? [] : [say("changes", rest)];
}

/** Uses and first uses that the file brings along; they only ever grow. */
function planCounts(wanted: WantedHolder, before: ExportedHolder | null, phases: Phases): string[] {
  if (wanted.kind !== "pass") return [];
  const { uses, activations, given, line } = wanted;
  const spentBefore = (door: string, occurrence: number) =>
    before?.uses.find((one) => one.door === door && one.occurrence === occurrence)?.spent ?? 0;
  const grown = uses.filter(({ door, occurrence, spent }) => spent > spentBefore(door, occurrence));
  for (const use of grown) phases.last.push({ change: { op: "putUses", pass: given.id, ...use }, line });
  const fresh = activations.filter(
    ({ occurrence }) => !(before?.activations ?? []).some((one) => one.occurrence === occurrence),
  );
  for (const { at } of fresh) phases.last.push({ change: { op: "activatePass", id: given.id, at }, line });
  return [...(grown.length === 0 ? [] : ["uses spent so far"]), ...(fresh.length === 0 ? [] : ["already begun"])];
}

/** Whom an earlier file brought and this one leaves out. */
function goneFrom(wanted: Wanted, known: KnownDirectory): ExportedHolder[] {
  const kept = new Set(wanted.holders.map(({ kind, given }) => keyOf(kind, given.id)));
  return known.holders.filter(
    ({ holder }) =>
      wanted.complete.has(holder.kind) &&
      "source" in holder &&
      holder.source === "imported" &&
      !(holder.kind === "pass" && holder.state === "revoked") &&
      !kept.has(keyOf(holder.kind, holder.id)),
  );
}

/** Passes go before the people behind them. */
function planRemovals(wanted: Wanted, known: KnownDirectory, phases: Phases): PlannedNews[] {
  const passesFirst = goneFrom(wanted, known).toSorted((a, b) => (a.holder.kind < b.holder.kind ? -1 : 1));
  return passesFirst.map(({ holder }) => {
    const { kind, id, name } = holder;
    phases.removals.push({ change: { op: "removeHolder", holder: { kind, id } as HolderRef }, line: null });
    return newsOf("removes", "", name, id, "");
  });
}

interface Things<Thing> {
  readonly what: string;
  readonly put: (thing: Thing) => DirectoryChange;
  readonly remove: (thing: Thing) => DirectoryChange;
  /** Why it must stay, though the file leaves it out; null lets it go. */
  readonly staysFor: (thing: Thing) => string | null;
}

const holidayThings: Things<Holiday> = {
  what: "holiday",
  put: (holiday) => ({ op: "putHoliday", holiday }),
  remove: ({ id }) => ({ op: "removeHoliday", id }),
  staysFor: () => null,
};

function scheduleThings(known: KnownDirectory, wanted: Wanted, { namedSchedules }: PlanTerms): Things<Schedule> {
  const rewritten = new Set([
    ...wanted.holders.filter(({ grants }) => grants !== null).map(({ kind, given }) => keyOf(kind, given.id)),
    ...goneFrom(wanted, known).map(({ holder }) => keyOf(holder.kind, holder.id)),
  ]);
  const used = new Set(
    known.holders
      .filter(({ holder }) => !rewritten.has(keyOf(holder.kind, holder.id)))
      .flatMap(({ grants }) => grants.map(({ schedule }) => schedule as string)),
  );
  return {
    what: "schedule",
    put: (schedule) => ({ op: "putSchedule", schedule }),
    remove: ({ id }) => ({ op: "removeSchedule", id }),
    staysFor: ({ id }) => {
      if (namedSchedules.has(id)) return "the site's configuration names it";
      return used.has(id) ? "people who are not in this file have it" : null;
    },
  };
}

function planThings<Thing extends { readonly id: string; readonly name: string }>(
  { keepsOthers }: Wanted,
  wanted: readonly Placed<Thing>[] | null,
  known: readonly Owned<Thing>[],
  { what, put, remove, staysFor }: Things<Thing>,
  phases: Phases,
  news: PlannedNews[],
): void {
  if (wanted === null) return;
  const before = new Map(known.map((thing) => [thing.id, thing]));
  for (const { thing, line } of wanted) {
    const old = before.get(thing.id);
    before.delete(thing.id);
    if (old?.source === "cloud") {
      news.push(newsOf("leaves", `the ${what} `, old.name, old.id, " to the cloud, which manages it"));
      continue;
    }
    if (old !== undefined && sameValue({ ...old, source: null }, thing)) continue;
    phases.schedules.push({ change: put(thing), line });
    news.push(newsOf(old === undefined ? "adds" : "changes", `the ${what} `, thing.name, thing.id, ""));
  }
  for (const thing of keepsOthers ? [] : before.values()) {
    const why = thing.source === "cloud" ? "the cloud manages it" : staysFor(thing);
    if (why === null) phases.last.push({ change: remove(thing), line: null });
    const rest = why === null ? "" : `, because ${why}`;
    news.push(newsOf(why === null ? "removes" : "leaves", `the ${what} `, thing.name, thing.id, rest));
  }
}

const newsOf = (verb: PlannedNews["verb"], what: string, name: string, id: string, rest: string): PlannedNews => ({
  verb,
  text: `${what}${name} (${id})${rest}`,
  quiet: `${what}${id}${rest}`,
});
