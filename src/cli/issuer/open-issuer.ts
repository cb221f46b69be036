// What the issuer's commands have in common: its folder, its store, its sites' keys, the chain's arithmetic, its broker.
import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import type { ChainPort } from "../../issuer/chain-judge.ts";
import type { SiteKeys } from "../../issuer/counted-keys.ts";
import { CountedKeys } from "../../issuer/counted-keys.ts";
import type { IssuerFile } from "../../issuer/issuer-folder.ts";
import { issuerPaths, readIssuerFile } from "../../issuer/issuer-folder.ts";
import type { OpenLink } from "../../issuer/link-port.ts";
import { SiteKeyFolder } from "../../issuer/site-key-folder.ts";
import type { FolderKeys } from "../../issuer/site-keys.ts";
import { hasSiteKeys } from "../../issuer/site-keys.ts";
import type { IssuerStore, Site } from "../../issuer/store.ts";
import { commitTo, hashEvent } from "../../ledger/chain.ts";
import { Misuse } from "../misuse.ts";

export const issuerOption = { folder: { type: "string", default: "issuer" }, site: { type: "string" } } as const;

export interface IssuerValues {
  readonly folder: string;
  readonly site?: string | undefined;
}

export const chainPort: ChainPort = { hashEvent, commitTo };

export interface OpenIssuer {
  readonly folder: string;
  readonly file: IssuerFile;
  readonly store: IssuerStore;
  readonly folderKeysOf: (site: string) => FolderKeys;
  readonly counted: CountedKeys;
  /** Those of a site that was asked for with `siteOf`. */
  readonly keysOf: (site: string) => SiteKeys;
}

export async function openIssuer(values: IssuerValues): Promise<OpenIssuer> {
  const folder = resolve(values.folder);
  const file = readIssuerFile(folder);
  const store = await openStore(folder, file);
  const files = new SiteKeyFolder(folder);
  const folderKeysOf = (site: string): FolderKeys => files.keysOf(site);
  const counted = new CountedKeys(store.sites, folderKeysOf);
  return { folder, file, store, folderKeysOf, counted, keysOf: (site) => counted.of(site) };
}

export async function openStore(folder: string, { postgres }: Pick<IssuerFile, "postgres">): Promise<IssuerStore> {
  const { openSqlStore } = await import("../../issuer/sql/sql-store.ts");
  const { openSqlite } = await import("../../issuer/sql/sqlite.ts");
  if (postgres === null) return openSqlStore(openSqlite(issuerPaths(folder).database), Date.now);
  const { openPostgres } = await import("../../issuer/sql/postgres.ts");
  return openSqlStore(await openPostgres(postgres), Date.now);
}

export async function withIssuer<Result>(
  values: IssuerValues,
  work: (open: OpenIssuer) => Promise<Result>,
): Promise<Result> {
  const open = await openIssuer(values);
  try {
    return await work(open);
  } finally {
    await open.store.close();
  }
}

/** The one that is named, or the only one; refused where the folder has not the keys that count. */
export async function siteOf(open: OpenIssuer, values: IssuerValues): Promise<Site> {
  const site = await namedSite(open, values);
  const outcome = await open.counted.look([site]);
  if ("problem" in outcome) throw new Error(outcome.problem);
  return site;
}

export async function namedSite({ store, folder }: OpenIssuer, { site }: IssuerValues): Promise<Site> {
  const sites = await store.sites.list();
  const names = sites.map(({ name }) => name).join(", ");
  const found = site === undefined && sites.length === 1 ? sites[0] : sites.find(({ name }) => name === site);
  if (found === undefined && site === undefined)
    throw new Misuse(`Name the site with --site; there are ${names || "none"}.`);
  if (found === undefined) throw new Error(`There is no site "${site}" here; there are ${names || "none"}.`);
  if (!hasSiteKeys(folder, found.name))
    throw new Error(`The keys of the site ${found.name} are missing; put sites/${found.name} back.`);
  return found;
}

/** Each connection under a name of its own. */
export async function linkOpener({ file }: OpenIssuer): Promise<OpenLink> {
  const { openMqttLink } = await import("../../issuer/mqtt-link.ts");
  return (events) => openMqttLink(file.broker, `issuer-${randomUUID()}`, events);
}
