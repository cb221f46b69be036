// Keeps relays' lines at their level while one configuration ends and the next begins; knows no relay and no door.
//
// A line that is given back may fall to either level, and a magnetic lock that is held by it would let go.
import { startTimer } from "../../machine-time.ts";
import type { GpioKernel } from "./kernel.ts";

/** Longer than a change of the configuration takes; when none follows, the lines are given back. */
const maxHeldMs = 30_000;

interface Held {
  readonly kernel: GpioKernel;
  readonly descriptor: number;
  readonly activeLow: boolean;
}

export interface HeldLines {
  hold(place: string, line: Held): void;
  /** Its descriptor; null where it is not held in this polarity. */
  take(place: string, activeLow: boolean): number | null;
  /** Gives back all that is in none of these places. */
  keepOnly(places: ReadonlySet<string>): void;
}

export function createHeldLines(later = giveBackLater): HeldLines {
  const lines = new Map<string, Held>();

  const giveBack = (place: string): void => {
    const line = lines.get(place);
    lines.delete(place);
    line?.kernel.close(line.descriptor);
  };

  return {
    hold(place, line) {
      giveBack(place);
      lines.set(place, line);
      later(() => {
        if (lines.get(place) === line) giveBack(place);
      });
    },
    take(place, activeLow) {
      const line = lines.get(place);
      if (line === undefined) return null;
      if (line.activeLow !== activeLow) {
        giveBack(place);
        return null;
      }
      lines.delete(place);
      return line.descriptor;
    },
    keepOnly(places) {
      for (const place of [...lines.keys()]) if (!places.has(place)) giveBack(place);
    },
  };
}

const giveBackLater = (giveBack: () => void): void =>
  void startTimer(maxHeldMs, "lines between two configurations", giveBack, false);

/** Of this process: whoever opens the board next finds them. */
export const heldLines = createHeldLines();
