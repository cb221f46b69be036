// Brings a directory to what a file wants, through a port to the ledger: compares, plans, stages and applies, whole or not at
// all; knows no socket and no file.
import type { LedgerReply, LedgerRequest } from "../domain/ask.ts";
import type { ExportedHolder, HolderKey, SecretToCompare } from "../domain/directory-export.ts";
import { planChanges } from "./plan.ts";
import { secretsToCompare } from "./plan-credentials.ts";
import type { Compared, KnownDirectory, Plan, PlannedStep } from "./planned.ts";
import type { LineProblem, Wanted } from "./wanted.ts";

/** One conversation: what is staged belongs to it. */
export interface LedgerPort {
  ask(request: LedgerRequest): Promise<LedgerReply>;
}

export type ApplyOutcome =
  | { readonly ok: true; readonly warnings: readonly LineProblem[] }
  | { readonly ok: false; readonly problems: readonly LineProblem[] };

export interface Progress {
  staged(steps: number, of: number): void;
}

const maxReadings = 5;
const comparedAtOnce = 100;
const stagedAtOnce = 1_000;
/** Each is hashed for a good while, and somebody may look at the progress. */
const codesAtOnce = 100;
const stagedBytes = 1_000_000;

/** All pages of one version. */
export async function fetchDirectory(port: LedgerPort): Promise<KnownDirectory> {
  for (let reading = 0; reading < maxReadings; reading += 1) {
    const known = await fetchOnce(port);
    if (known !== null) return known;
  }
  throw new Error("The directory keeps changing; try again later.");
}

async function fetchOnce(port: LedgerPort): Promise<KnownDirectory | null> {
  const holders: ExportedHolder[] = [];
  let first: Extract<LedgerReply, { kind: "exported" }> | null = null;
  for (let after: HolderKey | null = null; ; ) {
    const reply: LedgerReply = await port.ask({ kind: "export", after });
    if (reply.kind !== "exported") throw new Error(problemOf(reply));
    first ??= reply;
    if (reply.version !== first.version) return null;
    for (const holder of reply.page.holders) holders.push(holder);
    after = reply.page.next;
    if (after === null) return { holders, schedules: first.page.schedules, holidays: first.page.holidays };
  }
}

export async function planWanted(wanted: Wanted, port: LedgerPort, namedSchedules: ReadonlySet<string>): Promise<Plan> {
  const known = await fetchDirectory(port);
  const compared = await compare(secretsToCompare(wanted, known), port);
  return planChanges(wanted, known, { compared, namedSchedules });
}

export async function compare(secrets: readonly SecretToCompare[], port: LedgerPort): Promise<Compared> {
  const same = new Set<string>();
  const keyOf = (credential: string, secret: string) => `${credential} ${secret}`;
  for (let first = 0; first < secrets.length; first += comparedAtOnce) {
    const asked = secrets.slice(first, first + comparedAtOnce);
    const reply = await port.ask({ kind: "compare", secrets: asked });
    if (reply.kind !== "compared") throw new Error(problemOf(reply));
    for (const [n, { credential, secret }] of asked.entries()) {
      if (reply.same[n] === true) same.add(keyOf(credential, secret));
    }
  }
  return { isSame: (credential, secret) => same.has(keyOf(credential, secret)) };
}

/** By nobody it is only tried. */
export async function applySteps(
  steps: readonly PlannedStep[],
  by: string | null,
  port: LedgerPort,
  progress: Progress,
): Promise<ApplyOutcome> {
  if (steps.length === 0) return { ok: true, warnings: [] };
  const lineOf = (step: number) => steps[step]?.line ?? 0;
  for (const part of partsOf(steps)) {
    const reply = await port.ask({ kind: "stage", changes: part.map(({ change }) => change) });
    if (reply.kind !== "staged") return refusalOf(reply, lineOf);
    progress.staged(reply.steps, steps.length);
  }
  const reply = await port.ask({ kind: "applyStaged", by });
  if (reply.kind !== "changed") return refusalOf(reply, lineOf);
  const warnings = (reply.warnings ?? []).map(({ step, warning }) => ({
    line: lineOf(step),
    problem: warning,
    remedy: "",
  }));
  return { ok: true, warnings };
}

function* partsOf(steps: readonly PlannedStep[]): Generator<readonly PlannedStep[]> {
  let part: PlannedStep[] = [];
  let bytes = 0;
  let codes = 0;
  for (const step of steps) {
    const size = JSON.stringify(step.change).length * 2;
    const isFull = part.length >= stagedAtOnce || codes >= codesAtOnce || bytes + size > stagedBytes;
    if (isFull && part.length > 0) {
      yield part;
      [part, bytes, codes] = [[], 0, 0];
    }
    part.push(step);
    bytes += size;
    if (step.change.op === "putCredential" && /^[0-9]{2,16}$/.test(step.change.secret)) codes += 1;
  }
  if (part.length > 0) yield part;
}

function refusalOf(reply: LedgerReply, lineOf: (step: number) => number): ApplyOutcome {
  if (reply.kind !== "refused") {
    return { ok: false, problems: [{ line: 0, problem: problemOf(reply), remedy: "Nothing was changed." }] };
  }
  const problems = reply.problems.map(({ step, problem, remedy }) => ({ line: lineOf(step), problem, remedy }));
  return { ok: false, problems };
}

const problemOf = (reply: LedgerReply): string =>
  reply.kind === "error" ? reply.problem : "The ledger gave an answer that does not belong to the question.";
