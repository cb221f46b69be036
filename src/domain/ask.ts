// What the door loop and the ledger say to each other, and what others may ask of the ledger.

import type { CloudStanding, CloudStep } from "./cloud-directory.ts";
import type { ChangeProblem, ChangeWarning, CredentialKind, DirectoryChange, HolderRef, Source } from "./directory.ts";
import type { DirectoryPage, HolderKey, SecretToCompare } from "./directory-export.ts";
import type { AbortReason, Holding, JournalEvent, Shown } from "./events.ts";
import type { AskId, BootId, CredentialId, DoorId, ReaderId, RunId, ScheduleId } from "./ids.ts";
import type { Presentation } from "./presentation.ts";
import type { DenyReason } from "./reasons.ts";
import type { Holiday, ScheduleRule } from "./schedule.ts";
import type { FactorNeed, SiteSpec } from "./site.ts";
import type { DoorMode } from "./status.ts";
import type { Instant, MonoMs, UnixMs } from "./time.ts";

/** An ask and whatever became of it must be settled within this time of the presentation. */
export const askLifeMs = 2_000;
/** Asks that may wait for the ledger at once, over all readers. */
export const maxOutstandingAsks = 64;

export interface Ask {
  readonly id: AskId;
  readonly reader: ReaderId;
  readonly door: DoorId;
  readonly direction: "entry" | "exit";
  readonly presentation: Presentation;
  readonly situation: Situation;
  readonly presentedAt: Instant;
  readonly expiresAt: MonoMs;
}

/** How the door stood when something was shown. It is looked at again before the relay. */
export interface Situation {
  readonly mode: DoorMode;
  /** Another door of its group is open or unlocked. */
  readonly interlocked: boolean;
}

export const shownOf = (ask: Ask): Shown => ({
  ask: ask.id,
  door: ask.door,
  reader: ask.reader,
  method: ask.presentation.method,
});

export type Verdict =
  | ({ readonly granted: true; readonly usesLeft: number | null; readonly directoryVersion: number } & Holding &
      PassageRights)
  | { readonly granted: false; readonly reason: DenyReason }
  /** Good so far; the door asks for something more, at the same side of it and soon. */
  | { readonly granted: false; readonly more: Exclude<FactorNeed, "any"> };

/** What the door may do for whom it lets in, beside unlocking. */
export interface PassageRights {
  readonly extended: boolean;
  readonly mayHoldOpen: boolean;
  /** Null for anybody but an administrator; names whom two presentations must come from. */
  readonly administrator: string | null;
  /** Whom a lockdown does not keep out. */
  readonly lockdownExempt: boolean;
}

export const noRights: PassageRights = {
  extended: false,
  mayHoldOpen: false,
  administrator: null,
  lockdownExempt: false,
};

export interface Answer {
  readonly ask: AskId;
  readonly verdict: Verdict;
  /** `tentative`: decided, not yet on the disk; sent only for uncounted cards. `committed`: durable. */
  readonly stage: "tentative" | "committed";
}

/** What became of an ask that was not simply granted and acted upon. */
export type Settlement =
  /** Granted and committed, but the door refused: the use goes back. */
  | { readonly settle: "aborted"; readonly ask: AskId; readonly door: DoorId; readonly why: AbortReason }
  /** No answer came while the person stood there; denied at the door. If it was committed as granted, it is aborted. */
  | { readonly settle: "unanswered"; readonly shown: Shown; readonly reason: "ledgerUnavailable" | "askExpired" }
  /** The relay moved on a tentative answer; if no event was committed, this is it. */
  | { readonly settle: "late"; readonly shown: Shown; readonly verdict: Extract<Verdict, { granted: true }> };

/** `n` counts up within a run; the ledger takes each once, however often it is sent. */
export interface RecordEntry {
  readonly n: number;
  readonly at: Instant;
  readonly what: JournalEvent | Settlement;
}

export type ToLedger =
  /** `at` is the door loop's clock, by which the ledger tells how much time has passed. */
  | {
      readonly kind: "open";
      readonly run: RunId;
      readonly boot: BootId;
      readonly site: SiteSpec;
      readonly at: Instant;
    }
  | { readonly kind: "ask"; readonly ask: Ask }
  | { readonly kind: "record"; readonly entries: readonly RecordEntry[] }
  | { readonly kind: "ping"; readonly n: number };

/** What must be in force again before the first reader is served. */
export interface Restored {
  readonly forcedDoors: readonly DoorId[];
  readonly tampered: readonly DoorId[];
  /** By command or input; what the timetables say follows with the calendar. */
  readonly lockdowns: readonly { readonly door: DoorId; readonly leftMs: number | null }[];
  readonly blocked: readonly DoorId[];
  readonly fire: boolean;
  /** The latest time that a trusted clock has told; left out where none has. */
  readonly clockFloor?: UnixMs;
  /** That the database was damaged, until an operator has taken note. */
  readonly recovery?: Recovery;
}

/** The epoch that the recovery began, and a plain sentence on what happened and what to do. */
export interface Recovery {
  readonly epoch: number;
  readonly why: string;
}

/** The schedules that the doors' timetables, receptions and inputs name, and all holidays: what the door loop needs to run them by itself. */
export interface Calendar {
  readonly schedules: Readonly<Record<ScheduleId, ScheduleRule>>;
  readonly holidays: readonly Holiday[];
}

/** `missing` says, a sentence each, who in the configuration names a schedule that the directory does not have. */
export interface CalendarNews {
  readonly calendar: Calendar;
  readonly missing: readonly string[];
  /** What is to be said of the codes that are in the directory already; left out where nothing is. */
  readonly doubtfulCodes?: string;
}

export type FromLedger =
  | { readonly kind: "ready"; readonly restored: Restored }
  | { readonly kind: "answer"; readonly answer: Answer }
  /** After `ready`, and whenever the directory changed it. */
  | ({ readonly kind: "calendar" } & CalendarNews)
  | { readonly kind: "recorded"; readonly upTo: number }
  /** The database does not take what it is given, in a plain sentence; once for each kind of trouble, until `well`. */
  | { readonly kind: "trouble"; readonly why: string }
  /** The first commit after trouble. */
  | { readonly kind: "well" }
  /** How it stands with the good copy of the directory, after each try: null is well. */
  | { readonly kind: "copied"; readonly why: string | null }
  /** And with the file for rescues. */
  | { readonly kind: "rescueKept"; readonly why: string | null }
  | { readonly kind: "pong"; readonly n: number };

/** Requests of the office and the command line, one JSON line each way over the ledger's socket. */
export type LedgerRequest =
  | {
      readonly kind: "change";
      readonly by: string;
      /** Whose word it is; local when left out. */
      readonly origin?: Source;
      readonly changes: readonly DirectoryChange[];
    }
  /** Tells what `change` would say, and changes nothing. */
  | { readonly kind: "tryChange"; readonly origin?: Source; readonly changes: readonly DirectoryChange[] }
  /** Makes up a free code; it is nobody's until it is saved, and forgotten after a while. */
  | { readonly kind: "propose"; readonly credential: ProposedCredential }
  | { readonly kind: "saveProposed"; readonly by: string; readonly proposal: string }
  | { readonly kind: "discardProposed"; readonly proposal: string }
  /** Cards that administrators had a reader take, to be given to somebody or refused. */
  | { readonly kind: "offers" }
  | { readonly kind: "takeOffer"; readonly by: string; readonly offer: string; readonly holder: HolderRef | null }
  /** Nobody, or one holder, is held to be inside any area any more. */
  | { readonly kind: "forgive"; readonly by: string; readonly holder: HolderRef | null }
  | { readonly kind: "liveCodes" }
  /** From then on a `head` reply follows each commit that appended an event. */
  | { readonly kind: "watch" }
  | { readonly kind: "note"; readonly event: JournalEvent }
  /** The whole directory, a page at a time; card numbers and plates in plain. */
  | { readonly kind: "export"; readonly after: HolderKey | null }
  /** Which of these secrets are those of the credentials already. */
  | { readonly kind: "compare"; readonly secrets: readonly SecretToCompare[] }
  /** A part of a change that is too large for one line; kept with the connection until it is applied or the connection ends. */
  | { readonly kind: "stage"; readonly changes: readonly DirectoryChange[] }
  /** All that was staged, at once or not at all; by nobody it is only tried. */
  | { readonly kind: "applyStaged"; readonly by: string | null }
  | CloudRequest;

/** What the link to the cloud asks of the ledger. */
export type CloudRequest =
  | { readonly kind: "cloudState" }
  | { readonly kind: "cloudApply"; readonly step: CloudStep }
  /** Before anything is done: an id is taken once, however often it comes. */
  | { readonly kind: "cloudCommand"; readonly id: string; readonly what: string; readonly by: string }
  /** The issuer's directory stood at `version` at that time by its own clock. */
  | { readonly kind: "cloudFresh"; readonly at: UnixMs; readonly version: number }
  /** It answered what was asked `agoMs` ago, and that was its time then. */
  | { readonly kind: "cloudProven"; readonly at: UnixMs; readonly agoMs: number }
  /** At once, ahead of the directory; what is older than `version` does not bring it back. */
  | {
      readonly kind: "cloudRevoke";
      readonly of: "person" | "pass" | "credential";
      readonly id: string;
      readonly version: number | null;
      readonly by: string;
    }
  /** Everything up to there is on the issuer's disk. */
  | { readonly kind: "cloudAcked"; readonly epoch: number; readonly seq: number };

export type LedgerReply =
  | { readonly kind: "changed"; readonly version: number; readonly warnings?: readonly ChangeWarning[] }
  | { readonly kind: "proposed"; readonly proposal: string; readonly secret: string }
  | { readonly kind: "discarded" }
  | { readonly kind: "offers"; readonly offers: readonly CardOffer[] }
  | { readonly kind: "forgiven"; readonly count: number }
  | { readonly kind: "refused"; readonly problems: readonly ChangeProblem[] }
  | {
      readonly kind: "liveCodes";
      readonly liveCodes: readonly LiveCodes[];
      readonly unseen: UnseenCodes;
    }
  | { readonly kind: "head"; readonly seq: number }
  | { readonly kind: "noted" }
  | { readonly kind: "exported"; readonly version: number; readonly page: DirectoryPage }
  | { readonly kind: "compared"; readonly same: readonly boolean[] }
  /** How many steps are staged by now. */
  | { readonly kind: "staged"; readonly steps: number }
  | {
      readonly kind: "cloudState";
      readonly head: RecordPlace & { readonly hash: string };
      readonly acked: RecordPlace | null;
      readonly directory: CloudStanding;
      readonly waiting: readonly string[];
    }
  /** `refused` names the documents that were left out; `waiting` some of all that are, to be asked for again. */
  | {
      readonly kind: "cloudApplied";
      readonly directory: CloudStanding;
      readonly refused: readonly string[];
      readonly waiting: readonly string[];
    }
  /** Not the next step. */
  | { readonly kind: "cloudStale"; readonly directory: CloudStanding }
  | { readonly kind: "commandTaken"; readonly fresh: boolean }
  | { readonly kind: "error"; readonly problem: string };

/** Where in the record: `seq` counts on within an epoch. */
export interface RecordPlace {
  readonly epoch: number;
  readonly seq: number;
}

export interface ProposedCredential {
  readonly id: CredentialId;
  readonly kind: Extract<CredentialKind, "pin" | "code" | "qrPin">;
  readonly holder: HolderRef;
  /** Null leaves the length to the policy. */
  readonly digits: number | null;
}

/** A card that waits for its owner to be named. */
export interface CardOffer {
  readonly offer: string;
  readonly hint: string;
  readonly reader: ReaderId;
  readonly by: string;
  readonly at: UnixMs;
}

/** PIN-class codes that live, by door and length. */
export interface LiveCodes {
  readonly door: string;
  readonly length: number;
  readonly count: number;
  /** Whether they are codes of passes, or of people and the public. */
  readonly ofPasses: boolean;
  /** Of issuers' keys: so many numbers would open at any one moment, whether they were given to anybody or not. */
  readonly offline?: true;
}

/** Codes of which nobody knows whether they keep to the partition: they were put without it, or came as tokens. */
export interface UnseenCodes {
  readonly ofPasses: number;
  readonly ofOthers: number;
}
