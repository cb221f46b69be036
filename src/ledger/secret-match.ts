// Whether a credential is known by a secret; tells nothing else of either.
import type { Database } from "better-sqlite3";
import type { CredentialKind } from "../domain/directory.ts";
import type { SecretToCompare } from "../domain/directory-export.ts";
import { isCodeKind } from "./code-hashes.ts";
import type { Tokens } from "./tokens.ts";

/** `hash` is the secret's, where it is a code; null where that could not be made. */
export function isSecretOf(
  db: Database,
  tokens: Tokens,
  { credential, secret }: SecretToCompare,
  hash: Buffer | null,
): boolean {
  const row = db
    .prepare<[string], { kind: CredentialKind; token: Buffer }>("SELECT kind, token FROM credential WHERE id = ?")
    .get(credential);
  if (row === undefined) return false;
  if (isCodeKind(row.kind, secret)) return hash !== null && tokens.pin(hash).equals(row.token);
  return row.kind === "qr" && tokens.qr(secret).equals(row.token);
}
