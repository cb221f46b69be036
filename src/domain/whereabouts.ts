// Where a door leads, and for how long somebody is held to be there; knows no store.
import type { HolderRef } from "./directory.ts";
import type { AreaId, BootId } from "./ids.ts";
import type { AreaSpec, DoorSpec, ReaderSpec } from "./site.ts";
import type { Instant, MonoMs, UnixMs } from "./time.ts";

/** Whoever uses a public code is nobody, and is nowhere. */
export type Mover = Exclude<HolderRef, { kind: "public" }>;

export interface Whereabouts {
  readonly area: AreaId;
  readonly sinceMono: MonoMs;
  /** Null when the clock could not be trusted then. */
  readonly sinceWall: UnixMs | null;
  readonly boot: BootId;
}

/** After the time that the area forgives after, nobody is held to be inside any more; 0 never forgives. */
export const isHeldInside = (insideMs: number | null, { forgiveMs }: AreaSpec): boolean =>
  insideMs !== null && (forgiveMs === 0 || insideMs < forgiveMs);

/** A door that knows an area on either side moves people; on the side without one they are nowhere. */
export const movesPeople = (door: DoorSpec): boolean => door.leadsTo !== null || door.leadsFrom !== null;

export const areaBeyond = (door: DoorSpec, direction: ReaderSpec["direction"]): AreaId | null =>
  direction === "entry" ? door.leadsTo : door.leadsFrom;

/**
 * Over a restart of the machine time has passed only by wall clocks that were trusted both times. Where that cannot be told, or
 * tells of a time yet to come, so much has passed as the area forgives after: a clock that never comes right must not keep
 * somebody out for ever who went in before it went wrong. An area that forgives nothing waits for an operator all the same.
 */
export function insideMs({ sinceMono, sinceWall, boot }: Whereabouts, area: AreaSpec, now: Instant, nowBoot: BootId) {
  if (boot === nowBoot) return Math.max(0, now.mono - sinceMono);
  if (!now.trusted || sinceWall === null || sinceWall > now.wall) return area.forgiveMs;
  return now.wall - sinceWall;
}
