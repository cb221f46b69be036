// Keys into an entry: digits collect, `#` confirms, `*` clears; knows no code and does not remember what it submitted.
import type { KeypadPolicy } from "./site.ts";
import type { MonoMs } from "./time.ts";
import { later } from "./time.ts";

export interface KeypadState {
  readonly keys: string;
  /** More keys came than an entry may have. They are dropped, so that no part of a long stream can match. */
  readonly overflowed: boolean;
  readonly lastKeyAt: MonoMs | null;
}

export type KeypadInput = { readonly kind: "key"; readonly key: string } | { readonly kind: "tick" };

/** `digits` is null for an overflowed entry: nothing can match, yet it was a try. */
export interface Submission {
  readonly digits: string | null;
}

export interface KeypadStep {
  readonly state: KeypadState;
  readonly submit: Submission | null;
}

export const emptyKeypad: KeypadState = { keys: "", overflowed: false, lastKeyAt: null };

/** When what was begun is forgotten unless another key comes; null while nothing was. */
export function keypadDeadline(state: KeypadState, policy: KeypadPolicy): MonoMs | null {
  return state.lastKeyAt === null ? null : later(state.lastKeyAt, policy.keyTimeoutMs);
}

export function stepKeypad(state: KeypadState, input: KeypadInput, policy: KeypadPolicy, now: MonoMs): KeypadStep {
  const deadline = keypadDeadline(state, policy);
  // A key may arrive after the deadline and yet before the tick that was set for it.
  const begun = deadline !== null && now >= deadline ? emptyKeypad : state;
  if (input.kind === "tick") return { state: begun, submit: null };
  if (input.key === "*") return { state: emptyKeypad, submit: null };
  if (input.key === "#") return { state: emptyKeypad, submit: confirmed(begun) };
  if (!/^[0-9]$/.test(input.key)) return { state: begun, submit: null };
  return digitPressed(begun, input.key, policy, now);
}

function confirmed(state: KeypadState): Submission | null {
  if (state.overflowed) return { digits: null };
  return state.keys === "" ? null : { digits: state.keys };
}

function digitPressed(state: KeypadState, digit: string, policy: KeypadPolicy, now: MonoMs): KeypadStep {
  if (state.overflowed || state.keys.length >= policy.maxKeys) {
    return { state: { keys: "", overflowed: true, lastKeyAt: now }, submit: null };
  }
  const keys = state.keys + digit;
  if (keys.length === policy.autoSubmitLength) return { state: emptyKeypad, submit: { digits: keys } };
  return { state: { keys, overflowed: false, lastKeyAt: now }, submit: null };
}
