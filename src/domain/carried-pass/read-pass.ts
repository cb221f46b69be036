// From the text of a QR to the claims of a proven pass, or to the reason why it is none; knows neither door nor time.
import type { CarriedRefusal } from "../reasons.ts";
import { decodeBody, proofBytes, readHeader } from "./pass-body.ts";
import type { PassClaims } from "./pass-claims.ts";
import type { PassKey } from "./pass-key.ts";
import { bytesOfText } from "./pass-text.ts";

/** The two things that are worked out with a secret or a public key, by whoever may import a library. */
export interface PassCrypto {
  /** HMAC-SHA-256. */
  mac(secret: Uint8Array, message: Uint8Array): Uint8Array;
  /** Ed25519. */
  isSigned(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

export interface HeldKey {
  readonly key: PassKey;
  readonly secret: Uint8Array;
}

export type ReadPass =
  | { readonly refused: Exclude<CarriedRefusal, "issuerExceeded"> }
  | {
      readonly refused: null;
      readonly key: PassKey;
      readonly claims: PassClaims;
      /** To be typed after it where one is asked for; null where it has none. */
      readonly code: string | null;
    };

export function readPass(text: string, keyOf: (number: number) => HeldKey | null, crypto: PassCrypto): ReadPass {
  const pass = bytesOfText(text);
  const header = pass === null ? null : readHeader(pass);
  if (pass === null || header === null) return { refused: "passUnreadable" };
  const held = keyOf(header.key);
  if (held === null || held.key.form !== header.form) return { refused: "issuerUnknown" };
  const body = pass.subarray(0, -proofBytes[header.form]);
  if (!isProven(held, body, pass.subarray(body.length), crypto)) return { refused: "passForged" };
  const claims = decodeBody(body);
  if (claims === null) return { refused: "passUnreadable" };
  const code = header.form === "mac" ? codeOfPass(held.secret, body, crypto) : null;
  return { refused: null, key: held.key, claims, code };
}

function isProven({ key, secret }: HeldKey, body: Uint8Array, proof: Uint8Array, crypto: PassCrypto): boolean {
  if (key.form === "signed") return crypto.isSigned(secret, provenText(body), proof);
  const tag = tagOf(secret, body, crypto);
  // In the same time wherever they differ.
  return tag.reduce((differing, byte, at) => differing | (byte ^ (proof[at] ?? 0)), 0) === 0;
}

export const tagOf = (secret: Uint8Array, body: Uint8Array, crypto: Pick<PassCrypto, "mac">): Uint8Array =>
  crypto.mac(secret, provenText(body)).subarray(0, proofBytes.mac);

/** What is tagged or signed. */
export const provenText = (body: Uint8Array): Uint8Array => after("postern pass\0", body);

const codeDigits = 6;

export function codeOfPass(secret: Uint8Array, body: Uint8Array, crypto: Pick<PassCrypto, "mac">): string {
  const mac = crypto.mac(secret, after("postern pass code\0", body)).subarray(0, 6);
  const number = mac.reduce((sum, byte) => sum * 256 + byte, 0) % 10 ** codeDigits;
  return String(number).padStart(codeDigits, "0");
}

const after = (purpose: string, body: Uint8Array): Uint8Array =>
  Uint8Array.from([...purpose].map((letter) => letter.charCodeAt(0)).concat([...body]));
