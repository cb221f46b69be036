// `postern replay`: feeds a recorded trace to a controller in virtual time and compares the relay writes.
import { parseArgs } from "node:util";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import type { RelayWrite, Trace } from "../../hal/trace.ts";
import { compareWrites, parseTrace, replayBoard } from "../../hal/trace.ts";
import { explainProblems } from "../config/explain.ts";
import { readConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { siteOf } from "../config/site.ts";
import type { BootId } from "../domain/ids.ts";
import type { SiteSpec } from "../domain/site.ts";
import type { Instant } from "../domain/time.ts";
import { instantOf } from "../domain/time.ts";
import { copyLedger } from "../ledger/copy-ledger.ts";
import type { InProcessLedger } from "./in-process.ts";
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
  const { state, keys } = values;
  const openLedger = state === undefined ? null : (now: () => Instant) => copyLedger(pathsOf({ state, keys }), now);
  const { writes } = replayTrace(trace, siteOf(configFor(trace, values.config)), openLedger);
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

export interface Replayed {
  readonly writes: readonly RelayWrite[];
  readonly controller: InProcess;
}

/** Plays a trace to a new controller, which begins with this ledger, or else with the sample people. */
export function replayTrace(
  trace: Trace,
  site: SiteSpec,
  openLedger: ((now: () => Instant) => InProcessLedger) | null,
): Replayed {
  const { wall, mono, trusted } = trace.begin;
  const clock = createVirtualClock({ startWallMs: wall, trusted, startMono: mono });
  const { board, writes, run } = replayBoard(trace, clock, ({ cause }) => {
    // Nothing on the wires tells of these two.
    if (cause === "operator") controller.loop.command({ kind: "clearFire" }, "replay");
    else if (cause === "stop") controller.loop.stop();
  });
  const now = () => instantOf(clock);
  const ledger = openLedger === null ? {} : { ledger: openLedger(now) };
  // In another boot the times that the ledger has kept would mean something else.
  const { boot } = trace.header;
  const sameBoot = typeof boot === "string" ? { boot: boot as BootId } : {};
  const controller = new InProcess({ site, board, clock, seed: "replay", ...sameBoot, ...ledger });
  controller.startLedger();
  clock.advance(0);
  if (openLedger === null) addSamplePeople(controller, site);
  controller.loop.start();
  run();
  clock.advance(0);
  return { writes, controller };
}
