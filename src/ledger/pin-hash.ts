// The slow hash of PINs: one at a time, because each takes 19 MiB and a thread that the disk's syncs need as well.
import { argon2 } from "node:crypto";

/** Null when it could not be computed. May call back at once, which is how simulations stay in step. */
export type HashPin = (digits: string, done: (hash: Buffer | null) => void) => void;

/** OWASP's first choice: 19 MiB, two passes, one lane. */
export const pinHashCost = { parallelism: 1, tagLength: 32, memory: 19_456, passes: 2 };

export function createPinHash(siteSalt: Buffer): HashPin {
  return (digits, done) => {
    argon2("argon2id", { message: digits, nonce: siteSalt, ...pinHashCost }, (error, hash) =>
      done(error ? null : hash),
    );
  };
}

interface Waiting {
  readonly digits: string;
  /** Asked right before hashing; one that is not wanted any more gets null. */
  readonly wanted: () => boolean;
  readonly done: (hash: Buffer | null) => void;
}

/** Somebody at a door goes before any number of codes that an operator is adding. */
export class PinQueue {
  readonly #hashPin: HashPin;
  readonly #asks: Waiting[] = [];
  readonly #changes: Waiting[] = [];
  #busy = false;
  #pumping = false;

  constructor(hashPin: HashPin) {
    this.#hashPin = hashPin;
  }

  forAsk(digits: string, wanted: () => boolean, done: (hash: Buffer | null) => void): void {
    this.#asks.push({ digits, wanted, done });
    this.#pump();
  }

  forChange(digits: string, done: (hash: Buffer | null) => void): void {
    this.#changes.push({ digits, wanted: () => true, done });
    this.#pump();
  }

  /** A loop and not a recursion: a hash that calls back at once must not use up the stack. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (!this.#busy) {
      const next = this.#asks.shift() ?? this.#changes.shift();
      if (next === undefined) break;
      this.#hash(next);
    }
    this.#pumping = false;
  }

  #hash(next: Waiting): void {
    if (!next.wanted()) {
      next.done(null);
      return;
    }
    this.#busy = true;
    this.#hashPin(next.digits, (hash) => {
      this.#busy = false;
      next.done(hash);
      this.#pump();
    });
  }
}
