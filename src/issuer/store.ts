// What an issuer keeps, whoever keeps it: sites, controllers, documents, events, commands, leases. Workers keep nothing else.
import type { Owned } from "../domain/cloud-directory.ts";
import type { Address } from "../link/topics.ts";
import type { ChainHead, ChainNote, NoteKind, TakenEvent } from "./chain-judge.ts";

export interface IssuerStore {
  readonly sites: SiteStore;
  readonly fleet: FleetStore;
  readonly directory: DirectoryStore;
  readonly record: RecordStore;
  readonly commands: CommandStore;
  readonly leases: LeaseStore;
  close(): Promise<void>;
}

export interface Site {
  readonly name: string;
  /** Counts up by one with each change of a document, and of what a controller is to see of them. */
  readonly version: number;
  readonly timeZone: string;
  /** Which of its keys count, as `markText` writes it; null until a folder has said so. */
  readonly keys: string | null;
}

export interface SiteStore {
  /** False when there is one of that name. */
  add(name: string, timeZone: string): Promise<boolean>;
  list(): Promise<readonly Site[]>;
  /** False when other keys count than before, by then. */
  setKeys(name: string, before: string | null, after: string): Promise<boolean>;
}

/** One generation of a controller's public keys, raw, base64url. */
export interface ControllerKeys {
  readonly sign: string;
  readonly seal: string;
  readonly tls: string | null;
}

export interface Controller extends Address {
  readonly part: number;
  /** Those in use first; the others wait for the first message under them. */
  readonly keys: readonly ControllerKeys[];
  /** Those that are its own; null until it has named some itself. What it names of others' is not among them. */
  readonly doors: readonly string[] | null;
  /** From then on it sees the directory as its doors are now. */
  readonly viewVersion: number;
  readonly addedAt: number;
  /** What it said of itself last, as it came. */
  readonly state: string | null;
  readonly online: boolean;
  readonly seenAt: number | null;
  /** How far its clock is ahead of ours. */
  readonly aheadMs: number | null;
  readonly directory: number;
  readonly snapshot: { readonly snapshot: number; readonly upTo: string } | null;
  readonly refused: readonly string[];
  readonly syncedAt: number | null;
  readonly chain: ChainHead | null;
  /** Tells its events from those of other boards that had its name. */
  readonly board: number;
}

export interface Heard {
  readonly at: number;
  readonly epoch: number;
  readonly seq: number;
  readonly seenAt: number;
  readonly aheadMs: number;
}

export interface HeardState extends Heard {
  readonly text: string;
  readonly boot: string;
  readonly doors: readonly string[];
  readonly directory: number;
}

export interface HeardOutcome {
  /** `doubled`: a life of the board that another one had followed, which only a second board with its keys can show. */
  readonly kind: "taken" | "older" | "doubled";
  /** Doors that it named, and that another controller of the site had named before. */
  readonly denied: readonly string[];
}

export interface HeardSync extends Heard {
  readonly directory: number;
  readonly snapshot: Controller["snapshot"];
  readonly refused: readonly string[];
}

export interface FleetStore {
  /** Changes whenever a controller comes, goes or gets other keys. */
  version(): Promise<number>;
  /** False when it was there already: then it has these keys as well, and its own. */
  put(address: Address, keys: ControllerKeys, now: number): Promise<boolean>;
  /** Another board has its place: from now on these count and no others, and its record is a new one. */
  replace(address: Address, keys: ControllerKeys, now: number): Promise<void>;
  /** The same board has changed over: these are in use, and no others count any more. */
  settle(address: Address, keys: ControllerKeys): Promise<void>;
  remove(address: Address): Promise<boolean>;
  get(address: Address): Promise<Controller | null>;
  list(site: string | null): Promise<readonly Controller[]>;
  inParts(parts: readonly number[]): Promise<readonly Controller[]>;
  /** A door is whose controller named it first, until that one is removed or names it no more. */
  heardState(address: Address, heard: HeardState): Promise<HeardOutcome>;
  /** Takes the door from whoever has it; false when this controller does not name it. */
  giveDoor(address: Address, door: string): Promise<boolean>;
  heardSync(address: Address, heard: HeardSync): Promise<void>;
  /** By a will that was made then; each counts once. */
  gone(address: Address, at: number): Promise<void>;
  /** The controller is to take everything anew, with versions above this one. */
  renew(address: Address, above: number): Promise<void>;
}

export interface StoredDocument {
  readonly what: Owned;
  readonly id: string;
  readonly version: number;
  readonly gone: boolean;
  readonly fromFile: boolean;
  /** JSON, with the places of secrets where they stood. */
  readonly body: string;
  readonly sealed: Buffer | null;
}

export interface DocumentChange extends Pick<StoredDocument, "what" | "id" | "fromFile"> {
  /** Null takes it away. */
  readonly content: {
    readonly body: string;
    readonly sealed: Buffer | null;
    /** Whom it concerns: doors, or `*` for everybody. */
    readonly doors: readonly string[];
  } | null;
}

export interface DirectoryStore {
  /** All of them in one transaction; the version of the last. With `since`, nothing where the site has moved on from that version. */
  change(site: string, changes: readonly DocumentChange[], since?: number): Promise<number>;
  list(site: string, what: Owned | null): Promise<readonly StoredDocument[]>;
  /** Where the directory of whoever has these doors stands. */
  head(site: string, doors: readonly string[]): Promise<number>;
  /** What changed above a version, in its order. What no longer concerns these doors is `gone`. */
  changed(site: string, doors: readonly string[], above: number, limit: number): Promise<readonly StoredDocument[]>;
  countChanged(site: string, doors: readonly string[], above: number, limit: number): Promise<number>;
  /** Behind a position, in the order of positions, without what is gone. */
  after(site: string, doors: readonly string[], position: string, limit: number): Promise<readonly StoredDocument[]>;
  /** Whatever has one of these ids, as `changed` says it. */
  named(site: string, doors: readonly string[], ids: readonly string[]): Promise<readonly StoredDocument[]>;
  /** Doors that a change above this version concerns. */
  doorsChanged(site: string, above: number): Promise<readonly string[]>;
}

export interface StoredEvent extends TakenEvent, Address {
  readonly personal: string | null;
  readonly board: number;
}

export interface Personal {
  readonly seq: number;
  readonly salt: string;
  readonly personal: string;
}

export interface TakenBatch {
  readonly events: readonly TakenEvent[];
  readonly personal: readonly Personal[];
  readonly notes: readonly ChainNote[];
  readonly board: number;
  readonly from: ChainHead | null;
  readonly head: ChainHead;
  readonly now: number;
}

/** Where a record begins that a board brings. */
export interface RecordStart {
  readonly board: number;
  readonly first: Pick<TakenEvent, "epoch" | "seq" | "hash">;
  /** Hash of the event before the first. */
  readonly prev: string;
}

export interface StoredNote extends ChainNote, Address {
  readonly at: number;
}

export interface AlarmNews extends Address {
  readonly epoch: number;
  readonly seq: number;
  readonly wall: number;
  readonly trusted: boolean;
  readonly body: string;
}

/** Of the board that has the name now, where it is not said otherwise. */
export interface RecordStore {
  /** False when the chain has moved on since it was read: nothing was taken. */
  take(address: Address, batch: TakenBatch): Promise<boolean>;
  /** True when it is one that the store has already, of the board before it had other keys: it goes on where that ended. Never one that forked. */
  resume(address: Address, start: RecordStart): Promise<boolean>;
  hashAt(address: Address, epoch: number, seq: number): Promise<string | null>;
  /** False when it was noted before. */
  note(address: Address, note: ChainNote, now: number): Promise<boolean>;
  notes(site: string | null, kinds?: readonly NoteKind[]): Promise<readonly StoredNote[]>;
  /** Stretches of an epoch that are missing. */
  gaps(address: Address, epoch: number): Promise<readonly ChainNote[]>;
  /** False when the issuer had it before, one way or the other. */
  alarm(news: AlarmNews, now: number): Promise<boolean>;
  /** Names in events from before that time, by the clock of their controllers, are gone; says of how many. */
  forget(beforeWall: number): Promise<number>;
  /** The newest, oldest of them first. */
  newest(site: string, controller: string | null, limit: number): Promise<readonly StoredEvent[]>;
}

export interface CommandRow extends Address {
  readonly id: string;
  readonly what: string;
  readonly who: string;
  readonly sentAt: number;
  readonly code: string | null;
  readonly why: string | null;
}

export interface CommandStore {
  sent(row: Omit<CommandRow, "code" | "why">): Promise<void>;
  answered(address: Address, id: string, code: string, why: string | null, now: number): Promise<void>;
  list(site: string, limit: number): Promise<readonly CommandRow[]>;
}

export interface LeaseStore {
  /** Takes and keeps its share of the parts for a while; says which it has. */
  renew(worker: string, forMs: number): Promise<readonly number[]>;
  release(worker: string): Promise<void>;
  signs(): Promise<SignsOfLife>;
}

export interface SignsOfLife {
  /** Parts that a living worker has. */
  readonly held: ReadonlySet<number>;
  /** When a worker last leased or gave back; null where none ever did. */
  readonly lastAt: number | null;
}
