// Who vouches for brokers and controllers: an authority in a folder of its own, and the certificates that it gives out.
import type { KeyObject } from "node:crypto";
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Address } from "../link/topics.ts";
import type { Authority, CertificateTerms } from "./x509.ts";
import { certificate } from "./x509.ts";

const dayMs = 86_400_000;
const authorityDays = 20 * 365;
/** Clocks that are a little behind shall believe it already. */
const backdatingMs = dayMs;

export interface OpenAuthority extends Authority {
  /** Its own, as PEM. */
  readonly certificate: string;
}

export const makeTlsKey = (): KeyObject => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

export const privatePem = (key: KeyObject): string => key.export({ format: "pem", type: "pkcs8" }).toString();

/** The one of a folder, made when there is none. */
export function openAuthority(folder: string, now: number): OpenAuthority {
  const [certificatePath, keyPath] = [join(folder, "ca.crt"), join(folder, "ca.key")];
  if (existsSync(keyPath)) return readAuthority(certificatePath, keyPath);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const privateKey = makeTlsKey();
  const subject = `Postern ${randomBytes(4).toString("hex")}`;
  const made = issue({ subject, privateKey }, createPublicKey(privateKey), subject, { as: "authority" }, now);
  writeFileSync(certificatePath, made, { mode: 0o644 });
  writeFileSync(keyPath, privatePem(privateKey), { mode: 0o600, flag: "wx" });
  return { subject, privateKey, certificate: made };
}

/** What the broker takes for the user's name is `commonName`. The key must be on P-256. */
export function certifyClient(authority: Authority, publicKey: KeyObject, commonName: string, now: number): string {
  if (!isP256(publicKey)) throw new RangeError("A certificate here is for a key on P-256.");
  return issue(authority, publicKey, commonName, { as: "client" }, now);
}

/** For a key that came as SPKI in base64url; null when it is none that a certificate here may be for. */
export function certifyController(
  authority: Authority,
  { site, controller }: Address,
  tls: string,
  now: number,
): string | null {
  try {
    const key = createPublicKey({ key: Buffer.from(tls, "base64url"), format: "der", type: "spki" });
    return certifyClient(authority, key, `${site}/${controller}`, now);
  } catch {
    return null;
  }
}

export function certifyServer(
  authority: Authority,
  publicKey: KeyObject,
  hosts: readonly [string, ...string[]],
  now: number,
): string {
  return issue(authority, publicKey, hosts[0], { as: "server", hosts }, now, 2 * 365);
}

const isP256 = (key: KeyObject): boolean => key.asymmetricKeyDetails?.namedCurve === "prime256v1";

/** A controller's lasts as long as its authority: a door that nobody renewed must not drop out of reach one night. */
function issue(
  authority: Authority,
  publicKey: KeyObject,
  subject: string,
  use: CertificateTerms["use"],
  now: number,
  days = authorityDays,
): string {
  const terms = { subject, publicKey, fromMs: now - backdatingMs, untilMs: now + days * dayMs, use };
  return certificate(terms, authority, randomBytes);
}

function readAuthority(certificatePath: string, keyPath: string): OpenAuthority {
  const text = readFileSync(certificatePath, "utf8");
  const own = new X509Certificate(text);
  const privateKey = createPrivateKey(readFileSync(keyPath));
  if (!own.ca || !own.checkPrivateKey(privateKey)) {
    throw new Error(`${keyPath} does not belong to ${certificatePath}; bring back the pair.`);
  }
  return { subject: own.subject.replace(/^CN=/, ""), privateKey, certificate: text };
}
