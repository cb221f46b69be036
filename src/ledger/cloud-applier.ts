// Applies a step of the cloud's directory: a few documents in each transaction, so that people at the doors wait for none; what
// cannot be taken is left out alone. The directory's version moves with the last of them.
import type { LedgerReply } from "../domain/ask.ts";
import type { CloudStanding, CloudStep } from "../domain/cloud-directory.ts";
import type { ChangeProblem } from "../domain/directory.ts";
import type { JournalEvent } from "../domain/events.ts";
import type { ChangeDesk } from "./change-desk.ts";
import type { PlannedDocument } from "./cloud-plan.ts";
import { CloudPlan } from "./cloud-plan.ts";
import { CloudTables } from "./cloud-standing.ts";
import type { Desk } from "./desk.ts";
import type { Ledger } from "./ledger.ts";

export interface CloudApplierParts {
  readonly ledger: Ledger;
  readonly changes: Pick<ChangeDesk, "take">;
  readonly desk: Pick<Desk, "note">;
}

type Done = (reply: LedgerReply) => void;

/** Steps in one transaction, which asks wait for. */
const stepsAtOnce = 250;
const by = "cloud";

export class CloudApplier {
  readonly #parts: CloudApplierParts;
  readonly #tables: CloudTables;
  #isBusy = false;

  constructor(parts: CloudApplierParts) {
    this.#parts = parts;
    this.#tables = new CloudTables(parts.ledger.db);
  }

  async apply(step: CloudStep, done: Done): Promise<void> {
    const standing = this.#tables.directory;
    const next = nextStanding(standing, step);
    if (next === null || this.#isBusy) {
      done({ kind: "cloudStale", directory: standing });
      return;
    }
    this.#isBusy = true;
    try {
      done(await this.#applyAll(step, next));
    } catch {
      done({ kind: "error", problem: "The database did not take it; see the health of the ledger." });
    } finally {
      this.#isBusy = false;
    }
  }

  async #applyAll(step: CloudStep, next: CloudStanding): Promise<LedgerReply> {
    const { ledger } = this.#parts;
    const plan = new CloudPlan(ledger.db, this.#tables, new Set(ledger.site.doors.map(({ id }) => id)));
    const refused: string[] = [];
    const parts = partsOf(plan.of(step));
    for (const [n, part] of parts.entries()) {
      const isLast = n === parts.length - 1;
      const outcome = await this.#applyPart(part, isLast ? next : null);
      if (outcome === null) return { kind: "error", problem: "The database did not take it; try again." };
      refused.push(...outcome);
    }
    if (parts.length === 0) this.#moveOnly(next);
    return { kind: "cloudApplied", directory: this.#tables.directory, refused };
  }

  /** The ids of documents that were left out; null when the database took nothing. */
  async #applyPart(part: readonly PlannedDocument[], next: CloudStanding | null): Promise<readonly string[] | null> {
    let left = part;
    const refused: string[] = [];
    for (;;) {
      const reply = await this.#change(left, next);
      if (reply.kind === "changed") return refused;
      if (reply.kind !== "refused" || reply.problems.length === 0) return null;
      const bad = documentsOf(left, reply.problems);
      if (bad.size === 0) return null;
      for (const document of bad) this.#refuse(document, reply.problems);
      refused.push(...[...bad].map(({ id }) => id));
      left = left.filter((document) => !bad.has(document));
    }
  }

  async #change(part: readonly PlannedDocument[], next: CloudStanding | null): Promise<LedgerReply> {
    const raw = part.flatMap(({ steps }) => steps);
    const also = (): void => this.#remember(part, next);
    if (raw.length === 0) {
      this.#parts.ledger.db.transaction(also).immediate();
      return { kind: "changed", version: this.#parts.ledger.directoryVersion };
    }
    const { parseChanges } = await import("./change-shape.ts");
    const parsed = parseChanges(raw);
    if (!parsed.ok) return { kind: "refused", problems: parsed.problems };
    return new Promise((done) => this.#parts.changes.take(by, parsed.changes, done, { origin: "cloud", also }));
  }

  #remember(part: readonly PlannedDocument[], next: CloudStanding | null): void {
    for (const { what, id, version, gone, marks } of part) {
      this.#tables.remember(what, id, { version, gone });
      for (const one of marks) this.#tables.mark(one.id, one.mark);
    }
    if (next === null) return;
    this.#tables.move(next);
    if (next.snapshot === null) this.#tables.tidy();
  }

  #moveOnly(next: CloudStanding): void {
    this.#parts.ledger.db.transaction(() => this.#remember([], next)).immediate();
  }

  #refuse({ what, id }: PlannedDocument, problems: readonly ChangeProblem[]): void {
    const event: JournalEvent = { type: "directory.refused", what, id, why: problems[0]?.problem ?? "malformed" };
    this.#parts.desk.note(event);
  }
}

/** Where the directory stands after it; null when it is not the next step. */
function nextStanding({ version, snapshot }: CloudStanding, step: CloudStep): CloudStanding | null {
  if (step.kind === "delta") {
    const isNext = snapshot === null && step.from === version && step.version > step.from;
    return isNext ? { version: step.version, snapshot: null } : null;
  }
  const begins = step.after === null && step.snapshot >= version && step.snapshot > (snapshot?.snapshot ?? -1);
  const goesOn = snapshot !== null && step.snapshot === snapshot.snapshot && step.after === snapshot.upTo;
  if (!begins && !goesOn) return null;
  if (step.upTo === null) return { version: step.snapshot, snapshot: null };
  return { version, snapshot: { snapshot: step.snapshot, upTo: step.upTo } };
}

/** In order, each as large as one transaction may be. */
function partsOf(documents: readonly PlannedDocument[]): PlannedDocument[][] {
  const parts: PlannedDocument[][] = [];
  let steps = 0;
  for (const document of documents) {
    const last = parts.at(-1);
    if (last === undefined || steps + document.steps.length > stepsAtOnce) {
      parts.push([document]);
      steps = document.steps.length;
    } else {
      last.push(document);
      steps += document.steps.length;
    }
  }
  return parts;
}

/** Whose steps the problems are about. */
function documentsOf(part: readonly PlannedDocument[], problems: readonly ChangeProblem[]): Set<PlannedDocument> {
  const owners = part.flatMap((document) => document.steps.map(() => document));
  return new Set(problems.flatMap(({ step }) => owners[step] ?? []));
}
