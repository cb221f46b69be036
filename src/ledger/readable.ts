// What people may read back of a stored credential: card numbers and plates. Knows no rule.
import type { Tokens } from "./tokens.ts";

export interface SealedCredential {
  readonly id: string;
  readonly sealed: Buffer | null;
}

/** Null for what only exists as a token. */
export const readBack = (tokens: Tokens, { id, sealed }: SealedCredential): string | null =>
  sealed === null ? null : tokens.unseal(sealed, id);
