import { expect, test } from "vitest";
import type { Answer, Ask } from "../../src/domain/ask.ts";
import { noRights } from "../../src/domain/ask.ts";
import type { AskId, DoorId, ReaderId } from "../../src/domain/ids.ts";
import type { CardCode } from "../../src/domain/presentation.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";
import type { AskEffect, AskInput, AskState } from "../../src/doorloop/ask-machine.ts";
import { askDeadline, noAsks, stepAsks } from "../../src/doorloop/ask-machine.ts";

const recordDeadlineMs = 300;

const ask = (n: number, reader = `reader-${n}`, at = 0): Ask => ({
  id: `run.${n}` as AskId,
  reader: reader as ReaderId,
  door: "front" as DoorId,
  direction: "entry",
  situation: { mode: "locked", interlocked: false },
  presentation: { method: "card", code: "00B775D2" as CardCode },
  presentedAt: { wall: unixMs(1_800_000_000_000), mono: monoMs(at), trusted: true },
  expiresAt: monoMs(at + 2_000),
});
const holding = { credential: null, person: null, pass: null };
const granted = (n: number, stage: Answer["stage"] = "committed"): AskInput => ({
  kind: "answered",
  answer: {
    ask: `run.${n}` as AskId,
    stage,
    verdict: { granted: true, usesLeft: null, directoryVersion: 1, ...holding, ...noRights },
  },
});
const denied = (n: number): AskInput => ({
  kind: "answered",
  answer: { ask: `run.${n}` as AskId, stage: "committed", verdict: { granted: false, reason: "noGrant" } },
});
const presented = (one: Ask): AskInput => ({ kind: "presented", ask: one });
const up: AskState = { ...noAsks, ledgerUp: true };

function word(effect: AskEffect): string {
  switch (effect.kind) {
    case "send":
      return `send ${effect.ask.id}`;
    case "grant":
      return `grant ${effect.ask.id}${effect.late ? " late" : ""}`;
    case "deny":
      return `deny ${effect.ask.id} ${effect.reason}`;
    case "prompt":
      return `prompt ${effect.ask.id}`;
    case "settle":
      return `settle ${effect.settlement.settle}`;
    case "shed":
      return `shed ${effect.reader}`;
  }
}

function play(script: readonly (readonly [number, AskInput])[], from = up) {
  let state = from;
  const words: string[] = [];
  for (const [at, input] of script) {
    const step = stepAsks(state, input, monoMs(at), recordDeadlineMs);
    state = step.state;
    words.push(...step.effects.map(word));
  }
  return { state, words };
}

test("an ask is sent, and a committed grant that comes in time opens", () => {
  const { words, state } = play([
    [0, presented(ask(1))],
    [50, granted(1)],
  ]);
  expect(words).toEqual(["send run.1", "grant run.1"]);
  expect(state.sent).toEqual([]);
});

test("without a ledger a presentation is denied at once and settled for the record", () => {
  expect(play([[0, presented(ask(1))]], noAsks).words).toEqual(["deny run.1 ledgerUnavailable", "settle unanswered"]);
});

test("a denial for want of a disk is not in the record, so it is settled as if no answer had come", () => {
  const unavailable: AskInput = {
    kind: "answered",
    answer: { ask: "run.1" as AskId, stage: "committed", verdict: { granted: false, reason: "ledgerUnavailable" } },
  };
  const { words } = play([
    [0, presented(ask(1))],
    [10, unavailable],
  ]);
  expect(words).toEqual(["send run.1", "deny run.1 ledgerUnavailable", "settle unanswered"]);
});

test("an answer that arrives when the ask is two seconds old opens nothing and gives the use back", () => {
  expect(
    play([
      [0, presented(ask(1))],
      [2_000, granted(1)],
    ]).words,
  ).toEqual(["send run.1", "deny run.1 askExpired", "settle aborted"]);
});

test("an ask nobody answers is denied after two seconds, and its late answer is of no effect", () => {
  expect(
    play([
      [0, presented(ask(1))],
      [1_999, { kind: "tick" }],
      [2_000, { kind: "tick" }],
      [5_000, granted(1)],
      [5_001, granted(1)],
    ]).words,
  ).toEqual(["send run.1", "deny run.1 askExpired", "settle unanswered"]);
});

test("a reader has one ask at a time, also while an expired one is still with the ledger", () => {
  const { words } = play([
    [0, presented(ask(1, "a"))],
    [10, presented(ask(2, "a"))],
    [2_000, { kind: "tick" }],
    [2_500, presented(ask(3, "a", 2_500))],
    [3_000, granted(1)],
    [3_100, presented(ask(4, "a", 3_100))],
  ]);
  expect(words).toEqual([
    "send run.1",
    "deny run.2 busy",
    "shed a",
    "deny run.1 askExpired",
    "settle unanswered",
    "deny run.3 busy",
    "shed a",
    "send run.4",
  ]);
});

test("no more than 64 asks are with the ledger; the next readers wait their turn in order and expire while waiting", () => {
  const many = Array.from({ length: 66 }, (_, i) => [0, presented(ask(i + 1))] as const);
  const full = play(many);
  expect(full.words).toHaveLength(64);
  const turn = play([[10, denied(1)]], full.state);
  expect(turn.words).toEqual(["deny run.1 noGrant", "send run.65"]);
  const late = play([[2_000, { kind: "tick" }]], turn.state);
  expect(late.words).toContain("deny run.66 askExpired");
  expect(late.state.waiting).toEqual([]);
  expect(late.state.sent).toHaveLength(64);
});

test("a tentative grant opens only when the disk has not answered by the record deadline, and then once", () => {
  const quick = play([
    [0, presented(ask(1))],
    [5, granted(1, "tentative")],
    [20, granted(1)],
    [300, { kind: "tick" }],
  ]);
  expect(quick.words).toEqual(["send run.1", "grant run.1"]);
  const slow = play([
    [0, presented(ask(1))],
    [5, granted(1, "tentative")],
    [299, { kind: "tick" }],
    [300, { kind: "tick" }],
    [900, granted(1)],
    [2_000, { kind: "tick" }],
  ]);
  expect(slow.words).toEqual(["send run.1", "grant run.1 late"]);
  expect(slow.state.sent).toEqual([]);
});

test("a tentative grant whose ledger dies before the deadline opens nothing", () => {
  expect(
    play([
      [0, presented(ask(1))],
      [5, granted(1, "tentative")],
      [100, { kind: "ledgerLost" }],
      [300, { kind: "tick" }],
    ]).words,
  ).toEqual(["send run.1", "deny run.1 ledgerUnavailable", "settle unanswered"]);
});

test("when the ledger dies every open ask is denied once, and answers of the old ledger open nothing", () => {
  const { words, state } = play([
    [0, presented(ask(1))],
    [0, presented(ask(2))],
    [10, { kind: "ledgerLost" }],
    [11, { kind: "ledgerUp" }],
    [12, granted(1)],
    [13, granted(2)],
  ]);
  expect(words.filter((one) => one.startsWith("deny"))).toEqual([
    "deny run.1 ledgerUnavailable",
    "deny run.2 ledgerUnavailable",
  ]);
  expect(words.some((one) => one.startsWith("grant"))).toBe(false);
  expect(state.ledgerUp).toBe(true);
});

test("an answer given twice opens once", () => {
  const { words } = play([
    [0, presented(ask(1))],
    [10, granted(1)],
    [11, granted(1)],
  ]);
  expect(words).toEqual(["send run.1", "grant run.1"]);
});

test("the deadline is the earliest of expiry and record deadline, and is gone when nothing is open", () => {
  const { state } = play([
    [0, presented(ask(1))],
    [5, granted(1, "tentative")],
  ]);
  expect(askDeadline(state, recordDeadlineMs)).toBe(300);
  expect(askDeadline(play([[0, presented(ask(1))]]).state, recordDeadlineMs)).toBe(2_000);
  expect(askDeadline(play([[400, { kind: "tick" }]], state).state, recordDeadlineMs)).toBeNull();
});
