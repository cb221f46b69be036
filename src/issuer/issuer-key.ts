// An issuer's own key, with the secret that makes passes and codes; knows no folder.
import { createHmac, createPrivateKey, createPublicKey, sign } from "node:crypto";
import type { PassKey } from "../domain/carried-pass/pass-key.ts";

export interface IssuerKey {
  readonly key: PassKey;
  /** 32 bytes; of a signed key the Ed25519 seed. */
  readonly secret: Uint8Array;
}

/** What stands before the 32 bytes of a seed in its usual file form (RFC 8410, section 7). */
const seedHead = Buffer.from("302e020100300506032b657004220420", "hex");

const privateKeyOf = (seed: Uint8Array) =>
  createPrivateKey({ key: Buffer.concat([seedHead, seed]), format: "der", type: "pkcs8" });

export const macOf = (secret: Uint8Array, message: Uint8Array): Uint8Array =>
  createHmac("sha256", secret).update(message).digest();

export const signatureOf = (seed: Uint8Array, message: Uint8Array): Uint8Array =>
  sign(null, message, privateKeyOf(seed));

/** What controllers get: of a signed key the public half, of the others the secret itself. */
export function doorSecret({ key, secret }: IssuerKey): string {
  if (key.form !== "signed") return Buffer.from(secret).toString("hex");
  const der = createPublicKey(privateKeyOf(secret)).export({ format: "der", type: "spki" });
  return der.subarray(-32).toString("hex");
}
