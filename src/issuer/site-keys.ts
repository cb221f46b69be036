// A site's private keys in its folder: those in use, those before, and those to come. Which of them count, the store says.
import type { KeyObject } from "node:crypto";
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  randomBytes,
} from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "../domain/fault.ts";
import type { Signer } from "../link/envelope.ts";
import { keyIdOf, rawPublicKey } from "../link/envelope.ts";
import { privateKeyText, publicKeyText } from "../link/identity.ts";
import { writeWhole } from "../link/whole-file.ts";
import { issuerPaths } from "./issuer-folder.ts";
import { refuseExposed } from "./private-file.ts";

/** Keys that change together. */
export interface KeyGeneration {
  readonly signer: Signer;
  /** X25519: opens what controllers seal, and seals for them. */
  readonly unsealer: KeyObject;
  /** Public halves as they go to controllers: raw, base64url. */
  readonly publicSign: string;
  readonly publicSeal: string;
}

/** As they lie in the folder. */
export interface FolderKeys extends KeyGeneration {
  /** Those before these, for controllers that were away meanwhile. */
  readonly old: KeyGeneration | null;
  readonly next: KeyGeneration | null;
  /** Keeps secrets in the store from whoever has only that. */
  readonly secrets: KeyObject;
  /** Tells one such key from another, and gives nothing of it away. */
  readonly secretsId: string;
}

const files = {
  present: { sign: "sign.key", seal: "seal.key" },
  next: { sign: "sign.next.key", seal: "seal.next.key" },
  old: { sign: "sign.old.key", seal: "seal.old.key" },
} as const;
type Which = keyof typeof files;
const secretsFile = "secrets.key";
const secretBytes = 32;
const idDigits = 16;

const pathsIn = (folder: string, site: string) => {
  const at = (name: string): string => join(issuerPaths(folder).siteFolder(site), name);
  return {
    secrets: at(secretsFile),
    of: (which: Which) => ({ sign: at(files[which].sign), seal: at(files[which].seal) }),
  };
};

export const hasSiteKeys = (folder: string, site: string): boolean =>
  existsSync(pathsIn(folder, site).of("present").sign);

/** Whatever may change in the folder. */
export function siteKeyFiles(folder: string, site: string): readonly string[] {
  const paths = pathsIn(folder, site);
  const pairs = [paths.of("present"), paths.of("next"), paths.of("old")];
  return [...pairs.flatMap(({ sign, seal }) => [sign, seal]), paths.secrets];
}

/** Ed25519 to sign, X25519 to seal, and a secret for the store; the broker's authority makes certificates. */
export function makeSiteKeys(folder: string, site: string): void {
  mkdirSync(issuerPaths(folder).siteFolder(site), { recursive: true, mode: 0o700 });
  const paths = pathsIn(folder, site);
  writeWhole(paths.secrets, `${randomBytes(secretBytes).toString("base64url")}\n`);
  makePair(paths.of("present"));
}

/** With the key to sign, which is last, it has both. */
function makePair({ sign, seal }: { readonly sign: string; readonly seal: string }): void {
  writeWhole(seal, `${privateKeyText(generateKeyPairSync("x25519").privateKey)}\n`);
  writeWhole(sign, `${privateKeyText(generateKeyPairSync("ed25519").privateKey)}\n`);
}

export function readSiteKeys(folder: string, site: string): FolderKeys {
  const paths = pathsIn(folder, site);
  const present = readPair(paths.of("present"), null);
  const other = (which: "next" | "old") =>
    existsSync(paths.of(which).sign) ? readPair(paths.of(which), present.unsealer) : null;
  const secrets = Buffer.from(readKeyText(paths.secrets), "base64url");
  return {
    ...present,
    old: other("old"),
    next: other("next"),
    secrets: createSecretKey(secrets),
    secretsId: createHmac("sha256", secrets).update("postern issuer secrets").digest("hex").slice(0, idDigits),
  };
}

/** One that has no key to seal beside it goes with the present one. */
function readPair(
  { sign, seal }: ReturnType<ReturnType<typeof pathsIn>["of"]>,
  otherwise: KeyObject | null,
): KeyGeneration {
  const privateKey = readPrivateKey(sign);
  const unsealer = otherwise !== null && !existsSync(seal) ? otherwise : readPrivateKey(seal);
  const publicKey = createPublicKey(privateKey);
  return {
    signer: { id: keyIdOf(rawPublicKey(publicKey)), privateKey },
    unsealer,
    publicSign: publicKeyText(publicKey),
    publicSeal: publicKeyText(createPublicKey(unsealer)),
  };
}

/** Keys to come beside the present ones; where there are some already, those. */
export function beginKeys(folder: string, site: string): void {
  const next = pathsIn(folder, site).of("next");
  if (!existsSync(next.sign)) makePair(next);
}

/** The keys to come take their place; those before are kept for controllers that did not hear of it. */
export function changeKeys(folder: string, site: string): void {
  const paths = pathsIn(folder, site);
  const [old, present, next] = [paths.of("old"), paths.of("present"), paths.of("next")];
  if (!existsSync(next.sign)) return;
  writeWhole(old.sign, `${readKeyText(present.sign)}\n`);
  if (existsSync(next.seal)) {
    writeWhole(old.seal, `${readKeyText(present.seal)}\n`);
    renameSync(next.seal, present.seal);
  }
  renameSync(next.sign, present.sign);
}

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
