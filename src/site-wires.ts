// Part of the composition root: opens the wires of a site and the clock that it goes by.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import type { SiteClock } from "../hal/clock.ts";
import type { TimeMemory } from "../hal/linux/system-clock.ts";
import { openBoard } from "../hal/open-board.ts";
import type { BoardServer } from "../hal/sim/socket.ts";
import type { WatchedBoard } from "../hal/watched-board.ts";
import { watchBoard } from "../hal/watched-board.ts";
import type { Config } from "./config/schema.ts";
import { boardOf } from "./config/site.ts";
import type { BootId } from "./domain/ids.ts";
import { log } from "./ops/log.ts";
import type { StatePaths } from "./ops/state-paths.ts";

export interface SiteWires {
  readonly board: WatchedBoard;
  readonly clock: SiteClock;
  /** Lets people play with a simulated board; null with real wires. */
  readonly serve: () => Promise<BoardServer | null>;
}

export async function openWires(config: Config, paths: StatePaths, boot: BootId): Promise<SiteWires> {
  return config.board === "simulated" ? openSimulated(config, paths) : openReal(config, paths, boot);
}

/** Wires that nothing came of are not kept, or those of the former configuration could not be had again. */
export async function orGiveBack<Result>({ board, clock }: SiteWires, use: () => Promise<Result>): Promise<Result> {
  try {
    return await use();
  } catch (error) {
    board.stop();
    clock.stop();
    throw error;
  }
}

async function openSimulated(config: Config, paths: StatePaths): Promise<SiteWires> {
  const { createLiveClock } = await import("../hal/sim/clock.ts");
  const clock = createLiveClock({ trusted: true });
  const { board, simulated } = await openBoard("simulated", boardOf(config), clock, paths.keysDir);
  const serve = async () => {
    const { serveBoard } = await import("../hal/sim/socket.ts");
    return simulated === null ? null : serveBoard(simulated, clock, paths.boardSocket);
  };
  return { board: watchBoard(board, clock), clock, serve };
}

async function openReal(config: Config, paths: StatePaths, boot: BootId): Promise<SiteWires> {
  const { createSystemClock } = await import("../hal/linux/system-clock.ts");
  const clock = createSystemClock({
    policy: config.time,
    kernel: async () => (await import("../hal/linux/kernel-time.ts")).openTimeKernel(),
    memory: timeMemory(paths.clockFile, boot),
  });
  const { board } = await openBoard(config.board, boardOf(config), clock, paths.keysDir);
  return { board: watchBoard(board, clock), clock, serve: async () => null };
}

/** Monotonic time means something in one boot of the machine only. */
const timeMemory = (file: string, boot: BootId): TimeMemory => ({
  load() {
    try {
      const kept = JSON.parse(readFileSync(file, "utf8")) as { boot?: unknown; offsetMs?: unknown };
      return kept.boot === boot && typeof kept.offsetMs === "number" ? kept.offsetMs : null;
    } catch {
      return null;
    }
  },
  save(offsetMs) {
    try {
      if (offsetMs === null) rmSync(file, { force: true });
      else writeFileSync(file, JSON.stringify({ boot, offsetMs }), { mode: 0o600 });
    } catch (error) {
      log("error", "clock", error instanceof Error ? error.message : String(error));
    }
  },
});
