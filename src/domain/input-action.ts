// When an input sets off what it is to do: at once, after a delay, or only if it is still active then. Pure; acts on nothing.
import type { InputActionSpec } from "./site.ts";
import type { MonoMs } from "./time.ts";
import { later } from "./time.ts";

export interface InputActionState {
  /** As last reported; null before that, and when what was reported no longer counts. */
  readonly active: boolean | null;
  readonly dueAt: MonoMs | null;
}

export type InputActionInput =
  /** `unknown`: its wire is cut, shorted or lost. */
  { readonly kind: "level"; readonly level: "active" | "inactive" | "unknown" } | { readonly kind: "tick" };

export interface InputActionStep {
  readonly state: InputActionState;
  readonly acts: boolean;
}

export const idleInputAction: InputActionState = { active: null, dueAt: null };

export interface InputActionRule extends Pick<InputActionSpec, "delayMs" | "delayMode"> {
  /**
   * Whether it must have been seen to become active, as where it opens a door: a button that is stuck, or whose wire comes
   * back, sets off nothing. Otherwise to act twice over a restart is better than not at all.
   */
  readonly seenToBegin: boolean;
}

/** Activations during the delay are one with the first. */
export function stepInputAction(
  { delayMs, delayMode, seenToBegin }: InputActionRule,
  state: InputActionState,
  input: InputActionInput,
  now: MonoMs,
): InputActionStep {
  const isConditional = delayMode === "ifStillActive";
  if (input.kind === "tick") {
    const acts = state.dueAt !== null && now >= state.dueAt;
    return { state: acts ? { ...state, dueAt: null } : state, acts };
  }
  switch (input.level) {
    case "unknown":
      // Nobody can say that it is still active: if it is when the wire is well again, its delay begins anew.
      if (isConditional) return { state: idleInputAction, acts: false };
      return { state: seenToBegin ? { ...state, active: null } : state, acts: false };
    case "inactive":
      return { state: { active: false, dueAt: isConditional ? null : state.dueAt }, acts: false };
    case "active": {
      const isNew = seenToBegin ? state.active === false : state.active !== true;
      const begins = isNew && state.dueAt === null;
      if (begins && delayMs === 0) return { state: { active: true, dueAt: null }, acts: true };
      return { state: { active: true, dueAt: begins ? later(now, delayMs) : state.dueAt }, acts: false };
    }
  }
}
