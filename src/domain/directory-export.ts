// The whole directory as it leaves a controller: everything that decides, codes as tokens, what people may read in plain.
import type { CardTechnology, KnownPart } from "./card-format.ts";
import type { Credential, Grant, Holder, HolderKind, Source } from "./directory.ts";
import type { DoorId, ScheduleId } from "./ids.ts";
import type { Holiday, Schedule } from "./schedule.ts";
import type { UnixMs } from "./time.ts";

export interface HolderKey {
  readonly kind: HolderKind;
  readonly id: string;
}

/** What a code is known by: worth something only together with the keys of its site. */
export interface CodeToken {
  readonly token: string;
  readonly digits: number | null;
  /** The token of its duress twin. */
  readonly twin: string | null;
}

export interface ExportedCredential extends Omit<Credential, "duress" | "digits"> {
  /** Cards and plates, which people may read back. */
  readonly secret: string | null;
  readonly code: CodeToken | null;
  readonly known: KnownPart | null;
  readonly technology: CardTechnology | null;
}

/** `*` is the sum over all doors. */
export interface UseCount {
  readonly door: DoorId | "*";
  readonly occurrence: number;
  readonly spent: number;
}

export interface Activation {
  readonly occurrence: number;
  readonly at: UnixMs;
}

export interface ExportedHolder {
  readonly holder: Holder;
  readonly credentials: readonly ExportedCredential[];
  /** Of a pass in the order in which its doors were given: the way its guest takes. */
  readonly grants: readonly { readonly door: Grant["door"]; readonly schedule: ScheduleId }[];
  readonly uses: readonly UseCount[];
  readonly activations: readonly Activation[];
}

/** Schedules and holidays with whose they are. */
export type Owned<Thing> = Thing & { readonly source: Source };

export interface DirectoryPage {
  readonly holders: readonly ExportedHolder[];
  /** Where the next page begins; null is the last one. */
  readonly next: HolderKey | null;
  /** With the first page only. */
  readonly schedules: readonly Owned<Schedule>[];
  readonly holidays: readonly Owned<Holiday>[];
}

export interface SecretToCompare {
  readonly credential: string;
  readonly secret: string;
}
