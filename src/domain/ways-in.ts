// By which of their credentials somebody could open a door at an instant, and what bars the others; pure, by the product's own
// decision. Whoever is inside, how doors stand and who tried what before is not looked at.
import type { Candidate } from "./candidates.ts";
import { chooseCandidate } from "./candidates.ts";
import { decide } from "./decide.ts";
import type { Credential, Grant, Holder, HolderRef } from "./directory.ts";
import { factorRulesOf } from "./factors.ts";
import type { Facts, Uses } from "./facts.ts";
import { freshGuess } from "./guess.ts";
import type { DoorId, PassId } from "./ids.ts";
import type { DirectoryView, PassMemory } from "./past-facts.ts";
import { hostOf, settingOf } from "./past-facts.ts";
import type { CardCode, Presentation } from "./presentation.ts";
import type { DenyReason } from "./reasons.ts";
import { occurrenceAt } from "./recurrence.ts";
import type { DoorSpec, ReaderSpec, SiteSpec } from "./site.ts";
import type { DoorMode } from "./status.ts";
import type { UnixMs } from "./time.ts";
import { monoMs } from "./time.ts";

export interface Way {
  readonly credential: Credential;
  readonly method: Presentation["method"];
  readonly direction: ReaderSpec["direction"];
  /** What has to follow; null where one thing is enough. */
  readonly second: Credential | "secondPerson" | null;
  readonly usesLeft: number | null;
}

export interface Access {
  readonly holder: Holder;
  readonly grants: readonly Grant[];
  readonly ways: readonly Way[];
  /** Of what does not open. Empty where there is no credential at all. */
  readonly bars: readonly { readonly reason: DenyReason; readonly facts: Facts }[];
}

export interface PassCounts extends PassMemory {
  usesOf(pass: PassId, door: DoorId, occurrence: number): Uses;
}

export interface Place {
  readonly site: SiteSpec;
  readonly door: DoorSpec;
  readonly at: UnixMs;
  /** As the door's timetable has it then. */
  readonly mode: DoorMode;
  readonly directory: DirectoryView;
  readonly passes: PassCounts;
}

/** Null for somebody who is not there, or has no grant at this door. */
export function accessOf(ref: HolderRef, place: Place): Access | null {
  const { directory, door, site } = place;
  const grants = directory.grantsAt(ref, door.id);
  const holder = grants.length === 0 ? null : directory.holder(ref);
  if (holder === null) return null;
  const base = baseFacts(holder, grants, place);
  const credentials = directory.credentialsOf(ref).filter(({ duress }) => !duress);
  const ways: Way[] = [];
  const bars: { reason: DenyReason; facts: Facts }[] = [];
  for (const direction of directionsOf(door, site)) {
    for (const credential of credentials) {
      for (const presentation of presentationsOf(credential, holder, base)) {
        const facts = { ...base, direction, credential, presentation };
        const decision = decide(facts);
        const way = { credential, method: presentation.method, direction };
        if (decision.granted)
          ways.push({ ...way, second: null, usesLeft: decision.usesLeft === null ? null : decision.usesLeft + 1 });
        else if ("more" in decision) {
          const second = decision.more === "twoPeople" ? "secondPerson" : secondOf(facts, decision.more, credentials);
          if (second === null) bars.push({ reason: "factorMissing", facts });
          else ways.push({ ...way, second, usesLeft: null });
        } else bars.push({ reason: decision.reason, facts });
      }
    }
  }
  return { holder, grants, ways, bars };
}

/** What completes what this credential begins. */
function secondOf(
  facts: Facts & { readonly credential: Credential },
  need: "cardAndPin" | "qrAndCode",
  credentials: readonly Credential[],
): Credential | null {
  const { holder, credential } = facts;
  if (holder === null) return null;
  const first = { need, credential, holder };
  const found = credentials.find((second) =>
    presentationsOf(second, holder, facts).some(
      (presentation) =>
        presentation.method === "pin" && decide({ ...facts, credential: second, presentation, first }).granted,
    ),
  );
  return found ?? null;
}

const directionsOf = (door: DoorSpec, { readers }: SiteSpec): ReaderSpec["direction"][] => {
  const found = new Set(readers.filter((reader) => reader.door === door.id).map(({ direction }) => direction));
  return found.size === 0 ? ["entry"] : [...found];
};

function baseFacts(
  holder: Holder,
  grants: readonly Grant[],
  { site, door, at, mode, directory, passes }: Place,
): Facts {
  const now = { wall: at, mono: monoMs(0), trusted: true };
  const occurrence = holder.kind === "pass" ? occurrenceAt(holder.recurrence, at, site.timeZone) : null;
  const counted = holder.kind === "pass" && occurrence !== null;
  return {
    ...settingOf(site, door),
    now,
    presentation: { method: "pin", digits: null },
    direction: "entry",
    situation: { mode, interlocked: false },
    holidays: directory.holidays,
    isDirectoryStale: false,
    factors: factorRulesOf(door, (id) => directory.knownSchedule(id)?.rule ?? null),
    guess: freshGuess(now.mono),
    credential: null,
    holder,
    grants,
    host: hostOf(holder, door, directory),
    holderGuess: freshGuess(now.mono),
    first: null,
    uses: counted ? passes.usesOf(holder.id, door.id, occurrence) : { atDoor: 0, total: 0 },
    activatedAt: counted ? passes.activatedAt(holder.id, occurrence) : null,
    openedAgoMs: { bySame: null, byOther: null },
    passage: null,
  };
}

/** The ways in which it can be shown at that door and means its holder; without its secret. */
function presentationsOf(
  credential: Credential,
  holder: Holder,
  { door, codes, grants, host, now }: Pick<Facts, "door" | "codes" | "grants" | "host" | "now">,
): Presentation[] {
  const person = host?.person ?? null;
  const candidate: Candidate = { credential, holder, grants, host: person, exact: true };
  const apartment = holder.kind === "person" ? (holder.apartment ?? "") : "";
  const typed: Presentation = {
    method: "pin",
    digits: "0000",
    ...(door.keypadMode === "apartmentPin" ? { apartment } : {}),
  };
  const all: Presentation[] = [
    typed,
    { method: "qr", text: credential.digits === null ? "-" : "0000" },
    { method: "card", code: "00000000" as CardCode },
    { method: "plate", plate: "-" },
  ];
  return all.filter((shown) => chooseCandidate([candidate], shown, door, codes, null, now).chosen !== null);
}
