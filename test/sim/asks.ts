// Every presentation that the soak saw at the readers, under the name that its ask must have.
import type { Presentation } from "../../src/domain/presentation.ts";
import type { Instant } from "../../src/domain/time.ts";

export interface Asked {
  readonly id: string;
  readonly run: string;
  readonly reader: string;
  readonly door: string;
  readonly shown: Presentation;
  readonly at: Instant;
  /** What the person at the door was shown; null while nothing was. */
  signal: "granted" | "denied" | null;
}

/** Beyond this age nobody may be let in, and everybody has been told something. */
export const askLifeMs = 2_000;

export class Asks {
  readonly #all = new Map<string, Asked>();

  add(asked: Asked): void {
    this.#all.set(asked.id, asked);
  }

  get(id: string): Asked | undefined {
    return this.#all.get(id);
  }

  ofRun(run: string): Asked[] {
    return [...this.#all.values()].filter((asked) => asked.run === run);
  }

  get count(): number {
    return this.#all.size;
  }
}

export const isGuess = (shown: Presentation): boolean =>
  shown.method === "pin" || (shown.method === "qr" && /^\d{1,16}$/.test(shown.text));
