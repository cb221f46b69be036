// Finds what was done to a record behind its back: edited, removed, reordered, truncated, rewritten; and says to which event.
import type { Anchor, AuditSeed } from "./anchor.ts";
import type { ChainedEvent, JournalRow } from "./chain.ts";
import { chainStart, commitTo, hashEvent, keyAfter, macOf, nextKey } from "./chain.ts";

export type JournalProblem =
  | { readonly kind: "edited"; readonly seq: number; readonly what: string }
  | { readonly kind: "reordered"; readonly seq: number; readonly withSeq: number; readonly what: string }
  | { readonly kind: "removed"; readonly fromSeq: number; readonly toSeq: number; readonly what: string }
  | { readonly kind: "truncated"; readonly fromSeq: number; readonly toSeq: number; readonly what: string }
  | { readonly kind: "rewritten"; readonly seq: number; readonly what: string }
  | { readonly kind: "macWrong"; readonly fromSeq: number; readonly toSeq: number; readonly what: string }
  | { readonly kind: "restarted"; readonly seq: number; readonly what: string }
  | { readonly kind: "anchorMissing"; readonly what: string };

export type Verification =
  | {
      readonly ok: true;
      readonly events: number;
      /** How many of them were checked with an audit key as well. */
      readonly authenticated: number;
      /** How many of them once held a name that is forgotten. */
      readonly forgotten: number;
      readonly head: { readonly seq: number; readonly hash: string } | null;
    }
  | { readonly ok: false; readonly problems: readonly JournalProblem[]; readonly more: number };

export interface VerifyInput {
  /** Oldest first. Read the anchor before them: it may lag behind the record, never be ahead of it. */
  readonly rows: Iterable<JournalRow>;
  readonly anchor: Anchor | null;
  readonly seeds: readonly AuditSeed[];
}

/** More problems than this are counted, not described. */
const maxProblems = 100;
/** Events that do not hold together are compared with one another, up to so many. */
const maxCompared = 200;
/** A sequence number that jumps further was planted. */
const maxKeySteps = 50_000_000;

export function verifyJournal({ rows, anchor, seeds }: VerifyInput): Verification {
  const walk = new Walk(anchor, seeds);
  for (const row of rows) walk.take(row);
  const problems = walk.finish();
  if (problems.length > 0) {
    return { ok: false, problems: problems.slice(0, maxProblems), more: Math.max(0, problems.length - maxProblems) };
  }
  const { last, events, authenticated, forgotten } = walk;
  const head = last === null ? null : { seq: last.seq, hash: last.hash.toString("hex") };
  return { ok: true, events, authenticated, forgotten, head };
}

interface Gap {
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly prev: string;
}

class Walk {
  last: JournalRow | null = null;
  events = 0;
  forgotten = 0;
  readonly #anchor: Anchor | null;
  readonly #keys: AuditKeys;
  readonly #problems: JournalProblem[] = [];
  /** Their stored hash is not theirs: edited, or another event's. */
  readonly #broken: JournalRow[] = [];
  readonly #gaps: Gap[] = [];
  /** `<last dropped event> <its hash>` of each pruning that the record tells of. */
  readonly #pruned = new Set<string>();
  #lastHolds = true;

  constructor(anchor: Anchor | null, seeds: readonly AuditSeed[]) {
    this.#anchor = anchor;
    this.#keys = new AuditKeys(anchor, seeds);
  }

  get authenticated(): number {
    return this.#keys.checked;
  }

  take(row: JournalRow): void {
    this.events += 1;
    if (row.commitment !== null && row.personal === null) this.forgotten += 1;
    const holds = hashEvent(row.prev, row).equals(row.hash);
    if (!holds) this.#broken.push(row);
    else if (!personalHolds(row)) this.#edited(row.seq, "its personal fields are not those that it was recorded with");
    this.#checkLink(row, holds);
    this.#checkAnchor(row);
    this.#keys.check(row);
    if (row.body.includes('"log.pruned"')) this.#notePruned(row.body);
    if (row.body.includes('"log.restarted"')) this.#noteRestarted(row);
    this.last = row;
    this.#lastHolds = holds;
  }

  finish(): JournalProblem[] {
    for (const gap of this.#gaps) {
      if (this.#pruned.has(`${gap.toSeq} ${gap.prev}`)) continue;
      const what = `${range(gap.fromSeq, gap.toSeq)} removed from the record.`;
      this.#problems.push({ kind: "removed", fromSeq: gap.fromSeq, toSeq: gap.toSeq, what });
    }
    this.#problems.push(...explainBroken(this.#broken));
    this.#problems.push(...this.#keys.problems());
    this.#checkTail();
    return this.#problems.sort((a, b) => orderOf(a) - orderOf(b));
  }

  #checkLink(row: JournalRow, holds: boolean): void {
    const { last } = this;
    const expected = (last?.seq ?? 0) + 1;
    if (row.seq !== expected) {
      this.#gaps.push({ fromSeq: expected, toSeq: row.seq - 1, prev: row.prev.toString("hex") });
    } else if (holds && this.#lastHolds && !row.prev.equals(last?.hash ?? chainStart)) {
      if (last === null) this.#edited(row.seq, "it does not begin the record");
      else this.#edited(last.seq, "the event after it follows another one");
    }
    if (last !== null && row.epoch !== last.epoch) {
      const what = `Event ${row.seq} began a new epoch, because the anchor was gone: what came before it rests on the chain alone.`;
      this.#problems.push({ kind: "restarted", seq: row.seq, what });
    }
  }

  #checkAnchor(row: JournalRow): void {
    if (this.#anchor === null || row.seq !== this.#anchor.seq || row.hash.equals(this.#anchor.hash)) return;
    const what = `Event ${row.seq} is not the one that the anchor knows: it, or some before it, were written anew.`;
    this.#problems.push({ kind: "rewritten", seq: row.seq, what });
  }

  #checkTail(): void {
    const lastSeq = this.last?.seq ?? 0;
    if (this.#anchor === null) {
      if (this.last === null) return;
      const what = "The anchor is missing: whether events were cut from the end cannot be told.";
      this.#problems.push({ kind: "anchorMissing", what });
    } else if (this.#anchor.seq > lastSeq) {
      const [fromSeq, toSeq] = [lastSeq + 1, this.#anchor.seq];
      const what = `${range(fromSeq, toSeq)} cut from the end of the record.`;
      this.#problems.push({ kind: "truncated", fromSeq, toSeq, what });
    }
  }

  #notePruned(body: string): void {
    const event = parseObject(body);
    if (event["type"] === "log.pruned") this.#pruned.add(`${event["toSeq"]} ${event["lastHash"]}`);
  }

  #noteRestarted({ seq, body }: JournalRow): void {
    const { type, lostSeq } = parseObject(body);
    if (type !== "log.restarted") return;
    // Forged ones may hold anything, and this is printed.
    const many = Number.isSafeInteger(lostSeq) ? `${lostSeq}` : "an unknown number of";
    const what = `The record before event ${seq} is gone: ${many} ${lostSeq === 1 ? "event" : "events"}; the database was lost or deleted.`;
    this.#problems.push({ kind: "restarted", seq, what });
  }

  #edited(seq: number, why: string): void {
    this.#problems.push({ kind: "edited", seq, what: `Event ${seq} was edited: ${why}.` });
  }
}

/** With the seed every event, without it those that came after the anchor was last written. */
class AuditKeys {
  checked = 0;
  /** The key of event `seq`, by epoch. */
  readonly #keys = new Map<number, { seq: number; key: Buffer }>();
  readonly #wrong: { fromSeq: number; toSeq: number }[] = [];

  constructor(anchor: Anchor | null, seeds: readonly AuditSeed[]) {
    if (anchor !== null) this.#keys.set(anchor.epoch, { seq: anchor.seq + 1, key: anchor.key });
    for (const seed of seeds) this.#keys.set(seed.epoch, { seq: seed.afterSeq + 1, key: seed.key });
  }

  check(row: JournalRow): void {
    const at = this.#keys.get(row.epoch);
    if (at === undefined || row.seq < at.seq) return;
    this.checked += 1;
    if (row.seq - at.seq > maxKeySteps) {
      this.#note(row.seq);
      return;
    }
    const key = keyAfter(at.key, row.seq - at.seq);
    if (!macOf(key, row.hash).equals(row.mac)) this.#note(row.seq);
    this.#keys.set(row.epoch, { seq: row.seq + 1, key: nextKey(key) });
  }

  problems(): JournalProblem[] {
    return this.#wrong.map(({ fromSeq, toSeq }) => {
      const what = `${range(fromSeq, toSeq)} not written by the ledger: the audit key does not fit.`;
      return { kind: "macWrong", fromSeq, toSeq, what };
    });
  }

  #note(seq: number): void {
    const last = this.#wrong.at(-1);
    if (last !== undefined && last.toSeq === seq - 1) last.toSeq = seq;
    else this.#wrong.push({ fromSeq: seq, toSeq: seq });
  }
}

/** An event that holds together with another one's place or content was moved; one that does with none was edited. */
function explainBroken(broken: readonly JournalRow[]): JournalProblem[] {
  const compared = broken.slice(0, maxCompared);
  const seen = new Set<string>();
  const problems: JournalProblem[] = [];
  for (const row of broken) {
    const partner = compared.find((other) => other !== row && belongTogether(row, other));
    if (partner === undefined || !compared.includes(row)) {
      problems.push({ kind: "edited", seq: row.seq, what: `Event ${row.seq} was edited: its hash does not fit it.` });
      continue;
    }
    const seq = Math.min(row.seq, partner.seq);
    const withSeq = Math.max(row.seq, partner.seq);
    if (seen.has(`${seq} ${withSeq}`)) continue;
    seen.add(`${seq} ${withSeq}`);
    problems.push({ kind: "reordered", seq, withSeq, what: `Events ${seq} and ${withSeq} changed places.` });
  }
  return problems;
}

function belongTogether(row: JournalRow, other: JournalRow): boolean {
  const { wall, mono, trusted, boot, body, commitment } = other;
  const candidates: ChainedEvent[] = [
    { ...row, seq: other.seq },
    { ...row, body },
    { ...row, body, commitment },
    { ...row, wall, mono, body, commitment },
    { ...row, wall, mono, trusted, boot, body, commitment },
  ];
  return candidates.some((candidate) => hashEvent(row.prev, candidate).equals(row.hash));
}

/** Forgotten personal fields leave their commitment, and nothing else, behind. */
function personalHolds({ salt, personal, commitment }: JournalRow): boolean {
  if (salt === null && personal === null) return true;
  if (salt === null || personal === null || commitment === null) return false;
  return commitTo(salt, personal).equals(commitment);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function orderOf(problem: JournalProblem): number {
  if ("seq" in problem) return problem.seq;
  return "fromSeq" in problem ? problem.fromSeq : Number.POSITIVE_INFINITY;
}

const range = (fromSeq: number, toSeq: number): string =>
  fromSeq === toSeq ? `Event ${fromSeq} was` : `Events ${fromSeq} to ${toSeq} were`;
