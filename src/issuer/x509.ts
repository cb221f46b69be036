// Makes the certificates by which broker and controllers know each other: an authority, and what it vouches for.
import type { KeyObject } from "node:crypto";
import { createHash, createPublicKey, sign } from "node:crypto";
import { isIP } from "node:net";
import { bits, explicit, implicit, integer, objectId, octets, sequence, setOf, text, time, yes } from "./der.ts";

export interface CertificateTerms {
  /** Whom it names. */
  readonly subject: string;
  /** Public, of any kind that TLS takes. */
  readonly publicKey: KeyObject;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly use:
    | { readonly as: "authority" }
    | { readonly as: "client" }
    /** By which names and addresses it is called. */
    | { readonly as: "server"; readonly hosts: readonly string[] };
}

/** Who signs: an authority over itself, or over others. The key is on the curve P-256. */
export interface Authority {
  readonly subject: string;
  readonly privateKey: KeyObject;
}

const serialBytes = 16;
const ids = {
  ecdsaSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  subjectKey: "2.5.29.14",
  keyUsage: "2.5.29.15",
  alternativeNames: "2.5.29.17",
  constraints: "2.5.29.19",
  authorityKey: "2.5.29.35",
  extendedUsage: "2.5.29.37",
  server: "1.3.6.1.5.5.7.3.1",
  client: "1.3.6.1.5.5.7.3.2",
} as const;

/** As PEM. */
export function certificate(terms: CertificateTerms, by: Authority, random: (size: number) => Buffer): string {
  const algorithm = sequence(objectId(ids.ecdsaSha256));
  const toBeSigned = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(random(serialBytes)),
    algorithm,
    nameOf(by.subject),
    sequence(time(terms.fromMs), time(terms.untilMs)),
    nameOf(terms.subject),
    spkiOf(terms.publicKey),
    explicit(3, sequence(...extensionsOf(terms, createPublicKey(by.privateKey)))),
  );
  const signature = sign("sha256", toBeSigned, by.privateKey);
  const der = sequence(toBeSigned, algorithm, bits(signature));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

const spkiOf = (key: KeyObject): Buffer => key.export({ format: "der", type: "spki" });

const nameOf = (commonName: string): Buffer => sequence(setOf(sequence(objectId(ids.commonName), text(commonName))));

/** RFC 7093's first method: enough of a hash to find the key by. */
const keyIdentifier = (key: KeyObject): Buffer => createHash("sha256").update(spkiOf(key)).digest().subarray(0, 20);

const extension = (id: string, value: Buffer, isCritical = false): Buffer =>
  sequence(objectId(id), ...(isCritical ? [yes] : []), octets(value));

function extensionsOf({ use, publicKey }: CertificateTerms, authority: KeyObject): readonly Buffer[] {
  const identifiers = [
    extension(ids.subjectKey, octets(keyIdentifier(publicKey))),
    extension(ids.authorityKey, sequence(implicit(0, keyIdentifier(authority)))),
  ];
  if (use.as === "authority") {
    // Signs certificates and lists of revoked ones.
    const usage = bits(Buffer.from([0b0000_0110]), 1);
    return [extension(ids.constraints, sequence(yes), true), extension(ids.keyUsage, usage, true), ...identifiers];
  }
  const digitalSignature = bits(Buffer.from([0b1000_0000]), 7);
  return [
    extension(ids.constraints, sequence(), true),
    extension(ids.keyUsage, digitalSignature, true),
    extension(ids.extendedUsage, sequence(objectId(use.as === "server" ? ids.server : ids.client))),
    ...(use.as === "server" ? [extension(ids.alternativeNames, sequence(...use.hosts.map(hostName)))] : []),
    ...identifiers,
  ];
}

function hostName(host: string): Buffer {
  if (isIP(host) === 0) return implicit(2, Buffer.from(host));
  return implicit(7, addressBytes(host));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail = ""] = address.split("::");
  const groups = (part: string): string[] => (part === "" ? [] : part.split(":"));
  const missing = address.includes("::") ? 8 - groups(head).length - groups(tail).length : 0;
  const all = [...groups(head), ...Array<string>(missing).fill("0"), ...groups(tail)];
  return Buffer.from(all.map((group) => group.padStart(4, "0")).join(""), "hex");
}
