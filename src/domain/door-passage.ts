// One passage through a door: how it begins, lasts and ends, and what an exit button has a right to. Knows no mode's rules.
import type { DoorEffect, DoorState, DoorStep, Passage } from "./door-state.ts";
import { holdingExit, isHeldUnlocked, latest, moved, notTaken, recorded, unchanged } from "./door-state.ts";
import type { Cause } from "./events.ts";
import type { AskId, InputId } from "./ids.ts";
import type { DoorSpec } from "./site.ts";
import type { MonoMs } from "./time.ts";
import { later } from "./time.ts";

/** People who were let in one after the other before anybody opened; of more the record says nothing. */
const maxPassing = 64;

/** Unlocks for one passage, or lets one that is under way last longer, never shorter. */
export function beginPassage(
  spec: DoorSpec,
  state: DoorState,
  who: { readonly cause: Cause; readonly asks: readonly AskId[]; readonly extended: boolean },
  now: MonoMs,
): DoorStep {
  if (isHeldUnlocked(state)) return unchanged(state);
  const { unlockMs, extendedUnlockMs } = spec.timing;
  const until = later(now, who.extended ? Math.max(unlockMs, extendedUnlockMs) : unlockMs);
  const { passage } = state;
  const isOpen = state.contact === "open";
  const asks = state.contact === "closed" ? [...(passage?.asks ?? []), ...who.asks].slice(-maxPassing) : [];
  const after: DoorState = {
    ...state,
    passage: {
      relockAt: passage === null ? until : latest(passage.relockAt, until),
      exitUntil: passage?.exitUntil ?? null,
      opened: isOpen || passage?.opened === true,
      asks,
    },
    extended: who.extended || (passage !== null && state.extended),
    heldOpenSoon: state.heldOpenSoon && !who.extended,
  };
  const step = moved(spec, state, after, who.cause, now);
  return { state: step.state, effects: [...step.effects, ...(isOpen ? taken(spec, who.asks) : [])] };
}

/** In every mode, and while the door is unlocked anyway: whoever locks it then still lets this person out. */
export function pressExit(spec: DoorSpec, state: DoorState, input: InputId, now: MonoMs): DoorStep {
  if (state.exits.some((exit) => exit.input === input)) return unchanged(state);
  const until = later(now, spec.timing.unlockMs);
  const { passage } = state;
  const after: DoorState = {
    ...state,
    exits: [...state.exits, { input, since: now, stuck: false }],
    passage: {
      relockAt: passage === null ? until : latest(passage.relockAt, until),
      exitUntil: until,
      opened: state.contact === "open" || passage?.opened === true,
      asks: passage?.asks ?? [],
    },
    extended: passage !== null && state.extended,
  };
  const step = moved(spec, state, after, { by: "exit", input }, now);
  const pressed: DoorEffect = { kind: "record", event: { type: "exit.pressed", door: spec.id, input } };
  return { state: step.state, effects: [...step.effects, pressed] };
}

export function releaseExit(spec: DoorSpec, state: DoorState, input: InputId, now: MonoMs): DoorStep {
  const exit = state.exits.find((one) => one.input === input);
  if (exit === undefined) return unchanged(state);
  const freed = { ...state, exits: state.exits.filter((one) => one !== exit) };
  if (exit.stuck) return recorded(freed, { type: "exit.freed", door: spec.id, input });
  return relockIfDue(spec, freed, now);
}

export function markStuckExits(spec: DoorSpec, state: DoorState, now: MonoMs): DoorStep {
  const newlyStuck = state.exits.filter((exit) => !exit.stuck && now >= later(exit.since, spec.timing.exitHoldMs));
  if (newlyStuck.length === 0) return unchanged(state);
  const exits = state.exits.map((exit) => (newlyStuck.includes(exit) ? { ...exit, stuck: true } : exit));
  return recorded(
    { ...state, exits },
    ...newlyStuck.map((exit) => ({ type: "exit.stuck", door: spec.id, input: exit.input }) as const),
  );
}

/** What is left of a passage when the door is told to lock: the time that an exit button has a right to. */
export function exitShare(state: DoorState, now: MonoMs): Passage | null {
  const { passage } = state;
  const owed = passage?.exitUntil ?? null;
  const isOwed = owed !== null && owed > now;
  if (passage === null || (!isOwed && holdingExit(state) === null)) return null;
  return { ...passage, relockAt: isOwed ? owed : now, asks: [] };
}

/** A held exit button keeps the door unlocked until it counts as stuck. */
export function relockTime(spec: DoorSpec, state: DoorState, passage: Passage): MonoMs {
  const held = holdingExit(state);
  return held === null ? passage.relockAt : latest(passage.relockAt, later(held.since, spec.timing.exitHoldMs));
}

export function relockIfDue(spec: DoorSpec, state: DoorState, now: MonoMs): DoorStep {
  if (state.passage === null || now < relockTime(spec, state, state.passage)) return unchanged(state);
  return endPassage(spec, state, { by: "time" }, now);
}

/** Whoever was let in and did not open has until the end of the grace to do it. */
export function endPassage(spec: DoorSpec, state: DoorState, cause: Cause, now: MonoMs): DoorStep {
  if (state.passage === null) return unchanged(state);
  const asks = isHeldUnlocked(state) ? [] : state.passage.asks;
  return moved(spec, state, { ...state, passage: null, missed: asks }, cause, now);
}

export function missIfDue(spec: DoorSpec, state: DoorState, now: MonoMs): DoorStep {
  if (state.missed.length === 0 || (state.graceUntil !== null && now <= state.graceUntil)) return unchanged(state);
  return { state: { ...state, missed: [] }, effects: notTaken(spec, state.missed) };
}

/** The contact says that the door has been opened: whoever was let in is through. */
export function openPassage(spec: DoorSpec, state: DoorState): DoorStep {
  const asks = state.passage === null ? state.missed : state.passage.asks;
  const passage = state.passage === null ? null : { ...state.passage, opened: true, asks: [] };
  return { state: { ...state, passage, missed: [] }, effects: taken(spec, asks) };
}

const taken = (spec: DoorSpec, asks: readonly AskId[]): DoorEffect[] =>
  asks.map((ask) => ({ kind: "record", event: { type: "access.taken", ask, door: spec.id } }));

/** An order that changes the mode leaves of a passage only what an exit button has a right to. */
export function cutPassage(state: DoorState, now: MonoMs): DoorState {
  const share = exitShare(state, now);
  const asks = share === null && !isHeldUnlocked(state) ? (state.passage?.asks ?? []) : [];
  return { ...state, passage: share, missed: [...state.missed, ...asks], delayed: null };
}
