// Makes a controller's keys, and of them and what the issuer said the file by which it is known. Knows no folder.
import type { KeyObject } from "node:crypto";
import { createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import type { IdentityFile } from "../identity.ts";
import { privateKeyText, publicKeyText } from "../identity.ts";
import type { DeviceKeys, Papers } from "./join-messages.ts";

export interface OwnKeys {
  readonly sign: KeyObject;
  readonly seal: KeyObject;
  readonly tls: KeyObject;
}

export const makeOwnKeys = (): OwnKeys => ({
  sign: generateKeyPairSync("ed25519").privateKey,
  seal: generateKeyPairSync("x25519").privateKey,
  tls: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
});

export const publicHalves = ({ sign, seal, tls }: OwnKeys): DeviceKeys => ({
  sign: publicKeyText(createPublicKey(sign)),
  seal: publicKeyText(createPublicKey(seal)),
  tls: createPublicKey(tls).export({ format: "der", type: "spki" }).toString("base64url"),
});

/** Null when the certificate is not for our key. */
export function identityOf(keys: OwnKeys, { ca, certificate, ...papers }: Papers): IdentityFile | null {
  if (certificate !== null && !isFor(certificate, keys.tls)) return null;
  return {
    version: 1,
    ...papers,
    device: { sign: privateKeyText(keys.sign), seal: privateKeyText(keys.seal) },
    tls: { ca, certificate, key: certificate === null ? null : tlsKeyText(keys.tls) },
  };
}

const tlsKeyText = (key: KeyObject): string => key.export({ format: "pem", type: "pkcs8" }).toString();

function isFor(certificate: string, key: KeyObject): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(key);
  } catch {
    return false;
  }
}
