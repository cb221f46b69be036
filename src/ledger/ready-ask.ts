// An ask with everything about it worked out that can be before the transaction, and the facts for deciding it.
import type { Ask, Verdict } from "../domain/ask.ts";
import type { Decision, Facts } from "../domain/decide.ts";
import type { Holding } from "../domain/events.ts";
import type { DoorSpec } from "../domain/site.ts";
import type { Instant, MonoMs } from "../domain/time.ts";
import { monoMs, unixMs } from "../domain/time.ts";
import type { Directory, Found } from "./directory.ts";
import type { Counters, Session } from "./session.ts";
import { isBelowFloor } from "./session.ts";

export interface ReadyAsk {
  readonly ask: Ask;
  /** Null when nothing stored can match. */
  readonly token: Buffer | null;
}

/** The presentation's clock moved on to the time of deciding; below the floor it is not believed. */
export function instantOf(ask: Ask, mono: MonoMs, { clockFloor }: Counters): Instant {
  const { presentedAt } = ask;
  const elapsedMs = Math.max(0, mono - presentedAt.mono);
  const at = {
    wall: unixMs(presentedAt.wall + elapsedMs),
    mono: monoMs(presentedAt.mono + elapsedMs),
    trusted: presentedAt.trusted,
  };
  return at.trusted && isBelowFloor(at, clockFloor) ? { ...at, trusted: false } : at;
}

export function gatherFacts(
  ask: Ask,
  found: Found | null,
  door: DoorSpec,
  now: Instant,
  session: Session,
  directory: Directory,
): Facts {
  const holder = found?.holder ?? null;
  return {
    door,
    timeZone: session.site.timeZone,
    now,
    presentation: ask.presentation,
    guess: session.guess.load(door.id, session.site.guessing, now),
    credential: found?.credential ?? null,
    holder,
    grants: holder === null ? [] : directory.grantsAt(holder, door.id),
    usesSpent: holder?.kind === "pass" ? directory.spentAt(holder.id, door.id) : 0,
  };
}

export function holdingOf(found: Found | null): Holding {
  const holder = found?.holder ?? null;
  return {
    credential: found?.credential.id ?? null,
    person: holder?.kind === "person" ? holder.id : null,
    pass: holder?.kind === "pass" ? holder.id : null,
  };
}

export function verdictOf(decision: Decision, found: Found | null, directoryVersion: number): Verdict {
  if (!decision.granted) return { granted: false, reason: decision.reason };
  return { granted: true, usesLeft: decision.usesLeft, directoryVersion, ...holdingOf(found) };
}
