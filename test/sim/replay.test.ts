// A recording played to a new controller drives the same relays and writes the same record.
import Sqlite from "better-sqlite3";
import { expect, test } from "vitest";
import type { Trace } from "../../hal/trace.ts";
import { compareWrites, parseTrace } from "../../hal/trace.ts";
import type { InProcessLedger } from "../../src/cli/in-process.ts";
import { quickHash, seededBytes } from "../../src/cli/in-process.ts";
import { replayTrace } from "../../src/cli/replay.ts";
import type { RecordedEvent } from "../../src/domain/events.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import type { Instant } from "../../src/domain/time.ts";
import { memoryAnchor } from "../../src/ledger/anchor.ts";
import type { JournalReader } from "../../src/ledger/journal-reader.ts";
import { seededRandom } from "./random.ts";
import { soakSite } from "./soak-site.ts";
import type { Trouble } from "./walk.ts";
import { Walk } from "./walk.ts";
import { instantPace, SoakWorld } from "./world.ts";

/** All that can happen on the wires and to the clock; what operators and disks do is not in a trace. */
const onTheWires: readonly Trouble[] = [
  "exits",
  "stuckExits",
  "contacts",
  "clockSteps",
  "drift",
  "trust",
  "devices",
  "relays",
];

interface Recording {
  readonly site: SiteSpec;
  readonly lines: readonly string[];
  /** What was recorded after event `head`. */
  readonly events: readonly string[];
  readonly head: number;
  /** A copy of the ledger as it was when the recording began. */
  readonly openLedger: (now: () => Instant) => InProcessLedger;
}

/** Some people get their rights, the controller starts again, and then a random day is recorded. */
function recordDay(seed: string, troubles: readonly Trouble[]): Recording {
  const site = soakSite({ recordDeadlineMs: 300, keepEvents: 200_000, autoSubmitLength: null });
  const random = seededRandom(seed);
  const all: string[] = [];
  const world = new SoakWorld({
    seed,
    site,
    random,
    plant: {},
    trace: (line) => all.push(line),
    tell: () => {},
  });
  world.pace = instantPace;
  const play = (walk: Walk, steps: number) => {
    for (let step = 0; step < steps; step += 1) {
      walk.pause();
      walk.act();
      world.witness.check();
    }
  };
  const first = new Walk(world, random, new Set<Trouble>(["directory"]));
  first.begin();
  play(first, 300);
  world.clock.advance(60_000);
  all.length = 0;
  world.restart("kill");
  const { ledgerParts, journal } = world.controller;
  const head = journal.head();
  const database = ledgerParts.db.serialize();
  const kept = ledgerParts.anchor.read();
  play(new Walk(world, random, new Set<Trouble>(troubles)), 1_000);
  world.clock.advance(60_000);
  world.witness.during("stopping", () => world.controller.loop.stop());
  world.clock.advance(1_000);
  return {
    site,
    lines: all,
    events: eventsAfter(journal, head),
    head,
    openLedger: (now) => {
      const anchor = memoryAnchor();
      if (kept !== null) anchor.write(kept);
      const parts = { ...ledgerParts, db: new Sqlite(database), anchor, random: seededBytes("replay"), now };
      return { parts, hashPin: quickHash };
    },
  };
}

function eventsAfter(journal: JournalReader, seq: number): string[] {
  const events: RecordedEvent[] = [];
  for (let page = journal.after(seq, 500); page.length > 0; page = journal.after(events.at(-1)?.seq ?? 0, 500)) {
    events.push(...page);
  }
  // Asks carry the name of the run, and the start that of the board.
  return events.map(({ event, personal }) =>
    JSON.stringify([{ ...event, ...("board" in event ? { board: "any" } : {}) }, personal]).replace(
      /"[^"]*-\d+\.(\d+)"/g,
      '"$1"',
    ),
  );
}

const parsed = (lines: readonly string[]): Trace => {
  const result = parseTrace(lines.join("\n"));
  if (!result.ok) throw new Error(result.problem);
  return result.trace;
};

test.for(["monday", "tuesday", "wednesday", "thursday"])(
  "a random %s of a whole site replays to the same relay writes and the same record",
  {
    timeout: 120_000,
  },
  (seed) => {
    const { site, lines, events, head, openLedger } = recordDay(seed, onTheWires);
    const trace = parsed(lines);
    const { writes, controller } = replayTrace(trace, site, openLedger);
    expect(compareWrites(trace, writes)).toBe(null);
    expect(writes.length).toBeGreaterThan(100);
    expect(eventsAfter(controller.journal, head)).toEqual(events);
  },
);

test("a recording without one card or one press that opened a door, or without one write, is not that day any more", {
  timeout: 120_000,
}, () => {
  const { site, lines, openLedger } = recordDay("friday", onTheWires);
  const compare = (some: readonly string[]) => {
    const trace = parsed(some);
    return compareWrites(trace, replayTrace(trace, site, openLedger).writes);
  };
  const opened = (kind: string, cause: string) =>
    lines.flatMap((line, place) => {
      const next = lines[place + 1] ?? "";
      const moved = next.includes(`"cause":"${cause}:`) && next.includes('"failed":null');
      return moved && line.includes(`"kind":"${kind}"`) ? [place] : [];
    });
  const without = (place: number) => compare(lines.filter((_, at) => at !== place));
  const presses = opened("input", "exit");
  // A door that somebody else opened a moment later is driven the same all the same: hence several.
  for (const places of [opened("frame", "ask"), presses]) {
    expect(places.slice(-5).map(without)).toContainEqual(expect.stringMatching(/^write \d+/));
  }
  expect(presses.slice(-5).map((place) => without(place + 1))).not.toContain(null);
  expect(compare(lines)).toBe(null);
});
