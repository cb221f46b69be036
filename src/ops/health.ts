// What is at fault right now, since when and why; tells when that changes.
import type { HealthFact } from "../domain/status.ts";

export interface Health {
  set(part: string, state: HealthFact["state"], why: string): void;
  facts(): readonly HealthFact[];
  /** Parts that are no more have no faults. */
  clear(): void;
}

export function createHealth(wallMs: () => number, onChange: () => void): Health {
  const facts = new Map<string, HealthFact>();
  return {
    set(part, state, why) {
      const known = facts.get(part);
      if (known !== undefined && known.state === state && known.why === why) return;
      const sinceWallMs = known !== undefined && known.state === state ? known.sinceWallMs : wallMs();
      facts.set(part, { part, state, why, sinceWallMs });
      onChange();
    },
    facts: () => [...facts.values()],
    clear: () => facts.clear(),
  };
}
