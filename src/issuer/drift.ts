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
  /** Whether a worker takes what it says, or all of this is from when one last did. */
  readonly hasWorker: boolean;
  readonly now: number;
}

export interface Drift {
  readonly inStep: boolean;
  readonly hasWorker: boolean;
  readonly connection: string;
  readonly directory: string;
  readonly record: string;
  readonly clock: string;
}

const maxClockMs = 5_000;

export function driftOf({ controller, head, missing, notes, told, denied, hasWorker, now }: DriftFacts): Drift {
  const { doors, directory, snapshot, refused, chain, aheadMs, online } = controller;
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
      online &&
      hasWorker,
    hasWorker,
    connection: connectionText(controller, hasWorker, now),
    directory: `${directoryText(controller, head, missing, behind)}${deniedText(denied)}`,
    record: `${recordText(chain, unread, notes)}${isUnheard ? `, nothing of its ${told.seq} events` : ""}`,
    clock:
      aheadMs === null ? "" : isOff ? `${spanText(Math.abs(aheadMs))} ${aheadMs > 0 ? "ahead" : "behind"}` : "right",
  };
}

function connectionText({ online, seenAt }: Controller, hasWorker: boolean, now: number): string {
  if (seenAt === null) return "never heard of";
  if (online) return hasWorker ? "connected" : "was connected";
  return `away since ${spanText(now - seenAt)}`;
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

/** Whose controllers nobody looks after; null where somebody does after all. */
export function workerText(
  drifts: readonly { readonly controller: string; readonly hasWorker: boolean }[],
  lastAt: number | null,
): string | null {
  const alone = drifts.filter(({ hasWorker }) => !hasWorker).map(({ controller }) => controller);
  if (alone.length === 0) return null;
  const start = "Start one with `postern issuer run`.";
  if (alone.length < drifts.length)
    return `No worker has ${listText(alone)} at present; what stands here of them is from before. ${start}`;
  if (lastAt === null) return `No worker has run yet, and nothing that controllers say is taken. ${start}`;
  const since = `${new Date(lastAt).toISOString().slice(0, 19)}Z`;
  return `No worker has run since ${since}; what stands here is from then. ${start}`;
}

const maxListed = 10;

const listText = (names: readonly string[]): string =>
  names.length <= maxListed
    ? names.join(", ")
    : `${names.slice(0, maxListed).join(", ")} and ${names.length - maxListed} more`;
