// Codes and cards that two would have at one door: there nobody could tell them apart. Pure.
import type { CredentialKind } from "../domain/directory.ts";
import type { IssuedCredential, IssuedDocument } from "./documents.ts";

type Holder = Extract<IssuedDocument, { what: "person" | "pass" }>;

export interface SharedCode {
  /** Whoever has it as well, in the order of the list. */
  readonly holder: Holder;
  readonly kind: CredentialKind;
}

/** What is shown or typed alike is one space. A pass's secret code is asked for with something else. */
const spaces: Partial<Record<CredentialKind, string>> = {
  pin: "pin",
  qr: "qr",
  qrPin: "qr",
  card: "card",
  bkey: "card",
  plate: "plate",
};

export function sharedCodes(documents: readonly IssuedDocument[]): readonly SharedCode[] {
  const owners = new Map<string, Holder[]>();
  const shared: SharedCode[] = [];
  for (const holder of documents) {
    if (!("credentials" in holder)) continue;
    for (const credential of holder.credentials) {
      const key = keyOf(credential);
      if (key === null) continue;
      const others = owners.get(key) ?? [];
      if (others.some((other) => meets(other, holder))) shared.push({ holder, kind: credential.kind });
      owners.set(key, [...others, holder]);
    }
  }
  return shared;
}

function keyOf({ kind, secret }: IssuedCredential): string | null {
  const space = spaces[kind];
  return space === undefined ? null : `${space} ${secret}`;
}

const meets = (a: Holder, b: Holder): boolean =>
  (a.what !== b.what || a.id !== b.id) && a.grants.some(({ door }) => b.grants.some((grant) => grant.door === door));
