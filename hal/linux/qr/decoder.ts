// Looks at one picture after another for codes, and spends on each what there is to spend; knows no camera and no thread.
import type { Glance } from "./motion.ts";
import { MotionGate } from "./motion.ts";
import type { Picture } from "./picture.ts";
import type { Stage, Stages } from "./stages.ts";

export interface Look extends Glance {
  /** Null: nothing was looked for, because nothing has moved for a while. */
  readonly texts: readonly string[] | null;
  /** The stage that found them. */
  readonly by: string | null;
}

export interface DecoderParts {
  readonly stages: Stages;
  readonly nowMs: () => number;
}

/** For so long after the last motion every picture is looked at in full: who holds a code still has just moved it there. */
const awakeMs = 4_000;
/** Of a still scene one picture in so many is looked at, and only once. */
const idleEvery = 6;
/** The share of one processor that further stages may take, ... */
const share = 0.6;
/** ... saved up to so much. What takes longer than that is never tried on this machine. */
const maxCreditMs = 450;
/** At most so many further stages on one picture: the next one shows the code a little different. */
const maxFurther = 3;

/** What one look costs this machine adapts how many further ones the next picture gets. */
export class QrDecoder {
  readonly #parts: DecoderParts;
  readonly #gate = new MotionGate();
  readonly #costs = new Map<Stage, number>();
  #awakeUntil = Number.NEGATIVE_INFINITY;
  #idled = 0;
  #turn = 0;
  #credit = maxCreditMs;
  #creditAt: number;

  constructor(parts: DecoderParts) {
    this.#parts = parts;
    this.#creditAt = parts.nowMs();
  }

  async look(picture: Picture): Promise<Look> {
    const { nowMs, stages } = this.#parts;
    const now = nowMs();
    const glance = this.#gate.look(picture);
    if (glance.moved) this.#awakeUntil = now + awakeMs;
    const isAwake = now < this.#awakeUntil;
    this.#idled = isAwake ? 0 : this.#idled + 1;
    if (!isAwake && this.#idled % idleEvery !== 0) return { ...glance, texts: null, by: null };
    const first = await this.#read(stages.first, picture);
    if (first.length > 0) return { ...glance, texts: first, by: stages.first.name };
    return isAwake ? { ...glance, ...(await this.#lookFurther(picture)) } : { ...glance, texts: [], by: null };
  }

  async #lookFurther(picture: Picture): Promise<Pick<Look, "texts" | "by">> {
    const { further } = this.#parts.stages;
    for (let tried = 0; tried < maxFurther; tried += 1) {
      const stage = further[this.#turn % further.length];
      if (stage === undefined) break;
      const cost = this.#costOf(stage);
      if (cost > maxCreditMs) {
        this.#skip(stage, cost);
        continue;
      }
      if (cost > this.#earn()) break;
      this.#turn += 1;
      const texts = await this.#read(stage, picture);
      if (texts.length === 0) continue;
      // What has just read this code most likely reads it in the next picture.
      this.#turn -= 1;
      return { texts, by: stage.name };
    }
    return { texts: [], by: null };
  }

  /** Until it was tried, a stage is held to cost as many times of the first one's time here as it does elsewhere. */
  #costOf(stage: Stage): number {
    return this.#costs.get(stage) ?? stage.times * (this.#costs.get(this.#parts.stages.first) ?? 0);
  }

  /** One that this machine cannot afford waits until its cost is forgotten, for it may have been measured at a bad moment. */
  #skip(stage: Stage, cost: number): void {
    this.#costs.set(stage, cost * 0.9);
    this.#turn += 1;
  }

  async #read(stage: Stage, picture: Picture): Promise<readonly string[]> {
    const { nowMs } = this.#parts;
    const start = nowMs();
    const texts = await stage.read(picture);
    const cost = nowMs() - start;
    const known = this.#costs.get(stage);
    this.#costs.set(stage, known === undefined ? cost : known + (cost - known) / 4);
    if (stage !== this.#parts.stages.first) this.#credit -= cost;
    this.#earn();
    return texts;
  }

  #earn(): number {
    const now = this.#parts.nowMs();
    this.#credit = Math.min(maxCreditMs, this.#credit + (now - this.#creditAt) * share);
    this.#creditAt = now;
    return this.#credit;
  }
}

/** All stages on one picture, as a code that is held up for a while meets them one after the other. */
export async function readThoroughly(stages: Stages, picture: Picture): Promise<readonly string[]> {
  for (const stage of [stages.first, ...stages.further]) {
    const texts = await stage.read(picture);
    if (texts.length > 0) return texts;
  }
  return [];
}
