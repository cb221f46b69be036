// A controller's side of pairing, step by step: answers whoever knows its code, a few attempts long. Knows no broker and no file.
import type { RandomBytes } from "../seal.ts";
import type { JoinCode } from "./join-code.ts";
import { maxAttempts, scalarOf } from "./join-code.ts";
import type { DeviceKeys, FromDevice, FromIssuer, Papers } from "./join-messages.ts";
import { papersSchema, readFromIssuer } from "./join-messages.ts";
import { joinNames, sealJoin, unsealJoin } from "./join-seal.ts";
import type { Spake2Keys } from "./spake2.ts";
import { beginSpake2, chanceScalar } from "./spake2.ts";

export interface DeviceStep {
  /** What the issuer is to be told, if anything. */
  readonly say: string | null;
  /** Set once, when the issuer has said who this controller is. */
  readonly papers?: Papers;
  /** All attempts were made with other codes; a new code is needed. */
  readonly isSpent?: boolean;
}

interface Attempt {
  readonly share: string;
  readonly keys: Spake2Keys;
  readonly answer: FromDevice;
  state: "answered" | "confirmed" | "failed";
  last: FromDevice;
}

const silence: DeviceStep = { say: null };

export class JoinDevice {
  readonly #code: JoinCode;
  readonly #secret: bigint;
  readonly #keys: DeviceKeys;
  readonly #random: RandomBytes;
  readonly #attempts = new Map<string, Attempt>();
  #joined: string | null = null;

  constructor(code: JoinCode, keys: DeviceKeys, random: RandomBytes) {
    this.#code = code;
    this.#secret = scalarOf(code);
    this.#keys = keys;
    this.#random = random;
  }

  /** No other attempt is answered. */
  get isUsedUp(): boolean {
    return this.#attempts.size >= maxAttempts;
  }

  /** Whatever came on the issuer's topic. The same again gets the same answer, so that nothing lost has to be begun anew. */
  take(payload: Buffer): DeviceStep {
    const message = readFromIssuer(payload);
    if (message === null || (this.#joined !== null && this.#joined !== message.attempt)) return silence;
    if (message.kind === "offer") return this.#offered(message);
    const attempt = this.#attempts.get(message.attempt);
    if (attempt === undefined || attempt.state === "failed") return silence;
    return message.kind === "confirm" ? this.#confirmed(message, attempt) : this.#told(message, attempt);
  }

  #offered({ attempt: id, share }: Extract<FromIssuer, { kind: "offer" }>): DeviceStep {
    const known = this.#attempts.get(id);
    if (known !== undefined) return known.share === share ? { say: JSON.stringify(known.answer) } : silence;
    if (this.isUsedUp) return silence;
    const scalar = chanceScalar(this.#random);
    const half = beginSpake2({ role: "b", secret: this.#secret, scalar, ...joinNames(this.#code.channel, id) });
    const keys = half.finish(Buffer.from(share, "hex"));
    if (keys === null) return silence;
    const confirmation = keys.confirmation.toString("hex");
    const answer: FromDevice = { kind: "answer", attempt: id, share: half.share.toString("hex"), confirmation };
    this.#attempts.set(id, { share, keys, answer, state: "answered", last: answer });
    return { say: JSON.stringify(answer) };
  }

  #confirmed({ confirmation }: Extract<FromIssuer, { kind: "confirm" }>, attempt: Attempt): DeviceStep {
    if (attempt.state === "confirmed") return { say: JSON.stringify(attempt.last) };
    if (!attempt.keys.isConfirmedBy(Buffer.from(confirmation, "hex"))) {
      attempt.state = "failed";
      return { say: null, isSpent: this.#isSpent() };
    }
    attempt.state = "confirmed";
    const sealed = sealJoin("device", "keys", this.#keys, attempt.keys, this.#random);
    attempt.last = { kind: "keys", attempt: attempt.answer.attempt, sealed };
    return { say: JSON.stringify(attempt.last) };
  }

  #told({ sealed }: Extract<FromIssuer, { kind: "papers" }>, attempt: Attempt): DeviceStep {
    if (attempt.state !== "confirmed") return silence;
    if (this.#joined !== null) return { say: JSON.stringify(attempt.last) };
    const papers = unsealJoin("issuer", "papers", sealed, attempt.keys, papersSchema);
    if (papers === null) return silence;
    const { attempt: id } = attempt.answer;
    const { site, controller } = papers;
    this.#joined = id;
    attempt.last = {
      kind: "done",
      attempt: id,
      sealed: sealJoin("device", "done", { site, controller }, attempt.keys, this.#random),
    };
    return { say: JSON.stringify(attempt.last), papers };
  }

  #isSpent(): boolean {
    return this.isUsedUp && [...this.#attempts.values()].every(({ state }) => state === "failed");
  }
}
