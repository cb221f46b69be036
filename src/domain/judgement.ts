// Every check of a decision with what became of it, for people who ask why; decides nothing that `decide` does not.
import type { Decision } from "./decide.ts";
import { checks, decide } from "./decide.ts";
import type { Facts } from "./facts.ts";
import type { DenyReason } from "./reasons.ts";

export interface CheckOutcome {
  readonly name: string;
  readonly outcome: "passed" | "barred" | "notReached";
}

export interface Judgement {
  readonly decision: Decision;
  readonly checks: readonly CheckOutcome[];
}

export function judge(facts: Facts): Judgement {
  const barring = checks.findIndex(({ bar }) => bar(facts) !== null);
  return {
    decision: decide(facts),
    checks: checks.map(({ name }, place) => {
      if (barring === -1 || place < barring) return { name, outcome: "passed" };
      return { name, outcome: place === barring ? "barred" : "notReached" };
    }),
  };
}

/** How a decision goes into the record. */
export type Outcome = "granted" | "begun" | DenyReason;

export function outcomeOf(decision: Decision): Outcome {
  if (decision.granted) return "granted";
  return "more" in decision ? "begun" : decision.reason;
}
