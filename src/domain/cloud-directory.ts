// The cloud's part of the directory as it comes down: whole documents with versions, and the steps that bring them. Pure.
import type { CardTechnology, KnownPart } from "./card-format.ts";
import type { Credential, CredentialKind, CredentialState, Validity } from "./directory.ts";
import type { CredentialId, DoorId, ScheduleId } from "./ids.ts";
import type { UnixMs } from "./time.ts";

/** What a document may be about. */
export const ownedByCloud = ["schedule", "holiday", "passKey", "person", "pass"] as const;
export type Owned = (typeof ownedByCloud)[number];

export interface CloudCredential {
  readonly id: CredentialId;
  readonly kind: CredentialKind;
  /** Differs when the secret does: what is known by the same mark need not be hashed again. */
  readonly mark: string;
  readonly secret: string;
  /** Active when left out. */
  readonly state?: CredentialState | undefined;
  readonly validity?: Validity | undefined;
  readonly direction?: Credential["direction"] | undefined;
  readonly known?: KnownPart | null | undefined;
  readonly technology?: CardTechnology | null | undefined;
}

/** `body` came from outside and is read strictly where it is applied. */
export type CloudDocument = { readonly id: string; readonly version: number } & (
  | { readonly what: "schedule" | "holiday"; readonly body: unknown }
  | { readonly what: "passKey"; readonly body: unknown; readonly secret: string | null }
  | {
      readonly what: "person" | "pass";
      readonly body: unknown;
      readonly credentials: readonly CloudCredential[];
      readonly grants: readonly { readonly door: DoorId; readonly schedule: ScheduleId }[];
      readonly activatedAt?: UnixMs | null | undefined;
    }
  | { readonly what: "gone"; readonly of: Owned }
  /** It is there, as it was sent before. */
  | { readonly what: "kept"; readonly of: Owned }
);

export type CloudStep =
  /** Everything that changed after `from`, up to `version`. */
  | {
      readonly kind: "delta";
      readonly from: number;
      readonly version: number;
      readonly documents: readonly CloudDocument[];
    }
  /** Everything between two positions; what is not named in there is gone. Null is the beginning, or the end. */
  | {
      readonly kind: "chunk";
      readonly snapshot: number;
      readonly after: string | null;
      readonly upTo: string | null;
      readonly version: number;
      readonly documents: readonly CloudDocument[];
    };

/** How far the directory of this controller has come. */
export interface CloudStanding {
  readonly version: number;
  /** A snapshot under way, and up to where it was taken. */
  readonly snapshot: { readonly snapshot: number; readonly upTo: string } | null;
}

/** What others name comes first in a snapshot and is removed last: there is a section for what is only kept. */
const sections: Readonly<Record<Owned, number>> = { schedule: 0, holiday: 0, passKey: 0, person: 1, pass: 2 };
const keptSection = 3;

/** Where a document stands in a snapshot; compared as texts. */
export const positionOf = (what: Owned, id: string, isKept = false): string =>
  `${isKept ? keptSection : sections[what]}:${what}:${id}`;
