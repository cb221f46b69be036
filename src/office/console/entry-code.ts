// The one-time code that lets the first person in: compared in constant time, used once, guarded against guessing.
import { createHash, timingSafeEqual } from "node:crypto";

const triesPerWindow = 5;
const tryWindowMs = 60_000;
/** However the code reached us, it is good for no longer than this. */
const maxCodeLifeMs = 15 * 60_000;

export type EntryOutcome =
  | { readonly entered: true }
  | { readonly entered: false; readonly code: "codeWrong" | "codeUsed" | "codeExpired" }
  | { readonly entered: false; readonly code: "tooManyTries"; readonly retryMs: number };

/** SHA-256 in hex of a code as it is printed, in upper-case groups of four; forgives how it was typed. */
function digestOfCode(typed: string): Buffer {
  const letters = typed.toUpperCase().replace(/[^0-9A-Z]/g, "");
  const printed = letters.match(/.{1,4}/g)?.join("-") ?? "";
  return createHash("sha256").update(printed, "utf8").digest();
}

export class EntryCode {
  readonly #mono: () => number;
  #digest: string | null;
  /** Monotonic: setting the wall clock neither revives a code nor kills one. */
  #endsMono: number;
  #wrongAt: number[] = [];

  constructor(offer: CodeOffer, mono: () => number) {
    this.#mono = mono;
    this.#digest = offer.digest;
    this.#endsMono = mono() + clampLife(offer.lifeMs);
  }

  /** A newer code takes the place of the old one; the tries stay counted. */
  renew(offer: CodeOffer): void {
    this.#digest = offer.digest;
    this.#endsMono = this.#mono() + clampLife(offer.lifeMs);
  }

  enter(typed: string): EntryOutcome {
    const now = this.#mono();
    this.#wrongAt = this.#wrongAt.filter((at) => now - at < tryWindowMs);
    const oldest = this.#wrongAt[0];
    if (oldest !== undefined && this.#wrongAt.length >= triesPerWindow) {
      return { entered: false, code: "tooManyTries", retryMs: oldest + tryWindowMs - now };
    }
    const digest = this.#digest;
    if (digest === null) return { entered: false, code: "codeUsed" };
    if (now >= this.#endsMono) return { entered: false, code: "codeExpired" };
    const same = timingSafeEqual(digestOfCode(typed), Buffer.from(digest, "hex"));
    if (!same) {
      this.#wrongAt.push(now);
      return { entered: false, code: "codeWrong" };
    }
    this.#digest = null;
    return { entered: true };
  }
}

export interface CodeOffer {
  /** Hex; null once the code was used. */
  readonly digest: string | null;
  readonly lifeMs: number;
}

const clampLife = (lifeMs: number): number => Math.min(Math.max(lifeMs, 0), maxCodeLifeMs);
