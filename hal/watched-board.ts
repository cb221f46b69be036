// A board whose raw events somebody at the site may look at as they come; keeps nothing while nobody does.
import type { Board, BoardEvent } from "./board.ts";
import type { Clock, MonoMs } from "./clock.ts";

export interface WatchPage {
  /** What to ask with next. */
  readonly next: number;
  /** Missed since the last page, because there were too many. */
  readonly missed: number;
  readonly events: readonly BoardEvent[];
}

export interface WatchedBoard extends Board {
  /** What came after the page before; the first page, with null, begins the watch. */
  watch(after: number | null): WatchPage;
  isWatched(): boolean;
}

const maxKept = 500;
/** Whoever asks no more has left. */
const leftAfterMs = 5_000;

export function watchBoard(board: Board, clock: Clock): WatchedBoard {
  let kept: BoardEvent[] = [];
  /** The number of the first that is kept. */
  let first = 0;
  let askedAt: MonoMs | null = null;

  const isWatched = (): boolean => askedAt !== null && clock.mono() - askedAt < leftAfterMs;

  const note = (event: BoardEvent): void => {
    if (!isWatched()) {
      first += kept.length;
      kept = [];
      askedAt = null;
      return;
    }
    kept.push(event);
    if (kept.length > maxKept) {
      kept.shift();
      first += 1;
    }
  };

  return {
    kind: board.kind,
    start: (listen) =>
      board.start((event) => {
        if (askedAt !== null) note(event);
        listen(event);
      }),
    drive: (relay, energized, cause) => board.drive(relay, energized, cause),
    signal: (reader, signal) => board.signal(reader, signal),
    health: () => board.health(),
    stop: () => board.stop(),
    care: () => board.care?.() ?? null,
    isWatched,
    watch(after) {
      askedAt = clock.mono();
      const next = first + kept.length;
      if (after === null) return { next, missed: 0, events: [] };
      const events = kept.slice(Math.max(0, after - first));
      return { next, missed: Math.max(0, first - after), events };
    },
  };
}
