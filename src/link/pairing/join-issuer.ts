// An issuer's side of pairing, step by step: one attempt with the code that somebody typed. Knows no broker and no store.
import { z } from "zod";
import type { RandomBytes } from "../seal.ts";
import type { JoinCode } from "./join-code.ts";
import { scalarOf } from "./join-code.ts";
import type { DeviceKeys, FromDevice, FromIssuer, Papers } from "./join-messages.ts";
import { deviceKeysSchema, readFromDevice } from "./join-messages.ts";
import { joinNames, sealJoin, unsealJoin } from "./join-seal.ts";
import type { Spake2Half, Spake2Keys } from "./spake2.ts";
import { beginSpake2, chanceScalar } from "./spake2.ts";

export type IssuerStep =
  | { readonly kind: "nothing" }
  /** To be said, and said again until something comes of it. */
  | { readonly kind: "say"; readonly text: string }
  /** The controller's keys; `grant` answers them. */
  | { readonly kind: "keys"; readonly keys: DeviceKeys }
  /** Whoever answered does not know the code: it was mistyped, or somebody stands in between. It is over once that is said. */
  | { readonly kind: "wrong"; readonly text: string }
  | { readonly kind: "done" };

const attemptBytes = 8;
/** Proves nothing, whatever the code: the controller sees from it that the attempt failed. */
const noProof = "0".repeat(64);
const nothing: IssuerStep = { kind: "nothing" };
const doneSchema = z.object({ site: z.string(), controller: z.string() });

export class JoinIssuer {
  readonly #attempt: string;
  readonly #half: Spake2Half;
  readonly #random: RandomBytes;
  #keys: Spake2Keys | null = null;
  #phase: "offered" | "confirming" | "granting" | "granted" | "over" = "offered";

  constructor(code: JoinCode, random: RandomBytes) {
    this.#random = random;
    this.#attempt = random(attemptBytes).toString("hex");
    const scalar = chanceScalar(random);
    const names = joinNames(code.channel, this.#attempt);
    this.#half = beginSpake2({ role: "a", secret: scalarOf(code), scalar, ...names });
  }

  /** What is said first. */
  get offer(): string {
    return this.#text({ kind: "offer", attempt: this.#attempt, share: this.#half.share.toString("hex") });
  }

  /** Whatever came on the device's topic. */
  take(payload: Buffer): IssuerStep {
    const message = readFromDevice(payload);
    if (message === null || message.attempt !== this.#attempt) return nothing;
    if (message.kind === "answer") return this.#answered(message);
    if (this.#keys === null) return nothing;
    if (message.kind === "keys" && this.#phase === "confirming") {
      const keys = unsealJoin("device", "keys", message.sealed, this.#keys, deviceKeysSchema);
      if (keys === null) return nothing;
      this.#phase = "granting";
      return { kind: "keys", keys };
    }
    if (message.kind !== "done" || this.#phase !== "granted") return nothing;
    if (unsealJoin("device", "done", message.sealed, this.#keys, doneSchema) === null) return nothing;
    this.#phase = "over";
    return { kind: "done" };
  }

  /** Answers the controller's keys: to be said again until it is done. */
  grant(papers: Papers): string {
    if (this.#keys === null) throw new RangeError("Nobody has shown keys yet.");
    this.#phase = "granted";
    const sealed = sealJoin("issuer", "papers", papers, this.#keys, this.#random);
    return this.#text({ kind: "papers", attempt: this.#attempt, sealed });
  }

  /** The first answer decides: a second one would be a second guess. */
  #answered({ share, confirmation }: Extract<FromDevice, { kind: "answer" }>): IssuerStep {
    if (this.#phase !== "offered") return nothing;
    const keys = this.#half.finish(Buffer.from(share, "hex"));
    if (keys === null || !keys.isConfirmedBy(Buffer.from(confirmation, "hex"))) {
      this.#phase = "over";
      return { kind: "wrong", text: this.#confirm(noProof) };
    }
    this.#keys = keys;
    this.#phase = "confirming";
    return { kind: "say", text: this.#confirm(keys.confirmation.toString("hex")) };
  }

  #confirm(confirmation: string): string {
    return this.#text({ kind: "confirm", attempt: this.#attempt, confirmation });
  }

  #text(message: FromIssuer): string {
    return JSON.stringify(message);
  }
}
