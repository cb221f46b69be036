// Turns what a credential's secret is into what may be stored of it; the secret itself never reaches SQL.
import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
import type { Presentation } from "../domain/presentation.ts";
import type { Keys, RandomBytes } from "./keys.ts";

export interface Tokens {
  card(code: string): Buffer;
  qr(text: string): Buffer;
  /** Of a PIN's slow hash, so that key and database together still cost an attacker that hash for each guess. */
  pin(hash: Buffer): Buffer;
  /** Bound to the credential, so that a sealed number cannot be moved to another one. */
  seal(code: string, credential: string): Buffer;
  unseal(sealed: Buffer, credential: string): string;
}

const tokenBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;

export function createTokens(keys: Keys, random: RandomBytes): Tokens {
  const token = (kind: string, value: string | Buffer): Buffer =>
    createHmac("sha256", keys.token).update(`${kind}\0`).update(value).digest().subarray(0, tokenBytes);
  return {
    card: (code) => token("card", code),
    qr: (text) => token("qr", text),
    pin: (hash) => token("pin", hash),
    seal(code, credential) {
      const nonce = random(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", keys.seal, nonce).setAAD(Buffer.from(credential));
      return Buffer.concat([nonce, cipher.update(code, "utf8"), cipher.final(), cipher.getAuthTag()]);
    },
    unseal(sealed, credential) {
      const nonce = sealed.subarray(0, nonceBytes);
      const decipher = createDecipheriv("aes-256-gcm", keys.seal, nonce, { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(credential)).setAuthTag(sealed.subarray(sealed.length - tagBytes));
      const text = decipher.update(sealed.subarray(nonceBytes, sealed.length - tagBytes));
      return Buffer.concat([text, decipher.final()]).toString("utf8");
    },
  };
}

/** Null when nothing that is stored can match. */
export function tokenOf(tokens: Tokens, presentation: Presentation, pinHash: Buffer | null): Buffer | null {
  switch (presentation.method) {
    case "card":
      return tokens.card(presentation.code);
    case "qr":
      return tokens.qr(presentation.text);
    case "pin":
      return presentation.digits === null || pinHash === null ? null : tokens.pin(pinHash);
  }
}
