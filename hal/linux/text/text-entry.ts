// What a scanner sends becomes showings of codes: lines that break off are dropped, a code that is read again and again is shown once.
import type { Clock, MonoMs, Timer } from "../../clock.ts";
import { TextLines } from "./text-lines.ts";

/** A scanner sends a code in one go; a person cannot type so fast. */
const silenceMs = 300;
/** Left before the scanner, a code is read every half a second or so. */
const absentMs = 1_500;

export interface TextEntryParts {
  readonly clock: Clock;
  readonly device: string;
  /** Who repeats what is still there: a plate's reader has a rule of its own. */
  readonly repeats: "pass" | "drop";
  readonly shown: (text: string, at: MonoMs) => void;
}

export class TextEntry {
  readonly #parts: TextEntryParts;
  readonly #lines = new TextLines();
  #timer: Timer | null = null;
  #last: { readonly text: string; readonly at: MonoMs } | null = null;

  constructor(parts: TextEntryParts) {
    this.#parts = parts;
  }

  take(bytes: Uint8Array): void {
    const { clock, device } = this.#parts;
    this.#timer?.cancel();
    for (const text of this.#lines.take(bytes)) this.#show(text, clock.mono());
    this.#timer = this.#lines.isWithin
      ? clock.after(silenceMs, `rest of a line of ${device}`, () => this.#lines.drop())
      : null;
  }

  /** What had begun will not be ended. */
  drop(): void {
    this.#timer?.cancel();
    this.#lines.drop();
  }

  #show(text: string, now: MonoMs): void {
    const last = this.#last;
    this.#last = { text, at: now };
    const isSame = last !== null && last.text === text && now - last.at < absentMs;
    if (isSame && this.#parts.repeats === "drop") return;
    this.#parts.shown(text, now);
  }
}
