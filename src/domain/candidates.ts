// Which of several holders of one code is meant: a code may live twice at doors, or in apartments, that do not meet.
import type { Credential, Grant, Holder, Person } from "./directory.ts";
import { passEnd } from "./pass-window.ts";
import type { Presentation } from "./presentation.ts";
import { isDigitText } from "./presentation.ts";
import type { CodePolicy, DoorSpec } from "./site.ts";
import type { Instant } from "./time.ts";

export interface Candidate {
  readonly credential: Credential;
  readonly holder: Holder;
  /** At the door in question. */
  readonly grants: readonly Grant[];
  /** The resident behind a pass. */
  readonly host: Person | null;
  /** By the whole of what was shown; false of a card that is known by a part of its number, which others may share. */
  readonly exact: boolean;
}

export interface Choice {
  readonly chosen: Candidate | null;
  /** Another holder has an equal code at the same door. */
  readonly collided: boolean;
}

/** Evaluated in this order where equal codes meet at a door: rows that were imported may do so. */
const order: readonly Holder["kind"][] = ["pass", "person", "public"];

/** `first` is who has shown something already: a second factor is looked for among that holder's own. */
export function chooseCandidate(
  candidates: readonly Candidate[],
  presentation: Presentation,
  door: DoorSpec,
  codes: CodePolicy,
  first: Holder | null,
  now: Instant,
): Choice {
  const fitting = candidates.filter((candidate) => fits(candidate, presentation, door, codes));
  const own = fitting.find(({ holder }) => holder.kind === first?.kind && holder.id === first.id);
  if (own !== undefined) return { chosen: own, collided: false };
  const here = inOrder(
    fitting.filter(({ grants }) => grants.length > 0),
    now,
  );
  const chosen = here[0] ?? inOrder(fitting, now)[0] ?? null;
  return { chosen, collided: here.some((other) => chosen !== null && isRival(other, chosen)) };
}

function fits(candidate: Candidate, presentation: Presentation, door: DoorSpec, codes: CodePolicy): boolean {
  const { kind } = candidate.credential;
  switch (presentation.method) {
    case "card":
      return kind === "card" || kind === "bkey";
    case "plate":
      return kind === "plate";
    case "qr":
      if (!isDigitText(presentation.text)) return kind === "qr";
      return kind === "qr" || kind === "qrPin" || (kind === "pin" && candidate.holder.kind === "pass");
    case "pin":
      if (isOutdatedPublic(candidate, codes)) return false;
      if (kind === "qrPin" && !codes.qrPinOnKeypad) return false;
      if (kind !== "pin" && kind !== "code" && kind !== "qrPin") return false;
      return door.keypadMode === "pin" || livesAt(candidate, presentation.apartment ?? "");
  }
}

/** All public codes have one length; those of another that an earlier configuration asked for open nothing. */
const isOutdatedPublic = ({ holder, credential }: Candidate, codes: CodePolicy): boolean =>
  holder.kind === "public" && credential.digits !== codes.publicLength;

/** Public codes and passes may leave the apartment out. */
function livesAt({ holder, host }: Candidate, apartment: string): boolean {
  switch (holder.kind) {
    case "person":
      return holder.apartment !== null && holder.apartment === apartment;
    case "pass":
      return apartment === "" || (host?.apartment ?? null) === apartment;
    case "public":
      return apartment === "";
  }
}

const isRival = (other: Candidate, { exact, holder }: Candidate): boolean =>
  other.exact === exact && (other.holder.kind !== holder.kind || other.holder.id !== holder.id);

/** Ids decide between equals, so that the same code always means the same credential. */
const inOrder = (candidates: readonly Candidate[], now: Instant): Candidate[] =>
  candidates.toSorted(
    (a, b) =>
      Number(b.exact) - Number(a.exact) ||
      Number(isOver(a, now)) - Number(isOver(b, now)) ||
      order.indexOf(a.holder.kind) - order.indexOf(b.holder.kind) ||
      compare(a.holder.id, b.holder.id) ||
      compare(a.credential.id, b.credential.id),
  );

/**
 * Set aside or ended, so that it must not stand in the way of an equal code that lives. Of cards that are known in part only nobody
 * can tell which one is shown: it may be the stolen one.
 */
function isOver({ credential, holder, exact }: Candidate, now: Instant): boolean {
  if (!exact) return false;
  if (credential.state !== "active" || holder.state !== "active") return true;
  const ofHolder = holder.kind === "public" ? null : holder.kind === "pass" ? passEnd(holder) : holder.validity.until;
  const ends = [credential.validity.until, ofHolder];
  return now.trusted && ends.some((end) => end !== null && now.wall >= end);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
