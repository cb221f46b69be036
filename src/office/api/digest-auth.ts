// HTTP Digest (RFC 7616, qop=auth): challenges, and whether an answer to one is right and new; knows no door.
import { createHmac, randomBytes } from "node:crypto";
import type { DigestAlgorithm, DigestSecrets } from "./access-secret.ts";
import { digestAlgorithms, digestHash, digestRealm, isSame } from "./access-secret.ts";

/** How long an answer to a challenge is taken. */
const nonceLifeMs = 60_000;
/** Nonces that somebody was let in with, so that no answer opens twice. */
const maxUsed = 1_024;
const noncePattern = /^([0-9a-z]{1,12})\.([0-9a-f]{32})\.([0-9A-Za-z_-]{43})$/;

export interface DigestAnswer {
  readonly username: string;
  readonly nonce: string;
  readonly uri: string;
  readonly algorithm: DigestAlgorithm;
  /** As it was sent: eight hexadecimal digits. */
  readonly nc: string;
  readonly cnonce: string;
  readonly response: string;
}

export class DigestAuth {
  readonly #mono: () => number;
  readonly #key = randomBytes(32);
  /** The highest count seen, and when its nonce ends. */
  readonly #used = new Map<string, { readonly count: number; readonly endsMono: number }>();

  constructor(mono: () => number) {
    this.#mono = mono;
  }

  /** One header line for each algorithm, the stronger one first. */
  challenges(stale: boolean): readonly string[] {
    const payload = `${Math.floor(this.#mono()).toString(36)}.${randomBytes(16).toString("hex")}`;
    const nonce = `${payload}.${this.#sign(payload)}`;
    return digestAlgorithms.map(
      (algorithm) =>
        `Digest realm="${digestRealm}", qop="auth", algorithm=${algorithm}, nonce="${nonce}"${stale ? ", stale=true" : ""}`,
    );
  }

  /** Whether the challenge is one of ours, not too old, and this answer to it was not seen before. */
  isFresh({ nonce, nc }: DigestAnswer): boolean {
    const [, issued = "", random = "", mac = ""] = noncePattern.exec(nonce) ?? [];
    if (mac === "" || !isSame(Buffer.from(mac), Buffer.from(this.#sign(`${issued}.${random}`)))) return false;
    const ageMs = this.#mono() - Number.parseInt(issued, 36);
    if (ageMs < -1 || ageMs >= nonceLifeMs) return false;
    return Number.parseInt(nc, 16) > (this.#used.get(nonce)?.count ?? 0);
  }

  /** Takes the answer, so that it is never fresh again; false when too many are remembered already. */
  use({ nonce, nc }: DigestAnswer): boolean {
    const now = this.#mono();
    for (const [one, { endsMono }] of this.#used) if (endsMono <= now) this.#used.delete(one);
    if (!this.#used.has(nonce) && this.#used.size >= maxUsed) return false;
    this.#used.set(nonce, { count: Number.parseInt(nc, 16), endsMono: now + nonceLifeMs });
    return true;
  }

  #sign(payload: string): string {
    return createHmac("sha256", this.#key).update(payload).digest("base64url");
  }
}

/** Compares in constant time. */
export function isRightAnswer(answer: DigestAnswer, secrets: DigestSecrets, method: string): boolean {
  const { algorithm, nonce, nc, cnonce, uri } = answer;
  const a2 = digestHash(algorithm, `${method}:${uri}`);
  const expected = digestHash(algorithm, `${secrets[algorithm]}:${nonce}:${nc}:${cnonce}:auth:${a2}`);
  return isSame(Buffer.from(answer.response), Buffer.from(expected));
}

/** Null when it is not complete, or of a kind that is not offered. */
export function parseDigest(text: string): DigestAnswer | null {
  const fields = new Map<string, string>();
  for (const [, key = "", quoted, bare] of text.matchAll(/(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g)) {
    fields.set(key.toLowerCase(), quoted === undefined ? (bare ?? "") : quoted.replace(/\\(.)/g, "$1"));
  }
  const get = (key: string): string => fields.get(key) ?? "";
  const algorithm = digestAlgorithms.find((one) => one === (fields.get("algorithm") ?? "MD5").toUpperCase());
  const isWhole =
    get("realm") === digestRealm && get("qop") === "auth" && /^[0-9a-f]{8}$/i.test(get("nc")) && get("cnonce") !== "";
  if (algorithm === undefined || !isWhole) return null;
  return {
    username: get("username"),
    nonce: get("nonce"),
    uri: get("uri"),
    algorithm,
    nc: get("nc"),
    cnonce: get("cnonce"),
    response: get("response").toLowerCase(),
  };
}
