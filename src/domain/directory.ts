// The directory: people, passes, credentials, grants and schedules as the rules see them.
import type { CredentialId, DoorId, PassId, PersonId, ScheduleId } from "./ids.ts";
import type { Schedule } from "./schedule.ts";
import type { UnixMs } from "./time.ts";

export interface Validity {
  /** Null is unbounded. `until` is exclusive. */
  readonly from: UnixMs | null;
  readonly until: UnixMs | null;
}

export interface Person {
  readonly kind: "person";
  readonly id: PersonId;
  readonly name: string;
  readonly state: "active" | "suspended";
  readonly validity: Validity;
}

/** A temporary grant: temp key, guest pass, courier code. */
export interface Pass {
  readonly kind: "pass";
  readonly id: PassId;
  readonly name: string;
  readonly state: "active" | "suspended" | "revoked";
  readonly validity: Validity;
  /** Openings allowed at each door; null is unlimited. */
  readonly usesPerDoor: number | null;
}

export type Holder = Person | Pass;

export const credentialKinds = ["pin", "card", "qr"] as const;
export type CredentialKind = (typeof credentialKinds)[number];

/** A credential as stored: the secret itself is gone, only its keyed token remains, which the rules never see. */
export interface Credential {
  readonly id: CredentialId;
  readonly kind: CredentialKind;
  readonly state: "active" | "suspended";
}

export interface Grant {
  readonly door: DoorId;
  readonly schedule: Schedule;
}

/** One step of a directory change. A change applies whole or not at all; secrets are plain only on their way in. */
export type DirectoryChange =
  | { readonly op: "putPerson"; readonly person: Person }
  | { readonly op: "putPass"; readonly pass: Pass }
  | { readonly op: "removeHolder"; readonly holder: HolderRef }
  | {
      readonly op: "putCredential";
      readonly id: CredentialId;
      readonly kind: CredentialKind;
      readonly secret: string;
      readonly holder: HolderRef;
    }
  | { readonly op: "setCredentialState"; readonly id: CredentialId; readonly state: Credential["state"] }
  | { readonly op: "removeCredential"; readonly id: CredentialId }
  | { readonly op: "putSchedule"; readonly schedule: Schedule }
  | { readonly op: "removeSchedule"; readonly id: ScheduleId }
  | { readonly op: "putGrant"; readonly holder: HolderRef; readonly door: DoorId; readonly schedule: ScheduleId }
  | { readonly op: "removeGrant"; readonly holder: HolderRef; readonly door: DoorId; readonly schedule: ScheduleId };

export type HolderRef =
  | { readonly kind: "person"; readonly id: PersonId }
  | { readonly kind: "pass"; readonly id: PassId };

/** Why a change was refused: which step, what is wrong, how to mend it. */
export interface ChangeProblem {
  readonly step: number;
  readonly problem: string;
  readonly remedy: string;
}
