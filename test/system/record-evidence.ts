// Holds the record against what the board's trace tells: what is missing in it, double, or was never so.
import { askLifeMs } from "../../src/domain/ask.ts";
import type { JournalEvent, RecordedEvent } from "../../src/domain/events.ts";
import { busyHolders } from "./busy-site.ts";
import type { Life, ShownAsk } from "./life-trace.ts";

export interface Evidence {
  /** What is wrong, in words. */
  readonly problems: readonly string[];
  /** Moves whose record the main process had not handed over when it was killed. */
  readonly unrecordedMoves: number;
}

/** The part of the record that one life of the main process wrote; its first event is `controller.started`. */
interface Chapter {
  readonly events: readonly RecordedEvent[];
  readonly life: Life;
  readonly wasKilled: boolean;
}

type Granted = Extract<JournalEvent, { type: "access.granted" }>;

interface AskRecord {
  granted: Granted | null;
  aborted: boolean;
  /** The relay moved before the disk had answered. */
  late: boolean;
}

interface AsksOfLife {
  readonly life: Life;
  readonly asks: ReadonlyMap<string, AskRecord>;
  readonly run: string | undefined;
}

/** The last life ended by itself and had time to record everything; all before it were killed. */
export function holdAgainst(lives: readonly Life[], record: readonly RecordedEvent[]): Evidence {
  const problems: string[] = lives.flatMap((life) => life.problems);
  const asks = readAsks(record, problems);
  const chapters = chaptersOf(lives, record, problems);
  let unrecordedMoves = 0;
  for (const chapter of chapters) {
    unrecordedMoves += checkMoves(chapter, problems);
    checkAsks(chapter, asks, problems);
    checkLosses(chapter, problems);
  }
  for (const { ask, mono } of lives.flatMap((life) => life.opened)) {
    const known = asks.get(ask);
    if (known?.granted == null) problems.push(`a door opened at ${mono} for ask ${ask}, which no event grants`);
    else if (known.aborted) problems.push(`a door opened at ${mono} for ask ${ask}, which was aborted`);
  }
  checkUses(record, problems);
  return { problems, unrecordedMoves };
}

/** How often people were told no because the reader was busy, as recorded. */
export const shedCount = (record: readonly RecordedEvent[]): number =>
  record.reduce((sum, { event }) => sum + (event.type === "access.shed" ? event.count : 0), 0);

/** Events since the main process was last started. */
export const lastChapter = (record: readonly RecordedEvent[]): readonly RecordedEvent[] =>
  record.slice(record.findLastIndex(({ event }) => event.type === "controller.started"));

export const recordedGrants = (record: readonly RecordedEvent[]): ReadonlySet<string> =>
  new Set(record.flatMap(({ event }) => (event.type === "access.granted" ? [event.ask] : [])));

function readAsks(record: readonly RecordedEvent[], problems: string[]): ReadonlyMap<string, AskRecord> {
  const asks = new Map<string, AskRecord>();
  for (const { seq, event } of record) {
    if (event.type === "access.granted" || event.type === "access.denied") {
      if (asks.has(event.ask)) problems.push(`event ${seq} decides ask ${event.ask} a second time`);
      const granted = event.type === "access.granted" ? event : null;
      asks.set(event.ask, { granted, aborted: false, late: granted?.late ?? false });
    } else if (event.type === "access.aborted" || event.type === "access.late") {
      const known = asks.get(event.ask);
      const mark = event.type === "access.aborted" ? "aborted" : "late";
      if (known?.granted == null) problems.push(`event ${seq}, ${event.type}, is about no granted ask: ${event.ask}`);
      else if (known[mark]) problems.push(`event ${seq}, ${event.type}, repeats one about ask ${event.ask}`);
      else known[mark] = true;
    }
  }
  return asks;
}

/** A life that was killed before its ledger was ready has left no chapter. */
function chaptersOf(lives: readonly Life[], record: readonly RecordedEvent[], problems: string[]): Chapter[] {
  const starts = record.flatMap(({ event }, place) => (event.type === "controller.started" ? [place] : []));
  if (starts[0] !== 0) problems.push("the record does not begin with a start");
  const chapters: Chapter[] = [];
  let next = 0;
  for (const [n, place] of starts.entries()) {
    const events = record.slice(place, starts[n + 1]);
    const startedAt = events[0]?.at.mono ?? 0;
    const found = lives.findLastIndex(({ begin }) => begin !== null && begin <= startedAt);
    const life = lives[found];
    if (life === undefined || found < next) {
      problems.push(`the start at ${startedAt} is recorded twice, or never was`);
      continue;
    }
    next = found + 1;
    chapters.push({ events, life, wasKilled: found < lives.length - 1 });
  }
  const [last] = chapters.slice(-1);
  if (last === undefined || last.wasKilled) problems.push("the last life has not recorded its start");
  return chapters;
}

/** What is recorded is what happened, in that order, each once; only the end may be missing, and only after a kill. */
function checkMoves({ events, life, wasKilled }: Chapter, problems: string[]): number {
  const recorded = events.flatMap(({ event }) => moveText(event));
  const wrong = recorded.findIndex((text, n) => text !== life.moves[n]?.text);
  if (wrong >= 0) {
    const was = life.moves[wrong];
    problems.push(`recorded "${recorded[wrong]}", but what came then was "${was?.text}" at ${was?.mono}`);
  }
  const missing = life.moves.length - recorded.length;
  if (missing > 0 && !wasKilled) problems.push(`${missing} moves are not recorded, and nothing was killed`);
  return Math.max(0, missing);
}

function moveText(event: JournalEvent): string[] {
  if (event.type === "exit.pressed") return [`pressed ${event.door} ${event.input}`];
  if (event.type !== "door.unlocked" && event.type !== "door.locked") return [];
  const { cause } = event;
  const why = cause.by === "ask" ? `ask:${cause.ask}` : cause.by === "exit" ? `exit:${cause.input}` : cause.by;
  return [`${event.type === "door.unlocked" ? "unlocked" : "locked"} ${event.door} ${why}`];
}

function checkAsks(chapter: Chapter, asks: ReadonlyMap<string, AskRecord>, problems: string[]): void {
  const { events, life, wasKilled } = chapter;
  const run = events.map(({ event }) => ("ask" in event ? event.ask.split(".")[0] : undefined)).find(Boolean);
  const handedOver = lastHandedOver(events);
  let shed = 0;
  for (const [n, shown] of life.asks.entries()) {
    const known = asks.get(`${run}.${n + 1}`);
    const isShed = shown.outcome === "shed" || isShedBySlowLedger(shown, known, { life, asks, run });
    if (isShed) shed += 1;
    const isExcused = isShed ? known === undefined : wasKilled && shown.settledMono >= handedOver;
    const wrong = wrongAbout(shown, known, isExcused);
    if (wrong !== null) problems.push(`ask ${run}.${n + 1}, ${shown.outcome} at ${shown.settledMono}: ${wrong}`);
  }
  for (const { seq, event } of events) {
    if (!("ask" in event)) continue;
    const [askRun, number] = event.ask.split(".");
    if (askRun !== run || !(Number(number) <= life.asks.length)) {
      problems.push(`event ${seq} is about ask ${event.ask}, which nobody showed in its time`);
    }
  }
  for (const { ask } of life.opened) {
    if (!ask.startsWith(`${run}.`)) problems.push(`ask ${ask} opened a door in a later life, ${run}`);
  }
  const recordedShed = shedCount(events);
  if (recordedShed > shed || (recordedShed < shed && !wasKilled)) {
    problems.push(`${recordedShed} presentations are recorded as shed, and ${shed} were`);
  }
}

function wrongAbout(shown: ShownAsk, known: AskRecord | undefined, isExcused: boolean): string | null {
  const stands = known?.granted != null && !known.aborted;
  switch (shown.outcome) {
    case "granted":
      return stands ? null : "the record does not grant it";
    case "denied":
      if (stands) return isExcused ? null : "the record grants it";
      return known === undefined && !isExcused ? "the record does not know it" : null;
    case "shed":
      return known === undefined ? null : "the record decides it";
    case "open":
      return isExcused || known !== undefined ? null : "nobody answered it";
  }
}

/** Everything that the main process said before this is in the record: its records come in order. */
function lastHandedOver(events: readonly RecordedEvent[]): number {
  const own = /^(door|exit|controller|config|ledger|office)\.|^access\.shed$/;
  return Math.max(...events.filter(({ event }) => own.test(event.type)).map(({ at }) => at.mono));
}

/**
 * Somebody before was let in or turned away without waiting for a slow ledger, which still owes that answer: until it has
 * come the reader is busy.
 */
function isShedBySlowLedger(shown: ShownAsk, known: AskRecord | undefined, { life, asks, run }: AsksOfLife): boolean {
  if (shown.outcome !== "denied" || known !== undefined) return false;
  return life.asks.some((other, n) => {
    if (other.reader !== shown.reader || other.settledMono > shown.mono) return false;
    const isExpired = other.outcome === "denied" && other.settledMono - other.mono >= askLifeMs;
    return isExpired || asks.get(`${run}.${n + 1}`)?.late === true;
  });
}

function checkLosses({ events, life }: Chapter, problems: string[]): void {
  let isLost = false;
  for (const { seq, event, at } of events) {
    if (event.type === "records.dropped") problems.push(`event ${seq}: ${event.count} records were dropped`);
    if (event.type !== "ledger.lost" && event.type !== "ledger.restored") continue;
    const loses = event.type === "ledger.lost";
    if (loses === isLost) problems.push(`event ${seq}, ${event.type}, does not follow its opposite`);
    if (loses) checkOldAsks(life, at.mono, problems);
    isLost = loses;
  }
}

/** When a ledger is lost, whoever waits is turned away: nothing that was shown before opens anything afterwards. */
function checkOldAsks({ asks, opened }: Life, lostAt: number, problems: string[]): void {
  for (const { ask, mono } of opened) {
    const shown = asks[Number(ask.split(".")[1]) - 1];
    if (shown === undefined || shown.mono >= lostAt || mono <= lostAt) continue;
    problems.push(`ask ${ask} of ${shown.mono} opened at ${mono}, and the ledger was lost at ${lostAt}`);
  }
}

function checkUses(record: readonly RecordedEvent[], problems: string[]): void {
  const spent = new Map<string, number>();
  const grants = new Map<string, Granted>();
  for (const { seq, event } of record) {
    if (event.type === "access.granted" && event.pass !== null) {
      const uses = busyHolders.find(({ id }) => id === event.pass)?.usesPerDoor ?? 0;
      const key = usesKey(event);
      const now = (spent.get(key) ?? 0) + 1;
      spent.set(key, now);
      grants.set(event.ask, event);
      if (now > uses) problems.push(`event ${seq} grants use ${now} of ${uses} for ${key}`);
      if (event.usesLeft !== uses - now) {
        problems.push(`event ${seq} leaves ${event.usesLeft} uses for ${key}, of ${uses} and ${now} spent`);
      }
    }
    if (event.type !== "access.aborted") continue;
    const grant = grants.get(event.ask);
    if (grant !== undefined) spent.set(usesKey(grant), (spent.get(usesKey(grant)) ?? 0) - 1);
  }
}

const usesKey = ({ pass, door }: Granted): string => `${pass} at ${door}`;

/** Spent and not given back, by pass and door. */
export function usesSpent(record: readonly RecordedEvent[]): ReadonlyMap<string, number> {
  const spent = new Map<string, number>();
  const aborted = new Set(record.flatMap(({ event }) => (event.type === "access.aborted" ? [event.ask] : [])));
  for (const { event } of record) {
    if (event.type !== "access.granted" || event.pass === null || aborted.has(event.ask)) continue;
    spent.set(usesKey(event), (spent.get(usesKey(event)) ?? 0) + 1);
  }
  return spent;
}
