// Records a board into a file, for diagnosis and not for daily use: it writes synchronously, so that the file holds all that
// happened before a kill. Knows nothing of what is recorded.
import { openSync, writeSync } from "node:fs";
import type { Board } from "./board.ts";
import type { SiteClock } from "./clock.ts";
import { recordBoard } from "./trace.ts";

export function recordToFile(
  board: Board,
  clock: SiteClock,
  file: string,
  header: Readonly<Record<string, unknown>>,
): Board {
  const sink = openSync(file, "a", 0o600);
  const recording = recordBoard(board, clock, (line) => writeSync(sink, `${line}\n`), header);
  clock.onChange((change) => recording.clockChanged(change));
  return recording;
}
