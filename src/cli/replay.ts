// `postern replay`: feeds a recorded trace to a controller in virtual time and compares the relay writes.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { VirtualClock } from "../../hal/sim/clock.ts";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import type { Trace } from "../../hal/trace.ts";
import { compareWrites, parseTrace, replayBoard } from "../../hal/trace.ts";
import { siteOf } from "../config/site.ts";
import type { SiteSpec } from "../domain/site.ts";
import { copyLedger } from "../ledger/copy-ledger.ts";
import { InProcess } from "./in-process.ts";
import { pathsOf } from "./options.ts";
import { addSamplePeople, readSite } from "./sim.ts";
import { usageOf } from "./usage.ts";

export async function replay(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { config: { type: "string" }, state: { type: "string" }, keys: { type: "string" } },
  });
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) {
    console.error(usageOf("replay"));
    return 2;
  }
  const parsed = parseTrace(readFileSync(file, "utf8"));
  if (!parsed.ok) throw new Error(`${file}: ${parsed.problem}`);
  const { trace } = parsed;
  const clock = createVirtualClock({
    startWallMs: trace.begin.wall,
    trusted: trace.begin.trusted,
    startMono: trace.begin.mono,
  });
  const state = values.state === undefined ? null : { state: values.state, keys: values.keys };
  const writes = runReplay(trace, clock, siteOf(readSite(values.config)), state);
  const difference = compareWrites(trace, writes);
  if (difference !== null) {
    console.error(`${file}: ${difference}`);
    return 1;
  }
  console.log(`${file}: the same ${writes.length} relay writes again.`);
  return 0;
}

function runReplay(
  trace: Trace,
  clock: VirtualClock,
  site: SiteSpec,
  state: { state: string; keys?: string | undefined } | null,
) {
  const { board, writes, run } = replayBoard(trace, clock);
  const now = () => ({ wall: clock.wall(), mono: clock.mono(), trusted: clock.trusted() });
  const ledger = state === null ? {} : { ledger: copyLedger(pathsOf(state), now) };
  const controller = new InProcess({ site, board, clock, seed: "replay", ...ledger });
  controller.startLedger();
  clock.advance(0);
  if (state === null) addSamplePeople(controller, site);
  controller.loop.start();
  run();
  return writes;
}
