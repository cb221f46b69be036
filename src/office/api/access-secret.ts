// Makes and compares the secrets of machines: tokens, passwords, and what HTTP Digest needs of a password; stores nothing.
import { argon2, createCipheriv, createDecipheriv, createHash, hash, randomBytes, timingSafeEqual } from "node:crypto";

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. */
const passwordCost = { parallelism: 1, tagLength: 32, memory: 19_456, passes: 2 };
const tokenPrefix = "postern_";
/** Names the key that seals what HTTP Digest needs. */
export const digestKeyPurpose = "http digest";
const ivBytes = 12;
const tagBytes = 16;

/** 256 random bits: nobody can try them out, so that a plain digest guards a token as well as a slow one would. */
export const makeToken = (): string => `${tokenPrefix}${randomBytes(32).toString("base64url")}`;

export const tokenDigest = (token: string): Buffer => createHash("sha256").update(token, "utf8").digest();

export const makeSalt = (): Buffer => randomBytes(16);

export function hashPassword(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2("argon2id", { message: password, nonce: salt, ...passwordCost }, (error, hashed) =>
      error ? reject(error) : resolve(hashed),
    );
  });
}

/** Buffers of one length, as digests are. */
export const isSame = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);

export const digestAlgorithms = ["SHA-256", "MD5"] as const;
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

export const digestRealm = "Postern";

/** RFC 7616's H, as lower-case hex digits. */
export const digestHash = (algorithm: DigestAlgorithm, text: string): string =>
  hash(algorithm === "MD5" ? "md5" : "sha256", text, "hex");

/** RFC 7616's H(A1) under each algorithm: whoever knows one can answer challenges as if they knew the password. */
export type DigestSecrets = Readonly<Record<DigestAlgorithm, string>>;

export function digestSecretsOf(name: string, password: string): DigestSecrets {
  const a1 = `${name}:${digestRealm}:${password}`;
  return { "SHA-256": digestHash("SHA-256", a1), MD5: digestHash("MD5", a1) };
}

/** Sealed with a key that is kept elsewhere, and bound to the account's name. */
export function sealDigest(secrets: DigestSecrets, name: string, key: Buffer): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(name));
  const sealed = Buffer.concat([cipher.update(JSON.stringify(secrets), "utf8"), cipher.final()]);
  return Buffer.concat([iv, sealed, cipher.getAuthTag()]).toString("base64");
}

/** Null when it was sealed with another key or for another name. */
export function unsealDigest(sealed: string, name: string, key: Buffer): DigestSecrets | null {
  const bytes = Buffer.from(sealed, "base64");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, ivBytes)).setAAD(Buffer.from(name));
    decipher.setAuthTag(bytes.subarray(-tagBytes));
    const text = Buffer.concat([decipher.update(bytes.subarray(ivBytes, -tagBytes)), decipher.final()]);
    return JSON.parse(text.toString("utf8")) as DigestSecrets;
  } catch {
    return null;
  }
}
