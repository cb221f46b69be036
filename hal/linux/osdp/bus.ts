// One RS-485 line: whose turn it is, how long an answer is waited for, and what is noise. Knows no port, and no reader's inside.
import type { MonoMs } from "../../clock.ts";
import type { Command } from "./commands.ts";
import type { Frame } from "./frame.ts";
import { gatherFrames, maxFrameBytes } from "./frame.ts";
import { giveKey, takeReply } from "./reader-reply.ts";
import type { ReaderEffect, ReaderRecord, ReaderSettings, ReaderState, ReaderStep } from "./reader-state.ts";
import { after, lose, newReader } from "./reader-state.ts";
import { putDown, takeOrder, takeSilence, takeTurn } from "./reader-turn.ts";

/** A reader begins to answer within so long; a USB adapter may hold the bytes back for a while. */
const answerMs = 200;
const adapterMs = 20;
/** Within a frame no pause is longer; a USB adapter makes one of its own. */
const withinFrameMs = 40;
/** However much a reader talks: no answer that is asked for has more characters. */
const answerCharacters = 160;
/** Between two frames at least so many characters. */
const idleCharacters = 2;
/** So many bytes that belong to no frame, without a good answer in between, are a device that talks out of turn. */
const strayUntilAlarm = 600;
const strayAlarmEveryMs = 60_000;

export interface BusSettings {
  readonly baud: number;
  readonly readers: readonly ReaderSettings[];
}

interface Turn {
  readonly reader: number;
  readonly until: MonoMs;
  readonly latest: MonoMs;
  /** When bytes that made no answer yet will have ended; null while there are none. */
  readonly quietAt: MonoMs | null;
}

export interface BusState {
  readonly isOpen: boolean;
  readonly readers: readonly ReaderState[];
  readonly servedAt: readonly MonoMs[];
  /** When a reader that does not answer was last tried. */
  readonly triedAt: MonoMs;
  readonly turn: Turn | null;
  readonly heard: Buffer;
  readonly idleAt: MonoMs;
  readonly stray: number;
  readonly strayToldAt: MonoMs | null;
}

export type BusInput =
  | { readonly kind: "opened" }
  | { readonly kind: "closed"; readonly why: string }
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  | { readonly kind: "tick" }
  | { readonly kind: "order"; readonly reader: number; readonly order: Command }
  /** What a reader was to keep is durable. */
  | { readonly kind: "kept"; readonly reader: number }
  | { readonly kind: "pair"; readonly reader: number; readonly forMs: number }
  | { readonly kind: "endPairing"; readonly reader: number; readonly why: string };

export type BusEffect =
  | { readonly kind: "send"; readonly reader: number; readonly bytes: Buffer }
  | { readonly kind: "babble" }
  | { readonly kind: "reader"; readonly reader: number; readonly effect: ReaderEffect };

export interface BusStep {
  readonly state: BusState;
  readonly effects: readonly BusEffect[];
}

export function newBus(records: readonly ReaderRecord[], now: MonoMs): BusState {
  return {
    isOpen: false,
    readers: records.map((record) => newReader(record, now)),
    servedAt: records.map(() => now),
    triedAt: now,
    turn: null,
    heard: Buffer.alloc(0),
    idleAt: now,
    stray: 0,
    strayToldAt: null,
  };
}

export function stepBus(state: BusState, input: BusInput, settings: BusSettings, now: MonoMs): BusStep {
  const first = take(state, input, settings, now);
  const closed = endWindows(first, now);
  return goOn(closed, settings, now);
}

/** When it wants to be stepped again; null while its port is closed. */
export function busDeadline({ isOpen, readers, turn, idleAt }: BusState): MonoMs | null {
  const ends = readers.flatMap(({ pairUntil }) => (pairUntil === null ? [] : [pairUntil]));
  if (!isOpen) return ends.length === 0 ? null : (Math.min(...ends) as MonoMs);
  const next = turn === null ? Math.max(idleAt, Math.min(...readers.map(({ turnAt }) => turnAt))) : endOf(turn);
  return Math.min(next, ...ends) as MonoMs;
}

function take(state: BusState, input: BusInput, settings: BusSettings, now: MonoMs): BusStep {
  switch (input.kind) {
    case "opened":
      return open(state, now);
    case "closed":
      return close(state, input.why, now);
    case "bytes":
      return hear(state, input.bytes, settings, now);
    case "tick":
      return { state, effects: [] };
    case "order":
      return change(state, input.reader, (reader) => ({ state: takeOrder(reader, input.order, now), effects: [] }));
    case "kept":
      return change(state, input.reader, (reader) => giveKey(reader, now));
    case "pair":
      return quiet(
        change(state, input.reader, (reader) => openWindow(reader, input.forMs, now)),
        input.reader,
      );
    case "endPairing":
      return quiet(
        change(state, input.reader, (reader) => closeWindow(reader, input.why, now)),
        input.reader,
      );
  }
}

function open(state: BusState, now: MonoMs): BusStep {
  const readers = state.readers.map((reader) => ({ ...putDown(reader, now), turnAt: now, silences: 0, refusals: 0 }));
  return { state: { ...state, isOpen: true, readers, turn: null, heard: Buffer.alloc(0), idleAt: now }, effects: [] };
}

function close(state: BusState, why: string, now: MonoMs): BusStep {
  const closed: BusState = { ...state, isOpen: false, turn: null, heard: Buffer.alloc(0) };
  return state.readers.reduce<BusStep>(
    (step, _, n) =>
      also(
        step,
        change(step.state, n, (reader) => lose(putDown(reader, now), `its line is not there: ${why}`)),
      ),
    { state: closed, effects: [] },
  );
}

const also = (before: BusStep, { state, effects }: BusStep): BusStep => ({
  state,
  effects: [...before.effects, ...effects],
});

function change(state: BusState, reader: number, step: (reader: ReaderState) => ReaderStep): BusStep {
  const before = state.readers[reader];
  if (before === undefined) return { state, effects: [] };
  const { state: next, effects } = step(before);
  return {
    state: { ...state, readers: state.readers.with(reader, next) },
    effects: effects.map((effect) => ({ kind: "reader", reader, effect })),
  };
}

/** What is on its way to this reader, or from it, belongs to what was before. */
const quiet = (step: BusStep, reader: number): BusStep =>
  step.state.turn?.reader === reader ? { ...step, state: { ...step.state, turn: null } } : step;

function openWindow(reader: ReaderState, forMs: number, now: MonoMs): ReaderStep {
  const down = putDown(reader, now);
  return {
    state: { ...down, pairUntil: after(now, forMs), candidate: 0, refusals: 0, silences: 0, turnAt: now },
    effects: [],
  };
}

function closeWindow(reader: ReaderState, why: string, now: MonoMs): ReaderStep {
  if (reader.pairUntil === null) return { state: reader, effects: [] };
  const down = { ...putDown(reader, now), pairUntil: null, candidate: 0, refusals: 0, silences: 0, turnAt: now };
  return { state: down, effects: [{ kind: "pairingClosed", why }] };
}

function endWindows(step: BusStep, now: MonoMs): BusStep {
  return step.state.readers.reduce<BusStep>((before, { pairUntil }, n) => {
    if (pairUntil === null || now < pairUntil) return before;
    return also(
      before,
      quiet(
        change(before.state, n, (reader) => closeWindow(reader, "its time is over", now)),
        n,
      ),
    );
  }, step);
}

function hear(state: BusState, bytes: Buffer, settings: BusSettings, now: MonoMs): BusStep {
  const { frames, rest, stray } = gatherFrames(Buffer.concat([state.heard, bytes]).subarray(-2 * maxFrameBytes));
  const idleAt = after(now, charactersMs(idleCharacters, settings));
  // An adapter may let the panel hear itself: that is no answer, and shortens the waiting for none.
  const isEcho = frames.length > 0 && rest.length === 0 && stray === 0 && frames.every(({ isReply }) => !isReply);
  const turn = state.turn === null ? null : { ...state.turn, quietAt: isEcho ? null : after(now, withinFrameMs) };
  const heard = { ...state, heard: rest, idleAt, turn, stray: state.stray + stray };
  const answered = frames.reduce<BusStep>((step, frame) => also(step, answer(step.state, frame, settings, now)), {
    state: heard,
    effects: [],
  });
  return noise(answered, now);
}

/** Once something comes in, its end is waited for and no longer, within reason. */
const endOf = ({ until, latest, quietAt }: Turn): MonoMs =>
  quietAt === null ? until : (Math.min(latest, quietAt) as MonoMs);

/** With start and stop a character is ten bits. */
const charactersMs = (count: number, { baud }: BusSettings): number => Math.ceil((count * 10_000) / baud);

function answer(state: BusState, frame: Frame, settings: BusSettings, now: MonoMs): BusStep {
  const { turn } = state;
  const expected = turn === null ? undefined : settings.readers[turn.reader];
  if (!frame.isReply) return { state, effects: [] };
  if (turn === null || expected === undefined || frame.address !== expected.address) {
    return { state: { ...state, stray: state.stray + frame.bytes.length }, effects: [] };
  }
  let isAnswer = false;
  const step = change(state, turn.reader, (reader) => {
    const taken = takeReply(reader, expected, frame, now);
    isAnswer = taken.isAnswer;
    return taken;
  });
  if (!isAnswer) return { ...step, state: { ...step.state, stray: step.state.stray + frame.bytes.length } };
  return { ...step, state: { ...step.state, turn: null, stray: 0 } };
}

function noise(step: BusStep, now: MonoMs): BusStep {
  const { stray, strayToldAt } = step.state;
  if (stray < strayUntilAlarm) return step;
  const told = { ...step, state: { ...step.state, stray: 0, strayToldAt: now } };
  if (strayToldAt !== null && now < after(strayToldAt, strayAlarmEveryMs)) return told;
  return { ...told, effects: [...told.effects, { kind: "babble" }] };
}

/** No answer in time ends a turn; with the line idle, another begins. */
function goOn(step: BusStep, settings: BusSettings, now: MonoMs): BusStep {
  let current = step;
  const { turn } = current.state;
  if (turn !== null && now >= endOf(turn)) current = also(current, giveUp(current.state, settings, now));
  const { state } = current;
  if (!state.isOpen || state.turn !== null || now < state.idleAt) return current;
  return also(current, nextTurn(state, settings, now));
}

/** What looked like the beginning of a longer frame may have hidden the answer. */
function giveUp(state: BusState, settings: BusSettings, now: MonoMs): BusStep {
  const { frames, stray } = gatherFrames(state.heard, true);
  const emptied = { ...state, heard: Buffer.alloc(0), stray: state.stray + stray };
  const late = frames.reduce<BusStep>((step, frame) => also(step, answer(step.state, frame, settings, now)), {
    state: emptied,
    effects: [],
  });
  const { turn } = late.state;
  if (turn === null) return late;
  const silent = change({ ...late.state, turn: null }, turn.reader, (reader) =>
    takeSilence(reader, now, turn.quietAt !== null && now < turn.latest),
  );
  return noise(also(late, silent), now);
}

function nextTurn(state: BusState, settings: BusSettings, now: MonoMs): BusStep {
  let current: BusStep = { state, effects: [] };
  // A reader that has nothing to be told yet gives its turn away.
  for (let tries = 0; tries < state.readers.length; tries += 1) {
    const reader = chooseReader(current.state, now);
    const its = reader === null ? undefined : settings.readers[reader];
    if (reader === null || its === undefined) return current;
    let bytes: Buffer | null = null;
    const isSilent = isQuietOne(current.state.readers[reader]);
    const step = change(current.state, reader, (one) => {
      const turn = takeTurn(one, its, now);
      bytes = turn.bytes;
      return turn;
    });
    const served = { ...step.state, servedAt: step.state.servedAt.with(reader, now) };
    current = also(current, { ...step, state: isSilent ? { ...served, triedAt: now } : served });
    if (bytes !== null) return also(current, send(current.state, reader, bytes, settings, now));
  }
  return current;
}

function send(state: BusState, reader: number, bytes: Buffer, settings: BusSettings, now: MonoMs): BusStep {
  const sentAt = after(now, charactersMs(bytes.length, settings));
  const until = after(sentAt, answerMs + adapterMs);
  const turn: Turn = {
    reader,
    until,
    latest: after(until, charactersMs(answerCharacters, settings)),
    quietAt: null,
  };
  return {
    state: { ...state, turn, heard: Buffer.alloc(0), idleAt: sentAt },
    effects: [{ kind: "send", reader, bytes }],
  };
}

const isQuietOne = (reader: ReaderState | undefined): boolean => reader !== undefined && reader.silences > 0;

/**
 * Whoever has waited longest. One that does not answer takes the line's time from all others, so it is tried only after each of
 * them has had a turn since the last such try.
 */
function chooseReader({ readers, servedAt, triedAt }: BusState, now: MonoMs): number | null {
  const waiting = readers.flatMap((reader, n) =>
    now >= reader.turnAt ? [{ n, isSilent: isQuietOne(reader), servedAt: servedAt[n] ?? 0 }] : [],
  );
  const mayTry = readers.every(
    (reader, n) => isQuietOne(reader) || (servedAt[n] ?? 0) > triedAt || now < reader.turnAt,
  );
  const allowed = waiting.filter(({ isSilent }) => !isSilent || mayTry);
  const order = (allowed.length > 0 ? allowed : []).toSorted(
    (one, other) => Number(other.isSilent) - Number(one.isSilent) || one.servedAt - other.servedAt,
  );
  return order[0]?.n ?? null;
}
