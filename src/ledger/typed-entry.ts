// What of an entry is hashed slowly, and which of it is meant: all of it, or a PIN with digits around it after its owner's card.
import type { Ask } from "../domain/ask.ts";
import type { FirstFactor } from "../domain/facts.ts";
import type { PersonId } from "../domain/ids.ts";
import { windowsOf } from "../domain/padded-pin.ts";
import type { Directory } from "./directory.ts";
import type { ReadyAsk } from "./ready-ask.ts";
import type { Session } from "./session.ts";
import { sideOf } from "./session.ts";
import type { Tokens } from "./tokens.ts";
import { lookUpOf, nothingToFind, slowSecretOf } from "./tokens.ts";

export interface TypedEntry {
  /** Each takes a slow hash; none where nothing is hashed. */
  readonly secrets: readonly string[];
  /** Whose PIN one of them may be; null where the only one is the whole entry. */
  readonly owner: PersonId | null;
}

/** The number of hashes depends on the lengths of entry and PIN only: no early end tells where in the entry the PIN stands. */
export function typedEntryOf(ask: Ask, session: Session, directory: Directory): TypedEntry {
  const secret = slowSecretOf(ask.presentation);
  if (secret === null) return { secrets: [], owner: null };
  const owner = ownerBefore(ask, session);
  const digits = owner === null ? null : directory.pinDigitsOf(owner);
  const windows = digits === null ? null : windowsOf(secret, digits);
  return windows === null ? { secrets: [secret], owner: null } : { secrets: windows, owner };
}

/** Who has shown a card at this side of the door and is to type a PIN now. */
function ownerBefore(ask: Ask, { site, doors, firsts }: Session): PersonId | null {
  const { presentation, presentedAt } = ask;
  if (!site.codes.virtualPin || presentation.method !== "pin" || doors.get(ask.door)?.keypadMode !== "pin") return null;
  const begun = firsts.get(sideOf(ask)) ?? null;
  if (begun === null || presentedAt.mono - begun.at > site.factors.timeoutMs) return null;
  return ownerOf(begun.factor);
}

const ownerOf = ({ need, holder }: FirstFactor): PersonId | null =>
  need === "cardAndPin" && holder.kind === "person" ? holder.id : null;

/** Hashes of all of the entry's secrets, in their order. */
export function readyEntry(
  ask: Ask,
  { secrets, owner }: TypedEntry,
  hashes: readonly Buffer[],
  { tokens, directory, session }: { readonly tokens: Tokens; readonly directory: Directory; readonly session: Session },
): ReadyAsk {
  if (owner === null) {
    return { ask, lookUp: lookUpOf(tokens, ask.presentation, hashes[0] ?? null, session.site.cards.longUid) };
  }
  const padded = { owner, windows: secrets.length };
  const found = hashes.flatMap((hash, n) => {
    const lookUp = { tokens: [tokens.pin(hash)], short: null };
    const own = directory.candidates(lookUp, ask.door).find(({ credential, holder }) => {
      return credential.kind === "pin" && holder.kind === "person" && holder.id === owner;
    });
    return own === undefined ? [] : [{ lookUp, digits: secrets[n] ?? "", duress: own.credential.duress }];
  });
  // Where both stand in it, nobody knows which was meant: better one silent alarm too many.
  const meant = found.find(({ duress }) => duress) ?? found[0];
  if (meant === undefined) return { ask, lookUp: nothingToFind, padded };
  return { ask: { ...ask, presentation: { method: "pin", digits: meant.digits } }, lookUp: meant.lookUp, padded };
}

/** The PIN counts after its owner's card only, which something else may have displaced while it was hashed. */
export function asMeant(ready: ReadyAsk, first: FirstFactor | null): ReadyAsk {
  if (ready.padded === undefined) return ready;
  const { ask, padded } = ready;
  return first !== null && ownerOf(first) === padded.owner ? ready : { ask, lookUp: nothingToFind };
}
