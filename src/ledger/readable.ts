// What people may read back of a stored credential: card numbers and plates, as the site writes them. Knows no rule.
import type { CardPolicy, CardTechnology, KnownPart } from "../domain/card-format.ts";
import { formatOf, formatPartly } from "../domain/card-format.ts";
import type { CredentialKind } from "../domain/directory.ts";
import type { CardCode } from "../domain/presentation.ts";
import type { Tokens } from "./tokens.ts";

export interface SealedCredential {
  readonly id: string;
  readonly kind: CredentialKind;
  readonly sealed: Buffer | null;
  readonly known: KnownPart | null;
  readonly technology: CardTechnology | null;
}

/** Null for what only exists as a token. */
export const readBack = (tokens: Tokens, { id, sealed }: SealedCredential): string | null =>
  sealed === null ? null : tokens.unseal(sealed, id);

const shownCharacters = 2;

/** The end of the number, as it stands on the card: enough to tell one's own cards apart. */
export function hintOf(tokens: Tokens, cards: CardPolicy, credential: SealedCredential): string {
  const secret = readBack(tokens, credential);
  if (secret === null) return "";
  if (credential.kind === "plate") return secret.slice(-shownCharacters);
  const format = formatOf(cards, credential.technology);
  const shown = formatPartly(secret as CardCode, credential.known, format);
  return (shown.split("/")[0] ?? "").slice(-shownCharacters);
}
