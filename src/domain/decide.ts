// The decision: allow or deny, with exactly one reason; total and pure, the same in a test, on a door and in an explanation.
import type { Credential, Grant, Holder } from "./directory.ts";
import type { GuessState } from "./guess.ts";
import { isBlocked } from "./guess.ts";
import type { Presentation } from "./presentation.ts";
import type { DenyReason } from "./reasons.ts";
import { scheduleHolds } from "./schedule.ts";
import type { DoorSpec } from "./site.ts";
import type { Instant } from "./time.ts";

/** All that a decision depends on, gathered beforehand. */
export interface Facts {
  readonly door: DoorSpec;
  readonly timeZone: string;
  readonly now: Instant;
  readonly presentation: Presentation;
  readonly guess: GuessState;
  /** Null when nothing matches what was shown. */
  readonly credential: Credential | null;
  readonly holder: Holder | null;
  /** The holder's grants at this door. */
  readonly grants: readonly Grant[];
  /** Openings of this pass at this door so far. */
  readonly usesSpent: number;
}

export type Decision =
  | { readonly granted: true; readonly usesLeft: number | null }
  | { readonly granted: false; readonly reason: DenyReason };

const deny = (reason: DenyReason): Decision => ({ granted: false, reason });

/** Checks in the order of REQUIREMENTS D.3; the first that applies is the reason. */
export function decide(facts: Facts): Decision {
  const { door, presentation, credential, holder } = facts;
  if (!door.methods.includes(presentation.method)) return deny("methodOff");
  if (isGuess(presentation) && isBlocked(facts.guess, facts.now.mono)) return deny("accessLimited");
  if (presentation.method === "pin" && presentation.digits === null) return deny("entryInvalid");
  if (credential === null || holder === null) return deny("unknownCredential");
  if (credential.state === "suspended") return deny("credentialSuspended");
  const barred = holderBar(holder, facts.now);
  if (barred !== null) return deny(barred);
  const usesLeft = holder.kind === "pass" ? usesLeftOf(holder.usesPerDoor, facts.usesSpent) : null;
  if (usesLeft === 0) return deny("usesExhausted");
  const shut = grantBar(facts.grants, facts.now, facts.timeZone);
  if (shut !== null) return deny(shut);
  return { granted: true, usesLeft: usesLeft === null ? null : usesLeft - 1 };
}

/** What a stranger could try one after the other at a door: keyed digits, and digits held to the camera. */
export function isGuess(presentation: Presentation): boolean {
  if (presentation.method === "pin") return true;
  return presentation.method === "qr" && /^[0-9]{1,16}$/.test(presentation.text);
}

/** Said of every code alike, and therefore telling an attacker nothing. */
const uncounted: readonly DenyReason[] = ["accessLimited", "methodOff", "clockUntrusted"];

/**
 * Whether this denial counts towards the guess limit. A live code at the wrong door or hour counts like any other:
 * a block that came later for it would tell an attacker that somebody owns it.
 */
export function countsAsGuess(presentation: Presentation, decision: Decision): boolean {
  if (decision.granted || !isGuess(presentation)) return false;
  return !uncounted.includes(decision.reason);
}

function holderBar(holder: Holder, now: Instant): DenyReason | null {
  if (holder.state === "revoked") return "revoked";
  if (holder.state === "suspended") return "holderSuspended";
  const { from, until } = holder.validity;
  if ((from !== null || until !== null) && !now.trusted) return "clockUntrusted";
  if (from !== null && now.wall < from) return "notYetValid";
  if (until !== null && now.wall >= until) return "expired";
  return null;
}

function usesLeftOf(usesPerDoor: number | null, spent: number): number | null {
  return usesPerDoor === null ? null : Math.max(0, usesPerDoor - spent);
}

function grantBar(grants: readonly Grant[], now: Instant, timeZone: string): DenyReason | null {
  if (grants.length === 0) return "noGrant";
  if (grants.some((grant) => grant.schedule.rule.kind === "never")) return "never";
  if (grants.some((grant) => grant.schedule.rule.kind === "always")) return null;
  if (!now.trusted) return "clockUntrusted";
  return grants.some((grant) => scheduleHolds(grant.schedule.rule, now.wall, timeZone)) ? null : "outsideSchedule";
}
