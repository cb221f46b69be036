// The bound on guessing codes at one door: a leaky bucket over PIN keys and QR digits; knows no code and no wall-clock rule.
import { mostWindows, triesIn } from "./padded-pin.ts";
import type { GuessPolicy, SiteSpec } from "./site.ts";
import type { Instant, MonoMs, UnixMs } from "./time.ts";
import { later, monoMs, unixMs } from "./time.ts";

export interface GuessState {
  /** Failures not yet forgotten, as of `at`; a fraction because they drain continuously. */
  readonly level: number;
  readonly at: MonoMs;
  readonly blockedUntil: MonoMs | null;
}

/** A state as it outlives the process and the boot. */
export interface StoredGuess {
  readonly level: number;
  readonly atMono: MonoMs;
  /** The same moment as `atMono`, by the wall clock of when it was stored. */
  readonly atWall: UnixMs;
  readonly trusted: boolean;
  readonly boot: string;
  readonly blockedUntilMono: MonoMs | null;
}

export const freshGuess = (now: MonoMs): GuessState => ({ level: 0, at: now, blockedUntil: null });

/** Of a bucket that no entry has filled but the recovery of a damaged database: it blocks for the longest time, once. */
export const recoveredBoot = "";

export const isBlocked = (state: GuessState, now: MonoMs): boolean =>
  state.blockedUntil !== null && now < state.blockedUntil;

/** What bounds wrong second factors of one holder: blocks for the same time whenever the limit is reached, and forgets as slowly as the doors do. */
export const holderPolicy = ({ factors, guessing }: Pick<SiteSpec, "factors" | "guessing">): GuessPolicy => ({
  failures: factors.attempts,
  blockMs: factors.blockMs,
  maxBlockMs: factors.blockMs,
  drainMs: guessing.drainMs,
});

interface Failed {
  readonly state: GuessState;
  /** Null where it began none. */
  readonly blockMs: number | null;
}

/**
 * Counts failures. Not for those during a block: they are denied before anything is looked up. Several at once count as if each had
 * been made as soon as the one before it allowed: their blocks follow one another.
 */
export function failGuess(state: GuessState, policy: GuessPolicy, now: MonoMs, failures = 1): Failed {
  let failed = failOnce(state, policy, now);
  if (failures === 1) return failed;
  let blocks = failed.blockMs !== null;
  for (let n = 1; n < failures; n += 1) {
    failed = failOnce(failed.state, policy, failed.state.blockedUntil ?? failed.state.at);
    blocks ||= failed.blockMs !== null;
  }
  const { level, at } = failed.state;
  const blockedUntil = stillBlocked(failed.state.blockedUntil ?? at, now);
  // What drains until then is added, so that the state is one of this moment.
  const asOfNow = { level: level + (at - now) / policy.drainMs, at: now, blockedUntil };
  return { state: asOfNow, blockMs: blocks && blockedUntil !== null ? blockedUntil - now : null };
}

/** The level lies above the cap only while blocks that came at once run. */
function failOnce(state: GuessState, policy: GuessPolicy, now: MonoMs): Failed {
  const before = levelAt(state, policy, now);
  const level = Math.max(before, Math.min(levelCap(policy), before + 1));
  const blockMs = blockMsAt(level, policy);
  const running = stillBlocked(state.blockedUntil, now);
  const blockedUntil = blockMs === null ? running : monoMs(Math.max(running ?? now, now + blockMs));
  return { state: { level, at: now, blockedUntil }, blockMs };
}

/** Gives one failure back: it was a typing error. A block that runs goes on. */
export function refundGuess(state: GuessState, policy: GuessPolicy, now: MonoMs): GuessState {
  return {
    level: Math.max(0, levelAt(state, policy, now) - 1),
    at: now,
    blockedUntil: stillBlocked(state.blockedUntil, now),
  };
}

export function storeGuess(state: GuessState, now: Instant, boot: string): StoredGuess {
  return {
    level: state.level,
    atMono: state.at,
    atWall: unixMs(now.wall - (now.mono - state.at)),
    trusted: now.trusted,
    boot,
    blockedUntilMono: state.blockedUntil,
  };
}

/**
 * Within one boot only the monotonic clock counts, so that setting the wall clock shortens nothing. Over a boot, time
 * has passed only if both wall clocks were trusted; otherwise the rest of the block starts again and nothing drains.
 */
export function restoreGuess(stored: StoredGuess, now: Instant, boot: string, policy: GuessPolicy): GuessState {
  const at = monoMs(now.mono - passedSince(stored, now, boot));
  const cap = levelCap(policy);
  const level = Math.max(0, stored.level);
  if (stored.blockedUntilMono === null) return { level: Math.min(cap, level), at, blockedUntil: null };
  const mostBlocks = stored.boot === recoveredBoot ? 1 : mostWindows;
  const blockMs = Math.min(mostBlocks * policy.maxBlockMs, stored.blockedUntilMono - stored.atMono);
  const blockedUntil = stillBlocked(later(at, blockMs), now.mono);
  return { level: Math.min(cap + blockMs / policy.drainMs, level), at, blockedUntil };
}

function passedSince(stored: StoredGuess, now: Instant, boot: string): number {
  if (stored.boot === boot) return Math.max(0, now.mono - stored.atMono);
  return stored.trusted && now.trusted ? Math.max(0, now.wall - stored.atWall) : 0;
}

function levelAt(state: GuessState, policy: GuessPolicy, now: MonoMs): number {
  return Math.max(0, state.level - Math.max(0, now - state.at) / policy.drainMs);
}

/** The level at which the block is longest; above it, only the time until it is forgotten would grow. */
function levelCap(policy: GuessPolicy): number {
  return policy.failures + Math.max(0, Math.ceil(Math.log2(policy.maxBlockMs / policy.blockMs)));
}

/** Rounded, because a few seconds of draining between quick failures must not earn another try. */
function blockMsAt(level: number, policy: GuessPolicy): number | null {
  const over = Math.round(level) - policy.failures;
  return over < 0 ? null : Math.min(policy.maxBlockMs, policy.blockMs * 2 ** over);
}

function stillBlocked(until: MonoMs | null, now: MonoMs): MonoMs | null {
  return until !== null && now < until ? until : null;
}

/** One substitution, insertion, deletion or swap of neighbors turns one into the other; equal codes are not one edit. */
export function withinOneEdit(a: string, b: string): boolean {
  if (a.length > b.length) return withinOneEdit(b, a);
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  if (b.length === a.length + 1) return a.slice(same) === b.slice(same + 1);
  if (b.length !== a.length || same === a.length) return false;
  if (a.slice(same + 1) === b.slice(same + 1)) return true;
  return a[same] === b[same + 1] && a[same + 1] === b[same] && a.slice(same + 2) === b.slice(same + 2);
}

/** Live codes of one length at a door. */
export interface CodeCount {
  readonly length: number;
  readonly count: number;
  /** The part of all codes of that length among which they are known to be; all of them when left out. */
  readonly share?: number;
}

export interface GuessOdds {
  readonly triesPerDay: number;
  readonly triesPerYear: number;
  /** Probability that at least one try of a day, or of a year, hits a live code. */
  readonly perDay: number;
  readonly perYear: number;
}

const dayMs = 86_400_000;
const yearMs = 365 * dayMs;

/** What a tireless attacker at one door achieves who knows the policy and the lengths, and never repeats himself. */
export function guessOdds(policy: GuessPolicy, codes: readonly CodeCount[]): GuessOdds {
  const triesPerDay = mostTries(policy, dayMs);
  const triesPerYear = mostTries(policy, yearMs);
  return { triesPerDay, triesPerYear, perDay: hitOdds(triesPerDay, codes), perYear: hitOdds(triesPerYear, codes) };
}

/** The same for whoever fills each entry with as many codes as it may hold, which count as fewer tries than they are. */
export function paddedOdds(policy: GuessPolicy, codes: readonly CodeCount[]): GuessOdds {
  const gain = mostWindows / triesIn(mostWindows, policy);
  const most = (withinMs: number): number => {
    const tries = mostTries(policy, withinMs);
    // The last entry is let in while its first try is due.
    return tries === 0 ? 0 : Math.floor((tries - 1) * gain) + mostWindows;
  };
  const [triesPerDay, triesPerYear] = [most(dayMs), most(yearMs)];
  return { triesPerDay, triesPerYear, perDay: hitOdds(triesPerDay, codes), perYear: hitOdds(triesPerYear, codes) };
}

/** Whether to try at once or let the level sink to a shorter block first: what is still worth pursuing after n tries. */
interface Prospect {
  /** When the next try is possible. */
  readonly freeAt: number;
  /** When the level would reach zero; may lie before `freeAt`. */
  readonly emptyAt: number;
}

/** Past this many, the rate of those so far bounds the rest, so that a lax policy takes no longer to judge. */
const mostCountedTries = 100_000;

/** The most tries that fit into the time, starting from an empty bucket, whatever the attacker's timing. */
function mostTries(policy: GuessPolicy, withinMs: number): number {
  let prospects: readonly Prospect[] = [{ freeAt: 0, emptyAt: 0 }];
  for (let tries = 0; tries < mostCountedTries; tries += 1) {
    prospects = prospects.filter((prospect) => prospect.freeAt <= withinMs);
    const first = prospects[0];
    if (first === undefined) return tries;
    prospects = worthPursuing(prospects.flatMap((prospect) => afterTry(prospect, policy)));
  }
  // No stretch of this length ever holds more tries, as none starts from a better bucket than an empty one.
  const spanMs = Math.min(...prospects.map((prospect) => prospect.freeAt));
  if (spanMs > withinMs) return mostCountedTries;
  if (spanMs === 0) return Number.POSITIVE_INFINITY;
  return mostCountedTries * Math.floor(withinMs / spanMs) + mostTries(policy, withinMs % spanMs);
}

/** What may come of the next try: made at once, or as late as it takes to be rounded down to one level or another. */
function afterTry(from: Prospect, policy: GuessPolicy): Prospect[] {
  const levelNow = Math.max(0, from.emptyAt - from.freeAt) / policy.drainMs;
  const outcomes = [tryAfter(from, 0, 0, policy)];
  for (let rounded = policy.failures; rounded <= levelCap(policy); rounded += 1) {
    const waitMs = (levelNow + 1 - (rounded - 0.5)) * policy.drainMs;
    if (waitMs >= 0) outcomes.push(tryAfter(from, waitMs, 0.25, policy));
  }
  return outcomes;
}

/** `slack` puts a level that lies on the edge of rounding below it: the edge itself is reached an instant later. */
function tryAfter(from: Prospect, waitMs: number, slack: number, policy: GuessPolicy): Prospect {
  const at = from.freeAt + waitMs;
  const level = Math.min(levelCap(policy), Math.max(0, from.emptyAt - at) / policy.drainMs + 1);
  return { freeAt: at + (blockMsAt(level - slack, policy) ?? 0), emptyAt: at + level * policy.drainMs };
}

/** A prospect that is free no sooner and empty no sooner than another gains nothing over it. */
function worthPursuing(prospects: Prospect[]): Prospect[] {
  prospects.sort((a, b) => a.freeAt - b.freeAt || a.emptyAt - b.emptyAt);
  const kept: Prospect[] = [];
  for (const prospect of prospects) {
    const best = kept.at(-1);
    if (best === undefined || prospect.emptyAt < best.emptyAt) kept.push(prospect);
  }
  return kept;
}

/** Keeping to one length, and to one part of it, is best: each miss makes the rest of that likelier. */
function hitOdds(tries: number, codes: readonly CodeCount[]): number {
  const counts = new Map<number, number>();
  for (const { length, count, share = 1 } of codes) {
    const space = Math.round(10 ** length * share);
    counts.set(space, (counts.get(space) ?? 0) + count);
  }
  return Math.max(0, ...[...counts].map(([space, count]) => hitOddsOf(tries, space, count)));
}

/** Draws without putting back: 1 - C(space - live, tries) / C(space, tries). */
function hitOddsOf(tries: number, space: number, live: number): number {
  if (tries + live > space) return live > 0 && tries > 0 ? 1 : 0;
  const many = Math.max(tries, live);
  let logMiss = 0;
  for (let drawn = 0; drawn < Math.min(tries, live); drawn += 1) logMiss += Math.log1p(-many / (space - drawn));
  return -Math.expm1(logMiss);
}
