// What a grant or a command to let somebody in does to a door in its present mode. Knows no relay level and no ledger.
import type { PassageRights } from "./ask.ts";
import { noteAdministrator } from "./door-alarms.ts";
import { standIn, takesAccess } from "./door-modes.ts";
import { beginPassage, cutPassage } from "./door-passage.ts";
import type { DelayedPassage, DoorState, DoorStep, Standing } from "./door-state.ts";
import { admitted, followed, isHeldUnlocked, isHolding, isShut, stoodIn, unchanged } from "./door-state.ts";
import type { Cause } from "./events.ts";
import { askBehind } from "./events.ts";
import type { AskId } from "./ids.ts";
import type { DoorSpec } from "./site.ts";
import type { MonoMs } from "./time.ts";
import { later } from "./time.ts";

/** People who wait for one trigger delay; whoever comes on top is let in with them and not named. */
const maxDelayed = 64;

export interface Entrant {
  readonly cause: Cause;
  readonly asks: readonly AskId[];
  readonly extended: boolean;
  readonly mayHoldOpen: boolean;
}

/** A lockdown or a block that came between the question and the answer wins. */
export function grant(spec: DoorSpec, state: DoorState, ask: AskId, rights: PassageRights, now: MonoMs): DoorStep {
  const { name } = state.standing;
  const barred = name === "blocked" || (name === "lockedDown" && !rights.lockdownExempt);
  if (barred) return { state, effects: [{ kind: "abort", ask, why: "blocked" }] };
  const { extended, mayHoldOpen, administrator } = rights;
  const entrant: Entrant = { cause: { by: "ask", ask }, asks: [ask], extended, mayHoldOpen };
  return followed(admit(spec, state, entrant, now), (after) => noteAdministrator(spec, after, administrator, now));
}

/** ONVIF's AccessDoor: a command, or an input without a person behind it. */
export function access(spec: DoorSpec, state: DoorState, cause: Cause, now: MonoMs): DoorStep {
  if (!takesAccess[state.standing.name]) return { state, effects: [{ kind: "refuse" }] };
  return admit(spec, state, { cause, asks: [], extended: false, mayHoldOpen: false }, now);
}

/** After the door's trigger delay; who comes while it runs goes with the first. */
function admit(spec: DoorSpec, state: DoorState, entrant: Entrant, now: MonoMs): DoorStep {
  const { triggerDelayMs } = spec.timing;
  if (triggerDelayMs === 0) return enter(spec, state, entrant, now);
  const { delayed } = state;
  if (delayed === null) return unchanged({ ...state, delayed: { ...entrant, at: later(now, triggerDelayMs) } });
  const merged: DelayedPassage = {
    at: delayed.at,
    cause: delayed.cause,
    asks: [...delayed.asks, ...entrant.asks].slice(-maxDelayed),
    extended: delayed.extended || entrant.extended,
    mayHoldOpen: delayed.mayHoldOpen || entrant.mayHoldOpen,
  };
  return unchanged({ ...state, delayed: merged });
}

/** Whoever waited for the trigger delay is not let in after all, nor by what else was to move for them. */
export function turnAway(state: DoorState): DoorStep {
  if (state.delayed === null) return unchanged(state);
  const aborts = state.delayed.asks.map((ask) => ({ kind: "abort", ask, why: "interlocked" }) as const);
  return { state: { ...state, delayed: null }, effects: [...aborts, { kind: "shut", cause: { by: "time" } }] };
}

export function enterIfDue(spec: DoorSpec, state: DoorState, now: MonoMs): DoorStep {
  const { delayed } = state;
  if (delayed === null || now < delayed.at) return unchanged(state);
  return enter(spec, { ...state, delayed: null }, delayed, now);
}

/** From here on nobody is turned away any more, and the record says so of each: by what moved for them, or `access.admitted`. */
function enter(spec: DoorSpec, state: DoorState, entrant: Entrant, now: MonoMs): DoorStep {
  const step = pass(spec, state, entrant, now);
  const events = step.effects.flatMap((effect) => (effect.kind === "record" ? [effect.event] : []));
  const rest = entrant.asks.filter((ask) => events.every((event) => askBehind(event) !== ask));
  return { state: step.state, effects: [...step.effects, ...admitted(spec, rest)] };
}

function pass(spec: DoorSpec, state: DoorState, entrant: Entrant, now: MonoMs): DoorStep {
  const { standing, timetable } = state;
  if (entrant.mayHoldOpen && timetable.mayEnd && isByTimetable(state)) return endEarly(spec, state, entrant, now);
  // Held open already: the record has the grant, and the lock stays as it is.
  if (state.fire || standing.name === "lockedOpen") return unchanged(state);
  if (standing.name === "unlocked" && isHolding(state)) return unchanged(state);
  const begins = timetable.state === "awaitFirst" && !timetable.ended && entrant.mayHoldOpen;
  if (begins && !isShut(state)) {
    const begun: DoorState = { ...state, timetable: { ...timetable, begun: true } };
    return holdOpen(spec, begun, entrant.cause, now);
  }
  const isSwitch = spec.mode === "bistable" && entrant.cause.by !== "operator" && !isShut(state);
  if (!isSwitch) return beginPassage(spec, state, entrant, now);
  if (standing.name === "unlocked") return standIn(spec, state, { standing: locked, cause: entrant.cause }, now);
  return holdOpen(spec, state, entrant.cause, now);
}

const locked: Standing = { name: "locked" };

/** What is now only so because the timetable says it. */
const isByTimetable = (state: DoorState): boolean =>
  state.standing.name === "lockedDown"
    ? state.standing.byTimetable
    : state.standing.name === "unlocked" && isHolding(state);

/** Somebody who may ends it: a door held open is locked, one locked down lets this person in and is an ordinary one again. */
function endEarly(spec: DoorSpec, state: DoorState, entrant: Entrant, now: MonoMs): DoorStep {
  const wasOpen = isHeldUnlocked(state);
  const ended: DoorState = { ...state, timetable: { ...state.timetable, ended: true } };
  const step = standIn(spec, ended, { standing: locked, cause: entrant.cause }, now);
  return wasOpen ? step : followed(step, (after) => beginPassage(spec, after, entrant, now));
}

function holdOpen(spec: DoorSpec, state: DoorState, cause: Cause, now: MonoMs): DoorStep {
  const after = cutPassage({ ...state, standing: { name: "unlocked" } }, now);
  return stoodIn(spec, state, { after: { ...after, delayed: state.delayed }, cause }, now);
}
