// The directory: people, passes, public codes, their credentials, grants and schedules, as the rules see them.
import type { CardTechnology, KnownPart } from "./card-format.ts";
import type { PassKeyGiven } from "./carried-pass/pass-key.ts";
import type { CodeToken, UseCount } from "./directory-export.ts";
import type { CredentialId, DoorId, HolidayId, PassId, PassKeyId, PersonId, PublicId, ScheduleId } from "./ids.ts";
import type { Recurrence } from "./recurrence.ts";
import type { Holiday, Schedule } from "./schedule.ts";
import type { FactorNeed } from "./site.ts";
import type { UnixMs } from "./time.ts";

export interface Validity {
  /** Null is unbounded. `until` is exclusive. */
  readonly from: UnixMs | null;
  readonly until: UnixMs | null;
}

/** Who wrote a row: what the cloud owns is read-only on site, save that it may be suspended. */
export const sources = ["local", "cloud", "imported"] as const;
export type Source = (typeof sources)[number];

export const roles = ["general", "administrator"] as const;
export type Role = (typeof roles)[number];

export interface Person {
  readonly kind: "person";
  readonly id: PersonId;
  readonly name: string;
  readonly state: "active" | "suspended";
  readonly validity: Validity;
  readonly role: Role;
  readonly source: Source;
  readonly building: string | null;
  /** Room or apartment; what is typed before the PIN where a door asks for the apartment. */
  readonly apartment: string | null;
  readonly phone: string | null;
  readonly floors: readonly string[];
  /** The action that each grant sets off; 0 is none. */
  readonly webRelay: number;
  /** Named events that each grant sets off. */
  readonly namedEvents: readonly string[];
  /** What this person must show at any door; null is what the door asks for. The stricter of the two counts. */
  readonly factors: FactorNeed | null;
  /** Needs longer to pass: the door's extended times apply. */
  readonly extendedTimes: boolean;
  readonly lockdownExempt: boolean;
  readonly passbackExempt: boolean;
  /** Doors that this person's opening switches to standing open until the door's timetable says otherwise. */
  readonly mayHoldOpen: readonly DoorId[];
}

export const presets = ["courier", "visitor", "staff"] as const;
export type Preset = (typeof presets)[number];

/** A temporary grant: temp key, guest pass, courier code. */
export interface Pass {
  readonly kind: "pass";
  readonly id: PassId;
  /** A visitor's name or the purpose; for the record only, never decided by. */
  readonly name: string;
  readonly state: "active" | "suspended" | "revoked";
  readonly source: Source;
  /** Counts up at the issuer: an older version that comes late changes nothing. */
  readonly version: number;
  /** The resident on whose behalf it is: it opens no door that its host may not grant at that moment. Null is the site itself. */
  readonly host: PersonId | null;
  readonly preset: Preset | null;
  /** The time frame. */
  readonly validity: Validity;
  /** A second end; the earliest of all counts. */
  readonly expiresAt: UnixMs | null;
  /** How long it works after it was first opened or used, within each occurrence; null is as long as that lasts. */
  readonly activationMs: number | null;
  readonly recurrence: Recurrence;
  /** Openings allowed at each door, in each occurrence; null is unlimited. */
  readonly usesPerDoor: number | null;
  /** Openings allowed over all doors, in each occurrence; null is unlimited. */
  readonly usesTotal: number | null;
  readonly floors: PassFloors;
  readonly idNumber: string | null;
  /** Shown to the guest, never read. */
  readonly message: string | null;
}

export type PassFloors = { readonly kind: "host" } | { readonly kind: "list"; readonly floors: readonly string[] };

/** One of the site's three shared codes; whoever uses it stays unknown. */
export interface PublicCode {
  readonly kind: "public";
  readonly id: PublicId;
  readonly name: string;
  readonly state: "active" | "suspended";
}

export const publicIds = ["public-1", "public-2", "public-3"] as const;

export type Holder = Person | Pass | PublicCode;
export const holderKinds = ["person", "pass", "public"] as const;
export type HolderKind = (typeof holderKinds)[number];

/**
 * `pin`: typed, alone enough where a door asks for nothing more. `code`: a pass's secret code. `qrPin`: digits shown as a QR.
 * `card` and `bkey` share one number space; `plate` is a vehicle's.
 */
export const credentialKinds = ["pin", "code", "qrPin", "qr", "card", "bkey", "plate"] as const;
export type CredentialKind = (typeof credentialKinds)[number];

/** From the best to the worst. */
export const credentialStates = ["active", "suspended", "lost", "stolen"] as const;
export type CredentialState = (typeof credentialStates)[number];

/** A credential as stored: the secret itself is gone, only its keyed token remains, which the rules never see. */
export interface Credential {
  readonly id: CredentialId;
  readonly kind: CredentialKind;
  readonly state: CredentialState;
  readonly validity: Validity;
  /** The way it opens, for a vehicle that may only enter or only leave; null is both. */
  readonly direction: "entry" | "exit" | null;
  /** How many digits it has, where it consists of digits; null otherwise. */
  readonly digits: number | null;
  /** Opens like the code it is made from, and tells the operators that somebody was forced. */
  readonly duress: boolean;
}

export interface Grant {
  readonly door: DoorId;
  readonly schedule: Schedule;
}

/** What may be left out takes its usual value. */
export type PersonGiven = Pick<Person, "kind" | "id" | "name" | "state" | "validity"> & Partial<Person>;
export type PassGiven = Pick<Pass, "kind" | "id" | "name" | "state" | "validity"> & Partial<Pass>;

export const completePerson = (given: PersonGiven): Person => ({
  role: "general",
  source: "local",
  building: null,
  apartment: null,
  phone: null,
  floors: [],
  webRelay: 0,
  namedEvents: [],
  factors: null,
  extendedTimes: false,
  lockdownExempt: false,
  passbackExempt: false,
  mayHoldOpen: [],
  ...given,
});

export const completePass = (given: PassGiven): Pass => ({
  source: "local",
  version: 0,
  host: null,
  preset: null,
  expiresAt: null,
  activationMs: null,
  recurrence: { kind: "once" },
  usesPerDoor: null,
  usesTotal: null,
  floors: { kind: "list", floors: [] },
  idNumber: null,
  message: null,
  ...given,
});

/** One step of a directory change. A change applies whole or not at all; secrets are plain only on their way in. */
export type DirectoryChange =
  | { readonly op: "putPerson"; readonly person: PersonGiven }
  | { readonly op: "putPass"; readonly pass: PassGiven }
  | { readonly op: "putPublic"; readonly public: PublicCode }
  | { readonly op: "setHolderState"; readonly holder: HolderRef; readonly state: Pass["state"] }
  | { readonly op: "removeHolder"; readonly holder: HolderRef }
  | {
      readonly op: "putCredential";
      readonly id: CredentialId;
      readonly kind: CredentialKind;
      readonly secret: string;
      readonly holder: HolderRef;
      readonly validity?: Validity;
      readonly direction?: Credential["direction"];
      /** Of a card: only three of its four bytes are known, so that 256 cards share the number. */
      readonly known?: KnownPart | null;
      readonly technology?: CardTechnology | null;
    }
  /** A code that is known by its token only, as a controller with the same keys exported it. */
  | {
      readonly op: "putToken";
      readonly id: CredentialId;
      readonly kind: CredentialKind;
      readonly code: CodeToken;
      readonly holder: HolderRef;
      readonly state: CredentialState;
      readonly validity: Validity;
      readonly direction: Credential["direction"];
    }
  | { readonly op: "setCredentialState"; readonly id: CredentialId; readonly state: CredentialState }
  | { readonly op: "removeCredential"; readonly id: CredentialId }
  | { readonly op: "putSchedule"; readonly schedule: Schedule }
  | { readonly op: "removeSchedule"; readonly id: ScheduleId }
  | { readonly op: "putHoliday"; readonly holiday: Holiday }
  | { readonly op: "removeHoliday"; readonly id: HolidayId }
  | { readonly op: "putGrant"; readonly holder: HolderRef; readonly door: DoorId; readonly schedule: ScheduleId }
  | { readonly op: "removeGrant"; readonly holder: HolderRef; readonly door: DoorId; readonly schedule: ScheduleId }
  /** The guest opened the pass for the first time, as its issuer saw it. */
  | { readonly op: "activatePass"; readonly id: PassId; readonly at: UnixMs }
  /** Uses that were spent before the pass came to this controller; they never become fewer by it. */
  | ({ readonly op: "putUses"; readonly pass: PassId } & UseCount)
  /** The secret, in hex digits, may be left out of a key that is known. */
  | { readonly op: "putPassKey"; readonly key: PassKeyGiven; readonly secret?: string }
  | { readonly op: "removePassKey"; readonly id: PassKeyId }
  /** Carried passes and offline codes of a key: single ones, and all up to one. */
  | {
      readonly op: "revokePasses";
      readonly key: PassKeyId;
      readonly upTo?: number | null;
      readonly serials?: readonly number[];
    };

export type HolderRef =
  | { readonly kind: "person"; readonly id: PersonId }
  | { readonly kind: "pass"; readonly id: PassId }
  | { readonly kind: "public"; readonly id: PublicId };

/** Why a change was refused: which step, what is wrong, how to mend it. */
export interface ChangeProblem {
  readonly step: number;
  readonly problem: string;
  readonly remedy: string;
}

/** Something that was taken and still deserves a second look, such as a code shorter than the policy asks for. */
export interface ChangeWarning {
  readonly step: number;
  readonly warning: string;
}
