// One showing of a card is one presentation, however a card flutters at the edge of the field. Pure.

/** A card that is back within this time was never away. */
export const flutterMs = 500;

interface Shown {
  readonly what: string;
  /** Null while it still lies there. */
  readonly goneAt: number | null;
}

export class Showing {
  #shown: Shown | null = null;

  /** Whether it is to be told: not when the same is still being shown. */
  came(what: string, now: number): boolean {
    const shown = this.#shown;
    this.#shown = { what, goneAt: null };
    return shown?.what !== what || (shown.goneAt !== null && now - shown.goneAt >= flutterMs);
  }

  went(now: number): void {
    if (this.#shown !== null && this.#shown.goneAt === null) this.#shown = { what: this.#shown.what, goneAt: now };
  }
}
