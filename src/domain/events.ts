// Everything that can enter the record. Names are `noun.past`; codes, PINs and card numbers never appear in one.
import type { FailureCause } from "./action.ts";
import type { PassFloors, Source } from "./directory.ts";
import type { HomeOrder, HomeRefusal } from "./home-assistant.ts";
import type { AccessChange, OpeningMode, RefusalCause, RefusedOver } from "./http-opening.ts";
import type {
  ActionId,
  AreaId,
  AskId,
  CredentialId,
  DoorId,
  InputId,
  PassId,
  PassKeyId,
  PersonId,
  ReaderId,
  RelayId,
} from "./ids.ts";
import type { Method } from "./presentation.ts";
import type { DenyReason } from "./reasons.ts";
import type { Recurrence } from "./recurrence.ts";
import type { FactorNeed, SupplyKind } from "./site.ts";
import type { DoorMode } from "./status.ts";
import type { Instant, UnixMs } from "./time.ts";

/** Who vouches for the time: the network, somebody on site, a clock chip with a battery, or a simulated clock. */
export type TimeSource = "network" | "site" | "chip" | "simulated";

export const cloudRefusals = [
  "oversized",
  "malformed",
  "misplaced",
  "unsigned",
  "foreign",
  "retained",
  "stale",
  "repeated",
  "flooded",
  "unsealable",
] as const;
export type CloudRefusal = (typeof cloudRefusals)[number];

/** What made a lock move. */
export type Cause =
  | { readonly by: "ask"; readonly ask: AskId }
  | { readonly by: "exit"; readonly input: InputId }
  | { readonly by: "fire" }
  | { readonly by: "time" }
  | { readonly by: "contact" }
  | { readonly by: "operator"; readonly who: string }
  /** By a command over HTTP, in the name of an account or token. */
  | { readonly by: "http"; readonly who: string }
  /** By a command of the cloud, in the name of whoever gave it there. */
  | { readonly by: "cloud"; readonly who: string }
  | { readonly by: "input"; readonly input: InputId }
  | { readonly by: "schedule"; readonly schedule: string }
  | { readonly by: "start" }
  | { readonly by: "stop" };

export interface Shown {
  readonly ask: AskId;
  readonly door: DoorId;
  readonly reader: ReaderId;
  readonly method: Method;
}

export interface Holding {
  readonly credential: CredentialId | null;
  readonly person: PersonId | null;
  readonly pass: PassId | null;
}

/** Names travel apart from the event, so that they can be forgotten without breaking the chain. */
export interface Personal {
  readonly name: string;
}

export type AccessEvent =
  | ({
      readonly type: "access.granted";
      /** Uses left at this door after this one; null is uncounted. */
      readonly usesLeft: number | null;
      /** True when the relay moved before the disk had answered. */
      readonly late: boolean;
      readonly directoryVersion: number;
      /** Which occurrence of the pass the use was spent in; left out where there is but one. */
      readonly occurrence?: number;
      /** What the grant sets off elsewhere; left out where there is nothing. */
      readonly floors?: readonly string[];
      readonly webRelay?: number;
      readonly namedEvents?: readonly string[];
      /** The credential that was shown first, where two were needed. */
      readonly first?: CredentialId;
    } & Shown &
      Holding)
  /** The first of two factors, or of two people, was good. */
  | ({
      readonly type: "access.begun";
      readonly need: Exclude<FactorNeed, "any">;
      readonly directoryVersion: number;
    } & Shown &
      Holding)
  /** Somebody was forced to open. Nothing at the door tells. */
  | { readonly type: "access.duress"; readonly ask: AskId; readonly door: DoorId; readonly person: PersonId | null }
  /** Let in where nothing had to move: the door was unlocked already, or was unlocked for somebody with whom this one came. */
  | { readonly type: "access.admitted"; readonly ask: AskId; readonly door: DoorId }
  /** Let in, and the door was opened; or it was not. */
  | { readonly type: "access.taken"; readonly ask: AskId; readonly door: DoorId }
  | { readonly type: "access.notTaken"; readonly ask: AskId; readonly door: DoorId }
  /** Somebody was let in again whom the area holds to be inside, as it only watches. */
  | { readonly type: "passback.violated"; readonly ask: AskId; readonly area: AreaId }
  | { readonly type: "passback.forgiven"; readonly count: number; readonly by: string }
  | { readonly type: "area.full"; readonly area: AreaId }
  /** So many wrong second factors: this holder's first one is blocked for so long. */
  | ({ readonly type: "person.blocked"; readonly blockMs: number } & Pick<Holding, "person" | "pass">)
  | {
      readonly type: "credential.stolenUsed";
      readonly ask: AskId;
      readonly door: DoorId;
      readonly credential: CredentialId;
    }
  /** Two people's codes are equal at this door; the one named was taken. */
  | { readonly type: "code.collided"; readonly door: DoorId; readonly credential: CredentialId }
  /** It does not keep to the partition between codes of passes and all others, and was taken all the same. */
  | { readonly type: "code.misplaced"; readonly credential: CredentialId }
  | { readonly type: "card.offered"; readonly offer: string; readonly reader: ReaderId; readonly by: PersonId }
  | ({ readonly type: "access.denied"; readonly reason: DenyReason; readonly directoryVersion: number } & Shown &
      Holding)
  /** A granted presentation that the door refused after the commit; its use was given back. */
  | { readonly type: "access.aborted"; readonly ask: AskId; readonly door: DoorId; readonly why: AbortReason }
  /** The relay moved for this ask before its event was on the disk. */
  | { readonly type: "access.late"; readonly ask: AskId; readonly door: DoorId }
  /** Too many wrong codes: PIN and QR digits are blocked at this door for so long. */
  | { readonly type: "access.limited"; readonly door: DoorId; readonly blockMs: number }
  /** What a carried pass or an offline code says, the first time that it was proven here. */
  | ({
      readonly type: "pass.carried";
      readonly pass: PassId;
      readonly key: PassKeyId;
      readonly door: DoorId;
    } & CarriedWords)
  /** Older passes of the same key, taken back by one that was shown. */
  | {
      readonly type: "passes.revoked";
      readonly key: PassKeyId;
      readonly upTo: number | null;
      readonly serials: readonly number[];
      readonly by: string;
    }
  /** Presentations denied without a look-up because the reader or the controller was busy. */
  | { readonly type: "access.shed"; readonly reader: ReaderId; readonly count: number };

export interface CarriedWords {
  readonly from: UnixMs;
  readonly until: UnixMs;
  readonly recurrence: Recurrence;
  /** By number; null is all places of its key. */
  readonly places: readonly number[] | null;
  readonly usesPerDoor: number | null;
  readonly usesTotal: number | null;
  readonly floors: PassFloors;
  /** Whether its code must be typed after it. */
  readonly code: boolean;
}

export type AbortReason = "expired" | "ledgerLost" | "interlocked" | "blocked";

export type DoorEvent =
  | { readonly type: "door.unlocked"; readonly door: DoorId; readonly cause: Cause }
  | { readonly type: "door.locked"; readonly door: DoorId; readonly cause: Cause }
  | { readonly type: "door.opened"; readonly door: DoorId }
  | { readonly type: "door.closed"; readonly door: DoorId }
  | { readonly type: "door.forced"; readonly door: DoorId }
  | { readonly type: "door.forcedCleared"; readonly door: DoorId; readonly who: string }
  | { readonly type: "door.heldOpen"; readonly door: DoorId }
  | { readonly type: "door.heldOpenCleared"; readonly door: DoorId }
  | { readonly type: "door.heldOpenSoon"; readonly door: DoorId }
  /** By a command or the timetable. `leftMs` is how long a lockdown lasts at most. */
  | {
      readonly type: "door.modeChanged";
      readonly door: DoorId;
      readonly mode: DoorMode;
      readonly cause: Cause;
      readonly leftMs?: number | null;
    }
  | { readonly type: "door.tampered"; readonly door: DoorId; readonly input: InputId }
  | { readonly type: "door.tamperCleared"; readonly door: DoorId; readonly who: string }
  | { readonly type: "exit.pressed"; readonly door: DoorId; readonly input: InputId }
  | { readonly type: "exit.stuck"; readonly door: DoorId; readonly input: InputId }
  | { readonly type: "exit.freed"; readonly door: DoorId; readonly input: InputId }
  | { readonly type: "fire.raised"; readonly input: InputId }
  /** The wire of a supervised input is cut or shorted, or well again. */
  | { readonly type: "input.faulted"; readonly input: InputId; readonly fault: "cut" | "shorted" }
  | { readonly type: "input.healed"; readonly input: InputId }
  | { readonly type: "input.acted"; readonly input: InputId; readonly action: ActionId }
  /** By what it is set to open, for whoever set it off. */
  | { readonly type: "input.opened"; readonly input: InputId; readonly door: DoorId }
  | { readonly type: "reception.opened"; readonly input: InputId; readonly door: DoorId }
  | { readonly type: "fire.cleared"; readonly who: string }
  /**
   * By `postern rescue`, while no controller ran; taken into the record afterwards. `openedAt` is what a clock said that nobody
   * vouched for; `rescue` and `n` name the opening.
   */
  | {
      readonly type: "rescue.opened";
      readonly door: DoorId;
      readonly by: "card" | "exit" | "fire";
      readonly credential: CredentialId | null;
      readonly openedAt: number;
      readonly rescue: string;
      readonly n: number;
    };

export type SystemEvent =
  | { readonly type: "controller.started"; readonly version: string; readonly board: string }
  | { readonly type: "controller.stopped" }
  | { readonly type: "ledger.lost"; readonly why: string }
  | { readonly type: "ledger.restored"; readonly downMs: number }
  /** Events that found no room while the ledger was away or slow: what is missing before this one. */
  | { readonly type: "records.dropped"; readonly count: number }
  | { readonly type: "office.lost"; readonly why: string }
  | { readonly type: "office.restored" }
  | { readonly type: "device.lost"; readonly device: string; readonly why: string }
  | { readonly type: "device.found"; readonly device: string }
  /** It works, but not as it should. */
  | { readonly type: "device.faulted"; readonly device: string; readonly why: string }
  /** An installer's window in which that one reader may be given a key; over when it took one, or not. */
  | { readonly type: "reader.pairingOpened"; readonly reader: ReaderId; readonly who: string; readonly forMs: number }
  | { readonly type: "reader.paired"; readonly reader: ReaderId }
  | { readonly type: "reader.pairingClosed"; readonly reader: ReaderId; readonly why: string }
  /** What crosses a line is written into a file, keys left out. */
  | { readonly type: "line.traced"; readonly line: string; readonly who: string; readonly forMs: number }
  | { readonly type: "device.mended"; readonly device: string }
  /** Somebody seems to be at its wires or secrets. */
  | { readonly type: "device.attacked"; readonly device: string; readonly what: string; readonly count: number }
  | { readonly type: "relay.failed"; readonly relay: RelayId; readonly why: string }
  | { readonly type: "relay.restored"; readonly relay: RelayId }
  | { readonly type: "reader.misread"; readonly reader: ReaderId; readonly problem: string; readonly count: number }
  | { readonly type: "clock.stepped"; readonly byMs: number }
  | { readonly type: "clock.trusted"; readonly source?: TimeSource }
  | { readonly type: "clock.distrusted" }
  /** Somebody on site set the time, or said that it is right; `byMs` is how far it moved. */
  | { readonly type: "clock.set"; readonly who: string; readonly byMs: number }
  /** An installer made the controller forget what times it was once told: an earlier one may come again. */
  | { readonly type: "clock.floorReset"; readonly who: string }
  | { readonly type: "config.accepted"; readonly digest: string }
  | { readonly type: "config.refused"; readonly problems: number; readonly first: string }
  | {
      readonly type: "directory.changed";
      readonly version: number;
      readonly by: string;
      readonly steps: number;
      /** Left out where the change was made on site. */
      readonly origin?: Source;
    }
  /** The mains went, the battery runs out, or the controller's box was opened; or that is over. */
  | { readonly type: "supply.failed"; readonly what: SupplyKind; readonly input: InputId }
  | { readonly type: "supply.restored"; readonly what: SupplyKind; readonly input: InputId }
  /** Somebody looks at what the wires report, cards and keys included. */
  | { readonly type: "wires.watched"; readonly who: string }
  /** A command of the cloud was taken, once; what became of it follows. */
  | { readonly type: "command.accepted"; readonly what: string; readonly by: string }
  /** A document of the cloud's directory that this controller cannot take; all others were taken. */
  | { readonly type: "directory.refused"; readonly what: string; readonly id: string; readonly why: string }
  /** The issuer has given no sign for longer than the site believes what the cloud gave out; or it has again. */
  | { readonly type: "directory.staled" }
  | { readonly type: "directory.refreshed" }
  /** What came over the link to the cloud and was not taken: docs/mqtt.md says what each cause means. */
  | { readonly type: "cloud.refused"; readonly why: CloudRefusal; readonly count: number }
  /** The issuer acknowledged an event that this controller never recorded so. */
  | { readonly type: "cloud.forked"; readonly epoch: number; readonly seq: number }
  | { readonly type: "console.entered"; readonly how: string }
  /** Requests that events set off: sent and well received, or not. */
  | { readonly type: "action.done"; readonly action: string; readonly count: number }
  | { readonly type: "action.failed"; readonly action: string; readonly why: FailureCause; readonly count: number }
  /** A token or account of that name was made anew, got another password, or was revoked. */
  | { readonly type: "http.accessChanged"; readonly what: AccessChange; readonly name: string }
  /** The key by which a card profile reads was set, anew or for the first time, or removed. */
  | { readonly type: "cards.keyChanged"; readonly what: "set" | "removed"; readonly profile: string }
  /** A command over HTTP that the door took, also where it stood unlocked already. `who` is a token or account by its name. */
  | {
      readonly type: "http.opened";
      readonly over: OpeningMode;
      readonly door: DoorId;
      readonly who: string;
      readonly count: number;
    }
  /** Machines that asked over HTTP and were refused; what they said they were is not kept. */
  | { readonly type: "http.refused"; readonly over: RefusedOver; readonly why: RefusalCause; readonly count: number }
  /** What Home Assistant asked of a door over its broker and the door took, also where nothing had to move. */
  | { readonly type: "homeAssistant.obeyed"; readonly door: DoorId; readonly order: HomeOrder; readonly count: number }
  /** Messages to doors over that broker that were not obeyed. */
  | { readonly type: "homeAssistant.refused"; readonly why: HomeRefusal; readonly count: number }
  /**
   * The database was damaged and a sound copy of its directory took its place. What was counted is used up, what is not in the
   * copy is gone: changes of the last `copyAgeMs`, null when that cannot be told, and all events.
   */
  | {
      readonly type: "ledger.recovered";
      readonly why: string;
      /** The copy beside the database, or what could still be read of the damaged one. */
      readonly from: "copy" | "damaged";
      readonly copyAgeMs: number | null;
      /** The last event before the copy was made, and the last one that is known of. */
      readonly copySeq: number;
      readonly lostSeq: number;
      /** Rights with counted uses, all of which are used up now. */
      readonly usedUp: number;
      /** The damaged file, in the folder of the database; null when there was none. */
      readonly kept: string | null;
    }
  /** An operator has taken note of the recovery in that epoch. */
  | { readonly type: "ledger.recoveryCleared"; readonly epoch: number; readonly who: string }
  /** First in a new database, when the anchor beside it still knew an older record; `lostSeq` is that one's last event. */
  | {
      readonly type: "log.restarted";
      readonly lostEpoch: number;
      readonly lostSeq: number;
      readonly lostHash: string;
    }
  /** So many events up to that one have lost the name that was kept beside them. */
  | { readonly type: "names.forgotten"; readonly upToSeq: number; readonly count: number }
  /** Passes that ended long ago, taken out of the directory for good. */
  | { readonly type: "passes.purged"; readonly count: number }
  | {
      readonly type: "log.pruned";
      readonly fromSeq: number;
      readonly toSeq: number;
      /** Hash of the last event that was dropped: where the kept chain takes up. */
      readonly lastHash: string;
    };

export type JournalEvent = AccessEvent | DoorEvent | SystemEvent;

/** For whose presentation the door moved; null of all other events. */
export const askBehind = (event: JournalEvent): AskId | null =>
  "cause" in event && event.cause.by === "ask" ? event.cause.ask : null;

/** An event as read back from the record. */
export interface RecordedEvent {
  readonly seq: number;
  readonly epoch: number;
  readonly at: Instant;
  readonly boot: string;
  readonly event: JournalEvent;
  readonly personal: Personal | null;
  readonly hash: string;
}

/** And with what ties it to the one before, so that another can work the chain out anew. */
export interface LinkedEvent extends RecordedEvent {
  readonly prev: string;
  /** Stands in the chain for what is personal; null where there never was anything. */
  readonly commitment: string | null;
  /** What was mixed into that; null once it was forgotten. */
  readonly salt: string | null;
}
