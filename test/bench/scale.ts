// What deciding costs with a directory of a whole town, beside what it costs with one of a single building, in the same run.
import type { Ledger } from "../../src/ledger/ledger.ts";
import type { Size } from "../town.ts";
import { cardsEach, decideOnce, fillTown, showings } from "../town.ts";
import { median, printHeading, printLoad, times } from "./figures.ts";

const town: Size = { people: 50_000, passes: 20_000, schedules: 500 };
const building: Size = { people: 500, passes: 200, schedules: 500 };
const limit = 1.3;
const rounds = Number(process.argv[2] ?? 15);
const perRound = 40;
/** Larger than any cache of a processor that this runs on. */
const flood = new Uint8Array(64 * 1_024 * 1_024);

/**
 * At a door seconds pass between two decisions, and meanwhile others use the processor's caches. In a loop the small directory
 * would stay in them and the large one could not: so they are flooded before each decision, for both alike.
 */
function emptyCaches(): void {
  for (let at = 0; at < flood.length; at += 64) flood[at] = (flood[at] ?? 0) + 1;
}

function microsecondsEach(ledger: Ledger, size: Size, kind: string, from: number): number[] {
  const make = showings[kind];
  if (make === undefined) throw new Error(`there is no ${kind}`);
  const wanted = kind === "unknown card" ? "unknownCredential" : "granted";
  return Array.from({ length: perRound }, (_, n) => {
    const presentation = make(from + n, size);
    emptyCaches();
    const startedAt = performance.now();
    const word = decideOnce(ledger, presentation);
    const took = (performance.now() - startedAt) * 1_000;
    if (word !== wanted) throw new Error(`a ${kind} was ${word}, not ${wanted}`);
    return took;
  });
}

const small = fillTown(building);
const large = fillTown(town);
printHeading(
  "scripts/bench scale",
  `${town.people} people x ${cardsEach} cards, ${town.passes} passes, ${town.schedules} schedules, beside ${building.people} people; microseconds a decision without disk and slow hash, caches flooded before each, median of ${rounds} interleaved rounds of ${perRound}`,
);
let missed = false;
console.log(`${"".padEnd(14)}  building      town   ratio   limit ${limit}`);
for (const kind of Object.keys(showings)) {
  const figures = { small: [] as number[], large: [] as number[] };
  for (let round = -1; round < rounds; round += 1) {
    const from = (round + 1) * perRound;
    const few = microsecondsEach(small, building, kind, from);
    const many = microsecondsEach(large, town, kind, from);
    // The first round is for the compiler.
    if (round < 0) continue;
    figures.small.push(...few);
    figures.large.push(...many);
  }
  const [few, many] = [median(figures.small), median(figures.large)];
  const held = many / few <= limit;
  missed ||= !held;
  const row = `${few.toFixed(1).padStart(8)}  ${many.toFixed(1).padStart(8)}  ${times(many / few)}`;
  console.log(`${kind.padEnd(14)}  ${row}   ${held ? "held" : "MISSED"}`);
}
printLoad();
process.exitCode = missed ? 1 : 0;
