// `postern issuer init`: makes an issuer's folder, or one more site in it, with the site's keys.
import { createPublicKey } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { certifyClient, makeTlsKey, openAuthority, privatePem } from "../../issuer/authority.ts";
import { markOf, markText } from "../../issuer/counted-keys.ts";
import type { IssuerFile } from "../../issuer/issuer-folder.ts";
import { issuerPaths, readIssuerFile, writeIssuerFile } from "../../issuer/issuer-folder.ts";
import { hasSiteKeys, makeSiteKeys, readSiteKeys } from "../../issuer/site-keys.ts";
import { keyIdOf } from "../../link/envelope.ts";
import { namePattern } from "../../link/topics.ts";
import { Misuse } from "../misuse.ts";
import { issuerOption, openStore } from "./open-issuer.ts";

const brokerOptions = {
  broker: { type: "string" },
  "broker-folder": { type: "string" },
  user: { type: "string" },
  "password-file": { type: "string" },
  ca: { type: "string" },
  certificate: { type: "string" },
  key: { type: "string" },
  postgres: { type: "string" },
  "forget-names": { type: "string" },
  "time-zone": { type: "string" },
} as const;

export async function init(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { ...issuerOption, ...brokerOptions } });
  const { site } = values;
  if (site === undefined || !namePattern.test(site)) {
    throw new Misuse("Name the site with --site: 1 to 32 small letters, digits and hyphens, such as hof-12.");
  }
  const timeZone = values["time-zone"] ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!isTimeZone(timeZone)) throw new Misuse(`There is no time zone "${timeZone}"; write one such as Europe/Berlin.`);
  const folder = resolve(values.folder);
  const paths = issuerPaths(folder);
  const isFirst = !existsSync(paths.file);
  if (!isFirst && (values.broker ?? values["broker-folder"] ?? values.postgres) !== undefined) {
    throw new Misuse(`The issuer in ${folder} has its broker and store already; change them in issuer.json there.`);
  }
  const file = isFirst ? issuerFileOf(values, folder, site) : readIssuerFile(folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const store = await openStore(folder, file);
  try {
    if ((await store.sites.list()).some(({ name }) => name === site))
      throw new Error(`There is a site ${site} already.`);
    // One that was cut off before has its keys.
    if (!hasSiteKeys(folder, site)) makeSiteKeys(folder, site);
    if (isFirst) writeIssuerFile(folder, file);
    await store.sites.add(site, timeZone);
    await store.sites.setKeys(site, null, markText(markOf(readSiteKeys(folder, site))));
  } finally {
    await store.close();
  }
  const { publicSign } = readSiteKeys(folder, site);
  console.log(`The site ${site} is made; its key is ${keyIdOf(Buffer.from(publicSign, "base64url"))}.`);
  console.log(
    `Keep a copy of ${paths.siteFolder(site)} in a safe place: without it every controller has to be paired anew.`,
  );
  return 0;
}

type Name = Exclude<keyof typeof brokerOptions, "time-zone">;
type Values = Partial<Record<Name, string | undefined>>;

const usualBroker = "mqtts://localhost:8883";

function issuerFileOf(values: Values, folder: string, site: string): IssuerFile {
  const authority = pathIn(values["broker-folder"]);
  const url = values.broker ?? (authority === null ? undefined : usualBroker);
  if (url === undefined)
    throw new Misuse("Say where the broker is with --broker, such as mqtts://broker.example:8883.");
  if (!/^mqtts?:\/\/[^/]/.test(url) || !URL.canParse(url))
    throw new Misuse(`--broker takes mqtt://HOST or mqtts://HOST, such as mqtts://broker.example:8883, not "${url}".`);
  const tls = authority === null ? tlsIn(values) : certified(authority, join(folder, "sites", site), site);
  const user = values.user ?? null;
  const broker = { url, user, passwordFile: pathIn(values["password-file"]), ...tls };
  return { version: 1, broker, authority, postgres: values.postgres ?? null, forgetNamesDays: daysIn(values) };
}

const tlsIn = ({ ca, certificate, key }: Values) => ({
  caFile: pathIn(ca),
  certificateFile: pathIn(certificate),
  keyFile: pathIn(key),
});

/** The broker lets a site's issuer read and write by the name in its certificate. */
function certified(authorityFolder: string, siteFolder: string, site: string) {
  if (!existsSync(join(authorityFolder, "ca.key"))) {
    throw new Error(`${authorityFolder} holds no authority; make one with "postern broker ${authorityFolder}".`);
  }
  const authority = openAuthority(authorityFolder, Date.now());
  const key = makeTlsKey();
  const [certificateFile, keyFile] = [join(siteFolder, "client.crt"), join(siteFolder, "client.key")];
  mkdirSync(siteFolder, { recursive: true, mode: 0o700 });
  writeFileSync(certificateFile, certifyClient(authority, createPublicKey(key), site, Date.now()));
  writeFileSync(keyFile, privatePem(key), { mode: 0o600 });
  return { caFile: join(authorityFolder, "ca.crt"), certificateFile, keyFile };
}

function daysIn({ "forget-names": text }: Values): number | null {
  if (text === undefined) return null;
  if (!/^[1-9][0-9]{0,3}$/.test(text)) throw new Misuse("--forget-names takes a number of days, such as 90.");
  return Number(text);
}

const pathIn = (path: string | undefined): string | null => (path === undefined ? null : resolve(path));

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
