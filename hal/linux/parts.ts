// Which parts the wires of a site need, each by its own import; knows no part's inside.
import type { Board, BoardSpec } from "../board.ts";
import type { PcscWiring } from "../card-profile.ts";
import { pcscDrivers } from "../card-profile.ts";
import type { Clock } from "../clock.ts";
import type { PartChoice } from "./board.ts";
import { createLinuxBoard } from "./board.ts";

/** Of the relays and inputs, before anything moves. */
function linesOf(spec: BoardSpec, clock: Clock): readonly PartChoice[] {
  const { relays, inputs, readers } = spec;
  const devices = [...relays, ...inputs, ...readers.filter((reader) => "pins" in reader)].map(({ id }) => id);
  if (devices.length === 0) return [];
  return [{ devices, open: async () => (await import("./gpio/part.ts")).openGpio(spec, clock) }];
}

/** Of readers on buses and ports, once the doors work. */
function readersOf(spec: BoardSpec, clock: Clock, keysDir: string): readonly PartChoice[] {
  return [
    { devices: ["board supply"], open: async () => (await import("./supply.ts")).openSupply(clock) },
    ...pcscOf(spec, clock, keysDir),
  ];
}

/** One process for all readers that go by the same package. */
function pcscOf({ readers }: BoardSpec, clock: Clock, keysDir: string): readonly PartChoice[] {
  return pcscDrivers.flatMap((driver) => {
    const own = readers.filter((reader) => reader.kind === "pcsc" && reader.driver === driver) as readonly PcscWiring[];
    const open = async () =>
      (await import("./pcsc/pcsc-part.ts")).openPcscPart({ driver, readers: own, keysDir }, clock);
    return own.length === 0 ? [] : [{ devices: own.map(({ id }) => id), open }];
  });
}

export const openLinuxBoard = (spec: BoardSpec, clock: Clock, keysDir: string): Promise<Board> =>
  createLinuxBoard(linesOf(spec, clock), readersOf(spec, clock, keysDir), clock);
