// Who was let in at a door lately, in memory only, for the intervals between two openings. Pure.
import type { Facts } from "../domain/facts.ts";
import type { AskId } from "../domain/ids.ts";
import type { DoorTiming } from "../domain/site.ts";
import type { MonoMs } from "../domain/time.ts";

export interface Opening {
  readonly ask: AskId;
  /** Null for whoever uses a public code: that may be anybody each time. */
  readonly holder: string | null;
  readonly at: MonoMs;
}

/** Beyond them the oldest are forgotten, and with them an interval that still ran. */
const maxRemembered = 512;

export function rememberOpening(
  known: readonly Opening[],
  opening: Opening,
  { sameUserMs, differentUserMs }: DoorTiming,
): readonly Opening[] {
  const keepMs = Math.max(sameUserMs, differentUserMs);
  if (keepMs === 0) return [];
  return [...known.filter(({ at }) => opening.at - at < keepMs), opening].slice(-maxRemembered);
}

export function openedAgo(known: readonly Opening[], holder: string | null, now: MonoMs): Facts["openedAgoMs"] {
  const isSame = (opening: Opening) => holder !== null && opening.holder === holder;
  const agoOf = (openings: readonly Opening[]) =>
    openings.length === 0 ? null : Math.min(...openings.map(({ at }) => Math.max(0, now - at)));
  return { bySame: agoOf(known.filter(isSame)), byOther: agoOf(known.filter((opening) => !isSame(opening))) };
}
