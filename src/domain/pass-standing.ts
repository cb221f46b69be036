// How a pass stands at an instant, for whoever looks at a list: whether it lets in, and if not, why. Knows no door's rules.
import type { Pass, Person } from "./directory.ts";
import type { Activation, UseCount } from "./directory-export.ts";
import type { DoorId } from "./ids.ts";
import { passBar, passEnd } from "./pass-window.ts";
import type { DenyReason } from "./reasons.ts";
import { occurrenceAt } from "./recurrence.ts";
import type { PassPolicy } from "./site.ts";
import type { Instant } from "./time.ts";

export interface PassFacts {
  readonly now: Instant;
  readonly timeZone: string;
  readonly policy: PassPolicy;
  readonly host: Person | null;
  readonly doors: readonly DoorId[];
  readonly uses: readonly UseCount[];
  readonly activations: readonly Activation[];
}

/** In the order in which a door would find out; null lets in, at one of its doors at least. */
export function passStanding(pass: Pass, facts: PassFacts): DenyReason | null {
  if (pass.state === "revoked") return "revoked";
  if (pass.state === "suspended") return "holderSuspended";
  if (!facts.policy.enabled) return "passesOff";
  if (pass.host !== null && facts.host?.state !== "active") return "hostSuspended";
  const { now, timeZone, policy } = facts;
  const occurrence = occurrenceAt(pass.recurrence, now.wall, timeZone);
  const activatedAt = facts.activations.find((one) => one.occurrence === occurrence)?.at ?? null;
  const bar = passBar(pass, now, timeZone, activatedAt, policy.activateOnFirstUse);
  if (bar !== null) return bar;
  return occurrence !== null && isUsedUp(pass, occurrence, facts) ? "usesExhausted" : null;
}

/** Whether lists leave it out. One that is used up stays until its end, so that people see that their guest has come. */
export const hasEnded = (pass: Pass, now: Instant): boolean => pass.state === "revoked" || passEnd(pass) <= now.wall;

function isUsedUp({ usesPerDoor, usesTotal }: Pass, occurrence: number, { doors, uses }: PassFacts): boolean {
  const spentAt = (door: DoorId | "*") =>
    uses.find((one) => one.door === door && one.occurrence === occurrence)?.spent ?? 0;
  if (usesTotal !== null && spentAt("*") >= usesTotal) return true;
  return usesPerDoor !== null && doors.length > 0 && doors.every((door) => spentAt(door) >= usesPerDoor);
}
