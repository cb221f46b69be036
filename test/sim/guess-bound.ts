// The least that the limit on guessing must hold back, computed from the record alone and in the guesser's favor: every
// refund is given, time passes as fast as either clock says over a reboot. Whoever gets through this got through too often.
import type { GuessPolicy } from "../../src/domain/site.ts";
import type { Instant } from "../../src/domain/time.ts";

interface Moment extends Instant {
  readonly boot: string;
}

interface Bucket {
  level: number;
  at: Moment;
  block: { readonly from: Moment; readonly ms: number } | null;
}

const refundWithinMs = 60_000;

export class GuessBound {
  readonly #policy: GuessPolicy;
  readonly #buckets = new Map<string, Bucket>();
  readonly #failed = new Map<string, { digits: string; at: Moment }[]>();

  constructor(policy: GuessPolicy) {
    this.#policy = policy;
  }

  mustBeBlocked(door: string, now: Moment): boolean {
    const block = this.#buckets.get(door)?.block ?? null;
    return block !== null && passed(block.from, now) < block.ms;
  }

  fail(door: string, reader: string, digits: string | null, now: Moment): void {
    const { failures, blockMs, maxBlockMs } = this.#policy;
    const most = failures + Math.ceil(Math.log2(maxBlockMs / blockMs));
    const level = Math.min(most, this.#levelAt(door, now) + 1);
    const over = Math.round(level) - failures;
    const ms = Math.min(maxBlockMs, blockMs * 2 ** over);
    const running = this.#buckets.get(door)?.block ?? null;
    this.#buckets.set(door, { level, at: now, block: over >= 0 ? { from: now, ms } : running });
    if (digits !== null) this.#failed.set(reader, [...this.#recent(reader, now), { digits, at: now }]);
  }

  succeed(door: string, reader: string, digits: string, now: Moment): void {
    const failed = this.#recent(reader, now);
    const left = failed.filter((one) => !oneEditApart(one.digits, digits));
    this.#failed.set(reader, left);
    const bucket = this.#buckets.get(door);
    if (bucket === undefined || left.length === failed.length) return;
    const level = Math.max(0, this.#levelAt(door, now) - (failed.length - left.length));
    this.#buckets.set(door, { ...bucket, level, at: now });
  }

  #recent(reader: string, now: Moment): { digits: string; at: Moment }[] {
    return (this.#failed.get(reader) ?? []).filter((one) => now.mono - one.at.mono <= refundWithinMs);
  }

  #levelAt(door: string, now: Moment): number {
    const bucket = this.#buckets.get(door);
    return bucket === undefined ? 0 : Math.max(0, bucket.level - passed(bucket.at, now) / this.#policy.drainMs);
  }
}

function passed(since: Moment, now: Moment): number {
  const byMono = now.mono - since.mono;
  return since.boot === now.boot ? byMono : Math.max(byMono, now.wall - since.wall);
}

/** By trying out every edit. */
export function oneEditApart(a: string, b: string): boolean {
  if (a === b) return false;
  for (let place = 0; place <= a.length; place += 1) {
    const [head, tail] = [a.slice(0, place), a.slice(place)];
    if (head + tail.slice(1) === b) return true;
    if (tail.length > 1 && head + tail[1] + tail[0] + tail.slice(2) === b) return true;
    for (const digit of "0123456789") {
      if (head + digit + tail === b || head + digit + tail.slice(1) === b) return true;
    }
  }
  return false;
}
