// The decision: allow or deny, with exactly one reason; total and pure, the same in a test, on a door and in an explanation.
import type { PassageRights } from "./ask.ts";
import { noRights } from "./ask.ts";
import type { Credential, Holder } from "./directory.ts";
import { factorStep, isSecondTry } from "./factors.ts";
import type { Facts } from "./facts.ts";
import { isBlocked } from "./guess.ts";
import { passBar } from "./pass-window.ts";
import type { Presentation } from "./presentation.ts";
import { isDigitText } from "./presentation.ts";
import type { DenyReason } from "./reasons.ts";
import { scheduleState } from "./schedule.ts";
import type { FactorNeed } from "./site.ts";
import { isHeldInside } from "./whereabouts.ts";

export type Decision =
  | {
      readonly granted: true;
      /** The fewest that are left after this one, at this door or in all; null is uncounted. */
      readonly usesLeft: number | null;
      readonly rights: PassageRights;
      /** Somebody is let in again whom the area holds to be inside. */
      readonly passbackViolated: boolean;
    }
  | { readonly granted: false; readonly reason: DenyReason }
  | { readonly granted: false; readonly more: Exclude<FactorNeed, "any"> };

/** One thing that may stand in the way. */
export interface Check {
  readonly name: string;
  readonly bar: (facts: Facts) => DenyReason | null;
}

/** In the order of REQUIREMENTS D.3: the first that bars gives the reason. */
export const checks: readonly Check[] = [
  { name: "switches", bar: switchBar },
  { name: "guess limit", bar: guessBar },
  { name: "credential", bar: credentialBar },
  { name: "factors", bar: factorBar },
  { name: "door mode", bar: modeBar },
  { name: "holder", bar: holderBar },
  { name: "uses", bar: (facts) => (usesLeft(facts) === 0 ? "usesExhausted" : null) },
  { name: "grant", bar: grantBar },
  { name: "schedule", bar: scheduleBar },
  { name: "interval", bar: intervalBar },
  { name: "area", bar: areaBar },
  { name: "interlock", bar: ({ situation }) => (situation.interlocked ? "interlocked" : null) },
];

export function decide(facts: Facts): Decision {
  for (const { bar } of checks) {
    const reason = bar(facts);
    if (reason !== null) return { granted: false, reason };
  }
  const { credential, holder } = facts;
  if (credential === null || holder === null) return { granted: false, reason: "unknownCredential" };
  const step = factorStep(facts, credential, holder);
  if (step.step === "first") return { granted: false, more: step.need };
  const left = usesLeft(facts);
  return {
    granted: true,
    usesLeft: left === null ? null : left - 1,
    rights: rightsOf(facts, holder),
    passbackViolated: isInsideAlready(facts),
  };
}

/** What a stranger could try one after the other at a door: keyed digits, and digits held to the camera. */
export const isGuess = (presentation: Presentation): boolean =>
  presentation.method === "pin" || (presentation.method === "qr" && isDigitText(presentation.text));

/**
 * Said of every code alike, and therefore telling an attacker nothing; save for `clockUntrusted` and `directoryStale`, which are said of
 * live codes only: a night without a clock, or a week without a cloud, must not block the keypad for those who may still enter.
 */
const uncounted: readonly DenyReason[] = [
  "accessLimited",
  "featureOff",
  "methodOff",
  "clockUntrusted",
  "directoryStale",
];

/**
 * Whether this denial counts towards the guess limit. A live code at the wrong door or hour counts like any other:
 * a block that came later for it would tell an attacker that somebody owns it.
 */
export function countsAsGuess(presentation: Presentation, decision: Decision): boolean {
  if (decision.granted || "more" in decision || !isGuess(presentation)) return false;
  return !uncounted.includes(decision.reason);
}

/**
 * Whom a wrong second factor counts against: whoever showed the first. A code that is somebody else's is wrong whatever else
 * bars it; the right one is not, although something may.
 */
export function wrongSecondOf({ first, holder, presentation }: Facts, decision: Decision): Holder | null {
  if (first === null || first.need === "twoPeople" || !isSecondTry({ presentation }, first.need)) return null;
  if (decision.granted || "more" in decision || uncounted.includes(decision.reason)) return null;
  const isOwn = holder?.kind === first.holder.kind && holder.id === first.holder.id;
  return isOwn && decision.reason !== "factorWrong" ? null : first.holder;
}

function switchBar({ features, door, presentation }: Facts): DenyReason | null {
  if (!features[presentation.method]) return "featureOff";
  return door.methods.includes(presentation.method) ? null : "methodOff";
}

function guessBar({ presentation, guess, now }: Facts): DenyReason | null {
  return isGuess(presentation) && isBlocked(guess, now.mono) ? "accessLimited" : null;
}

function credentialBar(facts: Facts): DenyReason | null {
  const { presentation, credential, holder, first } = facts;
  if (presentation.method === "pin" && presentation.digits === null) return "entryInvalid";
  if (facts.carried?.refused != null) return facts.carried.refused;
  if (credential === null || holder === null) {
    const isSecond = first !== null && first.need !== "twoPeople" && isSecondTry(facts, first.need);
    return isSecond ? "factorWrong" : "unknownCredential";
  }
  return stateBar[credential.state] ?? credentialTimeBar(facts, credential);
}

const stateBar: Readonly<Record<Credential["state"], DenyReason | null>> = {
  active: null,
  suspended: "credentialSuspended",
  lost: "credentialLost",
  stolen: "credentialStolen",
};

function credentialTimeBar({ now, direction }: Facts, credential: Credential): DenyReason | null {
  const { from, until } = credential.validity;
  if ((from !== null || until !== null) && !now.trusted) return "clockUntrusted";
  if (from !== null && now.wall < from) return "notYetValid";
  if (until !== null && now.wall >= until) return "credentialExpired";
  return credential.direction !== null && credential.direction !== direction ? "wrongDirection" : null;
}

function factorBar(facts: Facts): DenyReason | null {
  const { credential, holder, holderGuess, now } = facts;
  if (credential === null || holder === null) return null;
  if (isBlocked(holderGuess, now.mono)) return "personBlocked";
  const step = factorStep(facts, credential, holder);
  return step.step === "barred" ? step.reason : null;
}

function modeBar({ situation, holder }: Facts): DenyReason | null {
  if (situation.mode === "blocked") return "doorBlocked";
  return situation.mode === "lockedDown" && !isLockdownExempt(holder) ? "lockedDown" : null;
}

const isLockdownExempt = (holder: Holder | null): boolean =>
  holder?.kind === "person" && (holder.lockdownExempt || holder.role === "administrator");

function holderBar(facts: Facts): DenyReason | null {
  const { holder, host, now, timeZone, passes } = facts;
  if (holder === null) return null;
  if (holder.state === "revoked") return "revoked";
  if (holder.state === "suspended") return "holderSuspended";
  if (holder.kind === "public") return null;
  if (facts.isDirectoryStale && isOfCloud(facts)) return "directoryStale";
  if (holder.kind === "person") return validityBar(holder.validity, now);
  if (!passes.enabled) return "passesOff";
  if (holder.host !== null && (host === null || !isAtHome(facts))) return "hostSuspended";
  return passBar(holder, now, timeZone, facts.activatedAt, passes.activateOnFirstUse);
}

/** A guest lives by its host's rights as much as by its own. */
const isOfCloud = ({ holder, host }: Facts): boolean =>
  (holder !== null && holder.kind !== "public" && holder.source === "cloud") || host?.person.source === "cloud";

/** A host who was suspended or has moved out lets nobody in. */
function isAtHome({ host, now }: Facts): boolean {
  if (host === null || host.person.state !== "active") return false;
  const bar = validityBar(host.person.validity, now);
  return bar === null || bar === "clockUntrusted";
}

function validityBar(
  { from, until }: { from: number | null; until: number | null },
  now: Facts["now"],
): DenyReason | null {
  if ((from !== null || until !== null) && !now.trusted) return "clockUntrusted";
  if (from !== null && now.wall < from) return "notYetValid";
  return until !== null && now.wall >= until ? "expired" : null;
}

function usesLeft({ holder, uses }: Facts): number | null {
  if (holder?.kind !== "pass") return null;
  const counts = [
    ...(holder.usesPerDoor === null ? [] : [holder.usesPerDoor - uses.atDoor]),
    ...(holder.usesTotal === null ? [] : [holder.usesTotal - uses.total]),
  ];
  return counts.length === 0 ? null : Math.max(0, Math.min(...counts));
}

function grantBar(facts: Facts): DenyReason | null {
  const { holder, grants, host, door } = facts;
  if (holder === null) return null;
  if (grants.length === 0) return "noGrant";
  if (grants.some(({ schedule }) => schedule.rule.kind === "never")) return "never";
  if (holder.kind !== "pass" || holder.host === null || host === null) return null;
  const hostMay = host.grants.length > 0 && !host.grants.some(({ schedule }) => schedule.rule.kind === "never");
  const mayLetIn = door.grantableBy === "residents" || host.person.role === "administrator";
  return hostMay && mayLetIn && isHostsHour(facts) ? null : "notGrantable";
}

/** A resident's own key is nobody else's judgement: what it gives out opens only while they could enter themselves. */
function isHostsHour({ carried, host, holidays, now, timeZone }: Facts): boolean {
  if (carried === undefined || host === null) return true;
  return host.grants.some(({ schedule: { rule } }) => {
    return rule.kind === "always" || scheduleState(rule, holidays, now.wall, timeZone) === "holds";
  });
}

function scheduleBar({ holder, grants, now, holidays, timeZone }: Facts): DenyReason | null {
  if (holder === null || grants.some(({ schedule }) => schedule.rule.kind === "always")) return null;
  if (!now.trusted) return "clockUntrusted";
  const states = grants.map(({ schedule }) => scheduleState(schedule.rule, holidays, now.wall, timeZone));
  if (states.includes("holds")) return null;
  return states.includes("holiday") ? "holiday" : "outsideSchedule";
}

function intervalBar({ door, openedAgoMs, holder }: Facts): DenyReason | null {
  const { bySame, byOther } = openedAgoMs;
  if (holder === null) return null;
  if (bySame !== null && bySame < door.timing.sameUserMs) return "tooSoon";
  return byOther !== null && byOther < door.timing.differentUserMs ? "tooSoon" : null;
}

function areaBar(facts: Facts): DenyReason | null {
  const { passage } = facts;
  if (passage === null) return null;
  if (isInsideAlready(facts) && passage.area.passback === "hard") return "passback";
  const isFull = passage.area.capacity > 0 && passage.others >= passage.area.capacity;
  return isFull && !isHeldInside(passage.insideMs, passage.area) ? "areaFull" : null;
}

function isInsideAlready({ passage, holder }: Facts): boolean {
  if (passage === null || passage.area.passback === "off") return false;
  if (holder === null || holder.kind === "public") return false;
  if (holder.kind === "person" && holder.passbackExempt) return false;
  return isHeldInside(passage.insideMs, passage.area);
}

function rightsOf({ door }: Facts, holder: Holder): PassageRights {
  if (holder.kind !== "person") return noRights;
  return {
    extended: holder.extendedTimes,
    mayHoldOpen: holder.mayHoldOpen.includes(door.id),
    administrator: holder.role === "administrator" ? holder.id : null,
    lockdownExempt: isLockdownExempt(holder),
  };
}
