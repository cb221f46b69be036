// Counts what may come in floods, so that a flood makes one event a second for each source and not thousands.
import type { Clock } from "../../hal/clock.ts";

const windowMs = 1_000;

export interface Tally {
  count(key: string): void;
}

export function createTally(clock: Clock, name: string, report: (key: string, count: number) => void): Tally {
  const counts = new Map<string, number>();
  return {
    count(key) {
      if (counts.size === 0) {
        clock.after(windowMs, name, () => {
          const due = [...counts];
          counts.clear();
          for (const [one, count] of due) report(one, count);
        });
      }
      counts.set(key, (counts.get(key) ?? 0) + 1);
    },
  };
}
