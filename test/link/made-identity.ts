// Makes both ends of a link for tests, as pairing would: a controller's identity file and the issuer's keys.
import { generateKeyPairSync } from "node:crypto";
import { keyIdOf, rawPublicKey } from "../../src/link/envelope.ts";
import type { IdentityFile } from "../../src/link/identity.ts";
import { privateKeyText, publicKeyText } from "../../src/link/identity.ts";
import type { Address } from "../../src/link/topics.ts";

export function madeIdentity(
  { site, controller }: Address,
  tls: IdentityFile["tls"] = { ca: null, certificate: null, key: null },
) {
  const sign = generateKeyPairSync("ed25519");
  const seal = generateKeyPairSync("x25519");
  const deviceSign = generateKeyPairSync("ed25519");
  const deviceSeal = generateKeyPairSync("x25519");
  const file: IdentityFile = {
    version: 1,
    site,
    controller,
    broker: null,
    issuer: { sign: [publicKeyText(sign.publicKey)], seal: publicKeyText(seal.publicKey) },
    device: { sign: privateKeyText(deviceSign.privateKey), seal: privateKeyText(deviceSeal.privateKey) },
    tls,
  };
  const idOf = (pair: typeof sign) => keyIdOf(rawPublicKey(pair.publicKey));
  return {
    file,
    issuer: {
      signer: { id: idOf(sign), privateKey: sign.privateKey },
      unsealer: seal.privateKey,
      deviceKeys: new Map([[idOf(deviceSign), deviceSign.publicKey]]),
      deviceSeal: deviceSeal.publicKey,
    },
  };
}
