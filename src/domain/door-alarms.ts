// What a door alarms about: forced, held open, tampered with; how each alarm begins and ends. Moves the lock only by relocking
// behind somebody who has passed.
import { endPassage, openPassage } from "./door-passage.ts";
import type { DoorState, DoorStep } from "./door-state.ts";
import { followed, holdingExit, isHeldUnlocked, isUnlocked, recorded, unchanged } from "./door-state.ts";
import type { JournalEvent } from "./events.ts";
import type { InputId } from "./ids.ts";
import type { DoorSpec } from "./site.ts";
import type { MonoMs } from "./time.ts";
import { later } from "./time.ts";

export function moveContact(spec: DoorSpec, state: DoorState, level: DoorState["contact"], now: MonoMs): DoorStep {
  if (level === state.contact) return unchanged(state);
  if (level === "unknown") return unchanged(forgetContact(state));
  return level === "open" ? openContact(spec, state, now) : closeContact(spec, state, now);
}

/** Nobody can tell any more who opens. */
const forgetContact = (state: DoorState): DoorState => ({
  ...state,
  contact: "unknown",
  openSince: null,
  heldOpenSoon: false,
  missed: [],
  passage: state.passage === null ? null : { ...state.passage, asks: [] },
});

function openContact(spec: DoorSpec, state: DoorState, now: MonoMs): DoorStep {
  const { id: door } = spec;
  const step = followed(
    recorded({ ...state, contact: "open", openSince: now }, { type: "door.opened", door }),
    (open) => openPassage(spec, open),
  );
  const inGrace = state.graceUntil !== null && now <= state.graceUntil;
  const permitted = isUnlocked(state) || state.delayed !== null || inGrace;
  // A contact that was unknown tells where the door stands, not that it has just moved.
  const isNews = state.contact === "closed" && state.forcedSince === null;
  if (permitted || !isNews || !spec.alarms.forced) return step;
  return followed(step, (open) => recorded({ ...open, forcedSince: now }, { type: "door.forced", door }));
}

function closeContact(spec: DoorSpec, state: DoorState, now: MonoMs): DoorStep {
  const closed: DoorState = {
    ...state,
    contact: "closed",
    openSince: null,
    heldOpen: false,
    heldOpenSoon: false,
    extended: false,
  };
  const events: JournalEvent[] = [];
  if (state.contact === "open" || state.heldOpen) events.push({ type: "door.closed", door: spec.id });
  if (state.heldOpen) events.push({ type: "door.heldOpenCleared", door: spec.id });
  const step = recorded(closed, ...events);
  const passed = state.passage?.opened === true;
  if (!passed || !spec.timing.relockOnClose || holdingExit(state) !== null) return step;
  const locked = endPassage(spec, closed, { by: "contact" }, now);
  return { state: locked.state, effects: [...locked.effects, ...step.effects] };
}

/** Open too long: the warning and the alarm. Masked while the door is held unlocked on purpose. */
export function alarmHeldOpen(spec: DoorSpec, state: DoorState, now: MonoMs): DoorStep {
  const due = heldOpenTimes(spec, state);
  if (due === null) return unchanged(state);
  if (now >= due.alarm) {
    return recorded({ ...state, heldOpen: true, heldOpenSoon: false }, { type: "door.heldOpen", door: spec.id });
  }
  if (due.warning === null || now < due.warning) return unchanged(state);
  return {
    state: { ...state, heldOpenSoon: true },
    effects: [{ kind: "warn" }, { kind: "record", event: { type: "door.heldOpenSoon", door: spec.id } }],
  };
}

/** When the held-open alarm is due, and its warning where that has not come yet; null while none can come. */
export function heldOpenTimes(
  spec: DoorSpec,
  state: DoorState,
): { readonly alarm: MonoMs; readonly warning: MonoMs | null } | null {
  if (state.contact !== "open" || state.openSince === null || state.heldOpen || isHeldUnlocked(state)) return null;
  const { heldOpenMs, extendedHeldOpenMs, preAlarmMs } = spec.timing;
  const afterMs = state.extended ? Math.max(heldOpenMs, extendedHeldOpenMs) : heldOpenMs;
  const warns = preAlarmMs > 0 && !state.heldOpenSoon;
  return {
    alarm: later(state.openSince, afterMs),
    warning: warns ? later(state.openSince, Math.max(0, afterMs - preAlarmMs)) : null,
  };
}

export function tamper(spec: DoorSpec, state: DoorState, input: InputId, active: boolean, now: MonoMs): DoorStep {
  const others = state.tampers.filter((one) => one !== input);
  if (!active) return unchanged({ ...state, tampers: others });
  if (others.length < state.tampers.length) return unchanged(state);
  const after = { ...state, tampers: [...others, input] };
  if (state.tamperedSince !== null) return unchanged(after);
  return recorded({ ...after, tamperedSince: now }, { type: "door.tampered", door: spec.id, input });
}

export function clearForced(spec: DoorSpec, state: DoorState, who: string): DoorStep {
  if (state.forcedSince === null) return unchanged(state);
  return recorded({ ...state, forcedSince: null }, { type: "door.forcedCleared", door: spec.id, who });
}

/** Not while a tamper contact still reports. */
export function clearTamper(spec: DoorSpec, state: DoorState, who: string): DoorStep {
  if (state.tamperedSince === null) return unchanged(state);
  if (state.tampers.length > 0) return { state, effects: [{ kind: "refuse" }] };
  return recorded({ ...state, tamperedSince: null }, { type: "door.tamperCleared", door: spec.id, who });
}

/** An alarm whose option has been switched off since does not come back. */
export function restoreForced(spec: DoorSpec, state: DoorState, now: MonoMs): DoorStep {
  if (spec.alarms.forced) return unchanged({ ...state, forcedSince: state.forcedSince ?? now });
  return recorded(state, { type: "door.forcedCleared", door: spec.id, who: "configuration" });
}

export function restoreTamper(spec: DoorSpec, state: DoorState, now: MonoMs): DoorStep {
  if (spec.tampers.length > 0) return unchanged({ ...state, tamperedSince: state.tamperedSince ?? now });
  return recorded(state, { type: "door.tamperCleared", door: spec.id, who: "configuration" });
}

/** Twice the same administrator within the time clears what is latched. */
export function noteAdministrator(spec: DoorSpec, state: DoorState, id: string | null, now: MonoMs): DoorStep {
  const { administratorTwiceMs } = spec.alarms;
  if (id === null || administratorTwiceMs === 0) return unchanged(state);
  const last = state.lastAdministrator;
  if (last === null || last.id !== id || now > later(last.at, administratorTwiceMs)) {
    return unchanged({ ...state, lastAdministrator: { id, at: now } });
  }
  return clearAlarms(spec, { ...state, lastAdministrator: null }, `administrator ${id}`);
}

export function resetAlarms(spec: DoorSpec, state: DoorState, now: MonoMs): DoorStep {
  const { forced, tampered } = resetTimes(spec, state);
  const isDue = (time: MonoMs | null) => time !== null && now >= time;
  const step = isDue(forced) ? clearForced(spec, state, "time") : unchanged(state);
  return isDue(tampered) ? followed(step, (after) => clearTamper(spec, after, "time")) : step;
}

/** When latched alarms end by themselves; a tamper contact that still reports keeps its own. */
export function resetTimes(
  spec: DoorSpec,
  state: DoorState,
): { readonly forced: MonoMs | null; readonly tampered: MonoMs | null } {
  const { resetMs } = spec.alarms;
  const { forcedSince, tamperedSince, tampers } = state;
  return {
    forced: resetMs === 0 || forcedSince === null ? null : later(forcedSince, resetMs),
    tampered: resetMs === 0 || tamperedSince === null || tampers.length > 0 ? null : later(tamperedSince, resetMs),
  };
}

function clearAlarms(spec: DoorSpec, state: DoorState, who: string): DoorStep {
  const step = clearForced(spec, state, who);
  if (step.state.tampers.length > 0) return step;
  return followed(step, (after) => clearTamper(spec, after, who));
}

/** A warning that was given is of no more use once the door is shut or held unlocked. */
export const isWarning = (state: DoorState): boolean => state.heldOpenSoon && !isHeldUnlocked(state);
