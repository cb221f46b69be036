// Whether a machine is who it says it is: the same work whatever is wrong, one password at a time; knows no door.

import type { AccessEntry, AccountEntry } from "./access-file.ts";
import {
  digestSecretsOf,
  hashPassword,
  isSame,
  makeSalt,
  makeToken,
  tokenDigest,
  unsealDigest,
} from "./access-secret.ts";
import type { Claim } from "./api-request.ts";
import { DigestAuth, isRightAnswer } from "./digest-auth.ts";

/** Passwords that may wait for the slow hash. */
const maxWaiting = 8;

export type Checked =
  | { readonly kind: "known"; readonly entry: AccessEntry }
  | { readonly kind: "wrong" }
  /** The challenge it answers is too old, or was answered before: to be tried again with a new one. */
  | { readonly kind: "stale" };

export class CredentialCheck {
  readonly digest: DigestAuth;
  readonly #entries: () => readonly AccessEntry[];
  readonly #digestKey: Buffer;
  /** Who does not exist is compared with these. */
  readonly #nobodySalt = makeSalt();
  readonly #nobodySecrets = digestSecretsOf("nobody", makeToken());
  #waiting = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(entries: () => readonly AccessEntry[], digestKey: Buffer, mono: () => number) {
    this.#entries = entries;
    this.#digestKey = digestKey;
    this.digest = new DigestAuth(mono);
  }

  /** Whether any account can answer challenges; to others they are not offered. */
  offersDigest(): boolean {
    return this.#accounts().some(({ digest }) => digest !== null);
  }

  get isBusy(): boolean {
    return this.#waiting >= maxWaiting;
  }

  /** Runs `check` after all that came before: what one finds wrong counts before the next is looked at. */
  async inTurn<Result>(check: () => Promise<Result>): Promise<Result> {
    this.#waiting += 1;
    const turn = this.#turn.then(check);
    this.#turn = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      this.#waiting -= 1;
    }
  }

  async check(claim: Exclude<Claim, { kind: "none" }>, method: string, url: string): Promise<Checked> {
    if (claim.kind === "token") return knownOrWrong(this.#byToken(claim.token));
    if (claim.kind === "password") return knownOrWrong(await this.#byPassword(claim.name, claim.password));
    const { answer } = claim;
    if (!this.digest.isFresh(answer)) return { kind: "stale" };
    const account = this.#accounts().find(({ name }) => name === answer.username) ?? null;
    const own = account?.digest == null ? null : unsealDigest(account.digest, account.name, this.#digestKey);
    const isRight = isRightAnswer(answer, own ?? this.#nobodySecrets, method) && answer.uri === url;
    if (!isRight || own === null || account === null) return { kind: "wrong" };
    return this.digest.use(answer) ? { kind: "known", entry: account } : { kind: "stale" };
  }

  #accounts(): readonly AccountEntry[] {
    return this.#entries().filter((entry) => entry.kind === "account");
  }

  /** Compares with every token there is, found or not. */
  #byToken(token: string): AccessEntry | null {
    const digest = tokenDigest(token);
    const tokens = this.#entries().filter((entry) => entry.kind === "token");
    const [found] = tokens.filter((entry) => isSame(Buffer.from(entry.digest, "hex"), digest));
    return found ?? null;
  }

  async #byPassword(name: string, password: string): Promise<AccessEntry | null> {
    const account = this.#accounts().find((one) => one.name === name) ?? null;
    const salt = account === null ? this.#nobodySalt : Buffer.from(account.salt, "hex");
    const hash = await hashPassword(password, salt);
    const expected = account === null ? Buffer.alloc(hash.length) : Buffer.from(account.hash, "hex");
    return isSame(hash, expected) ? account : null;
  }
}

const knownOrWrong = (entry: AccessEntry | null): Checked =>
  entry === null ? { kind: "wrong" } : { kind: "known", entry };
