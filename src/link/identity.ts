// Who a controller is to its issuer, as pairing left it in a file: names, keys, certificate. Knows no folder.
import type { KeyObject } from "node:crypto";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { z } from "zod";
import type { Signer, Verifiers } from "./envelope.ts";
import { keyIdOf, publicKeyFrom, rawPublicKey } from "./envelope.ts";
import { namePattern } from "./topics.ts";

const raw = z.string().length(43);
const pkcs8 = z.string().min(40).max(200);
const pem = z.string().max(65_536).nullable();

export const identitySchema = z.strictObject({
  version: z.literal(1),
  site: z.string().regex(namePattern),
  controller: z.string().regex(namePattern),
  /** Where the issuer said that its broker is; the configuration may name another address of it. */
  broker: z.string().max(300).nullable(),
  /** Raw public keys, base64url. */
  issuer: z.strictObject({ sign: z.array(raw).min(1).max(4), seal: raw }),
  /** When the issuer said so, by its clock; left out as long as they are those from pairing. */
  issuerAt: z.int().optional(),
  /** The controller's own private keys: PKCS #8, base64url. */
  device: z.strictObject({ sign: pkcs8, seal: pkcs8 }),
  /** PEM; without a certificate a user's name and password stand in the configuration. */
  tls: z.strictObject({ ca: pem, certificate: pem, key: pem }),
});
export type IdentityFile = z.infer<typeof identitySchema>;

export interface Identity {
  readonly site: string;
  readonly controller: string;
  readonly broker: string | null;
  readonly issuerKeys: Verifiers;
  readonly issuerSeal: KeyObject;
  readonly signer: Signer;
  readonly unsealer: KeyObject;
  readonly tls: IdentityFile["tls"];
}

/** Null when the text is none. */
export function readIdentity(text: string): Identity | null {
  try {
    const { site, controller, broker, issuer, device, tls } = identitySchema.parse(JSON.parse(text));
    const signKey = privateKeyFrom(device.sign);
    return {
      site,
      controller,
      broker,
      issuerKeys: new Map(issuer.sign.map((key) => [keyIdOf(bytesOf(key)), publicKeyOf("ed25519", key)])),
      issuerSeal: publicKeyOf("x25519", issuer.seal),
      signer: { id: keyIdOf(rawPublicKey(createPublicKey(signKey))), privateKey: signKey },
      unsealer: privateKeyFrom(device.seal),
      tls,
    };
  } catch {
    return null;
  }
}

export const privateKeyText = (key: KeyObject): string =>
  key.export({ format: "der", type: "pkcs8" }).toString("base64url");

export const publicKeyText = (key: KeyObject): string => rawPublicKey(key).toString("base64url");

const bytesOf = (text: string): Buffer => Buffer.from(text, "base64url");

const privateKeyFrom = (text: string): KeyObject =>
  createPrivateKey({ key: bytesOf(text), format: "der", type: "pkcs8" });

function publicKeyOf(kind: "ed25519" | "x25519", text: string): KeyObject {
  const key = publicKeyFrom(kind, bytesOf(text));
  if (key === null) throw new RangeError("not a public key");
  return key;
}
