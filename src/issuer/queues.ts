// One thing after the other for each controller, and all controllers side by side. Knows no message.

export class Queues {
  readonly #last = new Map<string, Promise<void>>();

  /** `work` never fails. */
  add(name: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.#last.get(name) ?? Promise.resolve()).then(work);
    this.#last.set(name, turn);
    return turn.then(() => {
      if (this.#last.get(name) === turn) this.#last.delete(name);
    });
  }

  async idle(): Promise<void> {
    await Promise.all(this.#last.values());
  }
}
