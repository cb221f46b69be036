// Pairs a board with whoever its code is typed at: over the broker, until it is done, spent or too late. Knows no file.

import type { RandomBytes } from "../seal.ts";
import type { JoinCode } from "./join-code.ts";
import { codeLifeMs } from "./join-code.ts";
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
  readonly signal?: AbortSignal;
}

const minuteMs = 60_000;

/** Rejects with a sentence. */
export async function joinAsDevice({ broker, code, keys, random, ready, keep, signal }: JoiningParts): Promise<Papers> {
  const device = new JoinDevice(code, publicHalves(keys), random);
  const outcome = Promise.withResolvers<Papers>();
  let line: JoinLine | null = null;
  const heard = async (payload: Buffer): Promise<void> => {
    const { say, papers, isSpent } = device.take(payload);
    if (papers !== undefined) keep(papers);
    if (isSpent === true) throw new Error("The code was typed wrongly three times; have another one shown.");
    if (say !== null) await line?.say(say, false);
    if (papers !== undefined) outcome.resolve(papers);
  };
  line = await openJoinLine({
    url: broker,
    channel: code.channel,
    side: "device",
    // Whoever the broker may be: it is the code that tells the issuer from everybody else.
    access: { username: pairingAccount.name, password: pairingAccount.password, rejectUnauthorized: false },
    heard: (payload) => void heard(payload).catch(outcome.reject),
    failed: (why) => outcome.reject(new Error(why)),
  });
  const late = `Nobody typed the code within ${codeLifeMs / minuteMs} minutes; have another one shown.`;
  const timer = setTimeout(() => outcome.reject(new Error(late)), codeLifeMs);
  signal?.addEventListener("abort", () => outcome.reject(new Error("Pairing was given up.")));
  try {
    if (signal?.aborted !== true) ready();
    return await outcome.promise;
  } finally {
    clearTimeout(timer);
    await line.close();
  }
}
