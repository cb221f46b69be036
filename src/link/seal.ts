// Hides secrets and names from the broker: a key that only the two ends can work out, and what is sealed under it.
import type { KeyObject } from "node:crypto";
import { createCipheriv, createDecipheriv, createSecretKey, diffieHellman, hkdfSync } from "node:crypto";
import type { Address } from "./topics.ts";

export type Direction = "up" | "down";
/** A fresh nonce for each message. */
export type RandomBytes = (size: number) => Buffer;

const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;

export function sealKey(
  direction: Direction,
  { site, controller }: Address,
  own: KeyObject,
  others: KeyObject,
): KeyObject {
  const shared = diffieHellman({ privateKey: own, publicKey: others });
  const info = `postern seal 1 ${direction} ${site}/${controller}`;
  return createSecretKey(Buffer.from(hkdfSync("sha256", shared, Buffer.alloc(0), info, keyBytes)));
}

/** `kind` is that of the message: what is sealed in one cannot be moved into another. */
export function seal(kind: string, values: readonly unknown[], key: KeyObject, random: RandomBytes): string {
  const nonce = random(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(kind));
  const sealed = Buffer.concat([cipher.update(JSON.stringify(values), "utf8"), cipher.final()]);
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString("base64url");
}

/** Null when it cannot be opened, or is no list. */
export function unseal(kind: string, text: string, key: KeyObject): readonly unknown[] | null {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.length < nonceBytes + tagBytes) return null;
  try {
    const nonce = bytes.subarray(0, nonceBytes);
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(kind));
    decipher.setAuthTag(bytes.subarray(-tagBytes));
    const open = Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]);
    const values: unknown = JSON.parse(open.toString("utf8"));
    return Array.isArray(values) ? values : null;
  } catch {
    return null;
  }
}
