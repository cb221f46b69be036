// Cuts the record into batches for the issuer: in order, within one epoch, no larger than a message may be. Pure.
import type { LinkedEvent } from "../../domain/events.ts";

/** One epoch and a number in it. */
export interface Place {
  readonly epoch: number;
  readonly seq: number;
}

const maxEvents = 200;
/** Alarms of a gap that go with one batch. */
export const maxKept = 200;
const hashLength = 64;
/** Well below what a message may have, as base64 and JSON take their share. */
const maxBatchBytes = 120_000;
const maxKeptBytes = 80_000;
/** Older ones are for the record alone, and must set nothing off. */
const freshMs = 60_000;

export interface EventBatch {
  readonly message: Readonly<Record<string, unknown>>;
  /** What goes sealed with it; empty where no event names anybody. */
  readonly sealed: readonly unknown[];
  readonly last: LinkedEvent;
}

/**
 * What follows `after` of these events, which follow one another; null when there is none. `kept` are alarms of the gap between: where
 * not all of them find room, the first that does not is what the batch goes up to.
 */
export function planBatch(
  following: readonly LinkedEvent[],
  after: Place,
  nowWall: number,
  kept: readonly LinkedEvent[] = [],
): EventBatch | null {
  const shown = fitting(kept);
  const next = kept[shown.length];
  const rows = next === undefined ? following : [next];
  const [first] = rows;
  if (first === undefined) return null;
  const taken: LinkedEvent[] = [];
  let bytes = 0;
  for (const row of rows) {
    bytes += sizeOf(row);
    const follows = row.epoch === first.epoch && row.seq === first.seq + taken.length;
    if (!follows || (taken.length > 0 && bytes > maxBatchBytes) || taken.length === maxEvents) break;
    taken.push(row);
  }
  const last = taken.at(-1) ?? first;
  // Of a record that is new to the issuer, it must tell that the beginning is gone: it could be on its way.
  const fromSeq = first.epoch === after.epoch ? after.seq + 1 : 1;
  const isGap = first.seq > fromSeq;
  const gap = { fromSeq, toSeq: first.seq - 1, lastHash: first.prev, kept: shown.map(keptPart) };
  return {
    message: {
      epoch: first.epoch,
      prev: first.prev,
      events: taken.map(openPart),
      hash: last.hash,
      historical: nowWall - last.at.wall > freshMs,
      ...(isGap ? { gap } : {}),
    },
    sealed: taken.flatMap(({ seq, salt, personal }) => (personal === null ? [] : [{ seq, salt, personal }])),
    last,
  };
}

/** Events between the two are no longer in the record. */
export const leavesGap = (after: Place, first: Place): boolean =>
  first.epoch === after.epoch && first.seq > after.seq + 1;

/** As many as go into one message beside a batch. */
function fitting(kept: readonly LinkedEvent[]): readonly LinkedEvent[] {
  let bytes = 0;
  const most = kept.findIndex((row, n) => {
    bytes += 2 * hashLength + sizeOf(row);
    return n === maxKept || bytes > maxKeptBytes;
  });
  return most < 0 ? kept : kept.slice(0, most);
}

const keptPart = (row: LinkedEvent) => ({ ...openPart(row), epoch: row.epoch, prev: row.prev, hash: row.hash });

const openPart = ({ seq, at, boot, event, commitment }: LinkedEvent) => ({
  seq,
  wall: at.wall,
  mono: at.mono,
  trusted: at.trusted,
  boot,
  event,
  commitment,
});

const sizeOf = ({ event, personal }: LinkedEvent): number =>
  300 + JSON.stringify(event).length + (personal === null ? 0 : 2 * JSON.stringify(personal).length);

export const isBefore = (a: Place, b: Place): boolean => a.epoch < b.epoch || (a.epoch === b.epoch && a.seq < b.seq);

export const isSame = (a: Place, b: Place): boolean => a.epoch === b.epoch && a.seq === b.seq;
