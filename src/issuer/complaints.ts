// What goes wrong again and again is told at once, and then once a minute with how often.

const tellEveryMs = 60_000;

export class Complaints {
  readonly #tell: (what: string) => void;
  readonly #mono: () => number;
  /** How often since it was told last, and when that was. */
  readonly #known = new Map<string, { many: number; toldAt: number }>();

  constructor(tell: (what: string) => void, mono: () => number) {
    this.#tell = tell;
    this.#mono = mono;
  }

  say(what: string): void {
    const known = this.#known.get(what);
    if (known !== undefined) {
      known.many += 1;
      return;
    }
    // Whoever can make up what is told must not fill a memory.
    if (this.#known.size >= maxKnown) return;
    this.#known.set(what, { many: 0, toldAt: this.#mono() });
    this.#tell(what);
  }

  beat(): void {
    const now = this.#mono();
    for (const [what, known] of this.#known) {
      if (now - known.toldAt < tellEveryMs) continue;
      if (known.many === 0) {
        this.#known.delete(what);
        continue;
      }
      this.#tell(`${what} (${known.many} more)`);
      known.many = 0;
      known.toldAt = now;
    }
  }
}

const maxKnown = 100;
