// All that a decision depends on, gathered beforehand, so that deciding is a pure function of it.
import type { Situation } from "./ask.ts";
import type { Credential, Grant, Holder, Person } from "./directory.ts";
import type { GuessState } from "./guess.ts";
import type { Presentation } from "./presentation.ts";
import type { CarriedRefusal } from "./reasons.ts";
import type { Holiday, ScheduleRule } from "./schedule.ts";
import type { AreaSpec, CodePolicy, DoorSpec, FactorNeed, Features, PassPolicy } from "./site.ts";
import type { Instant, UnixMs } from "./time.ts";

export interface Facts {
  readonly door: DoorSpec;
  /** Whether a QR can be shown at this door at all. */
  readonly hasScanner: boolean;
  readonly timeZone: string;
  readonly features: Features;
  readonly codes: CodePolicy;
  readonly passes: PassPolicy;
  readonly now: Instant;
  readonly presentation: Presentation;
  readonly direction: "entry" | "exit";
  readonly situation: Situation;
  readonly holidays: readonly Holiday[];
  /** The cloud has been silent for longer than this site believes what it gave out. */
  readonly isDirectoryStale: boolean;
  /** The door's factor rules, with what their schedules say. */
  readonly factors: readonly { readonly need: FactorNeed; readonly rule: ScheduleRule }[];
  readonly guess: GuessState;
  /** Null when nothing matches what was shown. */
  readonly credential: Credential | null;
  readonly holder: Holder | null;
  /** The holder's grants at this door. */
  readonly grants: readonly Grant[];
  /** The resident behind a pass; null where there is none, or no longer. */
  readonly host: Host | null;
  /** Wrong second factors of this holder. */
  readonly holderGuess: GuessState;
  /** What was shown first at this side of the door, not too long ago; null where this is not meant to complete it. */
  readonly first: FirstFactor | null;
  readonly uses: Uses;
  /** When this occurrence of the pass was first opened or used. */
  readonly activatedAt: UnixMs | null;
  /** How long ago the door last opened for this holder, and for anybody else; null when that is not remembered. */
  readonly openedAgoMs: { readonly bySame: number | null; readonly byOther: number | null };
  readonly passage: Passage | null;
  /** Of a pass or code that the directory does not have; left out for anything else. */
  readonly carried?: CarriedFacts;
}

/** What verifying a carried pass or an offline code has told. */
export interface CarriedFacts {
  /** Why it is none, or more than its issuer may give; null where nothing is wrong with it. */
  readonly refused: CarriedRefusal | null;
  /** Asks for its code at every door. */
  readonly codeRequired: boolean;
  /** To be typed after it; null where it has none. */
  readonly code: string | null;
}

export interface Host {
  readonly person: Person;
  /** At the same door. */
  readonly grants: readonly Grant[];
}

/** Openings in this occurrence so far. */
export interface Uses {
  readonly atDoor: number;
  readonly total: number;
}

/** What somebody showed first, and was right with, where one thing is not enough. */
export interface FirstFactor {
  readonly need: Exclude<FactorNeed, "any">;
  readonly credential: Credential;
  readonly holder: Holder;
  /** Of a carried pass, which nobody has in store: its code, and where it opens. */
  readonly carried?: { readonly code: string; readonly grants: readonly Grant[] };
}

/** The area that the presentation would lead into. */
export interface Passage {
  readonly area: AreaSpec;
  /** Others who are held to be inside. */
  readonly others: number;
  /** For how long this holder is held to be inside already; null is not at all. */
  readonly insideMs: number | null;
}
