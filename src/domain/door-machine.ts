// One door's state machine: what unlocks it, when it locks again, which alarms it raises. Pure; knows no relay and no ledger.
import {
  alarmHeldOpen,
  clearForced,
  clearTamper,
  heldOpenTimes,
  isWarning,
  moveContact,
  resetAlarms,
  resetTimes,
  restoreForced,
  restoreTamper,
  tamper,
} from "./door-alarms.ts";
import { access, enterIfDue, grant, turnAway } from "./door-entry.ts";
import type { DoorInput } from "./door-input.ts";
import { expireLockDown, followTimetable, requestMode, restoreStanding } from "./door-modes.ts";
import {
  cutPassage,
  markStuckExits,
  missIfDue,
  pressExit,
  releaseExit,
  relockIfDue,
  relockTime,
} from "./door-passage.ts";
import type { DoorState, DoorStep } from "./door-state.ts";
import { doorMode, followed, isUnlocked, moved, notTaken, unchanged } from "./door-state.ts";
import type { Cause } from "./events.ts";
import type { DoorSpec } from "./site.ts";
import type { DoorStatus } from "./status.ts";
import type { MonoMs } from "./time.ts";
import { later, monoMs } from "./time.ts";

export type StepDoor = (spec: DoorSpec, state: DoorState, input: DoorInput, now: MonoMs) => DoorStep;

export const stepDoor: StepDoor = (spec, state, input, now) => {
  switch (input.kind) {
    case "grant":
      return grant(spec, state, input.ask, input.rights, now);
    case "access":
      return access(spec, state, input.cause, now);
    case "request":
      return requestMode(spec, state, input, now);
    case "timetable":
      return followTimetable(spec, state, input, now);
    case "exit":
      return input.pressed ? pressExit(spec, state, input.input, now) : releaseExit(spec, state, input.input, now);
    case "exitLost":
      return state.exits.some((exit) => exit.input === input.input && exit.stuck)
        ? unchanged(state)
        : releaseExit(spec, state, input.input, now);
    case "contact":
      return moveContact(spec, state, input.level, now);
    case "tamper":
      return tamper(spec, state, input.input, input.active, now);
    case "fire":
      return releaseForFire(spec, state);
    case "fireCleared":
      return endFireRelease(spec, state, input.who, now);
    case "clearForced":
      return clearForced(spec, state, input.who);
    case "clearTamper":
      return clearTamper(spec, state, input.who);
    case "restoreForced":
      return restoreForced(spec, state, now);
    case "restoreTamper":
      return restoreTamper(spec, state, now);
    case "restoreLockDown":
    case "restoreBlock":
      return restoreStanding(state, input, now);
    case "interlocked":
      return turnAway(state);
    case "tick":
      return tick(spec, state, now);
  }
};

/** When the machine next wants a tick; null when nothing is pending. */
export function doorDeadline(spec: DoorSpec, state: DoorState): MonoMs | null {
  const due: (MonoMs | null)[] = [state.delayed?.at ?? null];
  if (state.passage !== null) due.push(relockTime(spec, state, state.passage));
  if (state.missed.length > 0 && state.graceUntil !== null) due.push(later(state.graceUntil, 1));
  if (state.standing.name === "lockedDown") due.push(state.standing.until);
  for (const exit of state.exits) if (!exit.stuck) due.push(later(exit.since, spec.timing.exitHoldMs));
  const held = heldOpenTimes(spec, state);
  if (held !== null) due.push(held.alarm, held.warning);
  const reset = resetTimes(spec, state);
  due.push(reset.forced, reset.tampered);
  const times = due.filter((time) => time !== null);
  return times.length === 0 ? null : monoMs(Math.min(...times));
}

export function doorStatus(spec: DoorSpec, state: DoorState): DoorStatus {
  return {
    door: spec.id,
    name: spec.name,
    mode: doorMode(state),
    standing: state.standing.name,
    locked: !isUnlocked(state),
    contact: state.contact,
    forced: state.forcedSince !== null,
    heldOpen: state.heldOpen,
    fire: state.fire,
    tampered: state.tamperedSince !== null,
    heldOpenSoon: isWarning(state),
    stuckExits: state.exits.filter((exit) => exit.stuck).map((exit) => exit.input),
  };
}

/** Told again though it is unlocked already: the relay hears it once more. */
function releaseForFire(spec: DoorSpec, state: DoorState): DoorStep {
  if (spec.lock !== "failSafe" || state.fire) return unchanged(state);
  const cause: Cause = { by: "fire" };
  const passage = state.passage === null ? null : { ...state.passage, asks: [] };
  return {
    state: { ...state, fire: true, graceUntil: null, missed: [], passage },
    effects: [
      { kind: "unlock", cause },
      { kind: "record", event: { type: "door.unlocked", door: spec.id, cause } },
      ...notTaken(spec, state.missed),
    ],
  };
}

/** Whoever has just pressed the exit button, or holds it, still gets out. */
function endFireRelease(spec: DoorSpec, state: DoorState, who: string, now: MonoMs): DoorStep {
  if (!state.fire) return unchanged(state);
  const after = cutPassage({ ...state, fire: false }, now);
  return moved(spec, state, { ...after, delayed: state.delayed }, { by: "operator", who }, now);
}

/** What locks comes first. */
function tick(spec: DoorSpec, state: DoorState, now: MonoMs): DoorStep {
  const steps: readonly StepByTime[] = [
    markStuckExits,
    relockIfDue,
    expireLockDown,
    enterIfDue,
    missIfDue,
    alarmHeldOpen,
    resetAlarms,
  ];
  let step = unchanged(state);
  for (const next of steps) step = followed(step, (after) => next(spec, after, now));
  return step;
}

type StepByTime = (spec: DoorSpec, state: DoorState, now: MonoMs) => DoorStep;
