// Judges a batch of events by the chain: worked out anew, does it follow what the issuer holds, and what is wrong if not? Pure.
import { canonicalJson } from "../domain/canonical-json.ts";
import type { Up } from "../link/up-messages.ts";

/** How the record is hashed is the ledger's affair; whoever puts the issuer together hands it in. */
export interface ChainPort {
  readonly hashEvent: (prev: Buffer, event: HashedEvent) => Buffer;
  /** What stands in the chain for personal fields. */
  readonly commitTo: (salt: Buffer, personal: string) => Buffer;
}

export interface HashedEvent {
  readonly seq: number;
  readonly epoch: number;
  readonly wall: number;
  readonly mono: number;
  readonly trusted: boolean;
  readonly boot: string;
  readonly body: string;
  readonly commitment: Buffer | null;
}

/** The last event that the issuer holds of a controller. */
export interface ChainHead {
  readonly epoch: number;
  readonly seq: number;
  readonly hash: string;
}

export interface TakenEvent {
  readonly epoch: number;
  readonly seq: number;
  readonly wall: number;
  readonly mono: number;
  readonly trusted: boolean;
  readonly boot: string;
  readonly type: string;
  readonly body: string;
  readonly commitment: string | null;
  readonly hash: string;
}

export const noteKinds = ["forked", "broken", "gap", "restarted", "names", "doorClaimed"] as const;
export type NoteKind = (typeof noteKinds)[number];

/** Something about a controller's record that somebody should know. */
export interface ChainNote {
  readonly kind: NoteKind;
  readonly epoch: number;
  readonly seq: number;
  readonly toSeq: number | null;
  readonly hash: string | null;
  readonly what: string;
}

export type Verdict =
  | {
      readonly kind: "take";
      readonly events: readonly TakenEvent[];
      readonly head: ChainHead;
      readonly notes: readonly ChainNote[];
    }
  /** The issuer has them; their last one is to be compared with the one it holds. */
  | { readonly kind: "known"; readonly last: ChainHead }
  /** Something between is not there yet, or it is of an older record. */
  | { readonly kind: "elsewhere" }
  | { readonly kind: "refuse"; readonly note: ChainNote };

type Batch = Up<"events">;
type Raw = Batch["events"][number];

export function judgeBatch(batch: Batch, head: ChainHead | null, port: ChainPort): Verdict {
  const first = batch.events[0];
  const events = hashedAll(batch, port);
  const last = events?.at(-1);
  if (first === undefined || events === null || last === undefined || last.hash !== batch.hash) {
    return { kind: "refuse", note: brokenNote(batch) };
  }
  if (head === null) return begins(batch, first.seq) ? begun(batch, events, [], port) : { kind: "elsewhere" };
  if (batch.epoch > head.epoch) return afterEpoch(batch, events, head, port);
  if (batch.epoch < head.epoch) return { kind: "elsewhere" };
  if (first.seq <= head.seq) return overlapping(events, head, batch);
  if (first.seq === head.seq + 1) {
    return batch.prev === head.hash ? take(events, []) : { kind: "refuse", note: forkedNote(head) };
  }
  return afterGap(batch, events, head, port);
}

const take = (events: readonly TakenEvent[], notes: readonly ChainNote[]): Verdict => {
  const { epoch, seq, hash } = events.at(-1) ?? { epoch: 0, seq: 0, hash: "" };
  return { kind: "take", events, head: { epoch, seq, hash }, notes };
};

/** Null where numbers do not follow one another. */
function hashedAll({ epoch, prev, events }: Batch, port: ChainPort): readonly TakenEvent[] | null {
  let before = Buffer.from(prev, "hex");
  const start = events[0]?.seq ?? 0;
  const taken: TakenEvent[] = [];
  for (const [n, raw] of events.entries()) {
    if (raw.seq !== start + n) return null;
    const one = hashed(raw, epoch, before, port);
    taken.push(one);
    before = Buffer.from(one.hash, "hex");
  }
  return taken;
}

function hashed(raw: Raw, epoch: number, prev: Buffer, port: ChainPort): TakenEvent {
  const { seq, wall, mono, trusted, boot, event, commitment } = raw;
  const body = canonicalJson(event);
  const bytes = commitment === null ? null : Buffer.from(commitment, "hex");
  const hash = port.hashEvent(prev, { seq, epoch, wall, mono, trusted, boot, body, commitment: bytes }).toString("hex");
  return { epoch, seq, wall, mono, trusted, boot, type: event.type, body, commitment, hash };
}

function overlapping(events: readonly TakenEvent[], head: ChainHead, batch: Batch): Verdict {
  const fresh = events.filter(({ seq }) => seq > head.seq);
  if (fresh.length === 0) return { kind: "known", last: { epoch: batch.epoch, seq: lastSeq(batch), hash: batch.hash } };
  const at = events.find(({ seq }) => seq === head.seq);
  return at?.hash === head.hash ? take(fresh, []) : { kind: "refuse", note: forkedNote(head) };
}

/** Only where the controller says that it keeps them no more; otherwise they are on their way. */
function afterGap(batch: Batch, events: readonly TakenEvent[], head: ChainHead, port: ChainPort): Verdict {
  const { gap, epoch } = batch;
  const start = events[0]?.seq ?? 0;
  const covers = gap !== undefined && gap.fromSeq <= head.seq + 1 && gap.toSeq === start - 1;
  if (!covers) return { kind: "elsewhere" };
  const missing = keptIn(batch, { afterSeq: head.seq, start }, port);
  if (missing === null) return { kind: "refuse", note: brokenNote(batch) };
  return take([...missing, ...events], [gapNote(epoch, head.seq + 1, gap.toSeq, gap.lastHash)]);
}

/** Alarms of the gap that the controller kept beyond it; null where something is wrong with one. */
function keptIn(
  { gap, epoch, prev }: Batch,
  { afterSeq, start }: { readonly afterSeq: number; readonly start: number },
  port: ChainPort,
): readonly TakenEvent[] | null {
  if (gap === undefined) return [];
  const kept = gap.kept.map((one) => hashed(one, one.epoch, Buffer.from(one.prev, "hex"), port));
  const holds = gap.lastHash === prev && kept.every(({ hash }, n) => hash === gap.kept[n]?.hash);
  return holds ? kept.filter((one) => one.epoch === epoch && one.seq > afterSeq && one.seq < start) : null;
}

/** The first that is taken of a record, with what was kept of the gap before it. */
function begun(batch: Batch, events: readonly TakenEvent[], notes: readonly ChainNote[], port: ChainPort): Verdict {
  const start = events[0]?.seq ?? 0;
  const missing = keptIn(batch, { afterSeq: 0, start }, port);
  if (missing === null) return { kind: "refuse", note: brokenNote(batch) };
  return take([...missing, ...events], [...notes, ...beginsAt(batch, start)]);
}

/** A controller that had a life of its own before it met this issuer. */
const beginsAt = ({ epoch, prev }: Batch, seq: number): readonly ChainNote[] =>
  seq === 1 ? [] : [gapNote(epoch, 1, seq - 1, prev)];

/** Nothing of its epoch is before it, or nothing any more. */
const begins = ({ gap, prev }: Batch, seq: number): boolean =>
  seq === 1 || (gap?.fromSeq === 1 && gap.toSeq === seq - 1 && gap.lastHash === prev);

function afterEpoch(batch: Batch, events: readonly TakenEvent[], head: ChainHead, port: ChainPort): Verdict {
  const { epoch, prev } = batch;
  const seq = events[0]?.seq ?? 0;
  const goesOn = seq === head.seq + 1 && prev === head.hash;
  if (!goesOn && !begins(batch, seq)) return { kind: "elsewhere" };
  const how = goesOn ? "follows the one before" : `does not follow the last one, ${head.seq}`;
  const what = `The record began anew with event ${seq}, which ${how}: the controller's database or anchor was lost.`;
  const note: ChainNote = { kind: "restarted", epoch, seq, toSeq: null, hash: null, what };
  return goesOn ? take(events, [note]) : begun(batch, events, [note], port);
}

const gapNote = (epoch: number, seq: number, toSeq: number, hash: string): ChainNote => ({
  kind: "gap",
  epoch,
  seq,
  toSeq,
  hash,
  what: `${range(seq, toSeq)} missing: the controller no longer had them when it could send them.`,
});

export const forkedNote = ({ epoch, seq }: Pick<ChainHead, "epoch" | "seq">): ChainNote => ({
  kind: "forked",
  epoch,
  seq,
  toSeq: null,
  hash: null,
  what: `Event ${seq} is another one at the controller than here: its record was written anew, or another board has its keys. Pair it anew once you know which.`,
});

export const doubledNote = ({ epoch, seq }: Pick<ChainHead, "epoch" | "seq">): ChainNote => ({
  kind: "forked",
  epoch,
  seq,
  toSeq: null,
  hash: null,
  what: "Two boards take turns under this name: one has the other's keys. Find the second one, and pair the right one anew.",
});

/** Once for each controller: whoever claims ever more doors must not fill the store. */
export const claimedNote = (doors: readonly string[]): ChainNote => ({
  ...{ kind: "doorClaimed", epoch: 0, seq: 0, toSeq: null, hash: null },
  what: `It named the door ${doors.join(", ")}, which another controller had named before, and gets nothing of it. Give one of both another id, or hand the door over with "postern issuer controllers give".`,
});

const brokenNote = (batch: Batch): ChainNote => ({
  kind: "broken",
  epoch: batch.epoch,
  seq: batch.events[0]?.seq ?? 0,
  toSeq: lastSeq(batch),
  hash: batch.hash,
  what: `${range(batch.events[0]?.seq ?? 0, lastSeq(batch))} not taken: they do not add up to their hash. Run "postern log verify" on the controller.`,
});

/** What the record says of its own pruning must be what it said when it told of the gap. */
export function contradictions(events: readonly TakenEvent[], gaps: readonly ChainNote[]): readonly ChainNote[] {
  return events.flatMap(({ type, body, epoch, seq }): ChainNote[] => {
    if (type !== "log.pruned") return [];
    const { toSeq, lastHash } = JSON.parse(body) as { readonly toSeq?: unknown; readonly lastHash?: unknown };
    const gap = gaps.find((one) => one.epoch === epoch && one.toSeq === toSeq);
    if (gap === undefined || gap.hash === lastHash) return [];
    const what = `Event ${seq} says of what was dropped up to ${gap.toSeq} something else than the gap before: one of both was made up. Run "postern log verify" on the controller.`;
    return [{ kind: "broken", epoch, seq, toSeq: null, hash: null, what }];
  });
}

const lastSeq = ({ events }: Batch): number => events.at(-1)?.seq ?? 0;

const range = (fromSeq: number, toSeq: number): string =>
  fromSeq === toSeq ? `Event ${fromSeq} is` : `Events ${fromSeq} to ${toSeq} are`;
