// Pairs a board with whoever its code is typed at: over the broker, until it is done, spent or too late. Knows no file.

import type { RandomBytes } from "../seal.ts";
import type { JoinCode } from "./join-code.ts";
import { attemptMs, codeLifeMs } from "./join-code.ts";
import { JoinDevice } from "./join-device.ts";
import type { OwnKeys } from "./join-identity.ts";
import { publicHalves } from "./join-identity.ts";
import type { JoinLine } from "./join-line.ts";
import { openJoinLine } from "./join-line.ts";
import type { Papers } from "./join-messages.ts";
import { pairingAccount } from "./pairing-account.ts";

export interface JoiningParts {
  /** Where boards pair: `mqtts://HOST:PORT`. */
  readonly broker: string;
  readonly code: JoinCode;
  readonly keys: OwnKeys;
  readonly random: RandomBytes;
  /** The broker is there: the code may be shown. */
  readonly ready: () => void;
  /** Called before the issuer hears that it is done; throws what keeps it from being so. */
  readonly keep: (papers: Papers) => void;
  /** How to have another code, as the end of a sentence: "show a new one with ...". */
  readonly anew: string;
  readonly signal?: AbortSignal;
}

const minuteMs = 60_000;
const spent = "Three wrong codes were typed, so this one counts no more";
const unfinished = "Three attempts with this code came to nothing, so it counts no more";
const givenUp = "Pairing was given up.";

/** Rejects with a sentence. */
export async function joinAsDevice(parts: JoiningParts): Promise<Papers> {
  const { broker, code, keys, random, ready, keep, anew, signal } = parts;
  const device = new JoinDevice(code, publicHalves(keys), random);
  const outcome = Promise.withResolvers<Papers>();
  // Whoever waits for it may not have come so far yet.
  outcome.promise.catch(() => {});
  const timers: NodeJS.Timeout[] = [];
  const endIn = (ms: number, why: string): void => {
    timers.push(setTimeout(() => end(`${why}; ${anew}.`), ms));
  };
  let isOver = false;
  const end = (why: string): void => {
    isOver = true;
    outcome.reject(new Error(why));
  };
  let line: JoinLine | null = null;
  const heard = async (payload: Buffer): Promise<void> => {
    if (isOver) return;
    const wasUsedUp = device.isUsedUp;
    const { say, papers, isSpent } = device.take(payload);
    if (papers !== undefined) keep(papers);
    if (isSpent === true) return end(`${spent}; ${anew}.`);
    // An issuer that went away in the middle does not say that it failed.
    if (device.isUsedUp && !wasUsedUp) endIn(attemptMs, unfinished);
    if (say !== null) await line?.say(say, false);
    if (papers !== undefined) outcome.resolve(papers);
  };
  signal?.addEventListener("abort", () => end(givenUp));
  line = await openJoinLine({
    url: broker,
    channel: code.channel,
    side: "device",
    // Whoever the broker may be: it is the code that tells the issuer from everybody else.
    access: { username: pairingAccount.name, password: pairingAccount.password, rejectUnauthorized: false },
    heard: (payload) => void heard(payload).catch(outcome.reject),
    failed: end,
  });
  endIn(codeLifeMs, `Nobody typed the code within ${codeLifeMs / minuteMs} minutes`);
  try {
    if (signal?.aborted !== true) ready();
    return await outcome.promise;
  } finally {
    isOver = true;
    for (const timer of timers) clearTimeout(timer);
    await line.close();
  }
}
