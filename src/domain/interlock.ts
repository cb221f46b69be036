// Whether a door must stay shut because another door of one of its groups is not; knows no relay and no person.
import type { DoorState } from "./door-state.ts";
import { isUnlocked } from "./door-state.ts";
import type { DoorId } from "./ids.ts";
import type { DoorSpec } from "./site.ts";

/** Locked, not about to be unlocked, and closed: what cannot be seen counts as closed only where nothing is there to see it. */
export function isSecured({ contact }: Pick<DoorSpec, "contact">, state: DoorState): boolean {
  if (isUnlocked(state) || state.delayed !== null) return false;
  return state.contact === "closed" || (state.contact === "unknown" && contact === null);
}

export function isInterlocked(
  groups: readonly (readonly DoorId[])[],
  door: DoorId,
  isDoorSecured: (other: DoorId) => boolean,
): boolean {
  return groups.some((group) => group.includes(door) && group.some((other) => other !== door && !isDoorSecured(other)));
}
