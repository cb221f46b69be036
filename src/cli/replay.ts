// `postern replay`: feeds a recorded trace to a controller in virtual time and compares the relay writes.
import { parseArgs } from "node:util";
import type { VirtualClock } from "../../hal/sim/clock.ts";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import type { Trace } from "../../hal/trace.ts";
import { compareWrites, parseTrace, replayBoard } from "../../hal/trace.ts";
import { explainProblems } from "../config/explain.ts";
import { readConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { siteOf } from "../config/site.ts";
import type { SiteSpec } from "../domain/site.ts";
import { copyLedger } from "../ledger/copy-ledger.ts";
import { InProcess } from "./in-process.ts";
import { onlyWord, pathsOf } from "./options.ts";
import { addSamplePeople, readSite, readText } from "./sim.ts";

export async function replay(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { config: { type: "string" }, state: { type: "string" }, keys: { type: "string" } },
  });
  const file = onlyWord(positionals, "the trace");
  const parsed = parseTrace(readText(file));
  if (!parsed.ok) throw new Error(`${file}: ${parsed.problem}`);
  const { trace } = parsed;
  const clock = createVirtualClock({
    startWallMs: trace.begin.wall,
    trusted: trace.begin.trusted,
    startMono: trace.begin.mono,
  });
  const state = values.state === undefined ? null : { state: values.state, keys: values.keys };
  const writes = runReplay(trace, clock, siteOf(configFor(trace, values.config)), state);
  const difference = compareWrites(trace, writes);
  if (difference !== null) {
    console.error(`${file}: ${difference}`);
    return 1;
  }
  console.log(`${file}: the same ${writes.length} relay writes again.`);
  return 0;
}

/** The site that was recorded, unless another is named. */
function configFor({ header }: Trace, file: string | undefined): Config {
  const { config } = header;
  if (file !== undefined || typeof config !== "string") return readSite(file);
  const reading = readConfig(config);
  if (!reading.ok) throw new Error(explainProblems("the trace's configuration", reading.problems));
  return reading.config;
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
