// The modes a door stands in, and which request each of them takes. The rules are ONVIF's: wsdl/ver10/pacs/doorcontrol.wsdl of
// https://github.com/onvif/specs, the texts of DoorMode and of the operations named in `request`. An exit button and fire stand
// above them all.
import type { ModeRequest, RestoredStanding, TimetableInput } from "./door-input.ts";
import { cutPassage } from "./door-passage.ts";
import type { DoorEffect, DoorState, DoorStep, Standing, Timetable } from "./door-state.ts";
import { admitted, followed, isHeldUnlocked, noTimetable, restOf, stoodIn, unchanged } from "./door-state.ts";
import type { Cause } from "./events.ts";
import type { DoorSpec } from "./site.ts";
import type { MonoMs } from "./time.ts";
import { later } from "./time.ts";

type Request = ModeRequest["request"];

const all: readonly Request[] = ["lock", "unlock", "block", "doubleLock", "lockOpen", "lockDown"];

/**
 * What each mode takes. Accessed takes what the mode that it returns to takes. Blocked refuses access only. A lockdown that is
 * ordered again counts from the newer order.
 */
export const takes: Readonly<Record<Standing["name"], readonly Request[]>> = {
  locked: all,
  unlocked: all,
  blocked: all,
  doubleLocked: all,
  lockedDown: ["lockDownRelease", "lockDown"],
  lockedOpen: ["lockOpenRelease"],
};

/** Whether a command may let somebody in: AccessDoor. */
export const takesAccess: Readonly<Record<Standing["name"], boolean>> = {
  locked: true,
  unlocked: true,
  blocked: false,
  doubleLocked: true,
  lockedDown: false,
  lockedOpen: false,
};

export function requestMode(spec: DoorSpec, state: DoorState, input: ModeRequest, now: MonoMs): DoorStep {
  if (!takes[state.standing.name].includes(input.request)) return { state, effects: [{ kind: "refuse" }] };
  const ended: DoorState = { ...state, timetable: { ...state.timetable, ended: state.timetable.schedule !== null } };
  const { cause } = input;
  switch (input.request) {
    case "lock":
      return standIn(spec, ended, { standing: { name: "locked" }, cause }, now);
    case "unlock":
      return standIn(spec, ended, { standing: { name: "unlocked" }, cause }, now);
    case "block":
      return standIn(spec, ended, { standing: { name: "blocked" }, cause }, now);
    case "doubleLock":
      return standIn(spec, ended, { standing: { name: "doubleLocked" }, cause }, now);
    case "lockOpen":
      return standIn(spec, ended, { standing: { name: "lockedOpen" }, cause }, now);
    case "lockDown": {
      const until = input.forMs === null ? null : later(now, input.forMs);
      // One that the timetable also asks for goes on when this one has expired.
      return standIn(spec, state, { standing: { name: "lockedDown", until, byTimetable: false }, cause }, now);
    }
    case "lockDownRelease":
      return release(spec, ended, { name: "locked" }, cause, now);
    case "lockOpenRelease":
      return standIn(spec, state, restingOf(state, cause), now);
  }
}

/** A lockdown that was to last so long ends in a locked door, never in an open one. */
export function expireLockDown(spec: DoorSpec, state: DoorState, now: MonoMs): DoorStep {
  const { standing } = state;
  if (standing.name !== "lockedDown" || standing.until === null || now < standing.until) return unchanged(state);
  const { standing: rest, cause } = restingOf(state, { by: "time" });
  return release(spec, state, rest, cause, now);
}

/** A lockdown that goes on by the timetable's word is the timetable's, whatever ended the other one. */
function restingOf(state: DoorState, cause: Cause): { readonly standing: Standing; readonly cause: Cause } {
  const standing = restOf(state);
  return { standing, cause: standing.name === "lockedDown" ? scheduleCause(state.timetable.schedule) : cause };
}

/** Whoever is just passing goes on passing. */
const release = (spec: DoorSpec, state: DoorState, standing: Standing, cause: Cause, now: MonoMs): DoorStep =>
  stoodIn(spec, state, { after: { ...state, standing }, cause }, now);

/** As the last run left it; nothing that has been ordered since then is undone. */
export function restoreStanding(state: DoorState, input: RestoredStanding, now: MonoMs): DoorStep {
  if (state.standing.name !== "locked") return unchanged(state);
  if (input.kind === "restoreBlock") return unchanged({ ...state, standing: { name: "blocked" } });
  const { leftMs } = input;
  // One whose time ran out while nothing ran ends at the next tick.
  const until = leftMs === null ? null : later(now, Math.max(0, leftMs));
  return unchanged({ ...state, standing: { name: "lockedDown", until, byTimetable: false } });
}

export function followTimetable(spec: DoorSpec, state: DoorState, input: TimetableInput, now: MonoMs): DoorStep {
  const { timetable } = state;
  if (timetable.state === input.state && timetable.schedule === input.schedule) {
    return unchanged({ ...state, timetable: { ...timetable, mayEnd: input.mayEnd } });
  }
  const cause = scheduleCause(timetable.schedule ?? input.schedule);
  // What was held open and ended by hand is not begun again by a clock that was not believed for a while.
  const { schedule, ended } = timetable;
  const isKept = input.unsure === true && timetable.state !== "lockDown";
  const kept = isKept ? { ...noTimetable, schedule, ended } : noTimetable;
  const wasEnded = timetable.state === "none" && input.state !== "lockDown" && schedule === input.schedule && ended;
  const begin = { ...input, ended: wasEnded };
  return followed(endTimetable(spec, state, { kept, cause }, now), (idle) =>
    input.state === "none" ? unchanged(idle) : beginTimetable(spec, idle, begin, now),
  );
}

/** The end of the time locks the door, whoever has unlocked it meanwhile, save for one that is locked open. */
function endTimetable(
  spec: DoorSpec,
  state: DoorState,
  { kept, cause }: { readonly kept: Timetable; readonly cause: Cause },
  now: MonoMs,
): DoorStep {
  const { standing, timetable } = state;
  const idle: DoorState = { ...state, timetable: kept };
  const shut: Standing = { name: "locked" };
  if (standing.name === "lockedDown" && standing.byTimetable) return release(spec, idle, shut, cause, now);
  const opened = timetable.state === "holdOpen" || timetable.state === "awaitFirst";
  return opened && standing.name === "unlocked" ? standIn(spec, idle, { standing: shut, cause }, now) : unchanged(idle);
}

/** It sets aside locked and unlocked, and nothing that an operator has ordered beyond them. */
function beginTimetable(
  spec: DoorSpec,
  state: DoorState,
  { state: what, schedule, mayEnd, ended }: TimetableInput & Pick<Timetable, "ended">,
  now: MonoMs,
): DoorStep {
  const after: DoorState = { ...state, timetable: { state: what, schedule, mayEnd, begun: false, ended } };
  if (ended) return unchanged(after);
  const cause = scheduleCause(schedule);
  const { name } = state.standing;
  const mayOpen = name === "locked" || name === "doubleLocked";
  const mayShut = mayOpen || name === "unlocked" || name === "blocked";
  if (what === "holdOpen" && mayOpen) return standIn(spec, after, { standing: { name: "unlocked" }, cause }, now);
  if (what === "lockDown" && mayShut) return standIn(spec, after, { standing: restOf(after), cause }, now);
  return unchanged(after);
}

/** Whoever still waits for the trigger delay is let in where the door now opens; where it shuts, the use goes back. */
export function standIn(
  spec: DoorSpec,
  state: DoorState,
  { standing, cause }: { readonly standing: Standing; readonly cause: Cause },
  now: MonoMs,
): DoorStep {
  const after = cutPassage({ ...state, standing }, now);
  const waiting = state.delayed?.asks ?? [];
  const step = stoodIn(spec, state, { after, cause }, now);
  const settled = isHeldUnlocked(after)
    ? admitted(spec, waiting)
    : waiting.map((ask): DoorEffect => ({ kind: "abort", ask, why: "blocked" }));
  const shut: readonly DoorEffect[] = isHeldUnlocked({ ...after, fire: false }) ? [] : [{ kind: "shut", cause }];
  return { state: step.state, effects: [...step.effects, ...shut, ...settled] };
}

const scheduleCause = (schedule: string | null): Cause => ({ by: "schedule", schedule: schedule ?? "" });
