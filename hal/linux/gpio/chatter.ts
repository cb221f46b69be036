// Notices a line that changes more often than anything alive or any reader does, before it keeps the doors' process busy.

const windowMs = 1_000;

export class Chatter {
  readonly #perSecond: number;
  #since = 0;
  #count = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Asked once for each change. */
  isTooMuch(atMs: number): boolean {
    if (atMs - this.#since >= windowMs) {
      this.#since = atMs;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count > this.#perSecond;
  }
}
