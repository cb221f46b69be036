// How far each controller is from where it should be, in words: directory, record, clock, connection. Pure.
import type { ChainNote } from "./chain-judge.ts";
import type { Controller } from "./store.ts";

export interface DriftFacts {
  readonly controller: Controller;
  /** Where its directory should stand. */
  readonly head: number;
  /** How many documents it lacks; at most one more than is counted. */
  readonly missing: number;
  readonly notes: readonly ChainNote[];
  /** The last event that it says to have. */
  readonly told: { readonly epoch: number; readonly seq: number } | null;
  /** Doors that it names and that are others'. */
  readonly denied: readonly string[];
  readonly now: number;
}

export interface Drift {
  readonly inStep: boolean;
  readonly connection: string;
  readonly directory: string;
  readonly record: string;
  readonly clock: string;
}

const maxClockMs = 5_000;

export function driftOf({ controller, head, missing, notes, told, denied, now }: DriftFacts): Drift {
  const { doors, directory, snapshot, refused, chain, aheadMs, online, seenAt } = controller;
  const behind = doors === null || snapshot !== null || directory < head;
  const unread = told === null || chain === null ? null : told.epoch === chain.epoch ? told.seq - chain.seq : null;
  // It has events, and none of them, or none of that record, was ever taken.
  const isUnheard = told !== null && told.seq > 0 && told.epoch !== chain?.epoch;
  const faults = notes.filter(({ kind }) => kind === "forked" || kind === "broken");
  const isOff = aheadMs !== null && Math.abs(aheadMs) > maxClockMs;
  return {
    inStep:
      !behind &&
      refused.length === 0 &&
      denied.length === 0 &&
      faults.length === 0 &&
      !isOff &&
      !isUnheard &&
      (unread ?? 0) <= 0 &&
      online,
    connection: seenAt === null ? "never heard of" : online ? "connected" : `away since ${spanText(now - seenAt)}`,
    directory: `${directoryText(controller, head, missing, behind)}${deniedText(denied)}`,
    record: `${recordText(chain, unread, notes)}${isUnheard ? `, nothing of its ${told.seq} events` : ""}`,
    clock:
      aheadMs === null ? "" : isOff ? `${spanText(Math.abs(aheadMs))} ${aheadMs > 0 ? "ahead" : "behind"}` : "right",
  };
}

function directoryText(
  { doors, directory, snapshot, refused }: Controller,
  head: number,
  missing: number,
  behind: boolean,
) {
  if (doors === null) return "its doors are not known yet";
  const at =
    snapshot !== null
      ? `takes a snapshot, at ${snapshot.upTo}`
      : behind
        ? `${directory} of ${head}, ${missing} documents behind`
        : `${directory}`;
  return refused.length === 0 ? at : `${at}; refused: ${refused.join(", ")}`;
}

const deniedText = (denied: readonly string[]): string =>
  denied.length === 0 ? "" : `; not its own: ${denied.join(", ")}`;

function recordText(chain: Controller["chain"], unread: number | null, notes: readonly ChainNote[]): string {
  const kinds = [...new Set(notes.map(({ kind }) => kind))].filter((kind) => kind !== "doorClaimed");
  const at =
    chain === null ? "none yet" : unread !== null && unread > 0 ? `${chain.seq}, ${unread} behind` : `${chain.seq}`;
  return [at, ...kinds.map((kind) => words[kind])].join(", ");
}

const words: Readonly<Record<Exclude<ChainNote["kind"], "doorClaimed">, string>> = {
  forked: "FORKED",
  broken: "BROKEN",
  gap: "with a gap",
  restarted: "began anew",
  names: "with names that do not fit",
};

function spanText(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3_600)} h`;
}
