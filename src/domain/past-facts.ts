// The facts of a decision that the record tells of, gathered again from a directory; knows no store. What is not kept, such as how
// many uses were left, is taken as the record says.
import type { PassClaims } from "./carried-pass/pass-claims.ts";
import { parseCarriedId } from "./carried-pass/pass-key.ts";
import type { Credential, Grant, Holder, HolderRef, Person } from "./directory.ts";
import { factorRulesOf, isSecondTry } from "./factors.ts";
import type { Facts, FirstFactor, Passage, Uses } from "./facts.ts";
import { freshGuess } from "./guess.ts";
import type { CredentialId, DoorId, PassId, PersonId, ScheduleId } from "./ids.ts";
import type { Outcome } from "./judgement.ts";
import type { Presentation } from "./presentation.ts";
import { carriedRefusals } from "./reasons.ts";
import type { Around, Decided, Recorded } from "./record-watch.ts";
import { recordedOutcome } from "./record-watch.ts";
import { occurrenceAt } from "./recurrence.ts";
import type { Holiday, Schedule } from "./schedule.ts";
import type { DoorSpec, ReaderSpec, SiteSpec } from "./site.ts";
import { isScanner } from "./site.ts";
import type { UnixMs } from "./time.ts";
import { later, unixMs } from "./time.ts";
import { areaBeyond } from "./whereabouts.ts";

/** A directory as it stands, or stood. */
export interface DirectoryView {
  readonly holidays: readonly Holiday[];
  holder(ref: HolderRef): Holder | null;
  person(id: PersonId): Person | null;
  ownerOf(credential: CredentialId): HolderRef | null;
  credentialsOf(holder: HolderRef): readonly Credential[];
  grantsAt(holder: HolderRef, door: DoorId): Grant[];
  knownSchedule(id: ScheduleId): Schedule | null;
  /** What is kept of a carried pass or an offline code; null for any other pass. */
  carriedClaims(pass: PassId): PassClaims | null;
}

/** What of a pass is counted and remembered, as it is now. */
export interface PassMemory {
  activatedAt(pass: PassId, occurrence: number): UnixMs | null;
}

export interface Subject {
  readonly credential: Credential;
  readonly holder: Holder;
}

type Shown = Decided["event"];

/** Null for a credential that nobody knew, or knows any more. */
export function subjectOf(
  { credential, person, pass }: Pick<Shown, "credential" | "person" | "pass">,
  directory: DirectoryView,
): Subject | null {
  if (credential === null) return null;
  const ref = refOf(person, pass) ?? directory.ownerOf(credential);
  const holder = ref === null ? null : directory.holder(ref);
  if (ref === null || holder === null) return null;
  const own = directory.credentialsOf(ref).filter(({ id }) => id === credential);
  const found = own.find(({ duress }) => !duress) ?? own[0];
  return found === undefined ? null : { credential: found, holder };
}

function refOf(person: PersonId | null, pass: PassId | null): HolderRef | null {
  if (person !== null) return { kind: "person", id: person };
  return pass === null ? null : { kind: "pass", id: pass };
}

export interface PastParts {
  readonly decided: Decided;
  readonly around: Around;
  readonly site: SiteSpec;
  readonly directory: DirectoryView;
  readonly passes: PassMemory;
  /** Who it was by the directory that the record speaks of, when that is another one. */
  readonly recorded?: Subject | null;
}

/** Null when the site has no such door any more. */
export function pastFacts(parts: PastParts): Facts | null {
  const { decided, around, site, directory, passes } = parts;
  const { event, at: now } = decided;
  const door = site.doors.find(({ id }) => id === event.door);
  if (door === undefined) return null;
  const subject = asRecorded(subjectOf(event, directory), decided);
  const told = parts.recorded === undefined ? subject : parts.recorded;
  const outcome = recordedOutcome(decided);
  const direction = site.readers.find(({ id }) => id === event.reader)?.direction ?? "entry";
  const presentation = presentationOf(event, told?.credential ?? null, outcome);
  const holder = subject?.holder ?? null;
  const situation = situationOf(outcome, around);
  return {
    ...settingOf(site, door),
    now,
    presentation,
    direction,
    situation,
    holidays: directory.holidays,
    isDirectoryStale: outcome === "directoryStale",
    factors: factorRulesOf(door, (id) => directory.knownSchedule(id)?.rule ?? null),
    guess: outcome === "accessLimited" ? blockFrom(around.limited, now.mono) : freshGuess(now.mono),
    credential: subject?.credential ?? null,
    holder,
    grants: holder === null ? [] : directory.grantsAt(holder, door.id),
    host: hostOf(holder, door, directory),
    holderGuess: outcome === "personBlocked" ? blockFrom(around.blocked, now.mono) : freshGuess(now.mono),
    first: firstOf(around.begun, presentation, directory),
    uses: usesOf(outcome, event, told?.holder ?? null),
    activatedAt: activatedAt(outcome, holder, now.wall, site, passes),
    openedAgoMs: openedAgo(outcome, around, decided, door),
    passage: passageOf(outcome, site, door, direction),
    ...carriedOf(outcome, event, subject, directory),
  };
}

/** When a carried pass was revoked is not kept, but only that it was by then. */
function asRecorded(subject: Subject | null, decided: Decided): Subject | null {
  if (subject?.holder.kind !== "pass" || parseCarriedId(subject.holder.id) === null) return subject;
  if (recordedOutcome(decided) !== "revoked") return subject;
  return { ...subject, holder: { ...subject.holder, state: "revoked" } };
}

/** Why a pass proved nothing the record alone can tell. */
function carriedOf(
  outcome: Outcome,
  event: Shown,
  subject: Subject | null,
  directory: DirectoryView,
): Pick<Facts, "carried"> {
  const refused = carriedRefusals.find((one) => one === outcome) ?? null;
  const claims = event.pass === null || event.method !== "qr" ? null : directory.carriedClaims(event.pass);
  if (refused === null && claims === null) return {};
  // A code that is never typed stands for one that there is.
  const hasCode = outcome !== "factorMissing" || subject === null;
  return { carried: { refused, codeRequired: claims?.code === true, code: hasCode ? "000000" : null } };
}

/** What of the facts a configuration says. */
export const settingOf = (site: SiteSpec, door: DoorSpec) => ({
  door,
  hasScanner: site.readers.some((reader) => reader.door === door.id && isScanner(reader)),
  timeZone: site.timeZone,
  features: site.features,
  codes: site.codes,
  passes: site.passes,
});

export function hostOf(holder: Holder | null, door: DoorSpec, directory: DirectoryView): Facts["host"] {
  if (holder?.kind !== "pass" || holder.host === null) return null;
  const person = directory.person(holder.host);
  return person === null ? null : { person, grants: directory.grantsAt(person, door.id) };
}

/** The record never has a secret: it is told only as far as a decision depends on it. */
function presentationOf({ method }: Shown, credential: Credential | null, outcome: Outcome): Presentation {
  switch (method) {
    case "pin":
      return { method, digits: outcome === "entryInvalid" ? null : "0000" };
    case "qr":
      return { method, text: outcome === "accessLimited" || credential?.digits != null ? "0000" : "-" };
    case "card":
      return { method, code: "00000000" as Extract<Presentation, { method: "card" }>["code"] };
    case "plate":
      return { method, plate: "-" };
  }
}

function situationOf(outcome: Outcome, { mode }: Around): Facts["situation"] {
  const interlocked = outcome === "interlocked";
  if (outcome === "doorBlocked") return { mode: "blocked", interlocked };
  const wasLetThrough = outcome === "granted" && mode?.event.mode === "lockedDown";
  return { mode: outcome === "lockedDown" || wasLetThrough ? "lockedDown" : "locked", interlocked };
}

/** Until its end as far as that is recorded; at least at that moment it ran. */
function blockFrom(began: Recorded<"access.limited" | "person.blocked"> | null, now: Facts["now"]["mono"]) {
  const endsAt = began === null ? now : later(began.at.mono, began.event.blockMs);
  return { level: 0, at: now, blockedUntil: endsAt > now ? endsAt : later(now, 1) };
}

function firstOf(
  begun: Recorded<"access.begun"> | null,
  presentation: Presentation,
  directory: DirectoryView,
): FirstFactor | null {
  if (begun === null || !isSecondTry({ presentation }, begun.event.need)) return null;
  const subject = subjectOf(begun.event, directory);
  return subject === null ? null : { need: begun.event.need, ...subject };
}

function usesOf(outcome: Outcome, event: Shown, told: Holder | null): Uses {
  if (told?.kind !== "pass") return { atDoor: 0, total: 0 };
  const { usesPerDoor, usesTotal } = told;
  if (outcome === "usesExhausted") return { atDoor: usesPerDoor ?? 0, total: usesTotal ?? 0 };
  if (event.type !== "access.granted" || event.usesLeft === null) return { atDoor: 0, total: 0 };
  const left = event.usesLeft + 1;
  return { atDoor: Math.max(0, (usesPerDoor ?? 0) - left), total: Math.max(0, (usesTotal ?? 0) - left) };
}

/** What became known of an opening only afterwards was not known then: the record's own outcome has the last word. */
function activatedAt(
  outcome: Outcome,
  holder: Holder | null,
  wall: UnixMs,
  { timeZone, passes: { activateOnFirstUse } }: SiteSpec,
  passes: PassMemory,
): UnixMs | null {
  if (holder?.kind !== "pass" || holder.activationMs === null) return null;
  const occurrence = occurrenceAt(holder.recurrence, wall, timeZone);
  const kept = occurrence === null ? null : passes.activatedAt(holder.id, occurrence);
  const known = kept === null || kept > wall ? null : kept;
  const isOver = known !== null && known + holder.activationMs <= wall;
  if (outcome === "activationOver") return isOver ? known : unixMs(0);
  if (outcome === "notYetValid") return null;
  if (known !== null && !isOver) return known;
  return activateOnFirstUse ? null : wall;
}

/** Only where it barred: who opened when is not kept otherwise. */
function openedAgo(
  outcome: Outcome,
  around: Around,
  { at, boot }: Decided,
  { timing }: DoorSpec,
): Facts["openedAgoMs"] {
  if (outcome !== "tooSoon") return { bySame: null, byOther: null };
  const agoOf = (opened: Recorded<"access.granted"> | null) =>
    opened === null || opened.boot !== boot ? null : Math.max(0, at.mono - opened.at.mono);
  const ago = { bySame: agoOf(around.openedBySame), byOther: agoOf(around.openedByOther) };
  const bars =
    (ago.bySame !== null && ago.bySame < timing.sameUserMs) ||
    (ago.byOther !== null && ago.byOther < timing.differentUserMs);
  return bars ? ago : { bySame: 0, byOther: 0 };
}

function passageOf(
  outcome: Outcome,
  site: SiteSpec,
  door: DoorSpec,
  direction: ReaderSpec["direction"],
): Passage | null {
  if (outcome !== "passback" && outcome !== "areaFull") return null;
  const area = site.areas.find(({ id }) => id === areaBeyond(door, direction));
  if (area === undefined) return null;
  return { area, others: outcome === "areaFull" ? area.capacity : 0, insideMs: outcome === "passback" ? 0 : null };
}
