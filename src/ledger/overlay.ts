// A map whose changes count only once they are accepted, so that memory never runs ahead of a commit that failed.

export class Overlay<Key, Value> {
  readonly #base: Map<Key, Value>;
  readonly #changes = new Map<Key, Value>();

  constructor(base: Map<Key, Value>) {
    this.#base = base;
  }

  get(key: Key): Value | undefined {
    return this.#changes.has(key) ? this.#changes.get(key) : this.#base.get(key);
  }

  *values(): Generator<Value> {
    for (const [key, value] of this.#base) if (!this.#changes.has(key)) yield value;
    yield* this.#changes.values();
  }

  set(key: Key, value: Value): void {
    this.#changes.set(key, value);
  }

  accept(): void {
    for (const [key, value] of this.#changes) this.#base.set(key, value);
  }
}
