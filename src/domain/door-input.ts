// What a door's machine is told, and by whom; knows no state of it.
import type { PassageRights } from "./ask.ts";
import type { Cause } from "./events.ts";
import type { AskId, InputId, ScheduleId } from "./ids.ts";
import type { DoorRequest } from "./status.ts";

/** What the door does by itself just now. `awaitFirst`: it is held open from the first opening by somebody who may. */
export type TimetableState = "none" | "holdOpen" | "awaitFirst" | "lockDown";

export interface TimetableInput {
  readonly kind: "timetable";
  readonly state: TimetableState;
  /** Whose time it is; null with `none`. */
  readonly schedule: ScheduleId | null;
  /** Whether somebody who may hold the door open ends it by showing a credential. */
  readonly mayEnd: boolean;
  /** With `none`: the clock is not believed, so that it may be somebody's time all the same. */
  readonly unsure?: boolean;
}

/** What sets the door's mode until something else does. */
export type ModeRequest =
  | { readonly kind: "request"; readonly request: DoorRequest | "lockDownRelease"; readonly cause: Cause }
  /** Null lasts until it is released. */
  | {
      readonly kind: "request";
      readonly request: "lockDown";
      readonly forMs: number | null;
      readonly cause: Cause;
    };

export type RestoredStanding = Extract<DoorInput, { kind: "restoreBlock" | "restoreLockDown" }>;

export type DoorInput =
  | { readonly kind: "grant"; readonly ask: AskId; readonly rights: PassageRights }
  /** Let somebody in without a credential: a command, a reception's button, another input. */
  | { readonly kind: "access"; readonly cause: Cause }
  | ModeRequest
  | TimetableInput
  | { readonly kind: "exit"; readonly input: InputId; readonly pressed: boolean }
  /** Its wire is gone: it counts as let go, unless it was stuck, which it stays until it has been seen let go. */
  | { readonly kind: "exitLost"; readonly input: InputId }
  | { readonly kind: "contact"; readonly level: "open" | "closed" | "unknown" }
  | { readonly kind: "tamper"; readonly input: InputId; readonly active: boolean }
  | { readonly kind: "fire" }
  | { readonly kind: "fireCleared"; readonly who: string }
  | { readonly kind: "clearForced" | "clearTamper"; readonly who: string }
  /** As the last run left it. */
  | { readonly kind: "restoreForced" | "restoreTamper" }
  | { readonly kind: "restoreBlock" }
  | { readonly kind: "restoreLockDown"; readonly leftMs: number | null }
  /** Another door of its group has opened while its trigger delay ran: that one goes first. */
  | { readonly kind: "interlocked" }
  | { readonly kind: "tick" };
