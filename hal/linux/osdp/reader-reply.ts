// What a panel makes of what one OSDP reader answers: proofs, reports and refusals. Knows no line and no port.
import type { MonoMs } from "../../clock.ts";
import type { Command } from "./commands.ts";
import { commandCode, identify, setKey } from "./commands.ts";
import type { Frame } from "./frame.ts";
import type { Flight, Link, Pairing, ReaderEffect, ReaderSettings, ReaderState, ReaderStep } from "./reader-state.ts";
import { after, attack, inTurn, isServing } from "./reader-state.ts";
import {
  dropSession,
  handshakeFrame,
  keyCommandOf,
  pollEveryMs,
  refuseSession,
  repeatFlight,
  setupOf,
  suspectSession,
  takeSilence,
} from "./reader-turn.ts";
import type { Identity } from "./replies.ts";
import {
  decodeCapabilities,
  decodeCard,
  decodeIdentity,
  decodeKeys,
  decodeLevels,
  decodeLocalStatus,
  isSameIdentity,
  refusal,
  replyCode,
} from "./replies.ts";
import { beginSession, isSame, keyBytes, nonceBytes, openReply, securityType } from "./secure-channel.ts";

const busyPauseMs = 50;
/** A reader that is busy for longer is as good as gone. */
const maxBusyMs = 3_000;
/** The same card right after a session was begun anew is the one that the panel had heard and the reader did not know it of. */
const repeatedCardMs = 2_000;
/** A session that is begun again within so long goes on where it broke off. */
const briefMs = 10_000;
/** What a reader has kept for longer is not taken: whoever showed it may be gone, and somebody else stand there. */
const staleAfterMs = 3_000;

export interface Taken extends ReaderStep {
  /** False: it was no answer to what was sent, which may still come. */
  readonly isAnswer: boolean;
}

const ignored = (state: ReaderState): Taken => ({ state, effects: [], isAnswer: false });
const suspected = (state: ReaderState, what: string, now: MonoMs): Taken => ({
  ...attack(state, what, now),
  isAnswer: false,
});
const answered = (step: ReaderStep): Taken => ({ ...step, isAnswer: true });

export function takeReply(state: ReaderState, settings: ReaderSettings, frame: Frame, now: MonoMs): Taken {
  const { flight, link } = state;
  if (flight === null || !frame.hasCrc) return ignored(state);
  const code = frame.body.readUInt8(0);
  if (code === replyCode.busy && frame.security === null) return takeBusy(state, flight, frame, now);
  if (frame.sequence !== flight.sequence) return ignored(state);
  if (code === replyCode.nak && frame.security === null) return answered(takeRefusal(state, flight, frame, now));
  switch (link.at) {
    case "challenged":
      return takeChallenged(state, link, settings, frame, now);
    case "proving":
      return takeProved(state, link, settings, frame, now);
    case "up":
      if (link.secure !== null) return takeSealed(state, link, settings, frame, now);
      return frame.security === null
        ? answered(accept(state, link, settings, { code, data: frame.body.subarray(1) }, now))
        : ignored(state);
    case "down":
      return ignored(state);
  }
}

function takeBusy(state: ReaderState, flight: Flight, { sequence }: Frame, now: MonoMs): Taken {
  if (sequence !== 0 && sequence !== flight.sequence) return ignored(state);
  const busySince = flight.busySince ?? now;
  if (now > after(busySince, maxBusyMs)) return answered(takeSilence(state, now));
  return answered({
    state: { ...state, flight: { ...flight, busySince }, turnAt: after(now, busyPauseMs) },
    effects: [],
  });
}

function takeRefusal(state: ReaderState, flight: Flight, frame: Frame, now: MonoMs): ReaderStep {
  const { link } = state;
  const why = frame.body[1] ?? 0;
  if (why === refusal.check || why === refusal.length) return repeatFlight(state, now);
  if (link.at === "up") {
    if (link.secure !== null) return dropSession(state, now);
    if (why === refusal.sequence) return dropSession(state, now);
    return refused(state, flight, now);
  }
  if (state.pairUntil !== null) return refuseSession(state, "it does not begin a secure channel", now);
  if (why === refusal.noSecurity) {
    const told = "it says that it has no secure channel; Postern does not go on without";
    return suspectSession(state, told, "it claims to have no secure channel", now);
  }
  const told = "it does not begin a secure channel with its key; pair it again if it was reset or exchanged";
  return suspectSession(state, told, "it does not begin a secure channel with its key any more", now);
}

function takeChallenged(
  state: ReaderState,
  link: Extract<Link, { at: "challenged" }>,
  settings: ReaderSettings,
  frame: Frame,
  now: MonoMs,
): Taken {
  const data = frame.body.subarray(1);
  if (frame.security?.type !== securityType.challenged || data.length < 2 * nonceBytes + keyBytes) {
    return suspected(state, "it answered in clear while a secure channel was being begun", now);
  }
  if (frame.security.data[0] !== keyCommandOf(link.use)) {
    if (link.use === "default") return answered(refuseSession(state, "it does not take the default key", now));
    const what = "it wants to use the default key";
    return answered(suspectSession(state, `${what}; pair it again if it was reset or exchanged`, what, now));
  }
  const chip = data.subarray(0, nonceBytes).toString("hex");
  const handshake = beginSession(link.key, link.nonce, data.subarray(nonceBytes, 2 * nonceBytes));
  if (!isSame(handshake.readerProof, data.subarray(2 * nonceBytes, 2 * nonceBytes + keyBytes))) {
    const what = "it does not know its key";
    return answered(suspectSession(state, `${what}; pair it again if it was exchanged`, what, now));
  }
  const { use, key } = link;
  const { session, firstReplySeal: answer, panelProof } = handshake;
  const proving: Link = { at: "proving", use, key, chip, session, answer };
  const heard = hear({ ...state, link: proving, flight: null, sequence: 1 }, now);
  const command = { code: commandCode.proof, data: panelProof };
  const { state: next } = handshakeFrame(heard, settings, securityType.proof, command, link);
  return answered({ state: { ...next, turnAt: now }, effects: [] });
}

function takeProved(
  state: ReaderState,
  link: Extract<Link, { at: "proving" }>,
  settings: ReaderSettings,
  frame: Frame,
  now: MonoMs,
): Taken {
  const { security, body } = frame;
  if (security?.type !== securityType.proved) {
    return suspected(state, "it answered in clear while a secure channel was being begun", now);
  }
  if (body.readUInt8(0) !== replyCode.proved || security.data[0] !== 1 || !isSame(link.answer, body.subarray(1, 17))) {
    return answered(refuseSession(state, "it did not take the panel's proof of its key", now));
  }
  const { use, key, chip, session } = link;
  const promoted = promote(state, key);
  const keying = state.pairUntil !== null && !promoted ? "asking" : "no";
  const setup = keying === "no" ? setupAfter(state, chip, settings, now) : [identify];
  const up: Link = { at: "up", secure: { use, key, chip, session }, setup, identity: null, keying };
  const record = promoted ? { current: state.record.next, next: null } : state.record;
  const next: ReaderState = {
    ...hear(state, now),
    link: up,
    record,
    flight: null,
    sequence: 2,
    turnAt: now,
    refusals: 0,
    candidate: 0,
  };
  const kept: ReaderStep = { state: next, effects: promoted ? [{ kind: "keep", record }] : [] };
  const closes = promoted && state.pairUntil !== null;
  const closed: ReaderStep = closes
    ? { state: { ...next, pairUntil: null }, effects: [...kept.effects, { kind: "paired" }] }
    : kept;
  return answered(closed);
}

/** Whoever proves within seconds that he has the same key, and says that he is the same, need not be asked again. */
function setupAfter(state: ReaderState, chip: string, settings: ReaderSettings, now: MonoMs): readonly Command[] {
  const { awaySince, knownChip, abilities } = state;
  const wasBrief = awaySince !== null && now < after(awaySince, briefMs);
  return wasBrief && knownChip === chip && abilities !== null ? [] : [identify, ...setupOf(state, settings)];
}

/** The reader took its next key: that is the one from now on. */
const promote = ({ record }: ReaderState, key: Buffer): boolean => record.next !== null && isSame(record.next.key, key);

function takeSealed(
  state: ReaderState,
  link: Extract<Link, { at: "up" }>,
  settings: ReaderSettings,
  frame: Frame,
  now: MonoMs,
): Taken {
  const { flight } = state;
  if (flight === null || link.secure === null) return ignored(state);
  if (frame.security === null) {
    // Some readers use their new key from the very answer on that says they took it.
    const isKeyAck = flight.command.code === commandCode.keySet && frame.body[0] === replyCode.ack;
    if (!isKeyAck) return suspected(state, "it answered in clear within a secure channel", now);
    return answered(accept(state, link, settings, { code: replyCode.ack, data: Buffer.alloc(0) }, now));
  }
  const opened = openReply(link.secure.session, frame);
  if (opened === null) {
    const counted = { ...state, flight: { ...flight, badSeals: flight.badSeals + 1 } };
    return suspected(counted, "an answer with a wrong seal: forged, or played back", now);
  }
  const next: Extract<Link, { at: "up" }> = { ...link, secure: { ...link.secure, session: opened.session } };
  return answered(accept({ ...state, link: next }, next, settings, opened, now));
}

const hear = (state: ReaderState, now: MonoMs): ReaderState => ({ ...state, heardAt: now, silences: 0 });

interface Reply {
  readonly code: number;
  readonly data: Buffer;
}

function accept(
  before: ReaderState,
  link: Extract<Link, { at: "up" }>,
  settings: ReaderSettings,
  reply: Reply,
  now: MonoMs,
): ReaderStep {
  const { flight } = before;
  if (flight === null) return { state: before, effects: [] };
  const isPoll = flight.command.code === commandCode.poll;
  const isQuiet = isPoll && reply.code === replyCode.ack;
  const isLate = before.polledAt === null || now > after(before.polledAt, staleAfterMs);
  const state: ReaderState = {
    ...hear(before, now),
    flight: null,
    sequence: (flight.sequence % 3) + 1,
    polledAt: isPoll ? now : before.polledAt,
    isStale: isPoll ? !isQuiet && (before.isStale || isLate) : before.isStale,
    turnAt: isQuiet && before.orders.length === 0 ? after(now, pollEveryMs) : now,
    link: { ...link, setup: link.setup.slice(link.setup[0] === flight.command ? 1 : 0) },
  };
  if (reply.code === replyCode.nak) return refused(state, flight, now);
  if (flight.command.code === commandCode.keySet) {
    return { state: { ...state, link: { at: "down" }, sequence: 0, candidate: 0 }, effects: [] };
  }
  if (flight.command.code === commandCode.identify) {
    const identity = decodeIdentity(reply.data);
    if (reply.code === replyCode.identity && identity !== null) {
      return inTurn(meet(state, identity, now), (next) => offerKey(next, settings), serve);
    }
    return refuseSession(state, "it does not say which reader it is", now);
  }
  const isTrusted = link.keying === "no";
  const heard: ReaderStep = isTrusted ? report(state, flight, reply, now) : { state, effects: [] };
  return inTurn(heard, (next) => serve(next));
}

/** It was understood and is not done. */
function refused(state: ReaderState, flight: Flight, now: MonoMs): ReaderStep {
  const { link } = state;
  if (link.at !== "up") return { state, effects: [] };
  const next: ReaderState = {
    ...hear(state, now),
    flight: null,
    sequence: (flight.sequence % 3) + 1,
    turnAt: now,
    link: { ...link, setup: link.setup.slice(link.setup[0] === flight.command ? 1 : 0) },
  };
  if (flight.command.code === commandCode.keySet) return refuseSession(next, "it does not take a key", now);
  if (flight.command.code === commandCode.identify) {
    return refuseSession(next, "it does not say which reader it is", now);
  }
  const driven = drivenBy(flight);
  const effects: readonly ReaderEffect[] = driven === null ? [] : [{ kind: "notDriven", ...driven }];
  return inTurn({ state: next, effects }, serve);
}

/** All that is asked at the beginning has been asked. */
function serve(state: ReaderState): ReaderStep {
  if (!isServing(state) || state.standing.is === "well") return { state: servedNow(state), effects: [] };
  const served: ReaderState = { ...servedNow(state), standing: { is: "well" }, statusAt: state.heardAt };
  return { state: served, effects: [{ kind: "found" }] };
}

const servedNow = (state: ReaderState): ReaderState => (isServing(state) ? { ...state, awaySince: null } : state);

function drivenBy({ command }: Flight): { readonly output: number; readonly energized: boolean } | null {
  if (command.code !== commandCode.output) return null;
  return { output: command.data[0] ?? 0, energized: command.data[1] === 5 };
}

/** Who is it, and is it the one that was paired? */
function meet(stranger: ReaderState, identity: Identity, now: MonoMs): ReaderStep {
  const { link, record } = stranger;
  if (link.at !== "up" || link.secure === null) return { state: stranger, effects: [] };
  const state = { ...stranger, knownChip: link.secure.chip };
  if (link.keying !== "no") return { state: { ...state, link: { ...link, identity, keying: "keeping" } }, effects: [] };
  const { current } = record;
  if (current === null) return { state, effects: [] };
  const met: Pairing = { key: current.key, identity, chip: link.secure.chip };
  if (current.identity === null || current.chip === null) {
    const pinned = { ...record, current: met };
    return { state: { ...state, record: pinned }, effects: [{ kind: "keep", record: pinned }] };
  }
  const isSameReader = isSameIdentity(current.identity, identity) && current.chip === met.chip;
  if (isSameReader) return settleDoubt(state);
  const why = "it is another device than the one that was paired, with the same key; pair it again if that was you";
  const doubted: ReaderStep = {
    state: { ...state, doubt: why },
    effects: state.doubt === why ? [] : [{ kind: "faulty", why }],
  };
  return inTurn(doubted, (next) => attack(next, "another device answers with its key", now));
}

function settleDoubt(state: ReaderState): ReaderStep {
  if (state.doubt === null) return { state, effects: [] };
  return { state: { ...state, doubt: null }, effects: [{ kind: "mended" }] };
}

function report(state: ReaderState, flight: Flight, { code, data }: Reply, now: MonoMs): ReaderStep {
  const say = (...effects: readonly ReaderEffect[]): ReaderStep => ({ state, effects });
  switch (code) {
    case replyCode.card:
      if (state.isStale) return say();
      return reportCard(state, decodeCard(data), now);
    case replyCode.keys:
      if (state.isStale) return say();
      return say(...decodeKeys(data).map((key): ReaderEffect => ({ kind: "key", key })));
    case replyCode.formattedCard: {
      const why = "it sends cards as formatted text, which nothing here reads; set it to report raw card data";
      if (state.doubt !== null) return say();
      return { state: { ...state, doubt: why }, effects: [{ kind: "faulty", why }] };
    }
    case replyCode.localStatus: {
      const status = decodeLocalStatus(data);
      return status === null ? say() : say({ kind: "status", ...status });
    }
    case replyCode.inputs:
      return say({ kind: "inputs", levels: decodeLevels(data) });
    case replyCode.capabilities:
      return { state: { ...state, abilities: decodeCapabilities(data) }, effects: [] };
    case replyCode.outputs:
    case replyCode.ack: {
      const driven = drivenBy(flight);
      if (driven === null) return say();
      const shown = code === replyCode.outputs ? decodeLevels(data)[driven.output] : driven.energized;
      return say({ kind: shown === driven.energized ? "driven" : "notDriven", ...driven });
    }
    default:
      return say();
  }
}

function reportCard(state: ReaderState, bits: string | null, now: MonoMs): ReaderStep {
  if (bits === null) return { state, effects: [] };
  const { lastCard } = state;
  const next: ReaderState = { ...state, isResumed: false, lastCard: { bits, at: now } };
  const isRepeated =
    state.isResumed && lastCard !== null && lastCard.bits === bits && now < after(lastCard.at, repeatedCardMs);
  return { state: next, effects: isRepeated ? [] : [{ kind: "card", bits }] };
}

/** The reader said who it is: it is to get a key of its own, which is made durable first. */
function offerKey(state: ReaderState, { random }: ReaderSettings): ReaderStep {
  const { link, record } = state;
  if (link.at !== "up" || link.keying !== "keeping" || link.secure === null) return { state, effects: [] };
  const next: Pairing = { key: random(keyBytes), identity: link.identity, chip: link.secure.chip };
  const offered = { ...record, next };
  return {
    state: { ...state, record: offered, link: { ...link, keying: "giving" } },
    effects: [{ kind: "keep", record: offered }],
  };
}

/** The key is on the disk: now the reader may have it. */
export function giveKey(state: ReaderState, now: MonoMs): ReaderStep {
  const { link, record } = state;
  if (link.at !== "up" || link.keying !== "giving" || record.next === null) return { state, effects: [] };
  return { state: { ...state, turnAt: now, link: { ...link, setup: [setKey(record.next.key)] } }, effects: [] };
}
