// What a panel knows of one reader on an OSDP line, and what it may come to say of it. Knows no line, and no other reader.
import type { MonoMs } from "../../clock.ts";
import type { Command } from "./commands.ts";
import type { Capabilities, Identity } from "./replies.ts";
import type { Session } from "./secure-channel.ts";
import { defaultKey } from "./secure-channel.ts";

export interface ReaderSettings {
  readonly reader: string;
  readonly address: number;
  /** `none` speaks in clear, always; `required` never does. There is no falling back from one to the other. */
  readonly security: "required" | "none";
  /** Whether something of the site hangs on its inputs. */
  readonly hasInputs: boolean;
  /** Why a key that is kept for it is not used. */
  readonly keyProblem: string | null;
  readonly random: (size: number) => Buffer;
}

/** A key, and whom it was given to. */
export interface Pairing {
  readonly key: Buffer;
  readonly identity: Identity | null;
  /** What the reader calls itself in a handshake, hex. */
  readonly chip: string | null;
}

/** What outlives a restart. `next` was to be given to the reader: whether it took it shows when it is used. */
export interface ReaderRecord {
  readonly current: Pairing | null;
  readonly next: Pairing | null;
}

export type KeyUse = "own" | "default";

export interface Candidate {
  readonly use: KeyUse;
  readonly key: Buffer;
}

export type Link =
  | { readonly at: "down" }
  | ({ readonly at: "challenged"; readonly nonce: Buffer } & Candidate)
  | ({ readonly at: "proving"; readonly session: Session; readonly answer: Buffer; readonly chip: string } & Candidate)
  | {
      readonly at: "up";
      /** Null in clear. */
      readonly secure: (Candidate & { readonly session: Session; readonly chip: string }) | null;
      readonly setup: readonly Command[];
      readonly identity: Identity | null;
      /** The reader is being given a key: nothing that it reports counts. */
      readonly keying: "no" | "asking" | "keeping" | "giving";
    };

export interface Flight {
  readonly command: Command;
  /** Sent again as they are when no answer comes: made anew they would break the chain of seals. */
  readonly bytes: Buffer;
  readonly sequence: number;
  readonly silences: number;
  readonly badSeals: number;
  readonly busySince: MonoMs | null;
}

export type Standing = { readonly is: "starting" } | { readonly is: "well" } | { readonly is: "lost" };

export interface ReaderState {
  readonly record: ReaderRecord;
  readonly link: Link;
  readonly flight: Flight | null;
  /** Of the next command; 0 makes the reader forget what was before. */
  readonly sequence: number;
  readonly turnAt: MonoMs;
  readonly orders: readonly Command[];
  readonly standing: Standing;
  readonly heardAt: MonoMs;
  /** Since when it has not been served; null while it is. */
  readonly awaySince: MonoMs | null;
  readonly silences: number;
  readonly refusals: number;
  readonly candidate: number;
  /** When its case and supply, and its inputs, are to be asked for. */
  readonly statusAt: MonoMs;
  readonly inputsAt: MonoMs;
  readonly abilities: Capabilities | null;
  /** What it called itself when it was last asked who it is. */
  readonly knownChip: string | null;
  readonly lastCard: { readonly bits: string; readonly at: MonoMs } | null;
  /** The session was begun anew, and no card has come since. */
  readonly isResumed: boolean;
  /** When a poll was last answered; null before the first. */
  readonly polledAt: MonoMs | null;
  /** What it reports may be from a while ago, until it has nothing more to report. */
  readonly isStale: boolean;
  readonly pairUntil: MonoMs | null;
  readonly losses: readonly MonoMs[];
  readonly said: Readonly<Record<string, MonoMs>>;
  /** What makes it faulty. */
  readonly doubt: string | null;
}

export type ReaderEffect =
  | { readonly kind: "card"; readonly bits: string }
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "lost"; readonly why: string }
  | { readonly kind: "found" }
  | { readonly kind: "faulty"; readonly why: string }
  | { readonly kind: "mended" }
  | { readonly kind: "attack"; readonly what: string }
  | { readonly kind: "status"; readonly tamper: boolean; readonly powerFailed: boolean }
  | { readonly kind: "inputs"; readonly levels: readonly boolean[] }
  | { readonly kind: "driven" | "notDriven"; readonly output: number; readonly energized: boolean }
  /** To be made durable, and confirmed, before it counts. */
  | { readonly kind: "keep"; readonly record: ReaderRecord }
  | { readonly kind: "paired" }
  | { readonly kind: "pairingClosed"; readonly why: string };

export interface ReaderStep {
  readonly state: ReaderState;
  readonly effects: readonly ReaderEffect[];
}

export const noRecord: ReaderRecord = { current: null, next: null };

export function newReader(record: ReaderRecord, now: MonoMs): ReaderState {
  return {
    record,
    link: { at: "down" },
    flight: null,
    sequence: 0,
    turnAt: now,
    orders: [],
    standing: { is: "starting" },
    heardAt: now,
    awaySince: now,
    silences: 0,
    refusals: 0,
    candidate: 0,
    statusAt: now,
    inputsAt: now,
    abilities: null,
    knownChip: null,
    lastCard: null,
    isResumed: false,
    polledAt: null,
    isStale: true,
    pairUntil: null,
    losses: [],
    said: {},
    doubt: null,
  };
}

/** The keys that may be tried now, one after the other. The default one only while an installer has opened the window. */
export function candidatesOf({ record, pairUntil }: ReaderState): readonly Candidate[] {
  const own = (pairing: Pairing | null): readonly Candidate[] =>
    pairing === null ? [] : [{ use: "own", key: pairing.key }];
  if (pairUntil === null) return [...own(record.current), ...own(record.next)];
  return [...own(record.next), { use: "default", key: defaultKey }, ...own(record.current)];
}

export const isServing = ({ link }: ReaderState): boolean =>
  link.at === "up" && link.setup.length === 0 && link.keying === "no";

export const after = (time: MonoMs, ms: number): MonoMs => (time + ms) as MonoMs;

const sayAgainMs = 60_000;

/** The same is not said again and again: whoever floods a line is not to flood the record. */
export function attack(state: ReaderState, what: string, now: MonoMs): ReaderStep {
  const saidAt = state.said[what];
  if (saidAt !== undefined && now < after(saidAt, sayAgainMs)) return { state, effects: [] };
  return { state: { ...state, said: { ...state.said, [what]: now } }, effects: [{ kind: "attack", what }] };
}

export function lose(state: ReaderState, why: string): ReaderStep {
  if (state.standing.is === "lost") return { state, effects: [] };
  return { state: { ...state, standing: { is: "lost" } }, effects: [{ kind: "lost", why }] };
}

/** One step after another, with all of their effects. */
export function inTurn(first: ReaderStep, ...more: readonly ((state: ReaderState) => ReaderStep)[]): ReaderStep {
  return more.reduce((before, step) => {
    const { state, effects } = step(before.state);
    return { state, effects: [...before.effects, ...effects] };
  }, first);
}
