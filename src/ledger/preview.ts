// What the cards among waiting asks will be granted, as far as nothing is counted: for answers before the disk has answered.
import type { Answer } from "../domain/ask.ts";
import { decide } from "../domain/decide.ts";
import type { DoorSpec } from "../domain/site.ts";
import type { MonoMs } from "../domain/time.ts";
import type { FactsParts, ReadyAsk } from "./ready-ask.ts";
import { gatherFacts, instantOf, verdictOf } from "./ready-ask.ts";

/** Reads only, so that neither a full nor a locked database keeps a resident outside. */
export function previewAnswers(
  asks: readonly ReadyAsk[],
  {
    session,
    directory,
    passKeys,
    lostCounts,
    areas,
  }: Pick<FactsParts, "session" | "directory" | "passKeys" | "lostCounts" | "areas">,
  monoNow: () => MonoMs,
): Answer[] {
  return asks.flatMap((ready): Answer[] => {
    const { ask } = ready;
    const door = session.doors.get(ask.door);
    const mono = monoNow();
    if (ask.presentation.method !== "card" || door === undefined) return [];
    if (mono >= ask.expiresAt || session.outcomes.has(ask.id)) return [];
    if (keepsIntervals(door) && asks.some((other) => other !== ready && other.ask.door === door.id)) return [];
    const now = instantOf(ask, mono, session.counters);
    const { openings, expected } = session;
    const { facts } = gatherFacts(ready, door, now, null, {
      session,
      directory,
      passKeys,
      lostCounts,
      areas,
      openings,
      expected,
    });
    const decision = decide(facts);
    if (!decision.granted || decision.usesLeft !== null || facts.passage !== null) return [];
    // Its first use begins its time, and must not be forgotten with a commit that fails.
    if (facts.holder?.kind === "pass" && facts.holder.activationMs !== null) return [];
    const verdict = verdictOf(decision, facts, session.counters.directoryVersion);
    return [{ ask: ask.id, verdict, stage: "tentative" }];
  });
}

/** Which of two asks comes first is decided in the transaction only. */
const keepsIntervals = ({ timing }: DoorSpec): boolean => timing.sameUserMs > 0 || timing.differentUserMs > 0;
