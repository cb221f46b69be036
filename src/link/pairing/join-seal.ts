// Protects what passes after both have shown that they know the code: one key for each direction, made of SPAKE2's.
import type { KeyObject } from "node:crypto";
import { createSecretKey, hkdfSync } from "node:crypto";
import type { z } from "zod";
import type { RandomBytes } from "../seal.ts";
import { seal, unseal } from "../seal.ts";
import type { JoinSide } from "./join-messages.ts";
import type { Spake2Keys, Spake2Start } from "./spake2.ts";

const associated = "postern join 1";

/** The issuer is `a`: it speaks first. */
export const joinNames = (channel: string, attempt: string): Pick<Spake2Start, "names" | "associated"> => ({
  names: { a: `issuer ${channel}`, b: `device ${channel}` },
  associated: `${associated} ${attempt}`,
});

export function sealJoin(
  from: JoinSide,
  kind: string,
  value: object,
  { key }: Spake2Keys,
  random: RandomBytes,
): string {
  return seal(kind, [value], keyFor(from, key), random);
}

/** Null when it was not sealed by the other one, or is not of that form. */
export function unsealJoin<Value>(
  from: JoinSide,
  kind: string,
  sealed: string,
  { key }: Spake2Keys,
  schema: z.ZodType<Value>,
): Value | null {
  const parsed = schema.safeParse(unseal(kind, sealed, keyFor(from, key))?.[0]);
  return parsed.success ? parsed.data : null;
}

const keyFor = (from: JoinSide, key: Buffer): KeyObject =>
  createSecretKey(Buffer.from(hkdfSync("sha256", key, Buffer.alloc(0), `${associated} ${from}`, 32)));
