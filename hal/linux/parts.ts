// Which parts the wires of a site need, each by its own import; knows no part's inside.
import type { Board, BoardSpec } from "../board.ts";
import type { Clock } from "../clock.ts";
import type { PartChoice } from "./board.ts";
import { createLinuxBoard } from "./board.ts";

/** Of the relays and inputs, before anything moves. */
function linesOf(_spec: BoardSpec, _clock: Clock): readonly PartChoice[] {
  return [];
}

/** Of readers on buses and ports, once the doors work. */
function readersOf(_spec: BoardSpec, clock: Clock): readonly PartChoice[] {
  return [{ devices: ["board supply"], open: async () => (await import("./supply.ts")).openSupply(clock) }];
}

export const openLinuxBoard = (spec: BoardSpec, clock: Clock): Promise<Board> =>
  createLinuxBoard(linesOf(spec, clock), readersOf(spec, clock), clock);
