// The issuer's documents between whoever writes them, the store and the link: secrets apart from the rest, and marks of them.
import type { KeyObject } from "node:crypto";
import { createCipheriv, createDecipheriv } from "node:crypto";
import { canonicalJson } from "../domain/canonical-json.ts";
import type { CardTechnology, KnownPart } from "../domain/card-format.ts";
import { positionOf } from "../domain/cloud-directory.ts";
import type { Credential, CredentialKind, CredentialState, Validity } from "../domain/directory.ts";
import { Fault } from "../domain/fault.ts";
import type { DocumentChange, StoredDocument } from "./store.ts";

export interface IssuedCredential {
  readonly id: string;
  readonly kind: CredentialKind;
  readonly secret: string;
  /** Differs when the secret does, and tells nothing of it; made when the document is stored. */
  readonly mark?: string | undefined;
  /** Active when left out. */
  readonly state?: CredentialState | undefined;
  readonly validity?: Validity | undefined;
  readonly direction?: Credential["direction"] | undefined;
  readonly known?: KnownPart | null | undefined;
  readonly technology?: CardTechnology | null | undefined;
}

export interface IssuedGrant {
  readonly door: string;
  readonly schedule: string;
}

/** `body` is what a controller's directory takes, without id and owner: docs/mqtt.md. */
export type IssuedDocument = { readonly id: string; readonly body: object } & (
  | { readonly what: "schedule" | "holiday" }
  /** `doors` of null are everybody's. */
  | { readonly what: "passKey"; readonly secret: string | null; readonly doors: readonly string[] | null }
  | {
      readonly what: "person" | "pass";
      readonly credentials: readonly IssuedCredential[];
      readonly grants: readonly IssuedGrant[];
      readonly activatedAt?: number | null | undefined;
    }
);

/** How it lies in the store: secrets are numbers, which count those that are sealed beside it. */
interface Content {
  readonly body: object;
  readonly secret?: number | null;
  readonly doors?: readonly string[] | null;
  readonly credentials?: readonly (Omit<IssuedCredential, "secret" | "mark"> & {
    readonly mark: string;
    readonly secret: number;
  })[];
  readonly grants?: readonly IssuedGrant[];
  readonly activatedAt?: number | null | undefined;
}

export interface SecretsBox {
  readonly key: KeyObject;
  readonly random: (size: number) => Buffer;
}

const nonceBytes = 12;
const tagBytes = 16;
const markBytes = 8;
const everybody = "*";

/** `before` is how it stood until now: what it has still is known by the same mark. */
export function packDocument(
  document: IssuedDocument,
  before: IssuedDocument | null,
  fromFile: boolean,
  box: SecretsBox,
): DocumentChange {
  const { what, id } = document;
  const { content, secrets } = split(document, before, box);
  const sealed = secrets.length === 0 ? null : sealSecrets(positionOf(what, id), secrets, box);
  return { what, id, fromFile, content: { body: canonicalJson(content), sealed, doors: audienceOf(document) } };
}

export function unpackDocument(stored: StoredDocument, key: KeyObject): IssuedDocument {
  const { what, id } = stored;
  const { body, secret, doors, credentials = [], grants = [], activatedAt } = JSON.parse(stored.body) as Content;
  const secrets = stored.sealed === null ? [] : openSecrets(positionOf(what, id), stored.sealed, key);
  const at = (place: number): string => secrets[place] ?? "";
  switch (what) {
    case "schedule":
    case "holiday":
      return { what, id, body };
    case "passKey":
      return { what, id, body, secret: secret == null ? null : at(secret), doors: doors ?? null };
    default: {
      const opened = credentials.map((one) => ({ ...one, secret: at(one.secret) }));
      return { what, id, body, credentials: opened, grants, ...(activatedAt === undefined ? {} : { activatedAt }) };
    }
  }
}

export const sameDocument = (a: IssuedDocument, b: IssuedDocument): boolean =>
  canonicalJson(withoutMarks(a)) === canonicalJson(withoutMarks(b));

const withoutMarks = (document: IssuedDocument): object =>
  "credentials" in document
    ? { ...document, credentials: document.credentials.map(({ mark: _, ...one }) => one) }
    : document;

interface Split {
  readonly content: Content;
  readonly secrets: readonly string[];
}

function split(document: IssuedDocument, before: IssuedDocument | null, { random }: SecretsBox): Split {
  const { what, body } = document;
  switch (what) {
    case "schedule":
    case "holiday":
      return { content: { body }, secrets: [] };
    case "passKey": {
      const { secret, doors } = document;
      return { content: { body, secret: secret === null ? null : 0, doors }, secrets: secret === null ? [] : [secret] };
    }
    default: {
      const { credentials, grants, activatedAt } = document;
      const had = before !== null && "credentials" in before ? before.credentials : [];
      const markOf = ({ id, kind, secret }: IssuedCredential): string =>
        had.find((one) => one.id === id && one.kind === kind && one.secret === secret)?.mark ??
        random(markBytes).toString("base64url");
      const open = credentials.map((one, place) => ({ ...one, mark: markOf(one), secret: place }));
      return {
        content: { body, credentials: open, grants, activatedAt },
        secrets: credentials.map(({ secret }) => secret),
      };
    }
  }
}

function audienceOf(document: IssuedDocument): readonly string[] {
  switch (document.what) {
    case "schedule":
    case "holiday":
      return [everybody];
    case "passKey":
      return document.doors ?? [everybody];
    default:
      return [...new Set(document.grants.map(({ door }) => door))];
  }
}

function sealSecrets(position: string, secrets: readonly string[], { key, random }: SecretsBox): Buffer {
  const nonce = random(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(position));
  return Buffer.concat([nonce, cipher.update(JSON.stringify(secrets), "utf8"), cipher.final(), cipher.getAuthTag()]);
}

function openSecrets(position: string, bytes: Buffer, key: KeyObject): readonly string[] {
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(position)).setAuthTag(bytes.subarray(-tagBytes));
    const open = Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]);
    return JSON.parse(open.toString("utf8")) as string[];
  } catch (error) {
    const why =
      "The secrets in the issuer's database do not belong to the keys in its folder; put the right ones back.";
    throw new Fault("issuer.keysMismatch", why, { position }, error);
  }
}

export interface WireDocument {
  readonly document: Readonly<Record<string, unknown>>;
  /** What is sealed with it: secrets, and of somebody everything but ids. */
  readonly hidden: readonly unknown[];
}

/** As it goes to a controller, before it is sealed; grants of other controllers' doors stay behind. */
export function wireDocument(
  stored: StoredDocument,
  version: number,
  doors: ReadonlySet<string>,
  key: KeyObject,
): WireDocument {
  const { what, id } = stored;
  if (stored.gone) return { document: { what: "gone", of: what, id, version }, hidden: [] };
  const content = JSON.parse(stored.body) as Content;
  const hidden = stored.sealed === null ? [] : openSecrets(positionOf(what, id), stored.sealed, key);
  const { body, secret = null, credentials = [], grants = [], activatedAt } = content;
  if (what === "schedule" || what === "holiday") return { document: { what, id, version, body }, hidden };
  if (what === "passKey") return { document: { what, id, version, body: ownPlaces(body, doors), secret }, hidden };
  const own = grants.filter(({ door }) => doors.has(door));
  const activated = what === "pass" && activatedAt !== undefined ? { activatedAt } : {};
  const open = { what, id, version, body: hidden.length, credentials, grants: own, ...activated };
  return { document: open, hidden: [...hidden, ownBody(body, doors)] };
}

/** A key's places are for whoever has a door of them. */
function ownPlaces(body: object, doors: ReadonlySet<string>): object {
  const { places } = body as {
    readonly places?: readonly { readonly number: number; readonly doors: readonly string[] }[];
  };
  if (places === undefined) return body;
  const own = places.map((place) => ({ ...place, doors: place.doors.filter((door) => doors.has(door)) }));
  return { ...body, places: own.filter((place) => place.doors.length > 0) };
}

function ownBody(body: object, doors: ReadonlySet<string>): object {
  const { mayHoldOpen } = body as { readonly mayHoldOpen?: readonly string[] };
  return mayHoldOpen === undefined ? body : { ...body, mayHoldOpen: mayHoldOpen.filter((door) => doors.has(door)) };
}

/** The same with places behind those of the documents before it. */
export function movePlaces(document: WireDocument["document"], by: number): WireDocument["document"] {
  const { what, secret, credentials, body } = document;
  if (what === "passKey") return { ...document, secret: typeof secret === "number" ? secret + by : null };
  if (!Array.isArray(credentials) || typeof body !== "number") return document;
  const moved = (credentials as { readonly secret: number }[]).map((one) => ({ ...one, secret: one.secret + by }));
  return { ...document, body: body + by, credentials: moved };
}
