// The keys of card profiles: one file each, that only its own user may read. Never in the configuration, never in a message.
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CardProfile } from "../../card-profile.ts";

export type CardKeyReading =
  | { readonly ok: true; readonly key: Buffer }
  | { readonly ok: false; readonly why: "missing" | "unreadable" | "exposed" | "malformed" };

const maxFileBytes = 128;

export const cardKeyFile = (keysDir: string, profile: string): string => join(keysDir, `card-${profile}.key`);

/** Bytes that a key of this profile may have. */
export function keyLengths(profile: CardProfile): readonly number[] {
  switch (profile.kind) {
    case "classic":
      return [6];
    case "plus":
    case "phone":
      return [16];
    case "desfire":
      if (profile.crypto === "aes" || profile.crypto === "aesEv2" || profile.diversify !== null) return [16];
      return [8, 16];
  }
}

/** Hex digits, in pairs that may stand apart. Null for what is no key of this profile. */
export function parseCardKey(text: string, profile: CardProfile): Buffer | null {
  const digits = text.trim().replace(/[ :-]/g, "");
  if (!/^[0-9A-Fa-f]*$/.test(digits) || digits.length % 2 !== 0) return null;
  const key = Buffer.from(digits, "hex");
  return keyLengths(profile).includes(key.length) ? key : null;
}

export function readCardKey(keysDir: string, profile: CardProfile): CardKeyReading {
  let file: number;
  try {
    file = openSync(cardKeyFile(keysDir, profile.id), "r");
  } catch (error) {
    return { ok: false, why: (error as NodeJS.ErrnoException).code === "ENOENT" ? "missing" : "unreadable" };
  }
  try {
    const { mode, size } = fstatSync(file);
    if ((mode & 0o077) !== 0) return { ok: false, why: "exposed" };
    const key = size > maxFileBytes ? null : parseCardKey(readFileSync(file, "latin1"), profile);
    return key === null ? { ok: false, why: "malformed" } : { ok: true, key };
  } finally {
    closeSync(file);
  }
}

/** One sentence with its remedy, or null. */
export function keyTrouble(keysDir: string, profiles: readonly CardProfile[]): string | null {
  for (const profile of profiles) {
    const reading = readCardKey(keysDir, profile);
    if (reading.ok) continue;
    const words = {
      missing: "has no key",
      unreadable: "has a key file that Postern's user may not read",
      exposed: "has a key file that others may read",
      malformed: "has a key of the wrong form",
    }[reading.why];
    return `The card profile "${profile.id}" ${words}; set it with \`postern cards key set ${profile.id}\`.`;
  }
  return null;
}
