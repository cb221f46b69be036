// What a site is made of, as the rules see it: doors and what hangs on them, policies; no pins, no files.
import type { DoorId, InputId, ReaderId, RelayId } from "./ids.ts";
import type { Method } from "./presentation.ts";

export interface DoorTiming {
  readonly unlockMs: number;
  /** Lock again as soon as the door falls shut after having been opened. */
  readonly relockOnClose: boolean;
  /** How long the door may stand open before it alarms. */
  readonly heldOpenMs: number;
  /** How long after relocking an opening still counts as the one that was granted. */
  readonly forcedGraceMs: number;
  /** How long a held exit button keeps the door unlocked before it counts as stuck. */
  readonly exitHoldMs: number;
}

export interface DoorSpec {
  readonly id: DoorId;
  readonly name: string;
  /** Fail-secure: energized is unlocked. Fail-safe: energized is locked, and a power cut opens. */
  readonly lock: "failSecure" | "failSafe";
  readonly relay: RelayId;
  readonly contact: InputId | null;
  readonly exitButtons: readonly InputId[];
  readonly methods: readonly Method[];
  readonly timing: DoorTiming;
}

export type FrameFormat = "w26" | "w34" | "w37" | "raw";

export interface ReaderSpec {
  readonly id: ReaderId;
  readonly door: DoorId;
  /** How card frames of this reader are laid out; null for a reader that only has keys or text. */
  readonly format: FrameFormat | null;
  /** Whether it has keys, as 4- or 8-bit frames or as keys proper. */
  readonly keypad: boolean;
}

export interface KeypadPolicy {
  readonly keyTimeoutMs: number;
  readonly maxKeys: number;
  /** Submit without `#` at this length; null waits for `#`. */
  readonly autoSubmitLength: number | null;
}

/** Bounds guessing at one door, over PIN keys and QR digits together. */
export interface GuessPolicy {
  readonly failures: number;
  readonly blockMs: number;
  readonly maxBlockMs: number;
  /** One failure is forgotten in this time. */
  readonly drainMs: number;
}

export interface SiteSpec {
  readonly name: string;
  /** IANA, e.g. `Europe/Madrid`. */
  readonly timeZone: string;
  readonly doors: readonly DoorSpec[];
  readonly readers: readonly ReaderSpec[];
  readonly fireInput: InputId | null;
  readonly keypad: KeypadPolicy;
  readonly guessing: GuessPolicy;
  /** A disk slower than this does not keep a resident with an uncounted card outside; 0 always waits. */
  readonly recordDeadlineMs: number;
  /** How many events the journal keeps. */
  readonly keepEvents: number;
}
