// Which keys of a site count: the store says so for all copies of the folder, and the folder has their private halves.
import type { KeyObject } from "node:crypto";
import { Fault } from "../domain/fault.ts";
import type { Signer } from "../link/envelope.ts";
import { keyIdOf } from "../link/envelope.ts";
import type { FolderKeys, KeyGeneration } from "./site-keys.ts";
import type { Site, SiteStore } from "./store.ts";

/** Keys of a site as they are worked with. */
export interface SiteKeys extends KeyGeneration {
  /** Those before, for controllers that did not hear of the change. */
  readonly former: KeyGeneration | null;
  /** What controllers are to believe: raw, base64url; the one that signs first. */
  readonly counted: readonly string[];
  readonly secrets: KeyObject;
}

/** As the store keeps it: public halves, and what tells the key of its secrets from others. */
export interface KeyMark {
  readonly sign: readonly string[];
  readonly seal: string;
  readonly secrets: string;
}

export const idOfKey = (publicKey: string): string => keyIdOf(Buffer.from(publicKey, "base64url"));

export const markText = ({ sign, seal, secrets }: KeyMark): string => JSON.stringify({ sign, seal, secrets });

export const markIn = (text: string): KeyMark => JSON.parse(text) as KeyMark;

/** What a folder itself would have count. */
export const markOf = ({ publicSign, publicSeal, next, secretsId }: FolderKeys): KeyMark => ({
  sign: [publicSign, ...(next === null ? [] : [next.publicSign])],
  seal: publicSeal,
  secrets: secretsId,
});

/** Null where the folder lacks what it takes. */
export function keysCounted(folder: FolderKeys, { sign, seal, secrets }: KeyMark): SiteKeys | null {
  const isMeant = (one: KeyGeneration | null): one is KeyGeneration =>
    one !== null && one.publicSign === sign[0] && one.publicSeal === seal;
  const { signer, unsealer, publicSign, publicSeal, next, old } = folder;
  const present = { signer, unsealer, publicSign, publicSeal };
  if (secrets !== folder.secretsId) return null;
  const rest = { counted: sign, secrets: folder.secrets };
  if (isMeant(present)) return { ...present, former: old, ...rest };
  // Another machine has finished a change that was begun before this folder was copied.
  return isMeant(next) ? { ...next, former: present, ...rest } : null;
}

/** A store that was restored from before the folder's last change: the folder is right. */
const isOutdated = ({ old, publicSign, secretsId }: FolderKeys, { sign, secrets }: KeyMark): boolean =>
  old !== null && sign[0] === old.publicSign && secrets === secretsId && publicSign !== sign[0];

export class CountedKeys {
  readonly #sites: SiteStore;
  readonly #folderKeysOf: (site: string) => FolderKeys;
  readonly #known = new Map<string, { readonly text: string; readonly folder: FolderKeys; readonly keys: SiteKeys }>();

  constructor(sites: SiteStore, folderKeysOf: (site: string) => FolderKeys) {
    this.#sites = sites;
    this.#folderKeysOf = folderKeysOf;
  }

  /** As they were when it looked last. */
  of(site: string): SiteKeys {
    const known = this.#known.get(site);
    if (known === undefined) throw new Error(`Nobody has looked which keys of ${site} count.`);
    return known.keys;
  }

  isStale(sites: readonly Site[]): boolean {
    return sites.some(({ name, keys }) => this.#known.get(name)?.text !== keys);
  }

  /** Says what is wrong, or else whether any are others than before. Of a site of which the store does not know, the folder says. */
  async look(sites: readonly Site[]): Promise<{ readonly problem: string } | { readonly isNew: boolean }> {
    let isNew = false;
    for (const site of sites) {
      const folder = this.#folderOf(site.name);
      if (folder instanceof Fault) return { problem: folder.message };
      const text = await this.#textOf(site, folder);
      const before = this.#known.get(site.name);
      if (before?.text === text && before.folder === folder) continue;
      const keys = keysCounted(folder, markIn(text));
      if (keys === null) return { problem: problemWith(site.name, folder, markIn(text)) };
      this.#known.set(site.name, { text, folder, keys });
      isNew = true;
    }
    return { isNew };
  }

  #folderOf(site: string): FolderKeys | Fault {
    try {
      return this.#folderKeysOf(site);
    } catch (error) {
      if (error instanceof Fault) return error;
      throw error;
    }
  }

  async #textOf({ name, keys }: Site, folder: FolderKeys): Promise<string> {
    if (keys !== null && !isOutdated(folder, markIn(keys))) return keys;
    await this.#sites.setKeys(name, keys, markText(markOf(folder)));
    return (await this.#sites.list()).find((site) => site.name === name)?.keys ?? markText(markOf(folder));
  }
}

function problemWith(site: string, folder: FolderKeys, mark: KeyMark): string {
  const counted = mark.sign.map(idOfKey).join(", ");
  return `The keys of ${site} in this folder (${folder.signer.id}) are not those that count (${counted}): copy sites/${site} from the machine on which "postern issuer rotate" was run last, or see "rotate claim" where the database was restored.`;
}

/** The generation that a controller seals for: it heard of both of its keys at once. */
export const generationOf = (site: SiteKeys, believed: readonly string[] | null): KeyGeneration =>
  site.former !== null && believed?.includes(site.former.signer.id) === true ? site.former : site;

export const signersOf = ({ signer, former }: SiteKeys): readonly Signer[] =>
  former === null ? [signer] : [signer, former.signer];
