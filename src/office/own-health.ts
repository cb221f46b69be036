// What the office itself cannot reach, for the pages that show it; absent while all is well.
import type { HealthFact } from "../domain/status.ts";

export class OwnHealth {
  readonly #wall: () => number;
  readonly #changed: (facts: readonly HealthFact[]) => void;
  readonly #faults = new Map<string, HealthFact>();

  constructor(wall: () => number, changed: (facts: readonly HealthFact[]) => void) {
    this.#wall = wall;
    this.#changed = changed;
  }

  set(part: string, well: boolean, why: string): void {
    if (well === !this.#faults.has(part)) return;
    if (well) this.#faults.delete(part);
    else this.#faults.set(part, { part, state: "fault", why, sinceWallMs: this.#wall() });
    this.#changed(this.facts());
  }

  facts(): readonly HealthFact[] {
    return [...this.#faults.values()];
  }
}
