// Signs a message and checks one that came: whom it is for, who says so, and that it is whole. Knows no kind of message.
import type { KeyObject } from "node:crypto";
import { createHash, createPublicKey, sign, verify } from "node:crypto";
import { canonicalJson } from "../domain/canonical-json.ts";
import type { Address } from "./topics.ts";

export const maxMessageBytes = 262_144;
const context = "postern link 1\n";
const rawKeyBytes = 32;

export interface Enveloped extends Address {
  readonly kind: string;
  /** When it was made, by its maker's clock. */
  readonly at: number;
  readonly key: string;
  readonly signature: string;
}

/** A message before it is signed. */
export type Unsigned = Readonly<Record<string, unknown>> & Address & Pick<Enveloped, "kind" | "at">;

export interface Signer {
  readonly id: string;
  readonly privateKey: KeyObject;
}

/** Public keys that count, by their ids. */
export type Verifiers = ReadonlyMap<string, KeyObject>;

export type Opened =
  | { readonly ok: true; readonly message: Enveloped & Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly why: "oversized" | "malformed" | "unsigned" | "foreign" };

export function signMessage(message: Unsigned, { id, privateKey }: Signer): string {
  const named = { ...message, key: id };
  const signature = sign(null, signedBytes(named), privateKey).toString("base64url");
  return JSON.stringify({ ...named, signature });
}

/** What holds is exactly what was parsed: the signature is checked over that, not over the bytes that came. */
export function openMessage(payload: Buffer, address: Address, verifiers: Verifiers): Opened {
  if (payload.length > maxMessageBytes) return refused("oversized");
  const parsed = parse(payload);
  if (parsed === null) return refused("malformed");
  const key = verifiers.get(parsed.key);
  if (key === undefined || !isSignedBy(parsed, key)) return refused("unsigned");
  if (parsed.site !== address.site || parsed.controller !== address.controller) return refused("foreign");
  return { ok: true, message: parsed };
}

/** A public key by its raw 32 bytes, as it stands in messages and files. */
export const keyIdOf = (raw: Buffer): string => createHash("sha256").update(raw).digest("hex").slice(0, 16);

/** Of a public key. */
export const rawPublicKey = (key: KeyObject): Buffer =>
  key.export({ format: "der", type: "spki" }).subarray(-rawKeyBytes);

const spkiPrefixes = { ed25519: "302a300506032b6570032100", x25519: "302a300506032b656e032100" } as const;

/** Null when these are not the bytes of one. */
export function publicKeyFrom(kind: keyof typeof spkiPrefixes, raw: Buffer): KeyObject | null {
  if (raw.length !== rawKeyBytes) return null;
  const der = Buffer.concat([Buffer.from(spkiPrefixes[kind], "hex"), raw]);
  return createPublicKey({ key: der, format: "der", type: "spki" });
}

/** What is nested deeper than anybody can walk was never signed. */
function isSignedBy({ signature, ...rest }: Enveloped, key: KeyObject): boolean {
  try {
    return verify(null, signedBytes(rest), key, Buffer.from(signature, "base64url"));
  } catch {
    return false;
  }
}

const refused = (why: Extract<Opened, { ok: false }>["why"]): Opened => ({ ok: false, why });

const signedBytes = (message: object): Buffer => Buffer.from(context + canonicalJson(message));

type Parsed = Enveloped & Readonly<Record<string, unknown>>;

function parse(payload: Buffer): Parsed | null {
  try {
    const value: unknown = JSON.parse(payload.toString("utf8"));
    return isEnveloped(value) ? value : null;
  } catch {
    return null;
  }
}

function isEnveloped(value: unknown): value is Parsed {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { kind, site, controller, at, key, signature } = value as Partial<Enveloped>;
  const texts = [kind, site, controller, key, signature];
  return texts.every((text) => typeof text === "string") && Number.isSafeInteger(at);
}
