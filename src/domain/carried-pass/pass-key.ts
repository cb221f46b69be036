// What a site knows an issuer by: which passes or codes its key may make. Knows no secret.
import type { Source, Validity } from "../directory.ts";
import type { DoorId, PassId, PassKeyId, PersonId } from "../ids.ts";

/** `mac` and `code` keys can make what they check; a `signed` one at a door cannot. */
export const passKeyForms = ["mac", "signed", "code"] as const;
export type PassKeyForm = (typeof passKeyForms)[number];

export interface PassKey {
  readonly id: PassKeyId;
  /** Named by passes; never used twice at a site. */
  readonly number: number;
  readonly name: string;
  readonly form: PassKeyForm;
  /** Of a key for offline codes; null of the others. */
  readonly digits: CodeDigits | null;
  readonly state: "active" | "suspended";
  readonly source: Source;
  readonly places: readonly Place[];
  /** Numbered from 1, in this order. */
  readonly floors: readonly string[];
  readonly limits: PassKeyLimits;
  /** The whole window of a pass must lie within it. */
  readonly validity: Validity;
  /** The resident whose key it is; null is the site's own. */
  readonly person: PersonId | null;
}

/** 12 digits count in minutes, 10 in quarter-hours. */
export type CodeDigits = 10 | 12;

/** One door, or a group of doors, that a pass names by its number. */
export interface Place {
  readonly number: number;
  readonly doors: readonly DoorId[];
}

export interface PassKeyLimits {
  readonly maxMinutes: number | null;
  /** Passes must be counted, and at most so often. */
  readonly maxUses: number | null;
}

export const passKeyLimits = {
  number: 65_535,
  places: 32,
  doorsPerPlace: 100,
  floors: 16,
  /** Keys of offline codes at one door: each is tried, and each makes guessing likelier. */
  codeKeysPerDoor: 4,
  secretBytes: 32,
} as const;

/** What may be left out takes its usual value. */
export type PassKeyGiven = Pick<PassKey, "id" | "number" | "form" | "places"> & Partial<PassKey>;

export const completePassKey = (given: PassKeyGiven): PassKey => ({
  name: given.id,
  digits: null,
  state: "active",
  source: "local",
  floors: [],
  limits: { maxMinutes: null, maxUses: null },
  validity: { from: null, until: null },
  person: null,
  ...given,
});

/** A dot is in no id, so that a carried pass is never taken for one of the directory's. */
export const carriedId = (key: number, serial: number): PassId => `${key}.${serial}` as PassId;

/** Null for the id of a pass of the directory. */
export function parseCarriedId(id: string): { readonly key: number; readonly serial: number } | null {
  const match = /^([0-9]{1,5})\.([0-9]{1,15})$/.exec(id);
  return match === null ? null : { key: Number(match[1]), serial: Number(match[2]) };
}
