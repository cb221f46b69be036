// One further relay of a door: what energizes it, for how long, and what releases it. Pure; released is its safe level.
import type { Cause } from "./events.ts";
import type { AuxRelaySpec, OpeningMethod } from "./site.ts";
import type { MonoMs } from "./time.ts";
import { later } from "./time.ts";

export interface RelayState {
  readonly energized: boolean;
  /** Null stays until something switches it; of a bistable one that is its next drive. */
  readonly releaseAt: MonoMs | null;
  /** Until then an exit button has a right to it. */
  readonly exitUntil: MonoMs | null;
  /** Driven, and waiting for its delay. */
  readonly waiting: { readonly at: MonoMs; readonly cause: Cause } | null;
}

export type RelayInput =
  | { readonly kind: "drive"; readonly method: OpeningMethod; readonly cause: Cause }
  /** The door has been shut by an order: nothing but an exit keeps the relay energized. */
  | { readonly kind: "shut"; readonly cause: Cause }
  | { readonly kind: "tick" };

export interface RelayStep {
  readonly state: RelayState;
  /** Null leaves it as it is. */
  readonly drive: { readonly energized: boolean; readonly cause: Cause } | null;
}

export const releasedRelay: RelayState = { energized: false, releaseAt: null, exitUntil: null, waiting: null };

export function stepRelay(spec: AuxRelaySpec, state: RelayState, input: RelayInput, now: MonoMs): RelayStep {
  switch (input.kind) {
    case "drive":
      return spec.methods.includes(input.method) ? driven(spec, state, input, now) : { state, drive: null };
    case "shut":
      return shut(state, input.cause, now);
    case "tick":
      return tick(spec, state, now);
  }
}

/** When it next wants a tick; null when nothing is pending. */
export function relayDeadline({ waiting, releaseAt }: RelayState): MonoMs | null {
  if (waiting === null || releaseAt === null) return waiting?.at ?? releaseAt;
  return waiting.at < releaseAt ? waiting.at : releaseAt;
}

/** No delay may stand between an exit button and what it drives. */
function driven(
  spec: AuxRelaySpec,
  state: RelayState,
  { method, cause }: { readonly method: OpeningMethod; readonly cause: Cause },
  now: MonoMs,
): RelayStep {
  if (method === "exit" || spec.delayMs === 0) return switched(spec, state, { cause, byExit: method === "exit" }, now);
  const waiting = state.waiting ?? { at: later(now, spec.delayMs), cause };
  return { state: { ...state, waiting }, drive: null };
}

/** An exit never switches a bistable relay off. */
function switched(
  spec: AuxRelaySpec,
  state: RelayState,
  { cause, byExit }: { readonly cause: Cause; readonly byExit: boolean },
  now: MonoMs,
): RelayStep {
  const until = later(now, spec.holdMs);
  if (spec.mode === "monostable") {
    const releaseAt = state.releaseAt !== null && state.releaseAt > until ? state.releaseAt : until;
    const after = { ...state, energized: true, releaseAt, exitUntil: byExit ? until : state.exitUntil };
    return { state: after, drive: state.energized ? null : { energized: true, cause } };
  }
  if (byExit && state.energized) return { state, drive: null };
  const energized = !state.energized;
  return { state: { ...state, energized, releaseAt: null, exitUntil: null }, drive: { energized, cause } };
}

function shut(state: RelayState, cause: Cause, now: MonoMs): RelayStep {
  const owed = state.exitUntil !== null && state.exitUntil > now ? state.exitUntil : null;
  if (owed !== null) return { state: { ...state, waiting: null, releaseAt: owed }, drive: null };
  return { state: releasedRelay, drive: state.energized ? { energized: false, cause } : null };
}

function tick(spec: AuxRelaySpec, state: RelayState, now: MonoMs): RelayStep {
  if (state.waiting !== null && now >= state.waiting.at) {
    const { cause } = state.waiting;
    return switched(spec, { ...state, waiting: null }, { cause, byExit: false }, now);
  }
  if (state.releaseAt === null || now < state.releaseAt) return { state, drive: null };
  return { state: { ...releasedRelay, waiting: state.waiting }, drive: { energized: false, cause: { by: "time" } } };
}
