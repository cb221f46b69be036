// The issuer's folder: what it runs on, and each site's private keys in files that only their owner may read.
import type { KeyObject } from "node:crypto";
import { createPrivateKey, createPublicKey, createSecretKey, generateKeyPairSync, randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { Fault } from "../domain/fault.ts";
import type { Signer } from "../link/envelope.ts";
import { keyIdOf, rawPublicKey } from "../link/envelope.ts";
import { privateKeyText, publicKeyText } from "../link/identity.ts";

const path = z.string().min(1).max(1_000).nullable();

const fileSchema = z.strictObject({
  version: z.literal(1),
  broker: z.strictObject({
    url: z.string().min(1).max(300),
    user: z.string().max(200).nullable(),
    passwordFile: path,
    caFile: path,
    certificateFile: path,
    keyFile: path,
  }),
  /** The folder of the authority that the broker believes, for certificates of controllers; null where they have passwords. */
  authority: path,
  /** Null keeps everything in `issuer.db` beside this file. */
  postgres: z.string().min(1).max(1_000).nullable(),
  /** After so many days names go from the events; null keeps them. */
  forgetNamesDays: z.int().min(1).max(36_500).nullable().default(null),
});
export type IssuerFile = z.infer<typeof fileSchema>;

export interface SiteKeys {
  readonly signer: Signer;
  /** Keys that signed before this one, for controllers that were away meanwhile. */
  readonly older: readonly Signer[];
  /** Public halves of those that controllers are to believe: raw, base64url. */
  readonly counted: readonly string[];
  /** X25519: opens what controllers seal, and seals for them. */
  readonly unsealer: KeyObject;
  /** Keeps secrets in the store from whoever has only that. */
  readonly secrets: KeyObject;
  /** Public halves as they go to controllers: raw, base64url. */
  readonly publicSign: string;
  readonly publicSeal: string;
}

const keyNames = {
  sign: "sign.key",
  next: "sign.next.key",
  old: "sign.old.key",
  seal: "seal.key",
  secrets: "secrets.key",
} as const;
const secretBytes = 32;

export const issuerPaths = (folder: string) => ({
  file: join(folder, "issuer.json"),
  database: join(folder, "issuer.db"),
  siteFolder: (site: string) => join(folder, "sites", site),
});

export function writeIssuerFile(folder: string, file: IssuerFile): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeWhole(issuerPaths(folder).file, `${JSON.stringify(file, null, 2)}\n`);
}

export function readIssuerFile(folder: string): IssuerFile {
  const { file } = issuerPaths(folder);
  if (!existsSync(file)) {
    throw new Fault(
      "issuer.none",
      `There is no issuer in ${folder}; make one with "postern issuer init", or name its folder with --folder.`,
    );
  }
  refuseExposed(file);
  const parsed = fileSchema.safeParse(parseJson(readFileSync(file, "utf8")));
  if (parsed.success) return parsed.data;
  throw new Fault("issuer.malformed", `${file} is not as "postern issuer init" writes it; restore it or make it anew.`);
}

export const hasSiteKeys = (folder: string, site: string): boolean =>
  existsSync(join(issuerPaths(folder).siteFolder(site), keyNames.sign));

/** Ed25519 to sign, X25519 to seal, and a secret for the store; the broker's authority makes certificates. */
export function makeSiteKeys(folder: string, site: string): void {
  const into = issuerPaths(folder).siteFolder(site);
  mkdirSync(into, { recursive: true, mode: 0o700 });
  writeWhole(join(into, keyNames.secrets), `${randomBytes(secretBytes).toString("base64url")}\n`);
  writeWhole(join(into, keyNames.seal), `${privateKeyText(generateKeyPairSync("x25519").privateKey)}\n`);
  // Last: with it the site has keys.
  writeWhole(join(into, keyNames.sign), `${privateKeyText(generateKeyPairSync("ed25519").privateKey)}\n`);
}

export function readSiteKeys(folder: string, site: string): SiteKeys {
  const from = issuerPaths(folder).siteFolder(site);
  const privateKey = readPrivateKey(join(from, keyNames.sign));
  const unsealer = readPrivateKey(join(from, keyNames.seal));
  const publicKey = createPublicKey(privateKey);
  const others = (name: "next" | "old") =>
    existsSync(join(from, keyNames[name])) ? [readPrivateKey(join(from, keyNames[name]))] : [];
  return {
    signer: signerOf(privateKey),
    older: others("old").map(signerOf),
    counted: [publicKey, ...others("next").map(createPublicKey)].map(publicKeyText),
    unsealer,
    secrets: createSecretKey(Buffer.from(readKeyText(join(from, keyNames.secrets)), "base64url")),
    publicSign: publicKeyText(publicKey),
    publicSeal: publicKeyText(createPublicKey(unsealer)),
  };
}

/** A key to come, which controllers are told of beside the present one. Its id; that of the one under way when there is one. */
export function beginSigning(folder: string, site: string): string {
  const file = join(issuerPaths(folder).siteFolder(site), keyNames.next);
  if (!existsSync(file)) writeWhole(file, `${privateKeyText(generateKeyPairSync("ed25519").privateKey)}\n`);
  return signerOf(readPrivateKey(file)).id;
}

/** From now on it signs; the one before is kept for controllers that did not hear of it. Null when none is to come. */
export function changeSigning(folder: string, site: string): string | null {
  const at = (name: keyof typeof keyNames): string => join(issuerPaths(folder).siteFolder(site), keyNames[name]);
  if (!existsSync(at("next"))) return null;
  const { id } = signerOf(readPrivateKey(at("next")));
  writeWhole(at("old"), `${readKeyText(at("sign"))}\n`);
  renameSync(at("next"), at("sign"));
  return id;
}

const signerOf = (privateKey: KeyObject): Signer => ({
  id: keyIdOf(rawPublicKey(createPublicKey(privateKey))),
  privateKey,
});

function readPrivateKey(file: string): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(readKeyText(file), "base64url"), format: "der", type: "pkcs8" });
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault("issuer.keyDamaged", `${file} holds no private key; restore it from a backup.`, {}, error);
  }
}

function readKeyText(file: string): string {
  if (!existsSync(file))
    throw new Fault("issuer.noKey", `${file} is missing; restore it, or make the site with "postern issuer init".`);
  refuseExposed(file);
  return readFileSync(file, "utf8").trim();
}

function refuseExposed(file: string): void {
  if ((statSync(file).mode & 0o077) !== 0)
    throw new Fault("issuer.exposed", `Others may read ${file}; set its mode to 0600.`);
}

/** Whole or not at all. */
function writeWhole(file: string, text: string): void {
  const draft = `${file}.new`;
  const handle = openSync(draft, "w", 0o600);
  try {
    writeFileSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(draft, file);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
