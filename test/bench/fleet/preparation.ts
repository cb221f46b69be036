// Makes what the fleet's bench begins with: an issuer with one site, and a folder with keys and a certificate for each controller.
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../../src/cli/issuer/open-issuer.ts";
import { knownDocuments, planEdits } from "../../../src/issuer/directory-edit.ts";
import type { IssuedDocument } from "../../../src/issuer/documents.ts";
import { writeIssuerFile } from "../../../src/issuer/issuer-folder.ts";
import { makeSiteKeys, readSiteKeys } from "../../../src/issuer/site-keys.ts";
import type { IssuerStore } from "../../../src/issuer/store.ts";
import type { IdentityFile } from "../../../src/link/identity.ts";
import { publicKeyText } from "../../../src/link/identity.ts";
import { madeIdentity } from "../../link/made-identity.ts";
import type { Mosquitto } from "../../system/broker/mosquitto.ts";

export const siteName = "fleet";
const storesAtOnce = 64;

export interface Preparation {
  readonly issuerFolder: string;
  readonly store: IssuerStore;
  readonly names: readonly string[];
  /** So many people, with a card each, at every controller; where the directory then stands. */
  readonly publish: (people: number) => Promise<number>;
}

export async function prepare(root: string, broker: Mosquitto, count: number): Promise<Preparation> {
  const issuerFolder = join(root, "issuer");
  makeSiteKeys(issuerFolder, siteName);
  const client = broker.clientOf(siteName);
  const files = { caFile: client.ca, certificateFile: client.cert, keyFile: client.key };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(issuerFolder, name), text, { mode: 0o600 });
  const at = (name: keyof typeof files): string => join(issuerFolder, name);
  writeIssuerFile(issuerFolder, {
    ...{ version: 1, authority: null, postgres: null, forgetNamesDays: null },
    broker: {
      ...{ url: broker.address, user: null, passwordFile: null },
      ...{ caFile: at("caFile"), certificateFile: at("certificateFile"), keyFile: at("keyFile") },
    },
  });
  const store = await openStore(issuerFolder, { postgres: null });
  await store.sites.add(siteName, "Europe/Madrid");
  const names = Array.from({ length: count }, (_, n) => `gate-${n + 1}`);
  for (let n = 0; n < count; n += storesAtOnce) {
    await Promise.all(
      names.slice(n, n + storesAtOnce).map((name) => makeController({ root, issuerFolder, broker, store }, name)),
    );
  }
  const keys = readSiteKeys(issuerFolder, siteName);
  const box = { key: keys.secrets, random: randomBytes };
  const put = async (wanted: readonly IssuedDocument[]): Promise<number> => {
    const { changes } = planEdits(await knownDocuments(store.directory, siteName, box), wanted, new Set(), box);
    return store.directory.change(siteName, changes);
  };
  const publish = async (people: number): Promise<number> => {
    await put(names.flatMap((name) => Array.from({ length: people }, (_, n) => person(name, n))));
    // All controllers see it, and it comes last: whoever has it has everything.
    return put([holiday(people)]);
  };
  return { issuerFolder, store, names, publish };
}

interface Making {
  readonly root: string;
  readonly issuerFolder: string;
  readonly broker: Mosquitto;
  readonly store: IssuerStore;
}

async function makeController({ root, issuerFolder, broker, store }: Making, name: string): Promise<void> {
  const address = { site: siteName, controller: name };
  const { ca, cert, key } = broker.clientOf(`${siteName}/${name}`);
  const made = madeIdentity(address, { ca, certificate: cert, key });
  const { publicSign, publicSeal } = readSiteKeys(issuerFolder, siteName);
  const identity: IdentityFile = { ...made.file, issuer: { sign: [publicSign], seal: publicSeal } };
  mkdirSync(join(root, name), { mode: 0o700 });
  writeFileSync(join(root, name, "identity.json"), JSON.stringify(identity), { mode: 0o600 });
  const [sign] = made.issuer.deviceKeys.values();
  if (sign === undefined) throw new Error("There is no key.");
  const keys = { sign: publicKeyText(sign), seal: publicKeyText(made.issuer.deviceSeal), tls: null };
  await store.fleet.put(address, keys, Date.now());
}

/** Each controller has a door of its own, and people who enter there alone. */
export const doorOf = (controller: string): string => `${controller}-front`;

const person = (controller: string, n: number): IssuedDocument => ({
  what: "person",
  id: `${controller}-person-${n}`,
  body: { name: `Resident ${n}`, state: "active", validity: { from: null, until: null } },
  credentials: [{ id: `${controller}-card-${n}`, kind: "card", secret: (0x4a000000 + n).toString(16).toUpperCase() }],
  grants: [{ door: doorOf(controller), schedule: "always" }],
});

const holiday = (people: number): IssuedDocument => ({
  what: "holiday",
  id: "closed",
  body: { name: `With ${people} people`, from: "2027-01-06", until: "2027-01-06", yearly: true, workingHours: [] },
});
