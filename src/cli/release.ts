// `postern release`: takes the power from everything that stays shut without it; for whoever tidies up after a controller that died.
import { parseArgs } from "node:util";
import { openBoard } from "../../hal/open-board.ts";
import { createLiveClock } from "../../hal/sim/clock.ts";
import { acceptedFile } from "../config/accepted.ts";
import type { Config } from "../config/schema.ts";
import { boardOf } from "../config/site.ts";
import { recallUnderstood } from "../config/understood.ts";
import { buildStamp } from "../ops/build.ts";
import { pathsOf, stateOption } from "./options.ts";

export async function release(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: stateOption });
  const { folder, keysDir } = pathsOf(values);
  const config = await configOf(folder);
  // Before the first configuration was accepted no relay has moved.
  if (config === null || config.board === "simulated") return 0;
  // A magnet that is energized is locked, and stays so until the controller is back.
  const magnets = new Set(config.doors.filter(({ lock }) => lock === "failSafe").map(({ relay }) => relay));
  const wires = boardOf(config);
  const relays = wires.relays.filter(({ id }) => !magnets.has(id));
  const clock = createLiveClock({ trusted: false, holdsProcess: false });
  const { board } = await openBoard(config.board, { ...wires, relays, inputs: [], readers: [] }, clock, keysDir);
  let failed = 0;
  for (const { id } of relays) {
    try {
      board.drive(id, false, "release");
    } catch (error) {
      failed += 1;
      console.error(`postern release: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  board.stop();
  return failed === 0 ? 0 : 1;
}

async function configOf(folder: string): Promise<Config | null> {
  const known = recallUnderstood(acceptedFile(folder), folder, buildStamp);
  if (known !== null) return known.config;
  const { loadAccepted } = await import("../config/choose.ts");
  const reading = loadAccepted(folder);
  return reading.ok ? reading.config : null;
}
