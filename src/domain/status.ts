// How a door looks from outside, and what an operator may tell it.
import type { ActionSpec } from "./action.ts";
import type { TimeSource } from "./events.ts";
import type { HomeAssistantSpec } from "./home-assistant.ts";
import type { HttpOpeningSpec } from "./http-opening.ts";
import type { DoorId, InputId } from "./ids.ts";
import type { SiteSpec } from "./site.ts";
import type { MonoMs } from "./time.ts";

/** ONVIF DoorMode's words. */
export type DoorMode = "locked" | "unlocked" | "accessed" | "blocked" | "lockedDown" | "lockedOpen" | "doubleLocked";

export interface DoorStatus {
  readonly door: DoorId;
  readonly name: string;
  readonly mode: DoorMode;
  /** How it stands when a passage or a fire release is over. */
  readonly standing: Exclude<DoorMode, "accessed">;
  readonly locked: boolean;
  readonly contact: "open" | "closed" | "unknown";
  readonly forced: boolean;
  readonly heldOpen: boolean;
  readonly fire: boolean;
  readonly tampered: boolean;
  /** The open-too-long alarm is near. */
  readonly heldOpenSoon: boolean;
  readonly stuckExits: readonly InputId[];
}

export type DoorCommand =
  | { readonly kind: "clearForced" | "clearTamper"; readonly door: DoorId }
  | { readonly kind: "clearFire" }
  /** Somebody has taken note that the database was damaged and recovered. */
  | { readonly kind: "clearRecovery" }
  /** For one passage. */
  | { readonly kind: "access"; readonly door: DoorId; readonly by: "http" | "operator" | "cloud" }
  /** Every reader blinks, so that somebody on site sees which controller it is. */
  | { readonly kind: "identify"; readonly forMs: number }
  /** ONVIF's requests of the same names. */
  | { readonly kind: DoorRequest; readonly door: DoorId }
  | { readonly kind: "lockDown"; readonly doors: readonly DoorId[]; readonly forMs: number | null }
  | { readonly kind: "lockDownRelease"; readonly doors: readonly DoorId[] };

/** What somebody on site asks of the clock. */
export type TimeRequest =
  | { readonly kind: "time" }
  | { readonly kind: "timeSet"; readonly wallMs: number }
  /** It is right as it is. */
  | { readonly kind: "timeConfirm" }
  /** What times were told before is forgotten: the next one may be earlier. */
  | { readonly kind: "timeForget" };

export const isTimeRequest = (request: DoorCommand | TimeRequest): request is TimeRequest =>
  request.kind.startsWith("time");

export interface TimeStatus {
  readonly wallMs: number;
  /** Null when nobody vouches for it. */
  readonly source: TimeSource | null;
  readonly proven: boolean;
}

/** The site's clock as the office reckons with it: so far ahead of the machine's own. */
export interface OfficeTime extends Omit<TimeStatus, "wallMs"> {
  readonly aheadMs: number;
}

export const doorRequests = ["lock", "unlock", "block", "doubleLock", "lockOpen", "lockOpenRelease"] as const;
export type DoorRequest = (typeof doorRequests)[number];

export interface HealthFact {
  readonly part: string;
  readonly state: "ok" | "fault";
  readonly why: string;
  readonly sinceWallMs: number;
}

/** Main process to office. */
export type ToOffice =
  | { readonly kind: "open"; readonly opening: OfficeOpening }
  | {
      readonly kind: "doors";
      readonly doors: readonly DoorStatus[];
      readonly health: readonly HealthFact[];
      readonly time: OfficeTime;
    }
  | { readonly kind: "commandDone"; readonly n: number; readonly problem: string | null }
  /** The newest lines of the operator's log. */
  | { readonly kind: "logs"; readonly n: number; readonly lines: readonly string[] }
  /** A new one-time code takes the place of the old one. */
  | { readonly kind: "code"; readonly codeDigest: string; readonly codeExpiresWallMs: number }
  | { readonly kind: "ping"; readonly n: number };

/** Office to main process. */
export type FromOffice =
  | { readonly kind: "ready"; readonly address: string }
  | {
      readonly kind: "command";
      readonly n: number;
      readonly who: string;
      readonly command: DoorCommand | TimeRequest;
      readonly expiresAt: MonoMs;
    }
  | { readonly kind: "logs"; readonly n: number; readonly lines: number }
  /** Ends in good order; whoever watches over the service starts it again. */
  | { readonly kind: "restart" }
  /** What the office itself cannot reach, whenever that changes; empty while all is well. */
  | { readonly kind: "facts"; readonly facts: readonly HealthFact[] }
  /** The one-time code was used: a restarted office must not accept it again. */
  | { readonly kind: "entered" }
  | { readonly kind: "pong"; readonly n: number };

/** A code or card of the simulated site's sample people, shown on the panel so that a newcomer has something to try. */
export interface Sample {
  readonly label: string;
  readonly kind: "pin" | "card" | "qr";
  readonly secret: string;
}

export interface ConsoleSpec {
  /** Loopback, unless there is TLS. */
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
}

/** What machines may ask of the office. */
export interface ApiSpec {
  readonly opening: HttpOpeningSpec;
  /** Whether only those are called who could open the door at that moment. */
  readonly callPermission: boolean;
  /** Holds tokens and accounts, hashed. */
  readonly accessFile: string;
  /** Unseals what HTTP Digest needs of a password. */
  readonly digestKeyHex: string;
}

/** The requests that events set off. */
export interface ActionsSpec {
  readonly list: readonly ActionSpec[];
  /** Where they may go: hosts, with a port where it is not the usual one. */
  readonly hosts: readonly string[];
  /** All relays and inputs, in the order of the configuration. */
  readonly relays: readonly string[];
  readonly inputs: readonly string[];
  /** Says how far the record was acted upon. */
  readonly cursorFile: string;
  /** Which run of the machine this is. */
  readonly boot: string;
  readonly version: string;
}

/** The link to the cloud. */
export interface CloudSpec {
  /** Null goes where pairing said. */
  readonly broker: string | null;
  readonly caFile: string | null;
  readonly user: string | null;
  readonly passwordFile: string | null;
  /** Whether the cloud may open doors. */
  readonly mayOpen: boolean;
  /** Who this controller is to its issuer; pairing writes it. */
  readonly identityFile: string;
  /** Which run of the machine this is. */
  readonly boot: string;
  readonly version: string;
  /** Whether somebody watches over the service, and starts it again when it ends. */
  readonly isWatchedOver: boolean;
}

/** What is told to Home Assistant, and what it was told before. */
export interface HomeAssistantParts {
  /** Null tells it nothing any more. */
  readonly spec: HomeAssistantSpec | null;
  /** Remembers what brokers keep of this controller, so that it can be taken back. */
  readonly memoryFile: string;
}

export interface OfficeOpening {
  readonly site: SiteSpec;
  readonly console: ConsoleSpec;
  readonly databasePath: string;
  readonly ledgerSocket: string;
  /** Where a simulated board takes commands; null with real wires. */
  readonly boardSocket: string | null;
  readonly samples: readonly Sample[];
  /** SHA-256 of the one-time code, hex; null once it was used. */
  readonly codeDigest: string | null;
  readonly codeExpiresWallMs: number;
  readonly api: ApiSpec;
  /** Null has no cloud. */
  readonly cloud: CloudSpec | null;
  readonly actions: ActionsSpec;
  readonly homeAssistant: HomeAssistantParts;
  /** Signs session cookies, so that a restarted office still knows who is logged in. */
  readonly sessionKeyHex: string;
}
