// Applies a step of the cloud's directory: a few documents in each transaction, so that people at the doors wait for none; what
// cannot be taken is left out alone. The directory's version moves with the last of them.
import type { LedgerReply } from "../domain/ask.ts";
import type { CloudStanding, CloudStep } from "../domain/cloud-directory.ts";
import type { JournalEvent } from "../domain/events.ts";
import type { ChangeDesk } from "./change-desk.ts";
import type { PlannedDocument, Wanted } from "./cloud-plan.ts";
import { CloudPlan, rankOf, subjectOf } from "./cloud-plan.ts";
import type { AwaitedGrant, CloudTables } from "./cloud-standing.ts";
import type { Desk } from "./desk.ts";
import type { Ledger } from "./ledger.ts";
import type { RefusedDocuments } from "./refused-documents.ts";

export interface CloudApplierParts {
  readonly ledger: Ledger;
  readonly changes: Pick<ChangeDesk, "take">;
  readonly desk: Pick<Desk, "note">;
  readonly refused: RefusedDocuments;
  /** The directory stands there now. */
  readonly moved: (standing: CloudStanding) => void;
}

type Done = (reply: LedgerReply) => void;

/** Steps in one transaction, which asks wait for. */
const stepsAtOnce = 50;
/** Of one step of the directory; the others are named in the answer. */
const maxRefusedEvents = 20;
const maxReasonLength = 200;
const by = "cloud";

export class CloudApplier {
  readonly #parts: CloudApplierParts;
  readonly #tables: CloudTables;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: CloudApplierParts, tables: CloudTables) {
    this.#parts = parts;
    this.#tables = tables;
  }

  async apply(step: CloudStep, done: Done): Promise<void> {
    done((await this.#inTurn(() => this.#applyNext(step))) ?? notTaken);
  }

  /** Grants that waited for a door of this site. */
  async settleAwaited(): Promise<void> {
    await this.#inTurn(() => this.#settle());
  }

  /** Null when the database took nothing: the ledger's health says why. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result | null> {
    const turn = this.#last.then(work).catch(() => null);
    this.#last = turn;
    return turn;
  }

  async #applyNext(step: CloudStep): Promise<LedgerReply | null> {
    const standing = this.#tables.directory;
    const next = nextStanding(standing, step);
    return next === null ? { kind: "cloudStale", directory: standing } : this.#applyAll(step, next);
  }

  async #applyAll(step: CloudStep, next: CloudStanding): Promise<LedgerReply | null> {
    const { ledger } = this.#parts;
    const plan = new CloudPlan(ledger.db, this.#tables, this.#doors());
    const queue = [...plan.wantedBy(step)];
    const isSettling = queue.some(({ what }) => what === "schedule");
    const refused: PlannedDocument[] = [];
    const finish = (): void => this.#finish(step, refused, next);
    while (queue.length > 0) {
      await yielded();
      const part = nextPart(queue, plan);
      const isLast = queue.length === 0 && !isSettling;
      if (!(await this.#applyPart(part, isLast ? finish : null, refused))) return null;
      if (isLast) return this.#applied(refused, next);
    }
    if (isSettling && !(await this.#settle())) return null;
    ledger.quietly(finish);
    return this.#applied(refused, next);
  }

  #finish(step: CloudStep, refused: readonly PlannedDocument[], next: CloudStanding): void {
    if (step.kind === "chunk" && step.after === null) this.#parts.refused.clear();
    const came = step.documents.map((document) => ({ what: subjectOf(document), id: document.id }));
    this.#parts.refused.settle(came, refused);
    this.#tables.move(next);
  }

  #applied(refused: readonly PlannedDocument[], next: CloudStanding): LedgerReply {
    this.#parts.moved(next);
    const waiting = this.#parts.refused.next;
    return { kind: "cloudApplied", directory: next, refused: refused.map(({ id }) => id), waiting };
  }

  #doors(): ReadonlySet<string> {
    return new Set(this.#parts.ledger.site.doors.map(({ id }) => id));
  }

  /** False when the database took nothing. What is left out goes to `refused`. */
  async #applyPart(
    part: readonly PlannedDocument[],
    finish: (() => void) | null,
    refused: PlannedDocument[],
  ): Promise<boolean> {
    let left = part;
    for (;;) {
      const now = left;
      const raw = rawOf(now).map(({ step }) => step);
      const reply = await this.#change(raw, () => this.#remember(now, finish));
      if (reply.kind === "changed") return true;
      if (reply.kind !== "refused") return false;
      const reasons = reasonsOf(left, reply.problems);
      if (reasons.size === 0) return false;
      for (const [document, why] of reasons) {
        if (document.isRest) continue;
        refused.push(document);
        // Tried again it is no news.
        if (refused.length <= maxRefusedEvents && !this.#parts.refused.isKnown(document)) this.#refuse(document, why);
      }
      left = left.flatMap((document) => (reasons.has(document) ? restOf(document) : [document]));
    }
  }

  async #change(raw: readonly unknown[], also: () => void): Promise<LedgerReply> {
    if (raw.length === 0) {
      this.#parts.ledger.quietly(also);
      return { kind: "changed", version: this.#parts.ledger.directoryVersion };
    }
    const { parseChanges } = await import("./change-shape.ts");
    const parsed = parseChanges(raw);
    if (!parsed.ok) return { kind: "refused", problems: parsed.problems };
    return new Promise((done) => this.#parts.changes.take(by, parsed.changes, done, { origin: "cloud", also }));
  }

  #remember(part: readonly PlannedDocument[], finish: (() => void) | null): void {
    for (const { what, id, version, gone, marks, awaited, isRest } of part) {
      if (isRest) continue;
      this.#tables.remember(what, id, { version, gone });
      for (const one of marks) this.#tables.mark(one.id, one.mark);
      if (what === "person" || what === "pass") this.#tables.await(what, id, awaited);
    }
    if (part.some(({ gone }) => gone)) this.#tables.trimGone();
    finish?.();
  }

  /** Grants whose schedule or door has come. False when the database took nothing. */
  async #settle(): Promise<boolean> {
    for (;;) {
      const ready = this.#tables.ready([...this.#doors()], stepsAtOnce);
      if (ready.length === 0) return true;
      const raw = ready.map(({ kind, id, door, schedule }) => ({
        op: "putGrant",
        holder: { kind, id },
        door,
        schedule,
      }));
      const reply = await this.#change(raw, () => this.#arrived(ready));
      if (reply.kind === "changed") continue;
      // One that has no room here waits for nothing any more.
      const barred = reply.kind === "refused" ? reply.problems.flatMap(({ step }) => ready[step] ?? []) : [];
      if (barred.length === 0) return false;
      this.#parts.ledger.quietly(() => this.#arrived(barred));
    }
  }

  #arrived(grants: readonly AwaitedGrant[]): void {
    for (const grant of grants) this.#tables.arrived(grant);
  }

  #refuse({ what, id }: PlannedDocument, why: string): void {
    const event: JournalEvent = { type: "directory.refused", what, id, why: why.slice(0, maxReasonLength) };
    this.#parts.desk.note(event);
  }
}

/** Once for those who ask to be heard, and once for them to be decided about. */
async function yielded(): Promise<void> {
  for (let turns = 0; turns < 2; turns += 1) await new Promise<void>((go) => setImmediate(go));
}

const notTaken: LedgerReply = { kind: "error", problem: "The database did not take it; see the health of the ledger." };

/** Where the directory stands after it; null when it is not the next step. */
function nextStanding({ version, snapshot }: CloudStanding, step: CloudStep): CloudStanding | null {
  if (step.kind === "delta") {
    // One that leads nowhere brings again what was refused.
    const isNext = snapshot === null && step.from === version && step.version >= step.from;
    return isNext ? { version: step.version, snapshot: null } : null;
  }
  const begins = step.after === null && step.snapshot >= version && step.snapshot > (snapshot?.snapshot ?? -1);
  const goesOn = snapshot !== null && step.snapshot === snapshot.snapshot && step.after === snapshot.upTo;
  if (!begins && !goesOn) return null;
  if (step.upTo === null) return { version: step.snapshot, snapshot: null };
  return { version, snapshot: { snapshot: step.snapshot, upTo: step.upTo } };
}

/**
 * Takes from the queue what one transaction may hold. Each is planned by what is there when its turn comes; documents that others name
 * are in before those are planned.
 */
function nextPart(queue: Wanted[], plan: CloudPlan): readonly PlannedDocument[] {
  const part: PlannedDocument[] = [];
  let steps = 0;
  const rank = queue[0] === undefined ? 0 : rankOf(queue[0]);
  for (;;) {
    const [next] = queue;
    if (next === undefined || rankOf(next) !== rank || part.length >= stepsAtOnce) return part;
    const planned = plan.planOf(next);
    const size = planned === null ? 0 : planned.away.length + planned.steps.length;
    if (part.length > 0 && steps + size > stepsAtOnce) return part;
    queue.shift();
    steps += size;
    if (planned !== null) part.push(planned);
  }
}

/** What is taken away first: a card may be another one's by now. */
function rawOf(part: readonly PlannedDocument[]) {
  return [
    ...part.flatMap((document) => document.away.map((step) => ({ document, step }))),
    ...part.flatMap((document) => document.steps.map((step) => ({ document, step }))),
  ];
}

/** Whose steps the problems are about, and the first of each one's. */
function reasonsOf(part: readonly PlannedDocument[], problems: readonly { step: number; problem: string }[]) {
  const owners = rawOf(part);
  const reasons = new Map<PlannedDocument, string>();
  for (const { step, problem } of problems) {
    const document = owners[step]?.document;
    if (document !== undefined && !reasons.has(document)) reasons.set(document, problem);
  }
  return reasons;
}

/** A document that cannot be taken gives nobody anything; what it takes away, it takes away. */
function restOf(document: PlannedDocument): readonly PlannedDocument[] {
  const steps = [...document.away, ...document.restraint];
  if (document.isRest || steps.length === 0) return [];
  return [{ ...document, away: [], steps, marks: [], awaited: [], isRest: true }];
}
