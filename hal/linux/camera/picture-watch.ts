// Judges from what a camera gives whether it can be relied on: dark, frozen, slow. Knows no device.
import type { MonoMs } from "../../clock.ts";
import type { Glance } from "../qr/motion.ts";

const blackMean = 10;
const blackSpread = 3;
const blackForMs = 20_000;
/** No sensor gives the same pixels twice; a driver that has stopped does. */
const frozenForMs = 30_000;
const rateOverMs = 10_000;
/** Many cameras take longer exposures in the dark, which is no fault yet. */
const slowShare = 0.34;

export class PictureWatch {
  readonly #rate: number;
  #blackSince: MonoMs | null = null;
  #frozenSince: MonoMs | null = null;
  #countSince: MonoMs;
  #count = 0;
  #slowAt: number | null = null;

  constructor(rate: number, now: MonoMs) {
    this.#rate = rate;
    this.#countSince = now;
  }

  /** A whole frame came, looked at or not. */
  frame(now: MonoMs): void {
    this.#count += 1;
    const spanMs = now - this.#countSince;
    if (spanMs < rateOverMs) return;
    const rate = (this.#count * 1_000) / spanMs;
    this.#slowAt = rate < this.#rate * slowShare ? rate : null;
    this.#count = 0;
    this.#countSince = now;
  }

  look({ mean, spread, same }: Glance, now: MonoMs): void {
    this.#blackSince = mean < blackMean && spread < blackSpread ? (this.#blackSince ?? now) : null;
    this.#frozenSince = same ? (this.#frozenSince ?? now) : null;
  }

  /** Null when all is well; otherwise what is wrong, ending with what mends it. */
  trouble(now: MonoMs): string | null {
    if (this.#blackSince !== null && now - this.#blackSince >= blackForMs) {
      return "the picture is black; take the cover off the lens and give the place some light";
    }
    if (this.#frozenSince !== null && now - this.#frozenSince >= frozenForMs) {
      return "the picture is frozen; unplug the camera and plug it in again, or change its cable";
    }
    if (this.#slowAt === null) return null;
    return `only ${this.#slowAt.toFixed(1)} frames come in a second instead of ${this.#rate}; give the place more light, or use a better cable or a smaller size`;
  }
}
