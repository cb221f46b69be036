// Runs something at once, but never more often than every so many milliseconds; the last call is never lost.

export class Paced {
  readonly #everyMs: number;
  readonly #run: () => void;
  #window: NodeJS.Timeout | null = null;
  #again = false;

  constructor(everyMs: number, run: () => void) {
    this.#everyMs = everyMs;
    this.#run = run;
  }

  call(): void {
    if (this.#window !== null) {
      this.#again = true;
      return;
    }
    this.#window = setTimeout(() => this.#closeWindow(), this.#everyMs);
    this.#run();
  }

  cancel(): void {
    if (this.#window !== null) clearTimeout(this.#window);
    this.#window = null;
    this.#again = false;
  }

  #closeWindow(): void {
    this.#window = null;
    if (!this.#again) return;
    this.#again = false;
    this.call();
  }
}
