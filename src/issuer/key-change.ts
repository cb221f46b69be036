// Changes the keys of a site in two steps, the store first: copies of the folder that lack what counts then show. Knows no controller.
import { Fault } from "../domain/fault.ts";
import type { CountedKeys, KeyMark } from "./counted-keys.ts";
import { idOfKey, markIn, markOf, markText } from "./counted-keys.ts";
import type { FolderKeys } from "./site-keys.ts";
import { beginKeys, changeKeys } from "./site-keys.ts";
import type { Site, SiteStore } from "./store.ts";

export interface KeyChangeParts {
  readonly sites: SiteStore;
  readonly folder: string;
  readonly folderKeysOf: (site: string) => FolderKeys;
  readonly counted: CountedKeys;
}

interface Counted {
  readonly text: string;
  readonly mark: KeyMark;
}

/** Says which key is to sign; the one under way, where there is one. */
export async function beginChange(parts: KeyChangeParts, site: string): Promise<string> {
  const { text, mark } = await countedIn(parts, site);
  const [present = "", other] = mark.sign;
  if (other !== undefined && other !== parts.folderKeysOf(site).next?.publicSign) throw elsewhere(site, other);
  beginKeys(parts.folder, site);
  const coming = parts.folderKeysOf(site).next?.publicSign ?? "";
  await setKeys(parts, site, text, { ...mark, sign: [present, coming] });
  return coming;
}

/** Null when none is to come. */
export async function comingKey(parts: KeyChangeParts, site: string): Promise<string | null> {
  const { mark } = await countedIn(parts, site);
  return mark.sign[1] ?? null;
}

/** From now on the coming key signs, and the one that came with it seals. */
export async function finishChange(parts: KeyChangeParts, site: string): Promise<void> {
  const { text, mark } = await countedIn(parts, site);
  const [, coming = ""] = mark.sign;
  const { next } = parts.folderKeysOf(site);
  if (next?.publicSign !== coming) throw elsewhere(site, coming);
  await setKeys(parts, site, text, { ...mark, sign: [coming], seal: next.publicSeal });
  changeKeys(parts.folder, site);
}

/** The folder's keys count, whatever the store says: it was restored from before they changed. */
export async function claimKeys(parts: KeyChangeParts, site: string): Promise<string> {
  const own = markOf(parts.folderKeysOf(site));
  const before = (await siteIn(parts, site)).keys;
  if (before !== null && markIn(before).secrets !== own.secrets) {
    const what = `The file secrets.key in sites/${site} is not the one with which the database was filled; restore it.`;
    throw new Fault("issuer.otherSecrets", what);
  }
  await setKeys(parts, site, before, own);
  return own.sign[0] ?? "";
}

/** As the store has it, with the folder brought to where a change that was cut off left it. */
async function countedIn(parts: KeyChangeParts, name: string): Promise<Counted> {
  const outcome = await parts.counted.look([await siteIn(parts, name)]);
  if ("problem" in outcome) throw new Fault("issuer.otherKeys", outcome.problem);
  const text = (await siteIn(parts, name)).keys ?? "";
  const mark = markIn(text);
  if (parts.folderKeysOf(name).next?.publicSign === mark.sign[0]) changeKeys(parts.folder, name);
  return { text, mark };
}

async function siteIn({ sites }: KeyChangeParts, name: string): Promise<Site> {
  const found = (await sites.list()).find((site) => site.name === name);
  if (found !== undefined) return found;
  throw new Fault("issuer.noSite", `There is no site ${name}; make it with "postern issuer init".`);
}

async function setKeys({ sites }: KeyChangeParts, site: string, before: string | null, after: KeyMark): Promise<void> {
  if (before === markText(after) || (await sites.setKeys(site, before, markText(after)))) return;
  throw new Fault("issuer.movedOn", `Somebody else is changing the keys of ${site}; look at that and run it again.`);
}

const elsewhere = (site: string, key: string): Fault =>
  new Fault(
    "issuer.otherKeys",
    `The key ${idOfKey(key)} that is to come is not in this folder: go on where it was begun, or copy sites/${site} from there.`,
  );
