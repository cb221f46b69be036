// Whether a command that is signed and for us may still act: fresh by a clock that is believed, or by a challenge. Pure.
import type { Down } from "../../link/down-messages.ts";

/** How far the issuer's clock may be ahead of ours. */
const maxAheadMs = 30_000;
const maxLifeMs = 60_000;

export interface CommandNow {
  readonly wall: number;
  /** Whether anybody vouches for the clock. */
  readonly trusted: boolean;
  /** Those that still count. */
  readonly challenges: readonly string[];
}

export function isFresh({ at, until, challenge }: Down<"command">, now: CommandNow): boolean {
  if (until - at > maxLifeMs || until <= at) return false;
  if (!now.trusted) return challenge !== null && now.challenges.includes(challenge);
  return at <= now.wall + maxAheadMs && now.wall < until;
}

/** What lets somebody in, or makes the way freer than it was. */
const opening: ReadonlySet<string> = new Set([
  "open",
  "unlock",
  "lockOpen",
  "lockDownRelease",
  "clearFire",
] satisfies Down<"command">["do"]["kind"][]);

/** A lockdown that ends by itself takes the place of one that would not; to lock a blocked door ends its being blocked. */
export function mayUnlock(order: Down<"command">["do"], isBlocked: (door: string) => boolean): boolean {
  if (order.kind === "lockDown") return order.forMs !== null;
  if (order.kind === "lock" || order.kind === "doubleLock") return isBlocked(order.door);
  return opening.has(order.kind);
}
