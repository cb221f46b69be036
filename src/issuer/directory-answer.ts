// What a controller at a version is sent next: what changed since, or a chunk of a snapshot. Knows the store and no broker.
import type { KeyObject } from "node:crypto";
import { positionOf } from "../domain/cloud-directory.ts";
import { movePlaces, wireDocument } from "./documents.ts";
import type { Controller, DirectoryStore, StoredDocument } from "./store.ts";

/** A message's members, and what is to be sealed with it. */
export interface DirectoryStep {
  readonly kind: "delta" | "chunk";
  readonly members: Readonly<Record<string, unknown>>;
  readonly hidden: readonly unknown[];
}

export interface Standing {
  readonly version: number;
  readonly snapshot: Controller["snapshot"];
}

type Viewer = Pick<Controller, "site" | "viewVersion"> & { readonly doors: readonly string[] };

const maxDelta = 200;
const maxChunk = 500;
/** Of a message's 262,144. */
const maxBytes = 200_000;
const base64Share = 1.4;
/** Beyond, a snapshot is quicker. */
const maxBehind = 20_000;
const keptPrefix = "3:";
const keptSection = "0:";

export const headOf = async (store: DirectoryStore, { site, doors, viewVersion }: Viewer): Promise<number> =>
  Math.max(viewVersion, await store.head(site, doors));

/** Null when it has everything, and could take all of it. */
export async function nextStep(
  store: DirectoryStore,
  viewer: Viewer,
  standing: Standing & Pick<Controller, "refused">,
  key: KeyObject,
): Promise<DirectoryStep | null> {
  const head = await headOf(store, viewer);
  const { version, snapshot, refused } = standing;
  if (snapshot === null && version >= head) return again(store, viewer, version, refused, key);
  if (snapshot !== null && snapshot.snapshot >= viewer.viewVersion) {
    return chunk(store, viewer, { snapshot: snapshot.snapshot, after: snapshot.upTo, head }, key);
  }
  const isFar =
    snapshot !== null ||
    version === 0 ||
    version < viewer.viewVersion ||
    (await store.countChanged(viewer.site, viewer.doors, version, maxBehind + 1)) > maxBehind;
  if (isFar) return chunk(store, viewer, { snapshot: head, after: null, head }, key);
  return delta(store, viewer, version, head, key);
}

async function delta(store: DirectoryStore, viewer: Viewer, from: number, head: number, key: KeyObject) {
  const rows = await store.changed(viewer.site, viewer.doors, from, maxDelta + 1);
  const packed = new Packing(viewer, key);
  for (const row of rows.slice(0, maxDelta)) if (!packed.add(row, row.version)) break;
  const more = packed.taken < rows.length;
  const last = rows[packed.taken - 1]?.version ?? head;
  // The head may have been bumped for what this controller has seen already.
  const version = more ? last : Math.max(head, last);
  return step("delta", { from, version, documents: packed.documents, more }, packed.hidden);
}

/** What it could not take when it came may be possible by now. */
async function again(
  store: DirectoryStore,
  viewer: Viewer,
  version: number,
  refused: readonly string[],
  key: KeyObject,
): Promise<DirectoryStep | null> {
  const packed = new Packing(viewer, key);
  for (const row of await store.named(viewer.site, viewer.doors, refused)) {
    if (!packed.add(row, Math.max(row.version, viewer.viewVersion))) break;
  }
  if (packed.taken === 0) return null;
  return step("delta", { from: version, version, documents: packed.documents, more: false }, packed.hidden);
}

interface Chunking {
  readonly snapshot: number;
  readonly after: string | null;
  readonly head: number;
}

async function chunk(
  store: DirectoryStore,
  viewer: Viewer,
  chunking: Chunking,
  key: KeyObject,
): Promise<DirectoryStep> {
  const { snapshot, after, head } = chunking;
  const packed = new Packing(viewer, key);
  const end = (await packDocuments(store, viewer, after, packed)) ?? (await packKept(store, viewer, after, packed));
  const version = Math.max(head, snapshot);
  return step("chunk", { snapshot, after, upTo: end, version, documents: packed.documents }, packed.hidden);
}

/** The position of the last that found room; null when all did. */
async function packDocuments(store: DirectoryStore, viewer: Viewer, after: string | null, packed: Packing) {
  if (after !== null && after >= keptPrefix) return null;
  const rows = await store.after(viewer.site, viewer.doors, after ?? "", maxChunk + 1);
  for (const row of rows.slice(0, maxChunk)) {
    if (!packed.add(row, Math.max(row.version, viewer.viewVersion))) return packed.position;
  }
  return rows.length > maxChunk ? packed.position : null;
}

async function packKept(store: DirectoryStore, viewer: Viewer, after: string | null, packed: Packing) {
  const kept = await keptAfter(store, viewer, after);
  const room = maxChunk - packed.documents.length;
  const some = kept.slice(0, room);
  for (const { what, id, version } of some) {
    packed.documents.push({ what: "kept", of: what, id, version: Math.max(version, viewer.viewVersion) });
  }
  if (some.length === kept.length) return null;
  const last = some.at(-1);
  return last === undefined ? packed.position : keptPosition(last);
}

const keptPosition = ({ what, id }: StoredDocument): string => positionOf(what, id, true);

/** What people and passes name, once more: only now may what is not among it go. */
async function keptAfter(
  store: DirectoryStore,
  viewer: Viewer,
  after: string | null,
): Promise<readonly StoredDocument[]> {
  const from = keptSection + (after?.startsWith(keptPrefix) ? after.slice(keptPrefix.length) : "");
  const rows = await store.after(viewer.site, viewer.doors, from, maxChunk + 1);
  return rows.filter(({ what, id }) => positionOf(what, id).startsWith(keptSection));
}

class Packing {
  readonly documents: Readonly<Record<string, unknown>>[] = [];
  readonly hidden: unknown[] = [];
  taken = 0;
  /** Of the last that was added. */
  position: string | null = null;
  #bytes = 0;
  readonly #doors: ReadonlySet<string>;
  readonly #key: KeyObject;

  constructor({ doors }: Viewer, key: KeyObject) {
    this.#doors = new Set(doors);
    this.#key = key;
  }

  /** False when it finds no room any more; one always does. */
  add(row: StoredDocument, version: number): boolean {
    const { document, hidden } = wireDocument(row, version, this.#doors, this.#key);
    const moved = movePlaces(document, this.hidden.length);
    const bytes = bytesOf(moved) + base64Share * bytesOf(hidden);
    if (this.documents.length > 0 && this.#bytes + bytes > maxBytes) return false;
    this.#bytes += bytes;
    this.documents.push(moved);
    this.hidden.push(...hidden);
    this.taken += 1;
    this.position = positionOf(row.what, row.id);
    return true;
  }
}

const step = (
  kind: DirectoryStep["kind"],
  members: DirectoryStep["members"],
  hidden: readonly unknown[],
): DirectoryStep => ({
  kind,
  members,
  hidden,
});

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
