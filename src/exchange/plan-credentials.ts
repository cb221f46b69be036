// Which credentials of a holder a file adds, changes and takes away. Card numbers and plates are matched by what they are,
// codes by what the ledger says of them. Pure.
import type { CredentialKind, DirectoryChange, HolderRef } from "../domain/directory.ts";
import type { ExportedCredential, SecretToCompare } from "../domain/directory-export.ts";
import type { CredentialId } from "../domain/ids.ts";
import { normalizePlate } from "../domain/presentation.ts";
import type { Compared, KnownDirectory, PlannedParts, PlannedStep } from "./planned.ts";
import { sameValue } from "./planned.ts";
import type { Wanted, WantedCredential, WantedHolder } from "./wanted.ts";

export interface CredentialTerms {
  readonly compared: Compared;
  /** Ids of credentials; new ones are added. */
  readonly takenIds: Set<string>;
}

const single: readonly CredentialKind[] = ["pin", "code", "qrPin"];

/** Codes of a file that may be those of the credentials already: only the ledger can tell. */
export function secretsToCompare(wanted: Wanted, known: KnownDirectory): SecretToCompare[] {
  const byKey = new Map(known.holders.map((one) => [`${one.holder.kind} ${one.holder.id}`, one]));
  return wanted.holders.flatMap(({ kind, given, credentials }) => {
    const before = byKey.get(`${kind} ${given.id}`)?.credentials ?? [];
    return credentials.flatMap(({ kind: credentialKind, secret }) => {
      if (secret.kind === "token") return [];
      const candidates = before.filter((one) => one.kind === credentialKind && one.code !== null);
      return candidates.map(({ id }) => ({ credential: id, secret: secret.text }));
    });
  });
}

export function planCredentials(
  { credentials, completeKinds, isPartial }: WantedHolder,
  holder: HolderRef,
  before: readonly ExportedCredential[],
  { compared, takenIds }: CredentialTerms,
): PlannedParts {
  const unmatched = new Set(before);
  const puts: PlannedStep[] = [];
  const words: string[] = [];
  for (const wanted of credentials) {
    const same = before.find((one) => unmatched.has(one) && isSame(one, wanted, compared, isPartial));
    const old = same ?? (single.includes(wanted.kind) ? before.find((one) => one.kind === wanted.kind) : undefined);
    if (old !== undefined) unmatched.delete(old);
    const id = old?.id ?? newId(holder.id, wanted.kind, takenIds);
    const steps = stepsFor(wanted, id, holder, { old: old ?? null, isSame: same !== undefined });
    puts.push(...steps.map((change) => ({ change, line: wanted.line })));
    if (steps.length > 0)
      words.push(wordOf(wanted.kind, same !== undefined ? "changed" : old === undefined ? "" : "new"));
  }
  const gone = [...unmatched].filter(({ kind }) => completeKinds.has(kind));
  return {
    removals: gone.map(({ id }) => ({ change: { op: "removeCredential", id }, line: null })),
    puts,
    words: [...counted(words), ...counted(gone.map(({ kind }) => wordOf(kind, "no longer")))],
  };
}

/** Lists of devices tell no cards from Bkeys. */
function isSame(
  old: ExportedCredential,
  { kind, secret, known }: WantedCredential,
  compared: Compared,
  isPartial: boolean,
): boolean {
  const isCard = isPartial && kind === "card" && old.kind === "bkey";
  if (old.kind !== kind && !isCard) return false;
  if (secret.kind === "token") return old.code?.token === secret.code.token;
  if (old.secret === null) return compared.isSame(old.id, secret.text);
  if (kind === "plate") return normalizePlate(old.secret) === normalizePlate(secret.text);
  return old.secret === secret.text && old.known === known;
}

function stepsFor(
  wanted: WantedCredential,
  id: CredentialId,
  holder: HolderRef,
  { old, isSame }: { readonly old: ExportedCredential | null; readonly isSame: boolean },
): DirectoryChange[] {
  const { kind, secret, state, validity, direction, known, technology } = wanted;
  const isAsBefore =
    isSame &&
    sameValue(old?.validity, validity) &&
    (old?.direction ?? null) === direction &&
    (technology === null || old?.technology === technology);
  if (secret.kind === "token") {
    if (isAsBefore && old?.state === state) return [];
    return [{ op: "putToken", id, kind, code: secret.code, holder, state, validity, direction }];
  }
  const changes: DirectoryChange[] = [];
  if (!isAsBefore) {
    const views = { ...(known === null ? {} : { known }), ...(technology === null ? {} : { technology }) };
    changes.push({ op: "putCredential", id, kind, secret: secret.text, holder, validity, direction, ...views });
  }
  if ((old?.state ?? "active") !== state) changes.push({ op: "setCredentialState", id, state });
  return changes;
}

const maxIdLength = 63;

function newId(holder: string, kind: CredentialKind, taken: Set<string>): CredentialId {
  for (let n = 1; ; n += 1) {
    const end = single.includes(kind) && n === 1 ? `-${kind.toLowerCase()}` : `-${kind.toLowerCase()}-${n}`;
    const id = `${holder.slice(0, maxIdLength - end.length)}${end}`;
    if (taken.has(id)) continue;
    taken.add(id);
    return id as CredentialId;
  }
}

const names: Readonly<Record<CredentialKind, string>> = {
  pin: "PIN",
  code: "secret code",
  qrPin: "QR PIN",
  qr: "QR code",
  card: "card",
  bkey: "Bkey",
  plate: "plate",
};

const wordOf = (kind: CredentialKind, how: string): string => (how === "" ? names[kind] : `${how} ${names[kind]}`);

/** Twice the same word is said once, with its number. */
function counted(words: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => (count === 1 ? word : `${count} ${word}s`));
}
