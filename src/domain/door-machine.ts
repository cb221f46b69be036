// One door's state machine: what unlocks it, when it locks again, which alarms it raises. Pure; knows no relay and no ledger.
import type { DoorInput } from "./door-input.ts";
import type { Cause, JournalEvent } from "./events.ts";
import type { InputId } from "./ids.ts";
import type { DoorSpec } from "./site.ts";
import type { DoorStatus } from "./status.ts";
import type { MonoMs } from "./time.ts";
import { later, monoMs } from "./time.ts";

type Mode =
  | { readonly name: "locked" }
  /** Unlocked for one passage. */
  | { readonly name: "accessed"; readonly relockAt: MonoMs; readonly opened: boolean }
  /** Released by fire: nothing but clearing the fire locks it again. */
  | { readonly name: "lockedOpen" };

interface PressedExit {
  readonly input: InputId;
  readonly since: MonoMs;
  readonly stuck: boolean;
}

export interface DoorState {
  readonly mode: Mode;
  readonly contact: "open" | "closed" | "unknown";
  readonly openSince: MonoMs | null;
  /** Until then an opening still belongs to the last passage. */
  readonly graceUntil: MonoMs | null;
  readonly forced: boolean;
  readonly heldOpen: boolean;
  readonly exits: readonly PressedExit[];
}

export type DoorEffect =
  | { readonly kind: "unlock"; readonly cause: Cause }
  | { readonly kind: "lock"; readonly cause: Cause }
  | { readonly kind: "record"; readonly event: JournalEvent };

export interface DoorStep {
  readonly state: DoorState;
  readonly effects: readonly DoorEffect[];
}

export type StepDoor = (spec: DoorSpec, state: DoorState, input: DoorInput, now: MonoMs) => DoorStep;

export const lockedDoor: DoorState = {
  mode: { name: "locked" },
  contact: "unknown",
  openSince: null,
  graceUntil: null,
  forced: false,
  heldOpen: false,
  exits: [],
};

export const stepDoor: StepDoor = (spec, state, input, now) => {
  switch (input.kind) {
    case "grant":
      return unlock(spec, state, { by: "ask", ask: input.ask }, now);
    case "exit":
      return input.pressed ? pressExit(spec, state, input.input, now) : releaseExit(spec, state, input.input, now);
    case "exitLost":
      return state.exits.some((exit) => exit.input === input.input && exit.stuck)
        ? unchanged(state)
        : releaseExit(spec, state, input.input, now);
    case "contact":
      return moveContact(spec, state, input.level, now);
    case "fire":
      return releaseForFire(spec, state);
    case "fireCleared":
      return state.mode.name === "lockedOpen" ? endFireRelease(spec, state, input.who, now) : unchanged(state);
    case "clearForced":
      return state.forced
        ? recorded({ ...state, forced: false }, { type: "door.forcedCleared", door: spec.id, who: input.who })
        : unchanged(state);
    case "restoreForced":
      return unchanged({ ...state, forced: true });
    case "tick":
      return tick(spec, state, now);
    default:
      return unchanged(state);
  }
};

/** When the machine next wants a tick; null when nothing is pending. */
export function doorDeadline(spec: DoorSpec, state: DoorState): MonoMs | null {
  const due: MonoMs[] = [];
  if (state.mode.name === "accessed") due.push(relockTime(spec, state, state.mode));
  for (const exit of state.exits) if (!exit.stuck) due.push(later(exit.since, spec.timing.exitHoldMs));
  if (mayAlarmHeldOpen(state) && state.openSince !== null) due.push(later(state.openSince, spec.timing.heldOpenMs));
  return due.length === 0 ? null : monoMs(Math.min(...due));
}

export function doorStatus(spec: DoorSpec, state: DoorState): DoorStatus {
  return {
    door: spec.id,
    name: spec.name,
    mode: state.mode.name,
    locked: state.mode.name === "locked",
    contact: state.contact,
    forced: state.forced,
    heldOpen: state.heldOpen,
    fire: state.mode.name === "lockedOpen",
    tampered: false,
    heldOpenSoon: false,
    stuckExits: state.exits.filter((exit) => exit.stuck).map((exit) => exit.input),
  };
}

const unchanged = (state: DoorState): DoorStep => ({ state, effects: [] });

const recorded = (state: DoorState, ...events: JournalEvent[]): DoorStep => ({
  state,
  effects: events.map((event) => ({ kind: "record", event })),
});

function unlock(spec: DoorSpec, state: DoorState, cause: Cause, now: MonoMs): DoorStep {
  const relockAt = later(now, spec.timing.unlockMs);
  if (state.mode.name === "lockedOpen") return unchanged(state);
  if (state.mode.name === "accessed") {
    return unchanged({ ...state, mode: { ...state.mode, relockAt: latest(state.mode.relockAt, relockAt) } });
  }
  return {
    state: { ...state, mode: { name: "accessed", relockAt, opened: state.contact === "open" }, graceUntil: null },
    effects: [
      { kind: "unlock", cause },
      { kind: "record", event: { type: "door.unlocked", door: spec.id, cause } },
    ],
  };
}

function lock(spec: DoorSpec, state: DoorState, cause: Cause, now: MonoMs): DoorStep {
  return {
    state: { ...state, mode: { name: "locked" }, graceUntil: later(now, spec.timing.forcedGraceMs) },
    effects: [
      { kind: "lock", cause },
      { kind: "record", event: { type: "door.locked", door: spec.id, cause } },
    ],
  };
}

function pressExit(spec: DoorSpec, state: DoorState, input: InputId, now: MonoMs): DoorStep {
  if (state.exits.some((exit) => exit.input === input)) return unchanged(state);
  const pressed = { ...state, exits: [...state.exits, { input, since: now, stuck: false }] };
  const step = unlock(spec, pressed, { by: "exit", input }, now);
  return {
    state: step.state,
    effects: [...step.effects, { kind: "record", event: { type: "exit.pressed", door: spec.id, input } }],
  };
}

function releaseExit(spec: DoorSpec, state: DoorState, input: InputId, now: MonoMs): DoorStep {
  const exit = state.exits.find((one) => one.input === input);
  if (exit === undefined) return unchanged(state);
  const freed = { ...state, exits: state.exits.filter((one) => one !== exit) };
  if (exit.stuck) return recorded(freed, { type: "exit.freed", door: spec.id, input });
  return relockIfDue(spec, freed, now);
}

function moveContact(spec: DoorSpec, state: DoorState, level: DoorState["contact"], now: MonoMs): DoorStep {
  if (level === state.contact) return unchanged(state);
  if (level === "unknown") return unchanged({ ...state, contact: level, openSince: null });
  return level === "open" ? openContact(spec, state, now) : closeContact(spec, state, now);
}

function openContact(spec: DoorSpec, state: DoorState, now: MonoMs): DoorStep {
  const mode = state.mode.name === "accessed" ? { ...state.mode, opened: true } : state.mode;
  const open: DoorState = { ...state, mode, contact: "open", openSince: now };
  const step = recorded(open, { type: "door.opened", door: spec.id });
  const granted = state.mode.name !== "locked" || (state.graceUntil !== null && now <= state.graceUntil);
  // A contact that was unknown tells where the door stands, not that it has just moved.
  if (granted || state.contact === "unknown" || state.forced) return step;
  return {
    state: { ...open, forced: true },
    effects: [...step.effects, { kind: "record", event: { type: "door.forced", door: spec.id } }],
  };
}

function closeContact(spec: DoorSpec, state: DoorState, now: MonoMs): DoorStep {
  const closed: DoorState = { ...state, contact: "closed", openSince: null, heldOpen: false };
  const events: JournalEvent[] = [];
  if (state.contact === "open" || state.heldOpen) events.push({ type: "door.closed", door: spec.id });
  if (state.heldOpen) events.push({ type: "door.heldOpenCleared", door: spec.id });
  const step = recorded(closed, ...events);
  const passed = state.mode.name === "accessed" && state.mode.opened;
  if (!passed || !spec.timing.relockOnClose || holdingExit(state) !== null) return step;
  const locked = lock(spec, closed, { by: "contact" }, now);
  return { state: locked.state, effects: [...locked.effects, ...step.effects] };
}

function releaseForFire(spec: DoorSpec, state: DoorState): DoorStep {
  if (spec.lock !== "failSafe" || state.mode.name === "lockedOpen") return unchanged(state);
  return {
    state: { ...state, mode: { name: "lockedOpen" }, graceUntil: null },
    effects: [
      { kind: "unlock", cause: { by: "fire" } },
      { kind: "record", event: { type: "door.unlocked", door: spec.id, cause: { by: "fire" } } },
    ],
  };
}

/** Whoever holds the exit button at that moment still gets out. */
function endFireRelease(spec: DoorSpec, state: DoorState, who: string, now: MonoMs): DoorStep {
  const after = { ...state, openSince: state.contact === "open" ? now : null };
  if (holdingExit(state) === null) return lock(spec, after, { by: "operator", who }, now);
  return unchanged({ ...after, mode: { name: "accessed", relockAt: now, opened: state.contact === "open" } });
}

function tick(spec: DoorSpec, state: DoorState, now: MonoMs): DoorStep {
  const afterExits = markStuckExits(spec, state, now);
  const afterRelock = relockIfDue(spec, afterExits.state, now);
  const afterHeld = alarmHeldOpen(spec, afterRelock.state, now);
  return {
    state: afterHeld.state,
    effects: [...afterExits.effects, ...afterRelock.effects, ...afterHeld.effects],
  };
}

function markStuckExits(spec: DoorSpec, state: DoorState, now: MonoMs): DoorStep {
  const newlyStuck = state.exits.filter((exit) => !exit.stuck && now >= later(exit.since, spec.timing.exitHoldMs));
  if (newlyStuck.length === 0) return unchanged(state);
  const exits = state.exits.map((exit) => (newlyStuck.includes(exit) ? { ...exit, stuck: true } : exit));
  const events = newlyStuck.map((exit): JournalEvent => ({ type: "exit.stuck", door: spec.id, input: exit.input }));
  return recorded({ ...state, exits }, ...events);
}

function relockIfDue(spec: DoorSpec, state: DoorState, now: MonoMs): DoorStep {
  if (state.mode.name !== "accessed" || now < relockTime(spec, state, state.mode)) return unchanged(state);
  return lock(spec, state, { by: "time" }, now);
}

function alarmHeldOpen(spec: DoorSpec, state: DoorState, now: MonoMs): DoorStep {
  if (!mayAlarmHeldOpen(state) || state.openSince === null) return unchanged(state);
  if (now < later(state.openSince, spec.timing.heldOpenMs)) return unchanged(state);
  return recorded({ ...state, heldOpen: true }, { type: "door.heldOpen", door: spec.id });
}

const mayAlarmHeldOpen = (state: DoorState): boolean =>
  state.contact === "open" && !state.heldOpen && state.mode.name !== "lockedOpen";

/** A held exit button keeps the door unlocked until it counts as stuck. */
function relockTime(spec: DoorSpec, state: DoorState, mode: Extract<Mode, { name: "accessed" }>): MonoMs {
  const held = holdingExit(state);
  return held === null ? mode.relockAt : latest(mode.relockAt, later(held.since, spec.timing.exitHoldMs));
}

function holdingExit(state: DoorState): PressedExit | null {
  let newest: PressedExit | null = null;
  for (const exit of state.exits) if (!exit.stuck && (newest === null || exit.since > newest.since)) newest = exit;
  return newest;
}

const latest = (a: MonoMs, b: MonoMs): MonoMs => (a > b ? a : b);
