// What a ledger knows beside its database, from the door loop's `open` on; each part changes only after a commit.
import type { Database } from "better-sqlite3";
import type { Ask } from "../domain/ask.ts";
import { believedAbove, raisedFloor } from "../domain/clock-floor.ts";
import type { Holder } from "../domain/directory.ts";
import type { FirstFactor } from "../domain/facts.ts";
import type { AreaId, AskId, BootId, DoorId, ReaderId, RunId } from "../domain/ids.ts";
import type { DoorSpec, SiteSpec } from "../domain/site.ts";
import { isScanner } from "../domain/site.ts";
import type { Instant, MonoMs } from "../domain/time.ts";
import type { AskOutcome } from "./ask-outcomes.ts";
import { readAskOutcomes } from "./ask-outcomes.ts";
import { Freshness } from "./freshness.ts";
import { GuessStore } from "./guess-store.ts";
import type { Opening } from "./openings.ts";
import type { FailedEntry } from "./typing-errors.ts";

export interface Session {
  readonly run: RunId;
  readonly boot: BootId;
  readonly site: SiteSpec;
  readonly doors: ReadonlyMap<DoorId, DoorSpec>;
  /** Doors at which a QR can be shown. */
  readonly scannerDoors: ReadonlySet<DoorId>;
  readonly guess: GuessStore;
  /** Null where what the cloud gave out is good for ever. */
  readonly freshness: Freshness | null;
  /** What was shown first at each side of a door, where that asks for two things. */
  readonly firsts: Map<string, PendingFirst | null>;
  /** Who was let in at each door lately, as far as its intervals ask. */
  readonly openings: Map<DoorId, readonly Opening[]>;
  /** Who was let into each area, and has not been seen going in yet. */
  readonly expected: Map<AreaId, readonly Expected[]>;
  readonly failures: Map<ReaderId, readonly FailedEntry[]>;
  /** Complete for this run; for older runs only once `outcomesRead`. */
  readonly outcomes: Map<AskId, AskOutcome>;
  outcomesRead: boolean;
  counters: Counters;
}

export interface PendingFirst {
  readonly factor: FirstFactor;
  readonly at: MonoMs;
}

export interface Expected {
  readonly ask: AskId;
  readonly holder: string;
  readonly until: MonoMs;
}

/** A card reader and the keypad beside it are one place to whoever stands before them. */
export const sideOf = ({ door, direction }: Pick<Ask, "door" | "direction">): string => `${door} ${direction}`;

/** A colon is in no id, so that a holder is never taken for a door. */
export const keyOf = ({ kind, id }: Pick<Holder, "kind" | "id">): string => `${kind}:${id}`;

/** The numbers that a restart must not forget. */
export interface Counters {
  /** The run that `runEntry` counts in; another one's until the first commit of this. */
  readonly run: string;
  readonly directoryVersion: number;
  /** The latest time that a trusted clock has told: the clock cannot be set back behind it. */
  readonly clockFloor: number;
  /** See ClockFloor; not kept. */
  readonly floorMono: MonoMs | null;
  /** The last record of this run that is in the journal. */
  readonly runEntry: number;
}

interface ControllerRow {
  readonly run: string;
  readonly run_entry: number;
  readonly directory_version: number;
  readonly clock_floor: number;
}

/** The floor is written so coarsely because every write of it would add a page to every event. */
const floorStepMs = 60_000;

/** A ledger that comes back within a run must know what its predecessor decided: nothing is decided twice. */
export function beginSession(
  db: Database,
  { run, boot, site }: { readonly run: RunId; readonly boot: BootId; readonly site: SiteSpec },
  headSeq: number,
  now: Instant,
): Session {
  const row = db.prepare<[], ControllerRow>("SELECT * FROM controller").get();
  const sameRun = row?.run === run;
  return {
    run,
    boot,
    site,
    doors: new Map(site.doors.map((door) => [door.id, door])),
    scannerDoors: new Set(site.readers.filter(isScanner).map(({ door }) => door)),
    guess: new GuessStore(db, boot, now),
    freshness: freshnessOf(db, site, boot, now),
    firsts: new Map(),
    openings: new Map(),
    expected: new Map(),
    failures: new Map(),
    outcomes: sameRun ? readAskOutcomes(db, headSeq) : new Map(),
    outcomesRead: sameRun,
    counters: {
      run: row?.run ?? "",
      directoryVersion: row?.directory_version ?? 0,
      clockFloor: row?.clock_floor ?? 0,
      floorMono: null,
      runEntry: sameRun ? row.run_entry : 0,
    },
  };
}

function freshnessOf(db: Database, { cloud }: SiteSpec, boot: BootId, now: Instant): Freshness | null {
  const maxAgeMs = cloud?.maxDirectoryAgeMs ?? null;
  return maxAgeMs === null ? null : new Freshness(db, maxAgeMs, boot, now);
}

/** Writes what has changed enough to matter after a restart. */
export function saveCounters(db: Database, before: Counters, after: Counters): void {
  const floorMoved = Math.floor(after.clockFloor / floorStepMs) !== Math.floor(before.clockFloor / floorStepMs);
  const sameRun = after.run === before.run && after.runEntry === before.runEntry;
  if (sameRun && after.directoryVersion === before.directoryVersion && !floorMoved) return;
  db.prepare("UPDATE controller SET run = ?, run_entry = ?, directory_version = ?, clock_floor = ?").run(
    after.run,
    after.runEntry,
    after.directoryVersion,
    Math.floor(after.clockFloor),
  );
}

export function raiseFloor(at: Instant, counters: Counters): Counters {
  const { wall, mono } = raisedFloor({ wall: counters.clockFloor, mono: counters.floorMono }, at);
  return { ...counters, clockFloor: wall, floorMono: mono };
}

/** An installer's word: what a wrong clock once told is forgotten. */
export const resetFloor = (counters: Counters): Counters => ({ ...counters, clockFloor: 0, floorMono: null });

export const believed = (at: Instant, { clockFloor }: Counters): Instant => believedAbove(at, clockFloor);
