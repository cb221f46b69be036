// Has every reader blink for a while, so that somebody on site sees which controller it is; moves no door.
import type { Board } from "../../hal/board.ts";
import type { Clock } from "../../hal/clock.ts";
import type { SiteSpec } from "../domain/site.ts";

export interface Identifying {
  readonly site: Pick<SiteSpec, "readers">;
  readonly board: Pick<Board, "signal">;
  readonly clock: Pick<Clock, "after">;
  readonly isOver: () => boolean;
}

const blinkMs = 1_000;

export function identify(parts: Identifying, forMs: number): null {
  if (parts.isOver()) return null;
  for (const { id } of parts.site.readers) parts.board.signal(id, "warning");
  if (forMs > blinkMs) parts.clock.after(blinkMs, "identify", () => identify(parts, forMs - blinkMs));
  return null;
}
