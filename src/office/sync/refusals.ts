// Counts what came over the link and was refused: the first of a cause is recorded at once, the rest once a minute as a number;
// and lets no more through in a second than anybody honest sends.
import type { CloudRefusal, JournalEvent } from "../../domain/events.ts";
import { BeatTally } from "../beat-tally.ts";

const tellEveryMs = 60_000;
const maxPerSecond = 200;

export class Refusals {
  readonly #tally: BeatTally<CloudRefusal>;
  readonly #mono: () => number;
  #toldAt: number;
  #second = 0;
  #inSecond = 0;

  constructor(note: (event: JournalEvent) => void, mono: () => number) {
    this.#tally = new BeatTally((why, count) => note({ type: "cloud.refused", why, count }));
    this.#mono = mono;
    this.#toldAt = mono();
  }

  count(why: CloudRefusal): void {
    this.#tally.count(why);
  }

  /** False when this message is one too many. */
  admits(): boolean {
    const second = Math.floor(this.#mono() / 1_000);
    if (second !== this.#second) this.#inSecond = 0;
    this.#second = second;
    this.#inSecond += 1;
    if (this.#inSecond <= maxPerSecond) return true;
    this.count("flooded");
    return false;
  }

  beat(): void {
    if (this.#mono() - this.#toldAt < tellEveryMs) return;
    this.#toldAt = this.#mono();
    this.#tally.beat();
  }
}
