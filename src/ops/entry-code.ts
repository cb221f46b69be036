// The console's one-time code: made here, kept only as a digest, good once and for 15 minutes.
import { createHash, randomInt } from "node:crypto";

const lifeMs = 15 * 60_000;
/** No letters or digits that read alike. */
const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

export interface EntryCode {
  readonly text: string;
  readonly digest: string;
  readonly expiresWallMs: number;
}

export function makeEntryCode(nowWallMs: number): EntryCode {
  const letters = Array.from({ length: 12 }, () => alphabet[randomInt(alphabet.length)]).join("");
  const text = letters.replace(/(.{4})(?=.)/g, "$1-");
  return { text, digest: createHash("sha256").update(text).digest("hex"), expiresWallMs: nowWallMs + lifeMs };
}
