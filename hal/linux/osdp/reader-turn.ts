// What a panel sends to one OSDP reader when its turn comes, and what follows when no answer comes. Knows no line and no port.
import type { MonoMs } from "../../clock.ts";
import type { Command } from "./commands.ts";
import { askCapabilities, askInputs, askLocalStatus, commandCode, identify, poll } from "./commands.ts";
import { encodeFrame } from "./frame.ts";
import type { Candidate, Flight, Link, ReaderSettings, ReaderState, ReaderStep } from "./reader-state.ts";
import { after, attack, candidatesOf, inTurn, isServing, lose } from "./reader-state.ts";
import { nonceBytes, sealCommand, securityType } from "./secure-channel.ts";

export const pollEveryMs = 50;
/** A reader that has not heard anything for so long gives its session up; so does the panel. */
const sessionSilenceMs = 8_000;
/** So many tries without an answer, in less than a second, and a reader is reported lost. */
const silencesUntilLost = 4;
const statusEveryMs = 5_000;
/** An exit button may hang on a reader that does not tell by itself. */
const inputsEveryMs = 400;
/** After a session was begun again. */
const statusSoonMs = 1_000;
const firstPauseMs = 500;
const longestPauseMs = 5_000;
const noKeyPauseMs = 5_000;
/** How long a reader that is there may be without a session before it is reported lost. */
const maxAwayMs = 2_000;
const maxOrders = 16;
/** So many sessions lost in so long are no accident. */
const lossesUntilAlarm = 5;
const lossWindowMs = 60_000;
/** With as many, a session is begun anew a little later, so that the line has room for others. */
const lossPauseMs = 250;

export const keyCommandOf = (use: Candidate["use"]): number => (use === "own" ? 1 : 0);

export interface Turn extends ReaderStep {
  /** Null: nothing is to be sent now. */
  readonly bytes: Buffer | null;
}

export function takeTurn(state: ReaderState, settings: ReaderSettings, now: MonoMs): Turn {
  const { flight, link } = state;
  if (flight !== null) return { state, effects: [], bytes: flight.bytes };
  const away = state.awaySince;
  const isLongAway = state.standing.is === "well" && away !== null && now > after(away, maxAwayMs);
  const looked = isLongAway ? lose(state, "its secure channel cannot be begun") : { state, effects: [] };
  switch (link.at) {
    case "down":
      return withEffects(looked.effects, begin(looked.state, settings, now));
    case "up":
      return withEffects(looked.effects, speak(looked.state, link, settings, now));
    default:
      return { state: { ...looked.state, link: { at: "down" } }, effects: looked.effects, bytes: null };
  }
}

const withEffects = (effects: ReaderStep["effects"], turn: Turn): Turn => ({
  ...turn,
  effects: [...effects, ...turn.effects],
});

function begin(state: ReaderState, settings: ReaderSettings, now: MonoMs): Turn {
  const opened = { ...state, sequence: 0 };
  if (settings.security === "none") {
    const setup = [identify, ...setupOf(state, settings)];
    const link: Link = { at: "up", secure: null, setup, identity: null, keying: "no" };
    return speak({ ...opened, link }, link, settings, now);
  }
  const candidates = candidatesOf(state);
  const candidate = candidates[state.candidate % Math.max(1, candidates.length)];
  if (candidate === undefined) {
    const waiting = { ...state, turnAt: after(now, noKeyPauseMs) };
    const why = settings.keyProblem ?? `it has no key yet; pair it with \`postern osdp pair ${settings.reader}\``;
    return { ...lose(waiting, why), bytes: null };
  }
  const nonce = settings.random(nonceBytes);
  const challenge: Command = { code: commandCode.challenge, data: nonce };
  const link: Link = { at: "challenged", nonce, ...candidate };
  return handshakeFrame({ ...opened, link }, settings, securityType.challenge, challenge, candidate);
}

export function handshakeFrame(
  state: ReaderState,
  { address }: ReaderSettings,
  type: number,
  command: Command,
  { use }: Candidate,
): Turn {
  const { sequence } = state;
  const bytes = encodeFrame({
    address,
    isReply: false,
    sequence,
    hasCrc: true,
    security: { type, data: Buffer.from([keyCommandOf(use)]) },
    body: Buffer.concat([Buffer.from([command.code]), command.data]),
  });
  return { state: { ...state, flight: flightOf(command, bytes, sequence) }, effects: [], bytes };
}

const flightOf = (command: Command, bytes: Buffer, sequence: number): Flight => ({
  command,
  bytes,
  sequence,
  silences: 0,
  badSeals: 0,
  busySince: null,
});

/** What is asked of a reader once it is known who it is, before it is served. */
export function setupOf({ abilities }: ReaderState, { hasInputs }: ReaderSettings): readonly Command[] {
  const capabilities = abilities === null ? [askCapabilities] : [];
  return [...capabilities, askLocalStatus, ...(hasInputs ? [askInputs] : [])];
}

function speak(state: ReaderState, link: Extract<Link, { at: "up" }>, settings: ReaderSettings, now: MonoMs): Turn {
  const renewed = isServing(state) ? askAnew(state, settings, now) : state;
  const { orders } = renewed;
  // While it is given a key, nothing is fetched from it that would then have to be thrown away.
  const idle = link.keying === "no" ? poll : askLocalStatus;
  const [first = idle, ...rest] = link.setup.length > 0 ? link.setup : isServing(state) ? orders : [];
  const left = link.setup.length > 0 || !isServing(state) ? orders : rest;
  const { sequence } = state;
  const parts = { address: settings.address, sequence, hasCrc: true } as const;
  if (link.secure === null) {
    const body = Buffer.concat([Buffer.from([first.code]), first.data]);
    const bytes = encodeFrame({ ...parts, isReply: false, security: null, body });
    return { state: { ...renewed, link, orders: left, flight: flightOf(first, bytes, sequence) }, effects: [], bytes };
  }
  const sealed = sealCommand(link.secure.session, parts, first.code, first.data);
  const spoken: Link = { ...link, secure: { ...link.secure, session: sealed.session } };
  const flight = flightOf(first, sealed.bytes, sequence);
  return { state: { ...renewed, link: spoken, orders: left, flight }, effects: [], bytes: sealed.bytes };
}

/** Readers tell changes by themselves when they are polled; what one did not tell is asked for. */
function askAnew(state: ReaderState, { hasInputs }: ReaderSettings, now: MonoMs): ReaderState {
  const asksStatus = now >= state.statusAt;
  const asksInputs = hasInputs && (asksStatus || now >= state.inputsAt);
  const asked = [...(asksInputs ? [askInputs] : []), ...(asksStatus ? [askLocalStatus] : [])];
  return {
    ...state,
    orders: asked.length === 0 ? state.orders : [...state.orders, ...asked],
    statusAt: asksStatus ? after(now, statusEveryMs) : state.statusAt,
    inputsAt: asksInputs ? after(now, inputsEveryMs) : state.inputsAt,
  };
}

/** Of the orders for one output, light or buzzer, the last counts. */
export function takeOrder(state: ReaderState, order: Command, now: MonoMs): ReaderState {
  const isOutput = order.code === commandCode.output;
  const isReplaced = (one: Command) => one.code === order.code && (!isOutput || one.data[0] === order.data[0]);
  const kept = state.orders.filter((one) => !isReplaced(one)).slice(-maxOrders + 1);
  const isFree = state.flight === null && isServing(state) && state.silences === 0;
  const turnAt = isFree && now < state.turnAt ? now : state.turnAt;
  return { ...state, orders: isOutput ? [order, ...kept] : [...kept, order], turnAt };
}

/** No answer came, or none that could be read, which counts half: something is there. */
export function takeSilence(state: ReaderState, now: MonoMs, isGarbled = false): ReaderStep {
  const { flight } = state;
  if (flight === null) return { state, effects: [] };
  const silences = state.silences + (isGarbled ? 0.5 : 1);
  const isQuick = silences < silencesUntilLost;
  const pause = isQuick ? 0 : pauseMs(silences - silencesUntilLost);
  const waiting: ReaderState = {
    ...state,
    silences,
    flight: { ...flight, silences: flight.silences + 1 },
    turnAt: after(now, pause),
  };
  const told = isQuick ? { state: waiting, effects: [] } : lose(waiting, "it does not answer");
  if (flight.badSeals >= silencesUntilLost) return inTurn(told, (next) => dropSession(next, now));
  const isUp = state.link.at === "up";
  const isOver = isUp ? now > after(state.heardAt, sessionSilenceMs) : flight.silences + 1 >= silencesUntilLost;
  if (!isOver) return told;
  return inTurn(told, (next) => ({ state: { ...putDown(next, now), turnAt: next.turnAt }, effects: [] }));
}

/** The reader heard something and could not read it: it is told again, but not for ever. */
export function repeatFlight(state: ReaderState, now: MonoMs): ReaderStep {
  const { flight } = state;
  if (flight === null) return { state, effects: [] };
  const silences = flight.silences + 1;
  const heard = { ...state, heardAt: now, silences: 0, turnAt: now, flight: { ...flight, silences } };
  if (silences < silencesUntilLost) return { state: heard, effects: [] };
  return dropSession(heard, now);
}

const pauseMs = (times: number): number => Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(times, 8));

/** What it was told and may not have heard is told again. */
export function putDown(state: ReaderState, now: MonoMs): ReaderState {
  const flown = state.flight?.command;
  const isOrder = flown !== undefined && isServing(state) && orderCodes.has(flown.code);
  return {
    ...state,
    link: { at: "down" },
    flight: null,
    sequence: 0,
    orders: isOrder ? [flown, ...state.orders] : state.orders,
    awaySince: state.awaySince ?? now,
    isResumed: isServing(state) || state.isResumed,
    statusAt: after(now, statusSoonMs),
  };
}

const orderCodes: ReadonlySet<number> = new Set([
  commandCode.output,
  commandCode.light,
  commandCode.buzzer,
  commandCode.text,
]);

/** The reader has forgotten its session, or says so: begun anew at once, and an alarm when that happens again and again. */
export function dropSession(state: ReaderState, now: MonoMs): ReaderStep {
  const losses = [...state.losses.filter((at) => now < after(at, lossWindowMs)), now].slice(-lossesUntilAlarm);
  const isOften = losses.length >= lossesUntilAlarm;
  const down = { ...putDown(state, now), losses, turnAt: after(now, isOften ? lossPauseMs : 0) };
  return isOften
    ? attack(down, "its secure channel is broken off again and again: noise on the line, or somebody jams it", now)
    : { state: down, effects: [] };
}

/** It is there and does not begin a session. Once may be noise: it is tried again at once, and nothing said. */
export function refuseSession(state: ReaderState, why: string, now: MonoMs): ReaderStep {
  const refusals = state.refusals + 1;
  const isOnce = refusals === 1 && state.pairUntil === null;
  const pause = state.pairUntil === null ? pauseMs(refusals - 2) : firstPauseMs / 2;
  const turnAt = after(now, isOnce ? 0 : pause);
  const next = { ...putDown(state, now), refusals, candidate: state.candidate + 1, turnAt };
  return isOnce ? { state: next, effects: [] } : lose(next, why);
}

/** A refusal that an attack would explain; not the first one, which noise would as well. */
export function suspectSession(state: ReaderState, why: string, what: string, now: MonoMs): ReaderStep {
  const step = refuseSession(state, why, now);
  return step.state.refusals < 2 ? step : inTurn(step, (next) => attack(next, what, now));
}
