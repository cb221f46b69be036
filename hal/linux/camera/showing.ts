// Tells a code that is shown anew from one that is still there: one showing, one report. Knows no camera.
import type { MonoMs } from "../../clock.ts";

/** Out of sight for so long, and in so many looks, a code has been taken away. */
const absentMs = 2_000;
const absentLooks = 3;
/** What may hang within a camera's sight all day, and then some. */
const maxShown = 16;

interface Shown {
  absentSince: MonoMs | null;
  missed: number;
}

export class Showings {
  readonly #shown = new Map<string, Shown>();

  /** The texts of one look; those that come back were not there before. */
  take(texts: readonly string[], now: MonoMs): readonly string[] {
    for (const [text, shown] of this.#shown) {
      if (texts.includes(text)) continue;
      shown.absentSince ??= now;
      shown.missed += 1;
      if (shown.missed >= absentLooks && now - shown.absentSince >= absentMs) this.#shown.delete(text);
    }
    return [...new Set(texts)].filter((text) => {
      const isNew = !this.#shown.has(text);
      if (isNew && this.#shown.size >= maxShown) return false;
      this.#shown.set(text, { absentSince: null, missed: 0 });
      return isNew;
    });
  }
}
