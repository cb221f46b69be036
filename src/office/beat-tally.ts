// Counts what may come in floods: the first of its kind is told at once, the rest of it with the next beat, as one number.

/** Kinds that are told apart between two beats; there are fewer. */
const maxKinds = 256;

export class BeatTally<Kind> {
  readonly #report: (kind: Kind, count: number) => void;
  readonly #counts = new Map<string, { readonly kind: Kind; count: number }>();

  constructor(report: (kind: Kind, count: number) => void) {
    this.#report = report;
  }

  count(kind: Kind): void {
    const key = JSON.stringify(kind);
    const known = this.#counts.get(key);
    if (known !== undefined) known.count += 1;
    else if (this.#counts.size < maxKinds) {
      this.#counts.set(key, { kind, count: 0 });
      this.#report(kind, 1);
    }
  }

  beat(): void {
    const due = [...this.#counts.values()];
    this.#counts.clear();
    for (const { kind, count } of due) {
      if (count === 0) continue;
      this.#report(kind, count);
      // Still coming in: the next ones wait for the next beat as well.
      this.#counts.set(JSON.stringify(kind), { kind, count: 0 });
    }
  }
}
