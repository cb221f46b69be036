// Reads a site's keys anew when their files change, so that a worker that runs for months works with what is there now.
import { statSync } from "node:fs";
import type { FolderKeys } from "./site-keys.ts";
import { readSiteKeys, siteKeyFiles } from "./site-keys.ts";

export class SiteKeyFolder {
  readonly #folder: string;
  readonly #read = new Map<string, { readonly stamp: string; readonly keys: FolderKeys }>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  keysOf(site: string): FolderKeys {
    const stamp = siteKeyFiles(this.#folder, site).map(stampOf).join();
    const known = this.#read.get(site);
    if (known?.stamp === stamp) return known.keys;
    try {
      const keys = readSiteKeys(this.#folder, site);
      this.#read.set(site, { stamp, keys });
      return keys;
    } catch (error) {
      // Somebody may be copying them: those from before do until they are whole.
      if (known === undefined) throw error;
      return known.keys;
    }
  }
}

/** Another file, or the same one written anew. */
function stampOf(file: string): string {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? "" : `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
}
