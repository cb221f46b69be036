// When an input sets off an action of its: at once, after a delay, or only if it is still active then. Pure; acts on nothing.
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

/**
 * An input that is active when it is first heard counts as having become so: to act twice over a restart is better than
 * not at all. Activations during the delay are one with the first.
 */
export function stepInputAction(
  { delayMs, delayMode }: Pick<InputActionSpec, "delayMs" | "delayMode">,
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
      return { state: isConditional ? idleInputAction : state, acts: false };
    case "inactive":
      return { state: { active: false, dueAt: isConditional ? null : state.dueAt }, acts: false };
    case "active": {
      const begins = state.active !== true && state.dueAt === null;
      if (begins && delayMs === 0) return { state: { active: true, dueAt: null }, acts: true };
      return { state: { active: true, dueAt: begins ? later(now, delayMs) : state.dueAt }, acts: false };
    }
  }
}
