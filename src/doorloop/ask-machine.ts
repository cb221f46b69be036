// What is being asked of the ledger, for whom, and until when. Pure; knows neither wires nor the ledger's process.
import type { Answer, Ask, Settlement, Verdict } from "../domain/ask.ts";
import { maxOutstandingAsks, shownOf } from "../domain/ask.ts";
import type { ReaderId } from "../domain/ids.ts";
import type { DenyReason } from "../domain/reasons.ts";
import type { MonoMs } from "../domain/time.ts";
import { later } from "../domain/time.ts";

type GrantedVerdict = Extract<Verdict, { granted: true }>;

interface SentAsk {
  readonly ask: Ask;
  /** Decided, not yet known to be durable. */
  readonly tentative: GrantedVerdict | null;
  /** True once the person has been let in or turned away: whatever still comes is of no effect. */
  readonly settled: boolean;
}

export interface AskState {
  readonly ledgerUp: boolean;
  /** Sent to the ledger and not answered, settled ones included: they still take a place. */
  readonly sent: readonly SentAsk[];
  /** One per reader at most, first come first served. */
  readonly waiting: readonly Ask[];
}

export type AskInput =
  | { readonly kind: "presented"; readonly ask: Ask }
  | { readonly kind: "answered"; readonly answer: Answer }
  | { readonly kind: "ledgerUp" }
  | { readonly kind: "ledgerLost" }
  | { readonly kind: "tick" };

export type AskEffect =
  | { readonly kind: "send"; readonly ask: Ask }
  /** `late`: the relay moves before the disk has answered. */
  | { readonly kind: "grant"; readonly ask: Ask; readonly verdict: GrantedVerdict; readonly late: boolean }
  | { readonly kind: "deny"; readonly ask: Ask; readonly reason: DenyReason }
  /** Good so far: the reader asks for the second thing. */
  | { readonly kind: "prompt"; readonly ask: Ask }
  | { readonly kind: "settle"; readonly settlement: Settlement }
  | { readonly kind: "shed"; readonly reader: ReaderId };

export interface AskStep {
  readonly state: AskState;
  readonly effects: readonly AskEffect[];
}

export const noAsks: AskState = { ledgerUp: false, sent: [], waiting: [] };

export function stepAsks(state: AskState, input: AskInput, now: MonoMs, recordDeadlineMs: number): AskStep {
  switch (input.kind) {
    case "presented":
      return present(state, input.ask);
    case "answered":
      return answered(state, input.answer, now);
    case "ledgerUp":
      return { state: { ...state, ledgerUp: true }, effects: [] };
    case "ledgerLost":
      return ledgerLost(state);
    case "tick":
      return tick(state, now, recordDeadlineMs);
  }
}

export function askDeadline(state: AskState, recordDeadlineMs: number): MonoMs | null {
  let first: MonoMs | null = null;
  const consider = (time: MonoMs) => {
    if (first === null || time < first) first = time;
  };
  for (const sent of state.sent) {
    if (sent.settled) continue;
    consider(sent.ask.expiresAt);
    if (sent.tentative !== null) consider(later(sent.ask.presentedAt.mono, recordDeadlineMs));
  }
  for (const ask of state.waiting) consider(ask.expiresAt);
  return first;
}

function present(state: AskState, ask: Ask): AskStep {
  if (!state.ledgerUp) return { state, effects: unanswered(ask, "ledgerUnavailable") };
  if (isBusy(state, ask.reader)) {
    return {
      state,
      effects: [
        { kind: "deny", ask, reason: "busy" },
        { kind: "shed", reader: ask.reader },
      ],
    };
  }
  return sendWaiting({ ...state, waiting: [...state.waiting, ask] });
}

const isBusy = (state: AskState, reader: ReaderId): boolean =>
  state.sent.some((sent) => sent.ask.reader === reader) || state.waiting.some((ask) => ask.reader === reader);

function sendWaiting(state: AskState): AskStep {
  const free = maxOutstandingAsks - state.sent.length;
  if (free <= 0 || state.waiting.length === 0) return { state, effects: [] };
  const next = state.waiting.slice(0, free);
  return {
    state: {
      ...state,
      waiting: state.waiting.slice(next.length),
      sent: [...state.sent, ...next.map((ask) => ({ ask, tentative: null, settled: false }))],
    },
    effects: next.map((ask) => ({ kind: "send", ask })),
  };
}

function answered(state: AskState, answer: Answer, now: MonoMs): AskStep {
  const sent = state.sent.find((one) => one.ask.id === answer.ask);
  if (sent === undefined) return { state, effects: [] };
  if (answer.stage === "tentative") return tentative(state, sent, answer.verdict);
  const rest = sendWaiting({ ...state, sent: state.sent.filter((one) => one !== sent) });
  const own = sent.settled ? [] : verdictEffects(sent.ask, answer.verdict, now);
  return { state: rest.state, effects: [...own, ...rest.effects] };
}

function tentative(state: AskState, sent: SentAsk, verdict: Verdict): AskStep {
  if (!verdict.granted || sent.settled) return { state, effects: [] };
  return { state: replaceSent(state, sent, { ...sent, tentative: verdict }), effects: [] };
}

/** The last check before the relay: a stall that ends must not open the door for whoever stands there then. */
function verdictEffects(ask: Ask, verdict: Verdict, now: MonoMs): AskEffect[] {
  if ("more" in verdict)
    return [now < ask.expiresAt ? { kind: "prompt", ask } : { kind: "deny", ask, reason: "askExpired" }];
  // A ledger without its disk has not recorded the denial either, and may die before it can.
  if (!verdict.granted && verdict.reason === "ledgerUnavailable") return unanswered(ask, verdict.reason);
  if (!verdict.granted) return [{ kind: "deny", ask, reason: verdict.reason }];
  if (now < ask.expiresAt) return [{ kind: "grant", ask, verdict, late: false }];
  return [
    { kind: "deny", ask, reason: "askExpired" },
    { kind: "settle", settlement: { settle: "aborted", ask: ask.id, door: ask.door, why: "expired" } },
  ];
}

function ledgerLost(state: AskState): AskStep {
  const open = [...state.sent.filter((sent) => !sent.settled).map((sent) => sent.ask), ...state.waiting];
  return { state: noAsks, effects: open.flatMap((ask) => unanswered(ask, "ledgerUnavailable")) };
}

function tick(state: AskState, now: MonoMs, recordDeadlineMs: number): AskStep {
  const effects: AskEffect[] = [];
  const sent = state.sent.map((one) => {
    if (one.settled) return one;
    if (now >= one.ask.expiresAt) {
      effects.push(...unanswered(one.ask, "askExpired"));
      return { ...one, settled: true };
    }
    if (one.tentative !== null && now >= later(one.ask.presentedAt.mono, recordDeadlineMs)) {
      effects.push({ kind: "grant", ask: one.ask, verdict: one.tentative, late: true });
      return { ...one, settled: true };
    }
    return one;
  });
  const expired = state.waiting.filter((ask) => now >= ask.expiresAt);
  for (const ask of expired) effects.push(...unanswered(ask, "askExpired"));
  const waiting = expired.length === 0 ? state.waiting : state.waiting.filter((ask) => !expired.includes(ask));
  return { state: { ...state, sent, waiting }, effects };
}

function unanswered(ask: Ask, reason: "ledgerUnavailable" | "askExpired"): AskEffect[] {
  return [
    { kind: "deny", ask, reason },
    { kind: "settle", settlement: { settle: "unanswered", shown: shownOf(ask), reason } },
  ];
}

const replaceSent = (state: AskState, old: SentAsk, replacement: SentAsk): AskState => ({
  ...state,
  sent: state.sent.map((one) => (one === old ? replacement : one)),
});
