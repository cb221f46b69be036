// SPAKE2 (RFC 9382) with P-256, SHA-256, HKDF and HMAC: two who share a short secret get a long one, and nobody in between does.
import { createHash, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import type { RandomBytes } from "../seal.ts";

const { Point } = p256;
const order = Point.Fn.ORDER;
/** Section 6: points of which nobody knows the logarithm. */
const blinds = {
  a: Point.fromHex("02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f"),
  b: Point.fromHex("03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49"),
} as const;
const scalarBytes = 32;
/** So many more bits than the order that no value is likelier than another. */
const wideBytes = 48;
const shareBytes = 65;
const halfHash = 16;

export type Spake2Role = "a" | "b";

export interface Spake2Start {
  readonly role: Spake2Role;
  /** From `secretScalar`. */
  readonly secret: bigint;
  /** From `chanceScalar`, never used twice. */
  readonly scalar: bigint;
  readonly names: Readonly<Record<Spake2Role, string>>;
  /** What both must mean alike beside the secret. */
  readonly associated: string;
}

export interface Spake2Keys {
  readonly key: Buffer;
  /** Shows the other side that we have the key. */
  readonly confirmation: Buffer;
  isConfirmedBy(confirmation: Buffer): boolean;
}

export interface Spake2Half {
  readonly share: Buffer;
  /** Null when that is no share. */
  finish(theirs: Buffer): Spake2Keys | null;
}

/** From at least 48 bytes that a slow hash made of the secret. */
export const secretScalar = (wide: Buffer): bigint => numberOf(wide) % order;

export const chanceScalar = (random: RandomBytes): bigint => (numberOf(random(wideBytes)) % (order - 1n)) + 1n;

export function beginSpake2(start: Spake2Start): Spake2Half {
  const { role, secret, scalar } = start;
  const share = bytesOf(Point.BASE.multiply(scalar).add(blinds[role].multiply(secret)));
  return { share, finish: (theirs) => finish(start, share, theirs) };
}

function finish({ role, secret, scalar, names, associated }: Spake2Start, ours: Buffer, theirs: Buffer) {
  const other = role === "a" ? "b" : "a";
  const point = pointOf(theirs)?.subtract(blinds[other].multiply(secret)).multiply(scalar);
  if (point === undefined || point.is0()) return null;
  const [shareA, shareB] = role === "a" ? [ours, theirs] : [theirs, ours];
  const transcript = Buffer.concat(
    [
      Buffer.from(names.a),
      Buffer.from(names.b),
      shareA,
      shareB,
      bytesOf(point),
      Buffer.from(secret.toString(16).padStart(2 * scalarBytes, "0"), "hex"),
    ].flatMap((part) => [lengthOf(part), part]),
  );
  return keysOf(role, transcript, associated);
}

function keysOf(role: Spake2Role, transcript: Buffer, associated: string): Spake2Keys {
  const hash = createHash("sha256").update(transcript).digest();
  const info = `ConfirmationKeys${associated}`;
  const confirming = Buffer.from(hkdfSync("sha256", hash.subarray(halfHash), Buffer.alloc(0), info, 2 * halfHash));
  const macs = {
    a: createHmac("sha256", confirming.subarray(0, halfHash)).update(transcript).digest(),
    b: createHmac("sha256", confirming.subarray(halfHash)).update(transcript).digest(),
  };
  const awaited = macs[role === "a" ? "b" : "a"];
  return {
    key: hash.subarray(0, halfHash),
    confirmation: macs[role],
    isConfirmedBy: (shown) => shown.length === awaited.length && timingSafeEqual(shown, awaited),
  };
}

type CurvePoint = typeof Point.BASE;

const bytesOf = (point: CurvePoint): Buffer => Buffer.from(point.toBytes(false));

const numberOf = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString("hex")}`);

/** Null when it is not on the curve. */
function pointOf(bytes: Buffer): CurvePoint | null {
  if (bytes.length !== shareBytes) return null;
  try {
    return Point.fromBytes(bytes);
  } catch {
    return null;
  }
}

/** Eight bytes, the smallest first. */
function lengthOf(part: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeUInt32LE(part.length);
  return length;
}
