// Decides what the record tells of once more under two sets of rules, and finds where they part; pure.
import { decide } from "../../domain/decide.ts";
import type { Outcome } from "../../domain/judgement.ts";
import { outcomeOf } from "../../domain/judgement.ts";
import type { DirectoryView, PassMemory, Subject } from "../../domain/past-facts.ts";
import { pastFacts, subjectOf } from "../../domain/past-facts.ts";
import type { Around, Decided } from "../../domain/record-watch.ts";
import { recordedOutcome } from "../../domain/record-watch.ts";
import type { SiteSpec } from "../../domain/site.ts";
import { neverDecided, takenFromRecord } from "./explanation.ts";

export interface Rules {
  readonly site: SiteSpec;
  readonly directory: DirectoryView;
}

export interface RejudgeParts {
  readonly now: Rules;
  readonly changed: Rules;
  readonly passes: PassMemory;
  /** Who it was by the directory that the record names. */
  readonly recorded: (decided: Decided) => Subject | null;
}

export interface Difference {
  readonly decided: Decided;
  readonly then: Outcome;
  /** Under the rules as they are. */
  readonly now: Outcome;
  /** Null where the door would not be there any more. */
  readonly changed: Outcome | null;
}

export interface Counts {
  judged: number;
  /** Under the rules as they are, already otherwise than recorded. */
  otherwiseNow: number;
  takenFromRecord: number;
  unknown: number;
  gone: number;
  neverDecided: number;
}

export class Rejudge {
  readonly #parts: RejudgeParts;
  /** First halves that would not have been taken. */
  readonly #notBegun = new Set<number>();
  readonly counts: Counts = { judged: 0, otherwiseNow: 0, takenFromRecord: 0, unknown: 0, gone: 0, neverDecided: 0 };

  constructor(parts: RejudgeParts) {
    this.#parts = parts;
  }

  /** Null where nothing differs, or where it cannot be said. */
  judge(decided: Decided, around: Around): Difference | null {
    const { now, changed, recorded } = this.#parts;
    const then = recordedOutcome(decided);
    if (neverDecided.includes(then)) return this.#skip("neverDecided");
    if (decided.event.credential === null) return this.#skip("unknown");
    const subject = subjectOf(decided.event, now.directory);
    if (subject === null) return this.#skip("gone");
    // Only uses and the kind of a code that was held to a camera depend on who it was then.
    const dependsOnThen = decided.event.pass !== null || decided.event.method === "qr";
    const told = dependsOnThen ? recorded(decided) : subject;
    const again = this.#outcome(decided, around, now, told);
    if (again === null) return this.#skip("gone");
    this.counts.judged += 1;
    if (again !== then) this.counts.otherwiseNow += 1;
    if (takenFromRecord[then] !== undefined) this.counts.takenFromRecord += 1;
    const begun = around.begun !== null && this.#notBegun.has(around.begun.seq) ? null : around.begun;
    const after = this.#outcome(decided, { ...around, begun }, changed, told);
    if (then === "begun" && after !== "begun") this.#notBegun.add(decided.seq);
    return after === again ? null : { decided, then, now: again, changed: after };
  }

  #skip(why: "neverDecided" | "unknown" | "gone"): null {
    this.counts[why] += 1;
    return null;
  }

  #outcome(decided: Decided, around: Around, { site, directory }: Rules, recorded: Subject | null): Outcome | null {
    const facts = pastFacts({ decided, around, site, directory, passes: this.#parts.passes, recorded });
    return facts === null ? null : outcomeOf(decide(facts));
  }
}
