// What the soak throws when the controller broke a promise: which one, and what was seen.

export class Violation extends Error {
  readonly invariant: string;

  constructor(invariant: string, seen: string) {
    super(`${invariant}: ${seen}`);
    this.name = "Violation";
    this.invariant = invariant;
  }
}

export function insist(holds: boolean, invariant: string, seen: () => string): asserts holds {
  if (!holds) throw new Violation(invariant, seen());
}
