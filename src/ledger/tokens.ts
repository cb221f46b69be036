// Turns what a credential's secret is into what may be stored of it; the secret itself never reaches SQL.
import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
import type { CardPolicy } from "../domain/card-format.ts";
import { highThreeBytes, lowThreeBytes, shortNumberOf } from "../domain/card-format.ts";
import type { Presentation } from "../domain/presentation.ts";
import { isDigitText } from "../domain/presentation.ts";
import type { Keys, RandomBytes } from "./keys.ts";

export interface Tokens {
  card(code: string): Buffer;
  /** Of the lowest three bytes, six digits. */
  card24(low: string): Buffer;
  /** Of the highest three. */
  cardHigh24(high: string): Buffer;
  qr(text: string): Buffer;
  plate(plate: string): Buffer;
  /** Tells whether an issuer's secret is the same as before. */
  passKey(secret: string): Buffer;
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
    card24: (low) => token("card24", low),
    cardHigh24: (high) => token("cardHigh24", high),
    qr: (text) => token("qr", text),
    plate: (plate) => token("plate", plate),
    passKey: (secret) => token("passKey", secret),
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

/** By what a presentation is looked up; the first is all of it. `short` looks for cards by their lowest three bytes. */
export interface LookUp {
  readonly tokens: readonly Buffer[];
  readonly short: Buffer | null;
}

export const nothingToFind: LookUp = { tokens: [], short: null };

export function lookUpOf(
  tokens: Tokens,
  presentation: Presentation,
  pinHash: Buffer | null,
  longUid: CardPolicy["longUid"] = null,
): LookUp {
  switch (presentation.method) {
    case "card": {
      const { code, short } = presentation;
      const low = lowThreeBytes(code);
      if (short === true) return { tokens: [], short: low === null ? null : tokens.card24(low) };
      const four = shortNumberOf(code, longUid);
      return { tokens: [...cardTokens(tokens, code), ...(four === null ? [] : cardTokens(tokens, four))], short: null };
    }
    case "qr":
      if (!isDigitText(presentation.text)) return { tokens: [tokens.qr(presentation.text)], short: null };
      // Postern 0.1 kept the digits of a QR like any other text of one.
      return pinHash === null
        ? nothingToFind
        : { tokens: [tokens.pin(pinHash), tokens.qr(presentation.text)], short: null };
    case "plate":
      return { tokens: [tokens.plate(presentation.plate)], short: null };
    case "pin":
      return pinHash === null || presentation.digits === null
        ? nothingToFind
        : { tokens: [tokens.pin(pinHash)], short: null };
  }
}

/** What is hashed slowly before the look-up; null where nothing is. Digits in a QR are as few as typed ones. */
export function slowSecretOf(presentation: Presentation): string | null {
  if (presentation.method === "pin") return presentation.digits ?? "";
  return presentation.method === "qr" && isDigitText(presentation.text) ? presentation.text : null;
}

/** Whole, and by the three bytes that are known of some cards. */
function cardTokens(tokens: Tokens, code: string): Buffer[] {
  const low = lowThreeBytes(code);
  const high = highThreeBytes(code);
  return [
    tokens.card(code),
    ...(low === null ? [] : [tokens.card24(low)]),
    ...(high === null ? [] : [tokens.cardHigh24(high)]),
  ];
}
