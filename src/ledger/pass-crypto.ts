// The proofs of carried passes and offline codes, by Node's own library.
import { createHmac, createPublicKey, verify } from "node:crypto";
import type { PassCrypto } from "../domain/carried-pass/read-pass.ts";

/** What stands before the 32 bytes of an Ed25519 key in its usual file form (RFC 8410, section 4). */
const ed25519Head = Buffer.from("302a300506032b6570032100", "hex");

export const passCrypto: PassCrypto = {
  mac: (secret, message) => createHmac("sha256", secret).update(message).digest(),
  isSigned(publicKey, message, signature) {
    const key = Buffer.concat([ed25519Head, publicKey]);
    return verify(null, message, createPublicKey({ key, format: "der", type: "spki" }), signature);
  },
};
