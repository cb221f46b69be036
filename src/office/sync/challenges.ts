// Proves that a command is of now while nobody vouches for the clock: random words that count for two minutes.

const lifeMs = 120_000;
export const renewEveryMs = 60_000;
const bytes = 12;

export class Challenges {
  readonly #mono: () => number;
  readonly #random: (size: number) => Buffer;
  #made: { readonly word: string; readonly at: number }[] = [];

  constructor(mono: () => number, random: (size: number) => Buffer) {
    this.#mono = mono;
    this.#random = random;
  }

  /** The one to show. */
  current(): string {
    const newest = this.#made.at(-1);
    if (newest !== undefined && this.#mono() - newest.at < renewEveryMs) return newest.word;
    const word = this.#random(bytes).toString("base64url");
    this.#made = [...this.#living(), { word, at: this.#mono() }];
    return word;
  }

  living(): readonly string[] {
    return this.#living().map(({ word }) => word);
  }

  #living() {
    return this.#made.filter(({ at }) => this.#mono() - at < lifeMs);
  }
}
