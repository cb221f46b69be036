// A seeded random walk over a whole controller in virtual time, with the witness's checks after every step.
import { createHash } from "node:crypto";
import type { Random } from "./random.ts";
import { seededRandom } from "./random.ts";
import { soakSite } from "./soak-site.ts";
import { insist, Violation } from "./violation.ts";
import type { Trouble } from "./walk.ts";
import { troubles, Walk } from "./walk.ts";
import type { Plant } from "./world.ts";
import { quickPace, SoakWorld } from "./world.ts";

export interface SoakOptions {
  readonly seed: string;
  readonly steps: number;
  readonly plant?: Plant;
  /** Instead of those that the seed would choose. */
  readonly troubles?: readonly Trouble[];
  readonly recordDeadlineMs?: number;
  /** Whether to keep the trace of the wires. */
  readonly traced?: boolean;
}

export interface SoakReport {
  readonly seed: string;
  readonly troubles: readonly Trouble[];
  readonly presentations: number;
  readonly letIn: number;
  /** By kind. */
  readonly events: ReadonlyMap<string, number>;
  readonly virtualMs: number;
  /** Everything that the wires and the record hold: equal for equal seeds. */
  readonly digest: string;
  readonly trace: readonly string[];
}

/** The soak's own error: which seed, which step, and how to see it again. */
export class SoakFailure extends Error {
  readonly seed: string;
  readonly step: number;
  /** Null when the product threw. */
  readonly invariant: string | null;

  constructor(seed: string, step: number, recent: readonly string[], cause: unknown) {
    const what = cause instanceof Error ? cause.message : String(cause);
    const lines = recent.map((line) => `    ${line}`).join("\n");
    super(`${what}\n  seed ${seed}, step ${step}; again: scripts/soak --seed ${seed} --steps ${step}\n${lines}`, {
      cause,
    });
    this.name = "SoakFailure";
    this.seed = seed;
    this.step = step;
    this.invariant = cause instanceof Violation ? cause.invariant : null;
  }
}

const settleEvery = 2_500;
const verifyEvery = 5_000;
const compareEvery = 10;
const rememberedLines = 60;
/** Longer than any timing of a door, and no multiple of one. */
const quietMs = 197_531;

export function runSoak(options: SoakOptions): SoakReport {
  const { seed, steps } = options;
  const random = seededRandom(seed);
  const allowed = new Set(options.troubles ?? troubles.filter(() => random.chance(0.65)));
  const trace: string[] = [];
  const recent: string[] = [];
  const tell = (what: string) => {
    recent.push(what);
    if (recent.length > rememberedLines) recent.shift();
  };
  const world = openWorld(options, random, trace, (what) => tell(`       ${what}`));
  const walk = new Walk(world, random, allowed);
  let step = 0;
  try {
    walk.begin();
    while (step < steps) {
      step += 1;
      walk.pause();
      tell(`${step}: ${walk.act()}`);
      world.witness.check();
      if (step % compareEvery === 0) world.compare();
      if (step % settleEvery === 0) settle(world);
      if (step % verifyEvery === 0) world.verify();
    }
    settle(world);
    world.verify();
  } catch (error) {
    throw new SoakFailure(seed, step, recent, error);
  }
  const { witness, clock } = world;
  return {
    seed,
    troubles: [...allowed],
    presentations: witness.asks.count,
    letIn: witness.letIn.size,
    events: witness.record.tally,
    virtualMs: clock.mono(),
    digest: digestOf(world, trace),
    trace,
  };
}

function openWorld(options: SoakOptions, random: Random, trace: string[], tell: (what: string) => void): SoakWorld {
  const site = soakSite({
    recordDeadlineMs: options.recordDeadlineMs ?? (random.chance(0.8) ? 300 : 0),
    keepEvents: random.chance(0.5) ? 200_000 : 1_500,
    autoSubmitLength: random.chance(0.3) ? 6 : null,
  });
  return new SoakWorld({
    seed: options.seed,
    site,
    random,
    plant: options.plant ?? {},
    tell,
    trace: options.traced === true ? (line) => trace.push(line) : null,
  });
}

/** All faults end and time passes: then nothing may be left to record, and everything must add up. */
function settle(world: SoakWorld): void {
  world.disk.mode("sound");
  world.pace = quickPace;
  for (const relay of [...world.stuck]) world.free(relay);
  do world.clock.advance(quietMs);
  while (!world.controller.hasLedger);
  world.clock.advance(quietMs);
  const { witness, controller } = world;
  const unrecorded = controller.loop.link.unrecorded();
  insist(unrecorded === 0, "everyoneIsRecorded", () => `${unrecorded} records still wait when all is quiet`);
  witness.account();
  world.compare();
}

function digestOf(world: SoakWorld, trace: readonly string[]): string {
  const digest = createHash("sha256");
  for (const line of trace) digest.update(`${line}\n`);
  for (const row of world.controller.journal.rows()) digest.update(row.body).update(row.hash).update(row.mac);
  return digest.digest("hex");
}
