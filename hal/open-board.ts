// Picks the driver that a configuration names and loads no other; knows nothing of how a driver works.
import type { Board, BoardSpec } from "./board.ts";
import type { Clock } from "./clock.ts";
import type { SimBoard } from "./sim/board.ts";

export const boardKinds = ["simulated", "linux"] as const;
export type BoardKind = (typeof boardKinds)[number];

export interface OpenedBoard {
  readonly board: Board;
  /** The same one, where it can be played with. */
  readonly simulated: SimBoard | null;
}

/** `keysDir` is where the secrets of readers and cards lie, one file each. */
export async function openBoard(kind: BoardKind, spec: BoardSpec, clock: Clock, keysDir: string): Promise<OpenedBoard> {
  if (kind === "linux") {
    const { openLinuxBoard } = await import("./linux/parts.ts");
    return { board: await openLinuxBoard(spec, clock, keysDir), simulated: null };
  }
  const { createSimBoard } = await import("./sim/board.ts");
  const simulated = createSimBoard(spec, clock);
  return { board: simulated, simulated };
}
