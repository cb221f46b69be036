// Plays a world to the ledger and to the oracle, and finds the first presentation that they judge differently.
import type { Verdict } from "../../src/domain/ask.ts";
import type { JournalEvent } from "../../src/domain/events.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import { JournalReader } from "../../src/ledger/journal-reader.ts";
import { TestLedger, wordOf } from "../ledger/ledger-fixture.ts";
import type { Judgement } from "./judging.ts";
import { Oracle } from "./oracle.ts";
import type { Step, World } from "./world.ts";

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
  const play = new Play(site);
  for (const [step, one] of script.entries()) {
    const disagreement = play.step(one, step);
    if (disagreement !== null) return play.end(disagreement);
  }
  return play.end(play.flush() ?? play.compareNotes());
}

/** Reading the record costs as much as deciding. */
const stepsBetweenNotes = 50;

class Play {
  readonly #ledger: TestLedger;
  readonly #oracle: Oracle;
  readonly #reader: JournalReader;
  readonly #words = new Map<string, number>();
  #waiting: { readonly step: number; readonly show: Show }[] = [];
  #readTo = 0;
  #step = 0;

  constructor(site: SiteSpec) {
    this.#ledger = new TestLedger(site);
    this.#oracle = new Oracle(site);
    this.#reader = new JournalReader(this.#ledger.parts.db);
  }

  /** What is shown at the same instant is decided in one transaction. */
  step(one: Step, step: number): Disagreement | null {
    const waitsFor = this.#waiting.at(-1)?.show.at.mono;
    const found = one.do === "show" && (waitsFor === undefined || waitsFor === one.at.mono) ? null : this.flush();
    if (found !== null) return found;
    if (step % stepsBetweenNotes === 0 && this.#waiting.length === 0) {
      const differing = this.compareNotes();
      if (differing !== null) return differing;
    }
    this.#step = step;
    if ("at" in one) Object.assign(this.#ledger.clock, one.at);
    if (one.do === "show") this.#waiting.push({ step, show: one });
    else this.#do(one);
    return null;
  }

  flush(): Disagreement | null {
    const asked = this.#waiting;
    this.#waiting = [];
    const answers = asked.length === 0 ? [] : this.#ledger.decideAll(asked.map(({ show }) => show.ask));
    for (const [index, { step, show }] of asked.entries()) {
      const judgement = this.#oracle.show(show.ask, show.at);
      this.#words.set(judgement.word, (this.#words.get(judgement.word) ?? 0) + 1);
      const [ledger, oracle] = [ofVerdict(answers[index]!.verdict), ofJudgement(judgement)];
      if (ledger !== oracle) return { step, ledger, oracle };
    }
    return null;
  }

  /** What happened beside the answers. */
  compareNotes(): Disagreement | null {
    const [ledger, oracle] = [this.#newNotes(), this.#oracle.takeNotes()];
    const at = ledger.findIndex((note, index) => note !== oracle[index]);
    if (at < 0 && ledger.length === oracle.length) return null;
    const from = at < 0 ? ledger.length : at;
    return { step: this.#step, ledger: ledger[from] ?? "nothing", oracle: oracle[from] ?? "nothing" };
  }

  end(disagreement: Disagreement | null): Played {
    this.#ledger.ledger.close();
    const shows = [...this.#words.values()].reduce((sum, count) => sum + count, 0);
    return { shows, words: this.#words, disagreement };
  }

  #do(one: Exclude<Step, Show>): void {
    switch (one.do) {
      case "change":
        if (this.#ledger.change(one.change).applied) this.#oracle.change(one.change);
        return;
      case "restart":
        this.#ledger.useAfresh(one.site);
        this.#oracle.restart(one.site);
        return;
      case "record":
        this.#ledger.record(one.what);
        this.#oracle.record(one.what, one.at);
        return;
      case "abort":
        this.#ledger.record({ settle: "aborted", ask: one.ask, door: one.door, why: "expired" });
        this.#oracle.abort(one.ask, one.at);
    }
  }

  #newNotes(): string[] {
    const notes: string[] = [];
    for (;;) {
      const page = this.#reader.after(this.#readTo, 500);
      this.#readTo = page.at(-1)?.seq ?? this.#readTo;
      if (page.length === 0) return notes;
      notes.push(...page.flatMap(({ event }) => noteOf(event)));
    }
  }
}

/** As the oracle words it. */
function noteOf(event: JournalEvent): string[] {
  switch (event.type) {
    case "access.granted":
      return [`let in ${event.ask} to ${(event.floors ?? []).join("+")} after ${event.first ?? "nothing"}`];
    case "access.limited":
      return [`limited ${event.door} ${event.blockMs}`];
    case "access.duress":
      return [`duress ${event.person} ${event.ask}`];
    case "person.blocked":
      return [`blocked ${event.person ?? event.pass} ${event.blockMs}`];
    case "credential.stolenUsed":
      return [`stolen ${event.credential} ${event.ask}`];
    case "code.collided":
      return [`collided ${event.credential}`];
    case "passback.violated":
      return [`violated ${event.area} ${event.ask}`];
    case "area.full":
      return [`full ${event.area}`];
    default:
      return [];
  }
}

function ofVerdict(verdict: Verdict): string {
  if (!verdict.granted) return wordOf(verdict);
  const { credential, person, pass, usesLeft } = verdict;
  const { extended, mayHoldOpen, administrator, lockdownExempt } = verdict;
  const rights = [extended, mayHoldOpen, administrator, lockdownExempt].join(" ");
  return `granted ${credential} of ${person ?? pass ?? "nobody"}, ${usesLeft ?? "uncounted"}, ${rights}`;
}

function ofJudgement({ word, found, usesLeft, rights = [] }: Judgement): string {
  if (word !== "granted" || found === null) return word;
  const { id, holder } = found.credential;
  const whose = holder.kind === "public" ? "nobody" : holder.id;
  return `granted ${id} of ${whose}, ${usesLeft ?? "uncounted"}, ${rights.join(" ")}`;
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
  const steps = world.script.map(tellStep);
  const doors = world.site.doors
    .filter(({ id }) => JSON.stringify(world.script).includes(`"door":"${id}"`))
    .map(({ id, methods, factors, keypadMode, unit, passCodeRequired, grantableBy, leadsTo, leadsFrom, ...rest }) => {
      const { sameUserMs, differentUserMs } = rest.timing;
      const shown = { id, methods, factors, keypadMode, unit, passCodeRequired, grantableBy, leadsTo, leadsFrom };
      return JSON.stringify({ ...shown, contact: rest.contact !== null, sameUserMs, differentUserMs });
    });
  const { timeZone, codes, passes, features, guessing, factors, areas, cards } = world.site;
  const policies = JSON.stringify({ timeZone, codes, passes, features, guessing, factors, areas, cards });
  return [`seed ${world.seed}: the ledger says "${ledger}", the oracle "${oracle}"`, policies, ...doors, ...steps].join(
    "\n",
  );
}

function tellStep(step: Step): string {
  if (step.do === "change") return JSON.stringify(step.change);
  if (step.do === "restart") return JSON.stringify({ restart: step.site.passes, codes: step.site.codes });
  const { wall, mono, trusted } = step.at;
  const at = `${new Date(wall).toISOString()} mono ${mono}${trusted ? "" : " untrusted"}`;
  if (step.do !== "show") return JSON.stringify({ ...step, at });
  const { presentedAt: _, ...ask } = step.ask;
  return JSON.stringify({ at, ...ask });
}
