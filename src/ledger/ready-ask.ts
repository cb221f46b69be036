// An ask with everything about it worked out that can be before the transaction, and the facts for deciding it.
import type { Ask, Verdict } from "../domain/ask.ts";
import type { Candidate } from "../domain/candidates.ts";
import { chooseCandidate } from "../domain/candidates.ts";
import { parseCarriedId } from "../domain/carried-pass/pass-key.ts";
import type { Decision } from "../domain/decide.ts";
import type { Holder, Pass, Person } from "../domain/directory.ts";
import type { Holding } from "../domain/events.ts";
import { factorRulesOf } from "../domain/factors.ts";
import type { Facts, FirstFactor, Host, Passage, Uses } from "../domain/facts.ts";
import type { GuessState } from "../domain/guess.ts";
import { freshGuess, holderPolicy } from "../domain/guess.ts";
import type { AreaId, DoorId, PersonId } from "../domain/ids.ts";
import { localTimeAt } from "../domain/local-time.ts";
import { occurrenceAt, onlyOccurrence } from "../domain/recurrence.ts";
import type { DoorSpec } from "../domain/site.ts";
import type { Instant, MonoMs } from "../domain/time.ts";
import { monoMs, unixMs } from "../domain/time.ts";
import type { Mover } from "../domain/whereabouts.ts";
import { areaBeyond, isHeldInside } from "../domain/whereabouts.ts";
import type { Areas } from "./areas.ts";
import type { FoundCarried, Proven } from "./carried.ts";
import { codeOfFirst, findCarried } from "./carried.ts";
import type { Directory } from "./directory.ts";
import type { LostCounts } from "./lost-counts.ts";
import type { Opening } from "./openings.ts";
import { openedAgo } from "./openings.ts";
import type { PassKeys } from "./pass-keys.ts";
import type { Counters, Expected, Session } from "./session.ts";
import { believed, keyOf } from "./session.ts";
import type { LookUp } from "./tokens.ts";

export interface ReadyAsk {
  readonly ask: Ask;
  readonly lookUp: LookUp;
  /** There may have been digits around the PIN: whose it must be, and how many PINs the entry held. */
  readonly padded?: { readonly owner: PersonId; readonly windows: number };
}

/** The presentation's clock moved on to the time of deciding; below the floor it is not believed. */
export function instantOf(ask: Ask, mono: MonoMs, counters: Counters): Instant {
  const { presentedAt } = ask;
  const elapsedMs = Math.max(0, mono - presentedAt.mono);
  const at = {
    wall: unixMs(presentedAt.wall + elapsedMs),
    mono: monoMs(presentedAt.mono + elapsedMs),
    trusted: presentedAt.trusted,
    ...(presentedAt.plain === true ? { plain: true as const } : {}),
  };
  return believed(at, counters);
}

export interface FactsParts {
  readonly session: Session;
  readonly directory: Directory;
  readonly passKeys: PassKeys;
  readonly lostCounts: LostCounts;
  readonly areas: Areas;
  readonly openings: Reading<DoorId, readonly Opening[]>;
  readonly expected: Reading<AreaId, readonly Expected[]>;
}

/** What is committed, or what will be with the transaction under way. */
interface Reading<Key, Value> {
  get(key: Key): Value | undefined;
}

/** The candidate that the code means here, and what deciding about it depends on. */
export function gatherFacts(
  { ask, lookUp }: ReadyAsk,
  door: DoorSpec,
  now: Instant,
  first: FirstFactor | null,
  parts: FactsParts,
): GatheredFacts {
  const { session, directory, openings } = parts;
  const { site, guess } = session;
  const { holidays } = directory;
  const { candidates, carried } = candidatesFor(ask, lookUp, first, now, parts);
  const { chosen, collided } = chooseCandidate(
    candidates,
    ask.presentation,
    door,
    site.codes,
    first?.holder ?? null,
    now,
  );
  const holder = chosen?.holder ?? null;
  const occurrence = holder?.kind === "pass" ? occurrenceAt(holder.recurrence, now.wall, site.timeZone) : null;
  const facts: Facts = {
    door,
    hasScanner: session.scannerDoors.has(door.id),
    timeZone: site.timeZone,
    features: site.features,
    codes: site.codes,
    passes: site.passes,
    now,
    presentation: ask.presentation,
    direction: ask.direction,
    situation: ask.situation,
    holidays,
    isDirectoryStale: session.freshness?.isStale(now, session.counters.clockFloor) ?? false,
    factors: factorRulesOf(door, (id) => directory.knownSchedule(id)?.rule ?? null),
    guess: guess.load(door.id, site.guessing, now),
    credential: chosen?.credential ?? null,
    holder,
    grants: chosen?.grants ?? [],
    host: chosen === null || chosen.host === null ? null : hostAt(chosen.host, door, directory),
    holderGuess: holderGuessOf(holder, now, session),
    first,
    uses: usesOf(holder, door, occurrence, parts),
    activatedAt: holder?.kind === "pass" && occurrence !== null ? directory.activatedAt(holder.id, occurrence) : null,
    openedAgoMs: openedAgo(openings.get(door.id) ?? [], moverOf(holder)?.key ?? null, now.mono),
    passage: holder === null ? null : passageOf(areaBeyond(door, ask.direction), holder, now, first, parts),
    ...(carried === null ? {} : { carried: carried.facts }),
  };
  return { facts, collided, proven: carried?.proven ?? null };
}

interface GatheredFacts {
  readonly facts: Facts;
  readonly collided: boolean;
  /** The carried pass or offline code that was shown; null for anything else. */
  readonly proven: Proven | null;
}

/** What the directory has comes first; the code of a carried pass goes with that pass, whoever else has the same. */
function candidatesFor(
  { presentation, door }: Ask,
  lookUp: LookUp,
  first: FirstFactor | null,
  { wall }: Instant,
  { session, directory, passKeys }: FactsParts,
): { readonly candidates: readonly Candidate[]; readonly carried: FoundCarried | null } {
  const known = directory.candidates(lookUp, door);
  const second = codeOfFirst(presentation, first, directory);
  if (second !== null) return { candidates: [second, ...known], carried: null };
  if (known.length > 0) return { candidates: known, carried: null };
  const { timeZone } = session.site;
  const carried = findCarried(presentation, { door, timeZone, wall, passKeys, directory });
  return { candidates: carried?.candidate == null ? [] : [carried.candidate], carried };
}

/** Whoever uses a public code may be anybody. */
const moverOf = (holder: Holder | null) =>
  holder === null || holder.kind === "public" ? null : { ...refOf(holder), key: keyOf(holder) };

const refOf = (holder: Exclude<Holder, { kind: "public" }>): Mover =>
  holder.kind === "person" ? { kind: "person", id: holder.id } : { kind: "pass", id: holder.id };

function holderGuessOf(holder: Holder | null, now: Instant, { guess, site }: Session): GuessState {
  if (holder === null || holder.kind === "public") return freshGuess(now.mono);
  return guess.load(keyOf(holder), holderPolicy(site), now);
}

/** Those who were let in and are on their way count as well, and whoever goes in together with the holder: there is one last place. */
function passageOf(
  id: AreaId | null,
  holder: Holder,
  now: Instant,
  first: FirstFactor | null,
  { session, areas, expected }: FactsParts,
): Passage | null {
  const area = session.site.areas.find((one) => one.id === id);
  if (area === undefined) return null;
  const mover = moverOf(holder);
  const passage = areas.passage(area, mover, now, session.boot);
  const coming = (expected.get(area.id) ?? []).filter((one) => one.until > now.mono && one.holder !== mover?.key);
  const others = new Set(coming.map((one) => one.holder));
  const companion = moverOf(first?.holder ?? null);
  if (companion !== null && companion.key !== mover?.key) {
    const { insideMs } = areas.passage(area, companion, now, session.boot);
    if (!isHeldInside(insideMs, area)) others.add(companion.key);
  }
  return { ...passage, others: passage.others + others.size };
}

const hostAt = (person: Person, door: DoorSpec, directory: Directory): Host => ({
  person,
  grants: directory.grantsAt(person, door.id),
});

function usesOf(
  holder: Holder | null,
  door: DoorSpec,
  occurrence: number | null,
  { directory, lostCounts, session }: FactsParts,
): Uses {
  if (holder?.kind !== "pass" || occurrence === null) return { atDoor: 0, total: 0 };
  const isCarried = parseCarriedId(holder.id) !== null;
  if (isCarried && isCountLost(holder, occurrence, lostCounts.until(), session.site.timeZone)) {
    return { atDoor: holder.usesPerDoor ?? 0, total: holder.usesTotal ?? 0 };
  }
  return {
    atDoor: directory.spentAt(holder.id, door.id, occurrence),
    total: directory.spentInAll(holder.id, occurrence),
  };
}

/** Nobody knows how often a pass was used that had begun before its counts were lost. */
function isCountLost({ validity }: Pass, occurrence: number, lostUntil: number, timeZone: string): boolean {
  if (lostUntil === 0) return false;
  if (lostUntil === Number.POSITIVE_INFINITY) return true;
  if (occurrence !== onlyOccurrence) return occurrence <= localTimeAt(unixMs(lostUntil), timeZone).day;
  return validity.from === null || validity.from < lostUntil;
}

export function holdingOf({ credential, holder }: Pick<Facts, "credential" | "holder">): Holding {
  return {
    credential: credential?.id ?? null,
    person: holder?.kind === "person" ? holder.id : null,
    pass: holder?.kind === "pass" ? holder.id : null,
  };
}

export const nobody = { credential: null, holder: null } as const;

export function verdictOf(decision: Decision, facts: Facts, directoryVersion: number): Verdict {
  if (!decision.granted) return decision;
  const { usesLeft, rights } = decision;
  return { granted: true, usesLeft, directoryVersion, ...holdingOf(facts), ...rights };
}
