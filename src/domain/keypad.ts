// Keys into an entry: digits collect, `#` confirms, `*` clears; knows no code and does not remember what it submitted.
import type { DoorSpec, KeypadPolicy } from "./site.ts";
import type { MonoMs } from "./time.ts";
import { later } from "./time.ts";

/** What a keypad's door takes for an entry. */
export type KeypadMode = DoorSpec["keypadMode"];

export interface KeypadState {
  readonly keys: string;
  /** Confirmed by a `#` of its own; empty where the entry began with `#`, null before that and where none is asked for. */
  readonly apartment: string | null;
  /** More keys came than an entry may have. They are dropped, so that no part of a long stream can match. */
  readonly overflowed: boolean;
  readonly lastKeyAt: MonoMs | null;
}

export type KeypadInput = { readonly kind: "key"; readonly key: string } | { readonly kind: "tick" };

/** `digits` is null for an entry in which nothing can match, yet it was a try: it overflowed, or had no PIN. */
export interface Submission {
  readonly digits: string | null;
  /** Absent where the door does not ask for it; empty where it was left out, as for public codes and passes. */
  readonly apartment?: string;
}

export interface KeypadStep {
  readonly state: KeypadState;
  readonly submit: Submission | null;
}

export const emptyKeypad: KeypadState = { keys: "", apartment: null, overflowed: false, lastKeyAt: null };

/** When what was begun is forgotten unless another key comes; null while nothing was. */
export function keypadDeadline(state: KeypadState, policy: KeypadPolicy): MonoMs | null {
  return state.lastKeyAt === null ? null : later(state.lastKeyAt, policy.keyTimeoutMs);
}

/**
 * `pin`: `<pin> #`. `apartmentPin`: `<apartment> # <pin> #`, or `<apartment><pin> #` where the apartment's length is fixed;
 * a `#` before any digit says that there is no apartment, and `<pin> #` follows.
 */
export function stepKeypad(
  state: KeypadState,
  input: KeypadInput,
  policy: KeypadPolicy,
  mode: KeypadMode,
  now: MonoMs,
): KeypadStep {
  const deadline = keypadDeadline(state, policy);
  // A key may arrive after the deadline and yet before the tick that was set for it.
  const begun = deadline !== null && now >= deadline ? emptyKeypad : state;
  if (input.kind === "tick") return { state: begun, submit: null };
  if (input.key === "*") return { state: emptyKeypad, submit: null };
  if (input.key === "#") return mode === "pin" ? submitted(plainEntry(begun)) : confirmPart(begun, policy, now);
  if (!/^[0-9]$/.test(input.key)) return { state: begun, submit: null };
  return digitPressed(begun, input.key, policy, mode, now);
}

const submitted = (submit: Submission | null): KeypadStep => ({ state: emptyKeypad, submit });

function plainEntry({ keys, overflowed }: KeypadState): Submission | null {
  if (overflowed) return { digits: null };
  return keys === "" ? null : { digits: keys };
}

/** A `#` that confirms no digits of a PIN is passed over: it is pressed twice out of impatience. */
function confirmPart(state: KeypadState, policy: KeypadPolicy, now: MonoMs): KeypadStep {
  const { keys, apartment, overflowed } = state;
  if (apartment !== null) {
    if (overflowed) return submitted({ digits: null, apartment: "" });
    return keys === "" ? { state, submit: null } : submitted({ digits: keys, apartment });
  }
  const length = policy.apartmentLength;
  if (length !== null && (overflowed || keys !== "")) return submitted(overflowed ? wrongEntry : split(keys, length));
  return { state: { keys: "", apartment: keys, overflowed, lastKeyAt: now }, submit: null };
}

const wrongEntry: Submission = { digits: null, apartment: "" };

const split = (keys: string, length: number): Submission =>
  keys.length <= length ? wrongEntry : { digits: keys.slice(length), apartment: keys.slice(0, length) };

/** The apartment's digits count towards the longest entry, and not towards the length that submits by itself. */
function digitPressed(
  state: KeypadState,
  digit: string,
  policy: KeypadPolicy,
  mode: KeypadMode,
  now: MonoMs,
): KeypadStep {
  const { apartment } = state;
  if (state.overflowed || (apartment ?? "").length + state.keys.length >= policy.maxKeys) {
    return { state: { keys: "", apartment, overflowed: true, lastKeyAt: now }, submit: null };
  }
  const keys = state.keys + digit;
  const { autoSubmitLength, apartmentLength } = policy;
  if (autoSubmitLength !== null) {
    if (mode === "pin" && keys.length === autoSubmitLength) return submitted({ digits: keys });
    if (apartment !== null && keys.length === autoSubmitLength) return submitted({ digits: keys, apartment });
    if (mode === "apartmentPin" && apartment === null && apartmentLength !== null) {
      if (keys.length === apartmentLength + autoSubmitLength) return submitted(split(keys, apartmentLength));
    }
  }
  return { state: { ...state, keys, lastKeyAt: now }, submit: null };
}
