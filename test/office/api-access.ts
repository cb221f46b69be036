// Tokens and accounts as `postern http` would have made them, for tests of what they open.
import type { AccessScope } from "../../src/domain/http-opening.ts";
import { changeAccess } from "../../src/office/api/access-file.ts";
import {
  digestSecretsOf,
  hashPassword,
  makeSalt,
  makeToken,
  sealDigest,
  tokenDigest,
} from "../../src/office/api/access-secret.ts";

export const password = "right-horse-42+battery";
/** The key of `office-bench.ts`. */
const digestKey = Buffer.from("6d".repeat(32), "hex");

export function addToken(
  file: string,
  name: string,
  given: { readonly scopes?: readonly AccessScope[]; readonly doors?: readonly string[] } = {},
): string {
  const token = makeToken();
  const { scopes = ["open"], doors = null } = given;
  const digest = tokenDigest(token).toString("hex");
  changeAccess(file, (entries) => [...entries, { kind: "token", name, digest, scopes, doors }]);
  return token;
}

export async function addAccount(
  file: string,
  name: string,
  given: { readonly doors?: readonly string[]; readonly digest?: boolean } = {},
): Promise<void> {
  const salt = makeSalt();
  const hash = (await hashPassword(password, salt)).toString("hex");
  const digest = given.digest === true ? sealDigest(digestSecretsOf(name, password), name, digestKey) : null;
  const entry = {
    kind: "account",
    name,
    salt: salt.toString("hex"),
    hash,
    digest,
    doors: given.doors ?? null,
  } as const;
  changeAccess(file, (entries) => [...entries, entry]);
}

export const revoke = (file: string, name: string): void =>
  changeAccess(file, (entries) => entries.filter((entry) => entry.name !== name));
