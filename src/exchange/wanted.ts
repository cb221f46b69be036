// What a file of people wants the directory to be, whatever the file's form: what is wanted, and on which line it stands.
import type { CardTechnology, KnownPart } from "../domain/card-format.ts";
import type {
  Credential,
  CredentialKind,
  CredentialState,
  HolderKind,
  PassGiven,
  PersonGiven,
  PublicCode,
  Validity,
} from "../domain/directory.ts";
import type { Activation, CodeToken, UseCount } from "../domain/directory-export.ts";
import type { DoorId, ScheduleId } from "../domain/ids.ts";
import type { Holiday, Schedule } from "../domain/schedule.ts";

export interface Wanted {
  readonly holders: readonly WantedHolder[];
  /** Of these the file is the whole list: those that an earlier file brought, and this one leaves out, go. */
  readonly complete: ReadonlySet<HolderKind>;
  /** Schedules and holidays that the file does not name stay. */
  readonly keepsOthers: boolean;
  /** Null where the file says nothing of them; otherwise they are all there are, unless others are kept. */
  readonly schedules: readonly Placed<Schedule>[] | null;
  readonly holidays: readonly Placed<Holiday>[] | null;
}

export interface Placed<Thing> {
  readonly thing: Thing;
  readonly line: number;
}

export type WantedHolder = {
  readonly line: number;
  readonly credentials: readonly WantedCredential[];
  /** Of these kinds `credentials` has all; others stay as they are. */
  readonly completeKinds: ReadonlySet<CredentialKind>;
  /** Null leaves them as they are. */
  readonly grants: readonly WantedGrant[] | null;
  readonly uses: readonly UseCount[];
  readonly activations: readonly Activation[];
  /** What is not said of somebody who is known stays as it is. */
  readonly isPartial: boolean;
} & (
  | { readonly kind: "person"; readonly given: PersonGiven }
  | { readonly kind: "pass"; readonly given: PassGiven }
  | { readonly kind: "public"; readonly given: PublicCode }
);

export interface WantedGrant {
  readonly door: DoorId;
  readonly schedule: ScheduleId;
  readonly line: number;
}

export interface WantedCredential {
  readonly kind: CredentialKind;
  readonly secret: Secret;
  readonly state: CredentialState;
  readonly validity: Validity;
  readonly direction: Credential["direction"];
  readonly known: KnownPart | null;
  readonly technology: CardTechnology | null;
  readonly line: number;
  /** Where a code's own literal begins in the file, so that its token can take its place. */
  readonly place: number | null;
}

export type Secret =
  | { readonly kind: "plain"; readonly text: string }
  | { readonly kind: "token"; readonly code: CodeToken };

/** One thing that is wrong with a file, in a sentence, and how to mend it. Never repeats a value that may be a secret. */
export interface LineProblem {
  readonly line: number;
  readonly problem: string;
  readonly remedy: string;
}

export type WantedReading =
  | { readonly ok: true; readonly wanted: Wanted; readonly warnings: readonly LineProblem[] }
  | { readonly ok: false; readonly problems: readonly LineProblem[] };

export const maxLineProblems = 200;
