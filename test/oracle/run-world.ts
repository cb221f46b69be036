// Plays a world to the ledger and to the oracle, and finds the first presentation that they judge differently.
import type { Verdict } from "../../src/domain/ask.ts";
import { TestLedger, wordOf } from "../ledger/ledger-fixture.ts";
import type { Judgement } from "./judging.ts";
import { Oracle } from "./oracle.ts";
import type { Step, World } from "./random-world.ts";

export interface Disagreement {
  readonly step: number;
  readonly ledger: string;
  readonly oracle: string;
}

export interface Played {
  readonly shows: number;
  readonly words: ReadonlyMap<string, number>;
  readonly disagreement: Disagreement | null;
}

type Show = Extract<Step, { do: "show" }>;

export function playWorld({ site, script }: World): Played {
  const test = new TestLedger(site);
  const oracle = new Oracle(site);
  const words = new Map<string, number>();
  let shows = 0;
  let waiting: { readonly step: number; readonly show: Show }[] = [];
  const flush = (): Disagreement | null => {
    const asked = waiting;
    waiting = [];
    if (asked.length === 0) return null;
    const answers = test.decideAll(asked.map(({ show }) => show.ask));
    for (const [index, { step, show }] of asked.entries()) {
      const outcome = oracle.show(show.ask, show.at);
      const [ledgerSays, oracleSays] = [ofVerdict(answers[index]!.verdict), ofJudgement(outcome)];
      shows += 1;
      words.set(outcome.word, (words.get(outcome.word) ?? 0) + 1);
      if (ledgerSays !== oracleSays) return { step, ledger: ledgerSays, oracle: oracleSays };
    }
    return null;
  };
  const end = (disagreement: Disagreement | null): Played => {
    test.ledger.close();
    return { shows, words, disagreement };
  };
  for (const [step, one] of script.entries()) {
    const last = waiting.at(-1);
    const together = one.do === "show" && last !== undefined && last.show.at.mono === one.at.mono;
    if (!together) {
      const found = flush();
      if (found !== null) return end(found);
    }
    if (one.do === "change") {
      if (test.change(one.change).applied) oracle.directory.apply(one.change);
      continue;
    }
    const { wall, mono, trusted } = one.at;
    Object.assign(test.clock, { wall, mono, trusted });
    waiting.push({ step, show: one });
  }
  return end(flush());
}

function ofVerdict(verdict: Verdict): string {
  if (!verdict.granted) return wordOf(verdict);
  const { credential, person, pass, usesLeft } = verdict;
  return `granted ${credential} of ${person ?? pass ?? "nobody"}, ${usesLeft ?? "uncounted"}`;
}

function ofJudgement({ word, found, usesLeft }: Judgement): string {
  if (word !== "granted" || found === null) return word;
  const { id, holder } = found.credential;
  return `granted ${id} of ${holder.kind === "public" ? "nobody" : holder.id}, ${usesLeft ?? "uncounted"}`;
}

/** Leaves out whatever can be left out: halves first, then ever smaller pieces. */
export function shrinkWorld(world: World): World {
  let { script } = world;
  for (let size = Math.ceil(script.length / 2); size >= 1; ) {
    let shorter = false;
    for (let from = 0; from < script.length; ) {
      const kept = [...script.slice(0, from), ...script.slice(from + size)];
      const found = playWorld({ ...world, script: kept }).disagreement;
      if (found === null) from += size;
      else {
        script = kept.slice(0, found.step + 1);
        shorter = true;
      }
    }
    if (!shorter || size > 1) size = size === 1 ? 0 : Math.ceil(size / 2);
  }
  return { ...world, script };
}

export function tell(world: World, { ledger, oracle }: Disagreement): string {
  const steps = world.script.map((step) =>
    step.do === "change"
      ? JSON.stringify(step.change)
      : JSON.stringify({ at: when(step), ...step.ask, presentedAt: undefined }),
  );
  const doors = world.site.doors
    .filter(({ id }) => JSON.stringify(world.script).includes(`"door":"${id}"`))
    .map(({ id, methods, factors, keypadMode, unit, passCodeRequired, grantableBy, leadsTo, leadsFrom, timing }) => {
      const { sameUserMs, differentUserMs } = timing;
      const shown = { id, methods, factors, keypadMode, unit, passCodeRequired, grantableBy, leadsTo, leadsFrom };
      return JSON.stringify({ ...shown, sameUserMs, differentUserMs });
    });
  const { timeZone, codes, passes, features, guessing, factors, areas } = world.site;
  const policies = JSON.stringify({ timeZone, codes, passes, features, guessing, factors, areas });
  return [`seed ${world.seed}: the ledger says "${ledger}", the oracle "${oracle}"`, policies, ...doors, ...steps].join(
    "\n",
  );
}

const when = ({ at }: Show): string =>
  `${new Date(at.wall).toISOString()} mono ${at.mono}${at.trusted ? "" : " untrusted"}`;
