// Whether somebody may be called from a door: whoever could open it at that moment, where the site asks for that.
import type { Grant, Person } from "./directory.ts";
import type { Holiday } from "./schedule.ts";
import { scheduleHolds } from "./schedule.ts";
import type { Instant } from "./time.ts";

export interface CallFacts {
  /** Null when nobody has that id. */
  readonly person: Person | null;
  /** The person's grants at the door. */
  readonly grants: readonly Grant[];
  readonly holidays: readonly Holiday[];
}

/** `permission` off lets everybody be called, also those whom nobody knows. */
export function canCall(permission: boolean, facts: CallFacts, now: Instant, timeZone: string): boolean {
  if (!permission) return true;
  const { person, grants, holidays } = facts;
  if (person === null || person.state !== "active") return false;
  const { from, until } = person.validity;
  const isTimed = from !== null || until !== null;
  if (isTimed && !now.trusted) return false;
  if ((from !== null && now.wall < from) || (until !== null && now.wall >= until)) return false;
  if (grants.some(({ schedule }) => schedule.rule.kind === "never")) return false;
  return grants.some(({ schedule: { rule } }) => {
    if (rule.kind === "always") return true;
    return now.trusted && scheduleHolds(rule, holidays, now.wall, timeZone);
  });
}
