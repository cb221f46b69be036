// Picks the driver that a configuration names and loads no other; knows nothing of how a driver works.
import type { BoardSpec } from "./board.ts";
import type { Clock } from "./clock.ts";
import type { SimBoard } from "./sim/board.ts";

/** Each kind of board with what its driver returns. */
interface Boards {
  readonly simulated: SimBoard;
}

export type BoardKind = keyof Boards;

const drivers: { readonly [Kind in BoardKind]: (spec: BoardSpec, clock: Clock) => Promise<Boards[Kind]> } = {
  simulated: async (spec, clock) => (await import("./sim/board.ts")).createSimBoard(spec, clock),
};

export function openBoard<Kind extends BoardKind>(kind: Kind, spec: BoardSpec, clock: Clock): Promise<Boards[Kind]> {
  return drivers[kind](spec, clock);
}
