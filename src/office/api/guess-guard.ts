// Bounds how often machines may be wrong: by where they ask from, and by the account they name; knows no secret.
import { createHmac, randomBytes } from "node:crypto";
import { isIP } from "node:net";
import type { GuessState } from "../../domain/guess.ts";
import { failGuess, freshGuess, isBlocked } from "../../domain/guess.ts";
import type { MonoMs } from "../../domain/time.ts";
import { monoMs } from "../../domain/time.ts";

/** The same bucket as at doors: five, then half a minute, twice as long each further time. */
const policy = { failures: 5, blockMs: 30_000, maxBlockMs: 15 * 60_000, drainMs: 20 * 60_000 };
/**
 * Names and addresses fall into so many slots, by a hash that nobody can foresee. A list of them would grow, or forget one for
 * another; and a name that nobody has must be blocked like any other, or blocking would tell which names exist.
 */
const slots = { source: 4_096, account: 1_024 } as const;

type Kind = keyof typeof slots;

export class GuessGuard {
  readonly #mono: () => number;
  readonly #key = randomBytes(32);
  readonly #states = new Map<string, GuessState>();

  constructor(mono: () => number) {
    this.#mono = mono;
  }

  /** How long it still lasts; null is not blocked. */
  blockedMs(kind: Kind, name: string): number | null {
    const now = monoMs(this.#mono());
    const state = this.#states.get(this.#slot(kind, name));
    if (state === undefined || !isBlocked(state, now)) return null;
    return (state.blockedUntil ?? now) - now;
  }

  fail(kind: Kind, name: string): void {
    const now: MonoMs = monoMs(this.#mono());
    const slot = this.#slot(kind, name);
    this.#states.set(slot, failGuess(this.#states.get(slot) ?? freshGuess(now), policy, now).state);
  }

  #slot(kind: Kind, name: string): string {
    const digest = createHmac("sha256", this.#key).update(`${kind}\n${name}`).digest();
    return `${kind} ${digest.readUInt32BE(0) % slots[kind]}`;
  }
}

/** Whoever has one address of version 6 has the whole network of 64 bits that it lies in. */
export function sourceOf(address: string): string {
  const plain = plainAddress(address);
  if (isIP(plain) !== 6) return plain;
  const [head = "", tail] = (plain.split("%")[0] ?? "").split("::");
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - rest.length);
  return [...groups, ...Array<string>(zeros).fill("0"), ...rest].slice(0, 4).join(":");
}

/** An address of version 4 that arrived at a socket of version 6 is written as both. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, "");
