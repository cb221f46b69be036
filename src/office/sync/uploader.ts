// Sends the record on from what the issuer has acknowledged, in order, a few batches ahead; a broker's word counts for nothing.
import type { LinkedEvent } from "../../domain/events.ts";
import type { Down } from "../../link/down-messages.ts";
import type { EventBatch, Place } from "./event-batch.ts";
import { isBefore, isSame, leavesGap, maxKept, planBatch } from "./event-batch.ts";

export interface UploaderParts {
  /** Up to `limit` events that follow; null when the record cannot be read now. */
  readonly read: (after: number, limit: number) => readonly LinkedEvent[] | null;
  /** Up to `limit` alarms that were in the record between two of its events, and are kept for the issuer. */
  readonly kept: (after: Place, beforeSeq: number, limit: number) => readonly LinkedEvent[] | null;
  readonly send: (batch: EventBatch) => void;
  /** The issuer has everything up to there. */
  readonly acked: (place: Place) => void;
  /** The issuer holds another past than this controller. */
  readonly forked: (place: Place) => void;
  readonly wall: () => number;
  readonly mono: () => number;
  /** Has `grew` called again soon. */
  readonly later: () => void;
}

interface LinkedPlace extends Place {
  readonly hash: string;
}

const maxAhead = 4;
const pageSize = 200;
/** Without an acknowledgement it begins again from the last one. */
const patienceMs = 20_000;

/** A month's history takes no more of a small board than this: four thousand events a second. */
const historyEveryMs = 50;

export class Uploader {
  readonly #parts: UploaderParts;
  #acked: Place;
  #sent: Place;
  /** The last event of each batch that waits for its acknowledgement. */
  #ahead: LinkedPlace[] = [];
  #movedAt = 0;
  #isOpen = false;
  #isForked = false;
  #nonce: string | null = null;
  /** The last that was sent before the question: what its answer does not have of that is lost. */
  #sentBefore: Place | null = null;
  #historyAt: number | null = null;

  constructor(parts: UploaderParts, acked: Place | null) {
    this.#parts = parts;
    this.#acked = acked ?? { epoch: 0, seq: 0 };
    this.#sent = this.#acked;
  }

  get place(): Place {
    return this.#acked;
  }

  /** `nonce` is that of the newest question to the issuer: with it an acknowledgement may go back. */
  asked(nonce: string): void {
    this.#nonce = nonce;
    this.#sentBefore = this.#sent;
  }

  opened(): void {
    this.#isOpen = true;
    this.#beginAgain();
  }

  gone(): void {
    this.#isOpen = false;
  }

  grew(): void {
    this.#pump();
  }

  /** Now and then. */
  beat(): void {
    if (this.#ahead.length > 0 && this.#parts.mono() - this.#movedAt >= patienceMs) this.#beginAgain();
    else this.#pump();
  }

  /** False when it is an old one. */
  ack({ epoch, seq, hash, nonce }: Down<"ack">): boolean {
    const place = { epoch, seq };
    const isAnswer = nonce !== null && nonce === this.#nonce;
    const known = this.#find(place);
    const isKnown = known !== null;
    if (isKnown && known.hash !== hash) return this.#fork(place);
    if (!isKnown && isAnswer && this.#isToCome(place)) return this.#fork(place);
    const isAhead = isBefore(this.#acked, place);
    // What is no longer kept cannot be compared: only an answer tells that the issuer stands there.
    if (!isKnown && !isAnswer) return isSame(place, this.#acked);
    if (!isAhead && !isAnswer) return !isBefore(place, this.#acked);
    this.#settle(place, isAnswer);
    return true;
  }

  /** The issuer holds what this record has not got to yet. */
  #isToCome({ epoch, seq }: Place): boolean {
    const [first] = this.#parts.read(0, 1) ?? [];
    return first !== undefined && first.epoch === epoch && seq >= first.seq;
  }

  /** What was sent may have left the record since. */
  #find({ epoch, seq }: Place): Pick<LinkedPlace, "hash"> | null {
    const isIt = (one: Place) => one.epoch === epoch && one.seq === seq;
    const [row] = seq === 0 ? [] : (this.#parts.read(seq - 1, 1) ?? []);
    return row !== undefined && isIt(row) ? row : (this.#ahead.find(isIt) ?? null);
  }

  #fork(place: Place): true {
    if (!this.#isForked) this.#parts.forked(place);
    this.#isForked = true;
    return true;
  }

  #settle(place: Place, isAnswer: boolean): void {
    const wentBack = isBefore(place, this.#acked);
    const moved = wentBack || isBefore(this.#acked, place);
    this.#acked = place;
    this.#isForked = false;
    this.#ahead = this.#ahead.filter((one) => isBefore(place, one));
    if (moved) {
      this.#movedAt = this.#parts.mono();
      this.#parts.acked(place);
    }
    const isLost = isAnswer && this.#sentBefore !== null && isBefore(place, this.#sentBefore);
    if (isAnswer) this.#sentBefore = null;
    if (isBefore(this.#sent, place) || (wentBack && isAnswer) || isLost) {
      this.#sent = place;
      this.#ahead = [];
    }
    this.#pump();
  }

  #beginAgain(): void {
    this.#sent = this.#acked;
    this.#sentBefore = null;
    this.#ahead = [];
    this.#pump();
  }

  #pump(): void {
    while (this.#isOpen && !this.#isForked && this.#ahead.length < maxAhead) {
      if (this.#isPaced()) {
        this.#parts.later();
        return;
      }
      const rows = this.#parts.read(this.#startOf(), pageSize);
      const batch = rows === null ? null : planBatch(rows, this.#sent, this.#parts.wall(), this.#keptBefore(rows[0]));
      if (batch === null) return;
      const { epoch, seq, hash } = batch.last;
      if (this.#ahead.length === 0) this.#movedAt = this.#parts.mono();
      this.#sent = { epoch, seq };
      this.#ahead.push({ epoch, seq, hash });
      this.#historyAt = batch.message["historical"] === true ? this.#parts.mono() : null;
      this.#parts.send(batch);
    }
  }

  #isPaced(): boolean {
    return this.#historyAt !== null && this.#parts.mono() - this.#historyAt < historyEveryMs;
  }

  #keptBefore(first: LinkedEvent | undefined): readonly LinkedEvent[] {
    if (first === undefined) return [];
    // Of an epoch of which the issuer has nothing yet, all that is gone is missing.
    const after = first.epoch === this.#sent.epoch ? this.#sent : { epoch: first.epoch, seq: 0 };
    return leavesGap(after, first) ? (this.#parts.kept(after, first.seq, maxKept + 1) ?? []) : [];
  }

  /** A record that had to begin anew may number from the start again. */
  #startOf(): number {
    const { epoch, seq } = this.#sent;
    if (seq === 0) return 0;
    const [at] = this.#parts.read(seq - 1, 1) ?? [];
    return at === undefined || at.epoch > epoch ? this.#firstAfter(epoch, seq) : seq;
  }

  /** The table is in the order of its numbers, and epochs never go back in it. */
  #firstAfter(epoch: number, seq: number): number {
    const [first] = this.#parts.read(0, 1) ?? [];
    return first !== undefined && first.epoch > epoch ? 0 : seq;
  }
}
