// What a proven pass or code is to the rules: a pass that stands in no directory. Knows no bytes and no store.
import { formatDate } from "../calendar-day.ts";
import type { Credential, Pass } from "../directory.ts";
import { completePass } from "../directory.ts";
import type { CredentialId, DoorId, PassId } from "../ids.ts";
import { localTimeAt } from "../local-time.ts";
import { codeOfSerial } from "../offline-code.ts";
import type { Recurrence } from "../recurrence.ts";
import { unixMs } from "../time.ts";
import type { PassClaims } from "./pass-claims.ts";
import { minuteMs } from "./pass-claims.ts";
import type { CodeDigits, PassKey } from "./pass-key.ts";
import { carriedId } from "./pass-key.ts";

export interface Carried {
  readonly holder: Pass;
  readonly credential: Credential;
}

export function carriedHolder(key: PassKey, claims: PassClaims, timeZone: string, isRevoked: boolean): Carried {
  const id = carriedId(key.number, claims.serial);
  const { from, until, uses } = claims;
  const holder = completePass({
    kind: "pass",
    id,
    name: `${key.name}, ${key.form === "code" ? "code" : "pass"} ${claims.serial}`,
    state: isRevoked ? "revoked" : key.state,
    source: key.source,
    host: key.person,
    validity: { from, until },
    recurrence: recurrenceOf(claims, timeZone),
    usesPerDoor: uses?.over === "door" ? uses.count : null,
    usesTotal: uses?.over === "all" ? uses.count : null,
    floors: floorsOf(key, claims),
  });
  return { holder, credential: carriedCredential(id, key) };
}

/** Null where the key is gone: then it was a pass, as its id is in the record of a QR or of a PIN alike. */
export const carriedCredential = (id: PassId, key: PassKey | null): Credential => ({
  id: id as string as CredentialId,
  kind: key?.form === "code" ? "pin" : "qr",
  state: "active",
  validity: { from: null, until: null },
  direction: null,
  digits: key?.digits ?? null,
  duress: false,
});

/** Those that one of its places holds. */
export function carriedDoors(key: PassKey, { places }: PassClaims): DoorId[] {
  const named = key.places.filter(({ number }) => places === null || places.includes(number));
  return [...new Set(named.flatMap(({ doors }) => doors))].sort();
}

export type KeyLimit = "maxMinutes" | "maxUses" | "validity" | "places" | "floors";

/** In what a pass gives more than its key may, whenever and wherever it is shown; null where it does not. */
export function exceededLimit(key: PassKey, claims: PassClaims): KeyLimit | null {
  const { limits, validity } = key;
  const { from, until, uses, places, floors } = claims;
  if (limits.maxMinutes !== null && until - from > limits.maxMinutes * minuteMs) return "maxMinutes";
  if (limits.maxUses !== null && (uses === null || uses.count > limits.maxUses)) return "maxUses";
  if (validity.from !== null && from < validity.from) return "validity";
  if (validity.until !== null && until > validity.until) return "validity";
  if (places?.some((number) => key.places.every((place) => place.number !== number)) === true) return "places";
  const isAbove = floors === "person" ? key.person === null : floors?.some((number) => number > key.floors.length);
  return isAbove === true ? "floors" : null;
}

export function claimsOfCode(serial: number, digits: CodeDigits): PassClaims {
  const { from, minutes, once } = codeOfSerial(serial, digits);
  return {
    serial,
    from,
    until: unixMs(from + minutes * minuteMs),
    places: null,
    uses: once ? { count: 1, over: "all" } : null,
    recurrence: null,
    floors: null,
    code: false,
    revokes: null,
  };
}

const minutesOfDay = 1_440;

/** From its first day to its last, as the site's clock has them. */
function recurrenceOf({ recurrence, from, until }: PassClaims, timeZone: string): Recurrence {
  if (recurrence === null) return { kind: "once" };
  const { start, minutes, days } = recurrence;
  const end = start + minutes;
  const last = unixMs(until - 1);
  return {
    kind: "weekly",
    from: formatDate(localTimeAt(from, timeZone).day),
    until: formatDate(localTimeAt(last, timeZone).day),
    days,
    window: { startMinute: start, endMinute: end > minutesOfDay ? end - minutesOfDay : end },
  };
}

function floorsOf(key: PassKey, { floors }: PassClaims): Pass["floors"] {
  if (floors === "person") return { kind: "host" };
  return { kind: "list", floors: (floors ?? []).flatMap((number) => key.floors[number - 1] ?? []) };
}
