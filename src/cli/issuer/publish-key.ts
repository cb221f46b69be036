// `postern issuer keys publish`: has the controllers of a site know a key of passes, and what is revoked of it, without a file.
import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { knownDocuments } from "../../issuer/directory-edit.ts";
import type { IssuedDocument } from "../../issuer/documents.ts";
import { packDocument } from "../../issuer/documents.ts";
import { doorSecret } from "../../issuer/issuer-key.ts";
import type { KeyFile } from "../../issuer/key-folder.ts";
import { issuerKeyOf, readKey } from "../../issuer/key-folder.ts";
import { sharedSecret } from "../../issuer/shared-secret.ts";
import { Misuse } from "../misuse.ts";
import { onlyWord } from "../options.ts";
import { revokedText, serialIn } from "../pass-serial.ts";
import { issuerOption, siteOf, withIssuer } from "./open-issuer.ts";

interface Revoked {
  readonly upTo: number | null;
  readonly serials: readonly number[];
}

const maxSerials = 200;
type PublishedKey = Extract<IssuedDocument, { what: "passKey" }>;

export async function publishKey(args: readonly string[]): Promise<number> {
  const more = { revoke: { type: "string", multiple: true }, "revoke-up-to": { type: "string" } } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { ...issuerOption, ...more },
  });
  const id = onlyWord(positionals, "the key");
  const file = readKey(resolve(values.folder), id);
  return withIssuer(values, async (open) => {
    const { name, version: since } = await siteOf(open, values);
    const box = { key: open.keysOf(name).secrets, random: randomBytes };
    const known = await knownDocuments(open.store.directory, name, box);
    const published = known.flatMap(({ document }) => (document.what === "passKey" ? [document] : []));
    refuseOther(published, file);
    const before = published.find((one) => one.id === id) ?? null;
    const revoked = joined(revokedIn(before), {
      upTo: values["revoke-up-to"] === undefined ? null : serialIn(values["revoke-up-to"], file.key),
      serials: (values.revoke ?? []).map((word) => serialIn(word, file.key)),
    });
    const { id: _, ...key } = file.key;
    const isEmpty = revoked.upTo === null && revoked.serials.length === 0;
    const document: IssuedDocument = {
      ...{ what: "passKey", id, body: { ...key, ...(isEmpty ? {} : { revoked }) } },
      secret: doorSecret(issuerKeyOf(file)),
      doors: [...new Set(key.places.flatMap(({ doors }) => doors))],
    };
    const version = await open.store.directory.change(name, [packDocument(document, before, false, box)], since);
    console.log(`The key ${id} is in the directory of ${name}, version ${version}: ${document.doors?.join(", ")}.`);
    if (!isEmpty) console.log(`Revoked of it: ${revokedText(key.number, revoked.serials, revoked.upTo)}.`);
    warnOfUnissued(file, revoked);
    const warning = sharedSecret(file.key, document.doors ?? [], await open.store.fleet.list(name));
    if (warning !== null) console.error(`WARNING: ${warning}`);
    return 0;
  });
}

/** Folders that know nothing of one another may have given out a name or a number twice. */
function refuseOther(published: readonly PublishedKey[], file: KeyFile): void {
  const { id, number } = file.key;
  const same = published.find((one) => one.id === id);
  if (same !== undefined && same.secret !== doorSecret(issuerKeyOf(file)))
    throw new Error(`Another key ${id} is published, from another folder; make this one anew under another name.`);
  const other = published.find((one) => one.id !== id && numberOf(one) === number);
  if (other === undefined) return;
  throw new Error(`The key ${other.id} is published with the number ${number}; make this one anew with --number.`);
}

const numberOf = ({ body }: PublishedKey): number | undefined => (body as Partial<KeyFile["key"]>).number;

function revokedIn(document: IssuedDocument | null): Revoked {
  const { revoked } = (document?.body ?? {}) as { readonly revoked?: Revoked };
  return revoked ?? { upTo: null, serials: [] };
}

/** What is revoked stays so. */
function joined(a: Revoked, b: Revoked): Revoked {
  const upTo = a.upTo === null || b.upTo === null ? (a.upTo ?? b.upTo) : Math.max(a.upTo, b.upTo);
  const serials = [...new Set([...a.serials, ...b.serials])]
    .filter((serial) => serial > (upTo ?? 0))
    .toSorted((x, y) => x - y);
  if (serials.length > maxSerials) {
    throw new Misuse(`${maxSerials} single ones are the limit; revoke all older ones with --revoke-up-to.`);
  }
  return { upTo, serials };
}

/** Those of codes rise with their starts; they are not counted. A key of another folder may have given out more. */
function warnOfUnissued({ key, nextSerial }: KeyFile, { upTo, serials }: Revoked): void {
  const highest = Math.max(upTo ?? 0, ...serials);
  if (key.form === "code" || highest < nextSerial) return;
  console.error(
    `WARNING: ${key.number}.${highest} was not given out here yet, and will open nothing when it is: the last one was ${key.number}.${nextSerial - 1}.`,
  );
}
