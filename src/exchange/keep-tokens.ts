// Puts the tokens of codes into a directory.json in the places where the codes stood, everything else byte for byte. Pure.
import type { ExportedHolder, SecretToCompare } from "../domain/directory-export.ts";
import { formatToken } from "./code-token.ts";
import { literalEnd } from "./located-json.ts";
import { secretsToCompare } from "./plan-credentials.ts";
import type { Compared } from "./planned.ts";
import type { Wanted, WantedCredential } from "./wanted.ts";

/** Texts of QR codes that were applied, and the credentials that each may have become. */
export function qrToFind(wanted: Wanted, holders: readonly ExportedHolder[]): SecretToCompare[] {
  return secretsToCompare(
    { ...wanted, holders: wanted.holders.map((one) => ({ ...one, credentials: one.credentials.filter(isQr) })) },
    { holders, schedules: [], holidays: [] },
  );
}

const isQr = ({ kind }: WantedCredential): boolean => kind === "qr";

/** The same text where there is nothing to replace. A code whose credential is not found stays as it is. */
export function withTokens(
  text: string,
  wanted: Wanted,
  holders: readonly ExportedHolder[],
  compared: Compared,
): string {
  const byKey = new Map(holders.map((one) => [`${one.holder.kind} ${one.holder.id}`, one]));
  const swaps = wanted.holders.flatMap(({ kind, given, credentials }) => {
    const stored = byKey.get(`${kind} ${given.id}`)?.credentials ?? [];
    return credentials.flatMap(({ kind: credentialKind, secret, place }) => {
      if (secret.kind !== "plain" || place === null) return [];
      // Of the others there is one at most.
      const isMeant = (id: string) => credentialKind !== "qr" || compared.isSame(id, secret.text);
      const found = stored.find((one) => one.kind === credentialKind && one.code !== null && isMeant(one.id));
      return found?.code == null ? [] : [{ place, literal: JSON.stringify(formatToken(found.code)) }];
    });
  });
  let kept = "";
  let at = 0;
  for (const { place, literal } of swaps.toSorted((a, b) => a.place - b.place)) {
    kept += text.slice(at, place) + literal;
    at = literalEnd(text, place);
  }
  return kept + text.slice(at);
}
