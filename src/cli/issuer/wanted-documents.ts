// What a directory.json wants, as documents of the issuer; knows no store. What a controller cannot be told is a problem here.
import { createHash } from "node:crypto";
import type { Owned } from "../../domain/cloud-directory.ts";
import type { HolderKind } from "../../domain/directory.ts";
import type { LineProblem, Wanted, WantedCredential, WantedHolder } from "../../exchange/wanted.ts";
import type { KnownDocument } from "../../issuer/directory-edit.ts";
import type { IssuedCredential, IssuedDocument } from "../../issuer/documents.ts";
import { sharedCodes } from "../../issuer/shared-codes.ts";

export interface WantedDocuments {
  readonly documents: readonly IssuedDocument[];
  readonly complete: ReadonlySet<Owned>;
  readonly problems: readonly LineProblem[];
}

type HolderDocument = Extract<IssuedDocument, { what: "person" | "pass" }>;
type Carried = Extract<WantedHolder, { kind: "person" | "pass" }>;

export function wantedDocuments(wanted: Wanted, known: readonly KnownDocument[]): WantedDocuments {
  const { holders, schedules, holidays, complete } = wanted;
  const before = new Map(known.map(({ document }) => [`${document.what} ${document.id}`, document]));
  const carried = holders.filter((one): one is Carried => one.kind !== "public");
  const documents: IssuedDocument[] = [
    ...(schedules ?? []).map(({ thing: { id, ...body } }) => ({ what: "schedule" as const, id, body })),
    ...(holidays ?? []).map(({ thing: { id, ...body } }) => ({ what: "holiday" as const, id, body })),
    ...carried.map((one) => holderDocument(one, before.get(`${one.kind} ${one.given.id}`))),
  ];
  const owned = [...complete].filter((kind: HolderKind) => kind !== "public") as Owned[];
  if (schedules !== null) owned.push("schedule");
  if (holidays !== null) owned.push("holiday");
  return { documents, complete: new Set(owned), problems: problemsIn(holders) };
}

function holderDocument(wanted: Carried, known: IssuedDocument | undefined): HolderDocument {
  const { kind, given, credentials, completeKinds, grants } = wanted;
  const old = known !== undefined && "grants" in known ? known : null;
  const kept = (old?.credentials ?? []).filter((one) => !completeKinds.has(one.kind));
  const { kind: _, id, ...body } = given;
  return {
    what: kind,
    id,
    body,
    credentials: [...kept, ...numbered(kind, id, credentials.filter(isSent), old?.credentials ?? [])],
    grants: grants?.map(({ door, schedule }) => ({ door, schedule })) ?? old?.grants ?? [],
  };
}

const isSent = ({ secret }: WantedCredential): boolean => secret.kind === "plain";

/** What somebody has still goes by the id that it had; what was lost and is found by another, as its old id is marked wherever it came. */
function numbered(
  what: "person" | "pass",
  holder: string,
  wanted: readonly WantedCredential[],
  before: readonly IssuedCredential[],
): IssuedCredential[] {
  const taken = new Set(before.map(({ id }) => id));
  return wanted.map(({ kind, secret, state, validity, direction, known, technology }) => {
    const text = secret.kind === "plain" ? secret.text : "";
    const same = before.find((one) => one.kind === kind && one.secret === text);
    const isFound = state === "active" && (same?.state ?? "active") !== "active";
    const id =
      (isFound ? undefined : same?.id) ??
      freeId(`${shortOf(holder)}-${kind.toLowerCase()}-${what === "pass" ? "k" : ""}`, taken);
    return {
      id,
      kind,
      secret: text,
      ...(state === "active" ? {} : { state }),
      ...(validity.from === null && validity.until === null ? {} : { validity }),
      ...(direction === null ? {} : { direction }),
      ...(known === null ? {} : { known }),
      ...(technology === null ? {} : { technology }),
    };
  });
}

function freeId(stem: string, taken: Set<string>): string {
  for (let n = 1; ; n += 1) {
    const id = `${stem}${n}`;
    if (taken.has(id)) continue;
    taken.add(id);
    return id;
  }
}

const maxHolderId = 40;

/** An id has 63 characters at most. */
const shortOf = (holder: string): string =>
  holder.length <= maxHolderId
    ? holder
    : `${holder.slice(0, 28)}-${createHash("sha256").update(holder).digest("hex").slice(0, 10)}`;

function problemsIn(holders: readonly WantedHolder[]): LineProblem[] {
  return holders.flatMap((one): LineProblem[] => {
    if (one.kind === "public") {
      const problem = "Shared codes do not come from the cloud.";
      return [{ line: one.line, problem, remedy: 'Set them on site, with "postern codes".' }];
    }
    const tokens = one.credentials.filter(({ secret }) => secret.kind === "token");
    const problem = "A token is worth nothing at an issuer.";
    return tokens.map(({ line }) => ({ line, problem, remedy: "Write the code itself." }));
  });
}

/** Where the file gives somebody what somebody else at the same door has already; it does not say who. */
export function sharedProblems(wanted: Wanted, all: readonly IssuedDocument[]): readonly LineProblem[] {
  const lines = new Map(wanted.holders.map(({ kind, given, line }) => [`${kind} ${given.id}`, line]));
  // Those of the file last: of two it is the one that can be mended there.
  const inOrder = all.toSorted((a, b) => rankOf(a, lines) - rankOf(b, lines));
  return sharedCodes(inOrder).map(({ holder: { what, id }, kind }) => ({
    line: lines.get(`${what} ${id}`) ?? 0,
    problem: `Somebody else at one of these doors has the ${kind} of ${id}.`,
    remedy: "Give one of them another.",
  }));
}

const rankOf = ({ what, id }: IssuedDocument, lines: ReadonlyMap<string, number>): number =>
  lines.get(`${what} ${id}`) ?? 0;
