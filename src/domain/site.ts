// What a site is made of, as the rules see it: doors and what hangs on them, areas, policies; no pins, no files.
import type { CardPolicy } from "./card-format.ts";
import type { FrameLayout, LayoutName, PlainFormat } from "./frame-layouts.ts";
import type { ActionId, AreaId, DoorId, InputId, ReaderId, RelayId, ScheduleId } from "./ids.ts";
import type { Method } from "./presentation.ts";

export interface DoorTiming {
  /** Between the decision and the relay; never for exit buttons and fire. */
  readonly triggerDelayMs: number;
  readonly unlockMs: number;
  /** For those who need longer. */
  readonly extendedUnlockMs: number;
  /** Lock again as soon as the door falls shut after having been opened. */
  readonly relockOnClose: boolean;
  /** How long the door may stand open before it alarms. */
  readonly heldOpenMs: number;
  readonly extendedHeldOpenMs: number;
  /** How long before the held-open alarm a warning comes; 0 is none. */
  readonly preAlarmMs: number;
  /** How long after relocking an opening still counts as the one that was granted. */
  readonly forcedGraceMs: number;
  /** How long a held exit button keeps the door unlocked before it counts as stuck. */
  readonly exitHoldMs: number;
  /** Between two openings by the same person, and by anybody; 0 is none. */
  readonly sameUserMs: number;
  readonly differentUserMs: number;
}

/** What a door asks for. The codes of `qrAndCode` are a pass's; `twoPeople` are two different persons. */
export const factorNeeds = ["any", "cardAndPin", "qrAndCode", "twoPeople"] as const;
export type FactorNeed = (typeof factorNeeds)[number];

/** While the schedule holds, this is needed; the first rule that holds counts, and none is `any`. */
export interface FactorRule {
  readonly schedule: ScheduleId;
  readonly need: FactorNeed;
}

/** A further relay that a grant at the door drives: a gate, a lift, a lamp. */
export interface AuxRelaySpec {
  readonly relay: RelayId;
  /** Monostable releases by itself after `holdMs`; bistable toggles with each grant. */
  readonly mode: "monostable" | "bistable";
  readonly delayMs: number;
  readonly holdMs: number;
  /** Which ways in drive it. */
  readonly methods: readonly OpeningMethod[];
}

export type OpeningMethod = Method | "http" | "operator" | "cloud" | "exit" | "input";

/** What the door does by itself while a schedule holds. */
export interface TimetableRule {
  readonly schedule: ScheduleId;
  readonly action: "holdOpen" | "lockDown";
  /** The first opening by somebody who may hold it open begins it. */
  readonly afterFirstPerson: boolean;
  /** Whether somebody who may hold it open ends it by showing a credential. */
  readonly mayBeEnded: boolean;
}

export interface AlarmPolicy {
  /** Whether an opening without a cause alarms. */
  readonly forced: boolean;
  /** A latched alarm that nobody cleared ends by itself after so long; 0 is never. */
  readonly resetMs: number;
  /** An administrator who opens twice within so long clears the door's latched alarm; 0 is never. */
  readonly administratorTwiceMs: number;
}

export interface DoorSpec {
  readonly id: DoorId;
  readonly name: string;
  /** Fail-secure: energized is unlocked. Fail-safe: energized is locked, and a power cut opens. */
  readonly lock: "failSecure" | "failSafe";
  readonly relay: RelayId;
  /** Bistable: each grant switches between locked and unlocked. */
  readonly mode: "monostable" | "bistable";
  readonly auxRelays: readonly AuxRelaySpec[];
  readonly contact: InputId | null;
  readonly exitButtons: readonly InputId[];
  /** Tamper contacts of its readers and boxes. */
  readonly tampers: readonly InputId[];
  readonly methods: readonly Method[];
  readonly factors: readonly FactorRule[];
  readonly keypadMode: "pin" | "apartmentPin";
  /** Belongs to a home: passes always need their secret code here, and nobody opens it without showing something. */
  readonly unit: boolean;
  /** Whether residents may let others in by passes of theirs; null leaves it to administrators. */
  readonly grantableBy: "residents" | "administrators";
  readonly passCodeRequired: boolean;
  readonly timetable: readonly TimetableRule[];
  readonly alarms: AlarmPolicy;
  /** Where somebody stands after entering, and after leaving through this door. */
  readonly leadsTo: AreaId | null;
  readonly leadsFrom: AreaId | null;
  readonly timing: DoorTiming;
}

/** By name, or as the installer described it. */
export type FrameFormat = LayoutName | PlainFormat | "raw" | FrameLayout;

export interface FrameOptions {
  /** Left out, the first byte of a card comes first. */
  readonly byteOrder?: "normal" | "reversed";
  /** Left out, 4 or 8 bits, the latter with the key last. */
  readonly keys?: "usual" | "swapped" | "parity";
  /** Whether a 26-bit frame of facility 0 is a whole PIN. */
  readonly pinFrames?: boolean;
}

export interface ReaderSpec {
  readonly id: ReaderId;
  readonly door: DoorId;
  /** On which side of the door it is. */
  readonly direction: "entry" | "exit";
  /** How card frames of this reader are laid out; null for a reader that only has keys or text. */
  readonly format: FrameFormat | null;
  /** Whether it has keys, as 4- or 8-bit frames or as keys proper. */
  readonly keypad: boolean;
  /** Left out, what is usual. */
  readonly frames?: FrameOptions;
  /** Whether its text lines are number plates, or tags of vehicles; otherwise they are what a QR holds. */
  readonly plates?: boolean;
}

/** Whether a QR can be shown to it. */
export const isScanner = ({ format, keypad, plates }: ReaderSpec): boolean =>
  format === null && !keypad && plates !== true;

export interface KeypadPolicy {
  readonly keyTimeoutMs: number;
  readonly maxKeys: number;
  /** Submit without `#` at this length; null waits for `#`. */
  readonly autoSubmitLength: number | null;
  /** Where a door asks for the apartment: so many digits are it, without `#` between; null has `#` between. */
  readonly apartmentLength: number | null;
}

/** Bounds guessing at one door, over PIN keys and QR digits together. */
export interface GuessPolicy {
  readonly failures: number;
  readonly blockMs: number;
  readonly maxBlockMs: number;
  /** One failure is forgotten in this time. */
  readonly drainMs: number;
}

export interface FactorPolicy {
  /** How long the second factor, or the second person, may take. */
  readonly timeoutMs: number;
  /** So many wrong second factors block the first one of that person. */
  readonly attempts: number;
  readonly blockMs: number;
}

export interface CodePolicy {
  /** Whether each private PIN has a duress twin. */
  readonly duress: boolean;
  /** Whether codes of passes begin with 9, and no others. */
  readonly partition: boolean;
  /** Whether digits around a person's PIN are passed over, after that person's card. */
  readonly virtualPin: boolean;
  /** The common length of the public codes. */
  readonly publicLength: number;
  /** For how long a code that was taken away is given to nobody else. */
  readonly coolDownMs: number;
  /** Whether a QR's digits may be typed as well. */
  readonly qrPinOnKeypad: boolean;
  /** Whether a pass's code of six digits or more opens alone where the door has no scanner. */
  readonly codeAlone: boolean;
}

export interface PassPolicy {
  readonly enabled: boolean;
  /** Without the issuer's word, the first use opens the activation window. */
  readonly activateOnFirstUse: boolean;
  readonly courier: { readonly validMs: number; readonly usesPerDoor: number; readonly digits: number };
  /** The longest that a pass issued by staff may last. */
  readonly staffMaxMs: number;
  /** So many days after its end a pass leaves the directory. */
  readonly purgeAfterDays: number;
}

/** Switches of whole ways in, over all doors. */
export type Features = Readonly<Record<Method, boolean>>;

export interface AreaSpec {
  readonly id: AreaId;
  readonly name: string;
  /** Soft lets in and says so; hard denies whom it holds to be inside already. */
  readonly passback: "off" | "soft" | "hard";
  /** After so long nobody is held to be inside any more; 0 is never. */
  readonly forgiveMs: number;
  /** How many may be inside; 0 is any number. */
  readonly capacity: number;
}

/** What an input sets off besides its role. */
export interface InputActionSpec {
  readonly input: InputId;
  readonly action: ActionId;
  readonly delayMs: number;
  readonly delayMode: "unconditional" | "ifStillActive";
}

/** What keeps the controller alive and shut away: mains, its battery, its box. Active is bad. */
export const supplyKinds = ["mains", "battery", "enclosure"] as const;
export type SupplyKind = (typeof supplyKinds)[number];

export interface SupplyInputSpec {
  readonly input: InputId;
  readonly what: SupplyKind;
}

/** An input without a person behind it that opens doors while a schedule holds, such as a reception's button. */
export interface ReceptionSpec {
  readonly input: InputId;
  readonly doors: readonly DoorId[];
  readonly schedule: ScheduleId;
}

/** A door that an input opens for whoever sets it off, while a schedule holds when its delay is over. */
export interface InputOpeningSpec {
  readonly input: InputId;
  readonly door: DoorId;
  readonly schedule: ScheduleId;
  readonly delayMs: number;
  readonly delayMode: InputActionSpec["delayMode"];
}

export interface CloudTerms {
  /** After so long without a sign of the issuer, what the cloud gave out opens no more; null goes on for ever. */
  readonly maxDirectoryAgeMs: number | null;
}

export interface SiteSpec {
  readonly name: string;
  /** IANA, e.g. `Europe/Madrid`. */
  readonly timeZone: string;
  readonly doors: readonly DoorSpec[];
  readonly readers: readonly ReaderSpec[];
  readonly areas: readonly AreaSpec[];
  /** Groups of doors of which only one may be open at a time. */
  readonly interlocks: readonly (readonly DoorId[])[];
  readonly fireInput: InputId | null;
  /** Blocks entry at every door while somebody has not released it. */
  readonly lockdownInput: InputId | null;
  readonly supplyInputs: readonly SupplyInputSpec[];
  readonly inputActions: readonly InputActionSpec[];
  readonly inputOpenings: readonly InputOpeningSpec[];
  readonly receptions: readonly ReceptionSpec[];
  readonly features: Features;
  readonly keypad: KeypadPolicy;
  readonly guessing: GuessPolicy;
  readonly factors: FactorPolicy;
  readonly codes: CodePolicy;
  readonly passes: PassPolicy;
  /** How card numbers are written for people. */
  readonly cards: CardPolicy;
  /** Whether an administrator's card makes the reader take the next card for enrolment. */
  readonly enrolByCard: boolean;
  /** A disk slower than this does not keep a resident with an uncounted card outside; 0 always waits. */
  readonly recordDeadlineMs: number;
  /** How many events the journal keeps. */
  readonly keepEvents: number;
  /** After so many days the journal forgets the names in an event. */
  readonly keepNamesDays: number;
  /** How many people the directory takes. */
  readonly maxPeople: number;
  /** Null where there is none. */
  readonly cloud: CloudTerms | null;
}
