// Finds the carried pass or offline code that was shown, where the directory has nothing like it. Knows no rule of a door.
import type { Candidate } from "../domain/candidates.ts";
import type { Carried } from "../domain/carried-pass/carried-holder.ts";
import { carriedDoors, carriedHolder, claimsOfCode, exceededLimit } from "../domain/carried-pass/carried-holder.ts";
import type { PassClaims } from "../domain/carried-pass/pass-claims.ts";
import type { PassKey } from "../domain/carried-pass/pass-key.ts";
import { isCarriedText } from "../domain/carried-pass/pass-text.ts";
import { readPass } from "../domain/carried-pass/read-pass.ts";
import type { CarriedFacts, FirstFactor } from "../domain/facts.ts";
import type { DoorId } from "../domain/ids.ts";
import { readCodes } from "../domain/offline-code.ts";
import type { Presentation } from "../domain/presentation.ts";
import { always } from "../domain/schedule.ts";
import type { UnixMs } from "../domain/time.ts";
import type { Directory } from "./directory.ts";
import { passCrypto } from "./pass-crypto.ts";
import type { PassKeys } from "./pass-keys.ts";

/** What the record and the counters are to know of it. */
export interface Proven {
  readonly key: PassKey;
  readonly claims: PassClaims;
  readonly carried: Carried;
}

export interface FoundCarried {
  readonly facts: CarriedFacts;
  /** Null for what proves nothing. */
  readonly candidate: Candidate | null;
  readonly proven: Proven | null;
}

export interface CarriedContext {
  readonly door: DoorId;
  readonly timeZone: string;
  readonly wall: UnixMs;
  readonly passKeys: PassKeys;
  readonly directory: Directory;
}

/** Null for what cannot be one. */
export function findCarried(presentation: Presentation, context: CarriedContext): FoundCarried | null {
  if (presentation.method === "qr" && isCarriedText(presentation.text)) return carriedPass(presentation.text, context);
  if (presentation.method !== "pin" || presentation.digits === null) return null;
  return offlineCode(presentation.digits, context);
}

function carriedPass(text: string, context: CarriedContext): FoundCarried {
  const { passKeys } = context;
  const read = readPass(text, (number) => passKeys.held(number), passCrypto);
  if (read.refused !== null) {
    return { facts: { refused: read.refused, codeRequired: false, code: null }, candidate: null, proven: null };
  }
  return found(read.key, read.claims, read.code, context);
}

function offlineCode(typed: string, context: CarriedContext): FoundCarried | null {
  const { passKeys, door, wall } = context;
  if (typed.length !== 10 && typed.length !== 12) return null;
  const readings = passKeys.codeKeysAt(door).flatMap(({ key, secret, digits }) => {
    const serials = readCodes(typed, digits, secret, wall, passCrypto);
    return serials.map((serial) => ({ key, claims: claimsOfCode(serial, digits) }));
  });
  const meant = readings.find((one) => isGood(one, context)) ?? readings[0];
  return meant === undefined ? null : found(meant.key, meant.claims, null, context);
}

/** Digits that are one key's code of now may look like another's of some other time. */
function isGood({ key, claims }: Pick<Proven, "key" | "claims">, { passKeys, wall }: CarriedContext): boolean {
  if (key.state !== "active" || exceededLimit(key, claims) !== null) return false;
  return claims.from <= wall && wall < claims.until && !passKeys.isRevoked(key.number, claims.serial);
}

function found(key: PassKey, claims: PassClaims, code: string | null, context: CarriedContext): FoundCarried {
  const { passKeys, directory, door, timeZone } = context;
  const carried = carriedHolder(key, claims, timeZone, passKeys.isRevoked(key.number, claims.serial));
  const refused = exceededLimit(key, claims) !== null ? "issuerExceeded" : null;
  const { credential, holder } = carried;
  return {
    facts: { refused, codeRequired: claims.code, code },
    candidate: {
      credential,
      holder,
      grants: carriedDoors(key, claims).includes(door) ? [{ door, schedule: always }] : [],
      host: key.person === null ? null : directory.person(key.person),
      exact: true,
    },
    proven: { key, claims, carried },
  };
}

/** The code of the carried pass that was shown before it; null for anything else. */
export function codeOfFirst(
  presentation: Presentation,
  first: FirstFactor | null,
  directory: Directory,
): Candidate | null {
  if (presentation.method !== "pin" || first?.carried === undefined) return null;
  const { holder, credential, carried } = first;
  if (holder.kind !== "pass" || presentation.digits !== carried.code) return null;
  return {
    credential: { ...credential, kind: "code", digits: carried.code.length },
    holder,
    grants: carried.grants,
    host: holder.host === null ? null : directory.person(holder.host),
    exact: true,
  };
}
