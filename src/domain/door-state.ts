// What a door's machine remembers, and how a change of it moves the lock. Decides nothing.
import type { TimetableState } from "./door-input.ts";
import type { AbortReason, Cause, JournalEvent } from "./events.ts";
import type { AskId, InputId, ScheduleId } from "./ids.ts";
import type { DoorSpec } from "./site.ts";
import type { DoorMode } from "./status.ts";
import type { MonoMs } from "./time.ts";
import { later } from "./time.ts";

/** How the door stands while nobody passes: ONVIF's DoorMode without Accessed, which only ever passes. */
export type Standing =
  | { readonly name: "locked" | "unlocked" | "blocked" | "lockedOpen" | "doubleLocked" }
  | {
      readonly name: "lockedDown";
      /** Null lasts until it is released. */
      readonly until: MonoMs | null;
      readonly byTimetable: boolean;
    };

/** Unlocked for one passage. */
export interface Passage {
  readonly relockAt: MonoMs;
  /** The part of it that an exit button has a right to: nothing but the end of that time locks it. */
  readonly exitUntil: MonoMs | null;
  readonly opened: boolean;
  /** Let in and not seen to open the door so far. */
  readonly asks: readonly AskId[];
}

/** Granted, and the lock waits for its trigger delay. */
export interface DelayedPassage {
  readonly at: MonoMs;
  readonly cause: Cause;
  readonly extended: boolean;
  readonly mayHoldOpen: boolean;
  readonly asks: readonly AskId[];
}

export interface PressedExit {
  readonly input: InputId;
  readonly since: MonoMs;
  readonly stuck: boolean;
}

export interface Timetable {
  readonly state: TimetableState;
  readonly schedule: ScheduleId | null;
  readonly mayEnd: boolean;
  /** Somebody who may has begun it, where it waits for that. */
  readonly begun: boolean;
  /** An operator or somebody who may has ended it before its time. */
  readonly ended: boolean;
}

export interface DoorState {
  readonly standing: Standing;
  readonly passage: Passage | null;
  readonly delayed: DelayedPassage | null;
  /** Released by fire: nothing but clearing the fire locks it again. */
  readonly fire: boolean;
  readonly timetable: Timetable;
  readonly contact: "open" | "closed" | "unknown";
  readonly openSince: MonoMs | null;
  /** Until then an opening still belongs to the last passage. */
  readonly graceUntil: MonoMs | null;
  /** Let in by the last passage, which ended without the door having been opened. */
  readonly missed: readonly AskId[];
  /** The last who was let in may take the extended times. */
  readonly extended: boolean;
  readonly heldOpen: boolean;
  readonly heldOpenSoon: boolean;
  /** Since when the alarm is latched; null is none. */
  readonly forcedSince: MonoMs | null;
  readonly tamperedSince: MonoMs | null;
  /** Tamper contacts that report just now. */
  readonly tampers: readonly InputId[];
  readonly lastAdministrator: { readonly id: string; readonly at: MonoMs } | null;
  readonly exits: readonly PressedExit[];
}

export type DoorEffect =
  | { readonly kind: "unlock"; readonly cause: Cause }
  | { readonly kind: "lock"; readonly cause: Cause }
  /** An order has shut the door: what else it has open shuts with it. */
  | { readonly kind: "shut"; readonly cause: Cause }
  | { readonly kind: "record"; readonly event: JournalEvent }
  /** Granted by the ledger and refused here: the use goes back. */
  | { readonly kind: "abort"; readonly ask: AskId; readonly why: AbortReason }
  /** A command that the door's mode does not take. */
  | { readonly kind: "refuse" }
  /** The held-open alarm is near: its readers say so. */
  | { readonly kind: "warn" };

export interface DoorStep {
  readonly state: DoorState;
  readonly effects: readonly DoorEffect[];
}

export const noTimetable: Timetable = { state: "none", schedule: null, mayEnd: false, begun: false, ended: false };

export const lockedDoor: DoorState = {
  standing: { name: "locked" },
  passage: null,
  delayed: null,
  fire: false,
  timetable: noTimetable,
  contact: "unknown",
  openSince: null,
  graceUntil: null,
  missed: [],
  extended: false,
  heldOpen: false,
  heldOpenSoon: false,
  forcedSince: null,
  tamperedSince: null,
  tampers: [],
  lastAdministrator: null,
  exits: [],
};

export const unchanged = (state: DoorState): DoorStep => ({ state, effects: [] });

export const recorded = (state: DoorState, ...events: JournalEvent[]): DoorStep => ({
  state,
  effects: events.map((event) => ({ kind: "record", event })),
});

/** The effects of both, in order. */
export function followed(step: DoorStep, next: (state: DoorState) => DoorStep): DoorStep {
  const after = next(step.state);
  return { state: after.state, effects: [...step.effects, ...after.effects] };
}

export const isHeldUnlocked = ({ standing, fire }: DoorState): boolean =>
  fire || standing.name === "unlocked" || standing.name === "lockedOpen";

export const isUnlocked = (state: DoorState): boolean => isHeldUnlocked(state) || state.passage !== null;

/** Nobody gets in, save for those whom a lockdown exempts. */
export const isShut = ({ standing }: DoorState): boolean =>
  standing.name === "blocked" || standing.name === "lockedDown";

export function doorMode(state: DoorState): DoorMode {
  if (state.fire) return "lockedOpen";
  return state.passage !== null && !isHeldUnlocked(state) ? "accessed" : state.standing.name;
}

/** The mode that decides who may be let in: a passage in a lockdown lets nobody else in. */
export const situationMode = (state: DoorState): DoorMode => (isShut(state) ? state.standing.name : doorMode(state));

/** Whether the timetable holds the door open at this moment, if nothing else has changed its mode. */
export const isHolding = ({ timetable: { state, begun, ended } }: DoorState): boolean =>
  !ended && (state === "holdOpen" || (state === "awaitFirst" && begun));

/** Where a door goes that nothing holds any longer: never to an unlocked mode. */
export const restOf = ({ timetable: { state, ended } }: DoorState): Standing =>
  state === "lockDown" && !ended ? { name: "lockedDown", until: null, byTimetable: true } : { name: "locked" };

/** Brings the lock to what the state now says, when it said otherwise before. */
export function moved(spec: DoorSpec, before: DoorState, after: DoorState, cause: Cause, now: MonoMs): DoorStep {
  const unlocked = isUnlocked(after);
  const masked = isHeldUnlocked(before) && !isHeldUnlocked(after) && after.contact === "open";
  const state = masked ? { ...after, openSince: now } : after;
  if (unlocked === isUnlocked(before)) return unchanged(state);
  const { id: door } = spec;
  if (unlocked) {
    return {
      state: { ...state, graceUntil: null, missed: [] },
      effects: [
        { kind: "unlock", cause },
        { kind: "record", event: { type: "door.unlocked", door, cause } },
        ...notTaken(spec, state.missed),
      ],
    };
  }
  return {
    state: { ...state, graceUntil: later(now, spec.timing.forcedGraceMs) },
    effects: [
      { kind: "lock", cause },
      { kind: "record", event: { type: "door.locked", door, cause } },
    ],
  };
}

/** The same, and the mode that the door stands in from now on goes into the record. */
export function stoodIn(
  spec: DoorSpec,
  before: DoorState,
  change: { readonly after: DoorState; readonly cause: Cause },
  now: MonoMs,
): DoorStep {
  const { after, cause } = change;
  const step = moved(spec, before, after, cause, now);
  const { standing } = after;
  if (sameStanding(before.standing, standing)) return step;
  const event: JournalEvent = { type: "door.modeChanged", door: spec.id, mode: standing.name, cause };
  const left = standing.name === "lockedDown" ? { leftMs: standing.until === null ? null : standing.until - now } : {};
  return { state: step.state, effects: [...step.effects, { kind: "record", event: { ...event, ...left } }] };
}

function sameStanding(a: Standing, b: Standing): boolean {
  if (a.name !== "lockedDown" || b.name !== "lockedDown") return a.name === b.name;
  return a.until === b.until && a.byTimetable === b.byTimetable;
}

/** Let in, and nothing moves for them. */
export const admitted = (spec: DoorSpec, asks: readonly AskId[]): DoorEffect[] =>
  asks.map((ask) => ({ kind: "record", event: { type: "access.admitted", ask, door: spec.id } }));

/** Let in, and the door was not opened for them. */
export const notTaken = (spec: DoorSpec, asks: readonly AskId[]): DoorEffect[] =>
  asks.map((ask) => ({ kind: "record", event: { type: "access.notTaken", ask, door: spec.id } }));

/** The newest that is held and not stuck. */
export function holdingExit(state: DoorState): PressedExit | null {
  let newest: PressedExit | null = null;
  for (const exit of state.exits) if (!exit.stuck && (newest === null || exit.since > newest.since)) newest = exit;
  return newest;
}

export const latest = (a: MonoMs, b: MonoMs): MonoMs => (a > b ? a : b);
