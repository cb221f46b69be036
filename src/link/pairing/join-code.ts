// The code that a controller shows and somebody types at the issuer: where the two meet, and the secret they share. Pure but for the hash.
import { scryptSync } from "node:crypto";
import type { RandomBytes } from "../seal.ts";
import { secretScalar } from "./spake2.ts";

export interface JoinCode {
  readonly channel: string;
  readonly secret: string;
}

/** Crockford's: without I, L, O and U. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const channelLength = 4;
const secretLength = 8;
const codePattern = /^[0-9A-HJKMNP-TV-Z]{12}$/;

export const codeLifeMs = 600_000;
/** A guesser gets one guess in each, of 2^40 secrets. */
export const maxAttempts = 3;
/** So long the issuer goes on with one. */
export const attemptMs = 60_000;

export function makeJoinCode(random: RandomBytes): JoinCode {
  const letters = (length: number): string =>
    Array.from(random(length), (byte) => alphabet[byte % alphabet.length]).join("");
  return { channel: letters(channelLength), secret: letters(secretLength) };
}

/** As people read it out: three groups of four. */
export const shownCode = ({ channel, secret }: JoinCode): string =>
  [channel, secret.slice(0, channelLength), secret.slice(channelLength)].join("-");

/** Takes what people make of it: small letters, spaces, O for 0, I or L for 1. Null when it is none. */
export function readJoinCode(typed: string): JoinCode | null {
  const text = typed.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  if (!codePattern.test(text)) return null;
  return { channel: text.slice(0, channelLength), secret: text.slice(channelLength) };
}

/** Slow on purpose, though only whoever breaks the curve could try secrets without asking. */
export const scalarOf = ({ channel, secret }: JoinCode): bigint =>
  secretScalar(scryptSync(secret, `postern join 1 ${channel}`, 48, { N: 16_384, r: 8, p: 1 }));
