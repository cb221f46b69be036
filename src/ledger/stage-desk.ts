// Collects changes too large for one request, part by part, and applies all of one at once or nothing: hashed in the queue behind
// people at the doors, worked out in a draft between their asks, written in a single transaction.
import type { LedgerReply } from "../domain/ask.ts";
import type { ChangeProblem, DirectoryChange } from "../domain/directory.ts";
import { hashCodes } from "./code-hashes.ts";
import type { Desk } from "./desk.ts";
import type { DirectoryDraft, PreparedStep } from "./directory-draft.ts";
import { checkChanges } from "./directory-rules.ts";
import type { Applied } from "./directory-writer.ts";
import type { Ledger } from "./ledger.ts";
import type { PinQueue } from "./pin-hash.ts";

export interface StageDeskParts {
  readonly ledger: Ledger;
  readonly pins: Pick<PinQueue, "forChange">;
  readonly desk: Pick<Desk, "instant" | "troubled" | "well">;
  readonly grew: (seq: number) => void;
  /** Soon, after the asks that wait. */
  readonly schedule: (run: () => void) => void;
}

/** Stands for a connection: what it staged goes with it. */
type Owner = object;
type Answering = (reply: LedgerReply) => void;

interface Stage {
  readonly owner: Owner;
  readonly steps: PreparedStep[];
}

/** Everything of 50,000 people at once; in memory until it is applied. */
export const maxStagedSteps = 600_000;
const maxTold = 100;
/** A directory that changes under the draft has it begun again, this often at most. */
const maxDrafts = 5;

export class StageDesk {
  readonly #parts: StageDeskParts;
  #stage: Stage | null = null;

  constructor(parts: StageDeskParts) {
    this.#parts = parts;
  }

  add(owner: Owner, changes: readonly DirectoryChange[], done: Answering): void {
    const stage = this.#stageOf(owner);
    if (stage === null) {
      done(anotherImport);
      return;
    }
    const problems = partProblems(stage.steps.length, changes);
    if (problems.length > 0) {
      done(refused(problems));
      return;
    }
    const { ledger, pins } = this.#parts;
    hashCodes(
      changes,
      ledger.site.codes.duress,
      (digits, hashed) => pins.forChange(digits, hashed),
      (hashes) => {
        for (const [n, change] of changes.entries()) stage.steps.push({ change, hash: hashes.get(n) ?? null });
        done({ kind: "staged", steps: stage.steps.length });
      },
    );
  }

  /** By nobody it is only tried. */
  apply(owner: Owner, by: string | null, done: Answering): void {
    const stage = this.#stageOf(owner);
    if (stage === null || stage.steps.length === 0) {
      done(stage === null ? anotherImport : { kind: "error", problem: "Nothing is staged; send the steps first." });
      return;
    }
    this.#draft(stage, by, maxDrafts, (reply) => {
      if (by !== null) this.drop(owner);
      done(reply);
    });
  }

  /** How many steps it has staged. */
  countOf(owner: Owner): number {
    return this.#stage?.owner === owner ? this.#stage.steps.length : 0;
  }

  drop(owner: Owner): void {
    if (this.#stage?.owner === owner) this.#stage = null;
  }

  #stageOf(owner: Owner): Stage | null {
    this.#stage ??= { owner, steps: [] };
    return this.#stage.owner === owner ? this.#stage : null;
  }

  #draft(stage: Stage, by: string | null, tries: number, done: Answering): void {
    const { ledger, desk, schedule } = this.#parts;
    const version = ledger.directoryVersion;
    const drafting = new Drafting(this.#parts, stage.steps, by);
    const end = (reply: LedgerReply): void => {
      drafting.close();
      done(reply);
    };
    const run = (slices: Iterator<void, LedgerReply>): void => {
      try {
        if (this.#stage !== stage) end({ kind: "error", problem: "The import was given up." });
        else if (ledger.directoryVersion === version) {
          const slice = slices.next();
          if (slice.done === true) end(slice.value);
          else schedule(() => run(slices));
        } else if (tries === 1) end({ kind: "error", problem: "The directory keeps changing; try again later." });
        else {
          drafting.close();
          this.#draft(stage, by, tries - 1, done);
        }
      } catch (error) {
        desk.troubled(error);
        end({ kind: "error", problem: "The database did not take the change; see the health of the ledger." });
      }
    };
    run(drafting.slices());
  }
}

/** One try at a staged change. */
class Drafting {
  readonly #parts: StageDeskParts;
  readonly #steps: readonly PreparedStep[];
  readonly #by: string | null;
  #draft: DirectoryDraft | null = null;

  constructor(parts: StageDeskParts, steps: readonly PreparedStep[], by: string | null) {
    this.#parts = parts;
    this.#steps = steps;
    this.#by = by;
  }

  *slices(): Generator<void, LedgerReply> {
    const { ledger, desk } = this.#parts;
    const draft = ledger.draft();
    this.#draft = draft;
    yield* draft.copy();
    const applied = yield* draft.apply(this.#steps, ledger.importContext(desk.instant()));
    return this.#finish(draft, applied);
  }

  close(): void {
    this.#draft?.close();
  }

  #finish(draft: DirectoryDraft, { problems, warnings }: Applied): LedgerReply {
    const { ledger, desk, grew } = this.#parts;
    if (problems.length > 0) return refused(problems);
    const told = warnings.length === 0 ? {} : { warnings: warnings.slice(0, maxTold) };
    if (this.#by === null) return { kind: "changed", version: ledger.directoryVersion + 1, ...told };
    const version = ledger.applyDraft(draft, this.#by, this.#steps.length, desk.instant());
    desk.well();
    grew(ledger.headSeq);
    return { kind: "changed", version, ...told };
  }
}

const anotherImport: LedgerReply = { kind: "error", problem: "Another import is under way; try again later." };

function partProblems(first: number, changes: readonly DirectoryChange[]): ChangeProblem[] {
  const problems = checkChanges(changes).map((one) => ({ ...one, step: first + one.step }));
  if (problems.length > 0 || first + changes.length <= maxStagedSteps) return problems;
  const remedy = `Import fewer people at once: at most ${maxStagedSteps} steps.`;
  return [{ step: first, problem: "The change is too large.", remedy }];
}

const refused = (problems: readonly ChangeProblem[]): LedgerReply => ({
  kind: "refused",
  problems: problems.slice(0, maxTold),
});
