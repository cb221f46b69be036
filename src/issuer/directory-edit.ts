// From what a site's directory is to what somebody wants it to be: only what differs is changed. Knows no file and no controller.
import type { Owned } from "../domain/cloud-directory.ts";
import type { IssuedDocument, SecretsBox } from "./documents.ts";
import { packDocument, sameDocument, unpackDocument } from "./documents.ts";
import type { DirectoryStore, DocumentChange } from "./store.ts";

export interface KnownDocument {
  readonly document: IssuedDocument;
  readonly fromFile: boolean;
}

export interface Edit {
  readonly verb: "adds" | "changes" | "removes";
  readonly what: Owned;
  readonly id: string;
}

export interface EditPlan {
  /** The directory as it will be. */
  readonly after: readonly IssuedDocument[];
  readonly edits: readonly Edit[];
  readonly changes: readonly DocumentChange[];
}

/** In this order nothing names what is not there yet. */
const order: readonly Owned[] = ["schedule", "holiday", "passKey", "person", "pass"];

export async function knownDocuments(
  store: DirectoryStore,
  site: string,
  box: SecretsBox,
): Promise<readonly KnownDocument[]> {
  const stored = await store.list(site, null);
  return stored.map((one) => ({ document: unpackDocument(one, box.key), fromFile: one.fromFile }));
}

/** Of the kinds in `complete` those go that a file once brought, and that are not wanted any more. */
export function planEdits(
  known: readonly KnownDocument[],
  wanted: readonly IssuedDocument[],
  complete: ReadonlySet<Owned>,
  box: SecretsBox,
): EditPlan {
  const before = new Map(known.map((one) => [keyOf(one.document), one]));
  const edits: Edit[] = [];
  const changes: DocumentChange[] = [];
  const inOrder = wanted.toSorted((a, b) => order.indexOf(a.what) - order.indexOf(b.what));
  for (const document of inOrder) {
    const old = before.get(keyOf(document));
    before.delete(keyOf(document));
    if (old?.fromFile === true && sameDocument(old.document, document)) continue;
    const { what, id } = document;
    edits.push({ verb: old === undefined ? "adds" : "changes", what, id });
    changes.push(packDocument(document, old?.document ?? null, true, box));
  }
  const rest = [...before.values()];
  const goes = ({ document, fromFile }: KnownDocument): boolean => fromFile && complete.has(document.what);
  const gone = rest.filter(goes);
  for (const { document } of gone.toSorted((a, b) => order.indexOf(b.document.what) - order.indexOf(a.document.what))) {
    const { what, id } = document;
    edits.push({ verb: "removes", what, id });
    changes.push({ what, id, fromFile: true, content: null });
  }
  const stays = rest.filter((one) => !goes(one)).map(({ document }) => document);
  return { after: [...stays, ...inOrder], edits, changes };
}

const keyOf = ({ what, id }: IssuedDocument): string => `${what} ${id}`;
