// A whole site's people in one file that only its passphrase opens: the directory with its tokens, and the secrets that make
// the tokens work on another controller.
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";

export interface SealedContent {
  /** A directory.json. */
  readonly directory: string;
  readonly site: SiteSecrets;
}

/** What codes are hashed and looked up with. */
export interface SiteSecrets {
  readonly key: Buffer;
  readonly salt: Buffer;
}

export type SealedReading =
  | { readonly ok: true; readonly content: SealedContent }
  | { readonly ok: false; readonly problem: string };

const mark = Buffer.from("POSTERN-SEALED 1\n");
const saltBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;
/** OWASP's choice for 32 MiB: on a small board a guess costs about a second. */
const cost = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 };
const maxUnpackedBytes = 256 * 1024 * 1024;
/** Twenty-four letters and digits of thirty-two: 120 bits. */
const alphabet = "ABCDEFGHJKMNPQRSTVWXYZ0123456789";
const groups = 6;
const lettersPerGroup = 4;

const bytesOf = (length: number) =>
  z
    .string()
    .transform((text) => Buffer.from(text, "base64url"))
    .refine((bytes) => bytes.length === length);
const contentSchema = z.strictObject({
  directory: z.string(),
  site: z.strictObject({ key: bytesOf(keyBytes), salt: bytesOf(saltBytes) }),
});

export const isSealed = (bytes: Buffer): boolean => bytes.subarray(0, mark.length).equals(mark);

export function newPassphrase(): string {
  const letter = (byte: number) => alphabet[byte % alphabet.length] ?? "";
  const drawn = [...randomBytes(groups * lettersPerGroup)].map(letter).join("");
  return (drawn.match(/.{4}/g) ?? []).join("-");
}

export async function seal({ directory, site }: SealedContent, passphrase: string): Promise<Buffer> {
  const salt = randomBytes(saltBytes);
  const nonce = randomBytes(nonceBytes);
  const head = Buffer.concat([mark, salt, nonce]);
  const { key, salt: siteSalt } = site;
  const text = JSON.stringify({
    directory,
    site: { key: key.toString("base64url"), salt: siteSalt.toString("base64url") },
  });
  const cipher = createCipheriv("aes-256-gcm", await keyFrom(passphrase, salt), nonce).setAAD(head);
  return Buffer.concat([head, cipher.update(gzipSync(text)), cipher.final(), cipher.getAuthTag()]);
}

export async function unseal(bytes: Buffer, passphrase: string): Promise<SealedReading> {
  const headLength = mark.length + saltBytes + nonceBytes;
  if (!isSealed(bytes) || bytes.length < headLength + tagBytes)
    return refuse("This is no sealed export, or it is cut short.");
  const salt = bytes.subarray(mark.length, mark.length + saltBytes);
  const nonce = bytes.subarray(mark.length + saltBytes, headLength);
  const tag = bytes.subarray(bytes.length - tagBytes);
  const key = await keyFrom(passphrase, salt);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(bytes.subarray(0, headLength)).setAuthTag(tag);
  try {
    const packed = decipher.update(bytes.subarray(headLength, bytes.length - tagBytes));
    // Nothing of it is looked at before the tag is known to fit.
    const text = gunzipSync(Buffer.concat([packed, decipher.final()]), { maxOutputLength: maxUnpackedBytes });
    const parsed = contentSchema.safeParse(JSON.parse(text.toString("utf8")));
    return parsed.success ? { ok: true, content: parsed.data } : refuse("The export was made by another Postern.");
  } catch {
    return refuse("The passphrase does not open this export, or the file is damaged.");
  }
}

const refuse = (problem: string): SealedReading => ({ ok: false, problem });

/** People type it: spaces, hyphens and small letters do not count. */
const keyFrom = (passphrase: string, salt: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const typed = passphrase
      .normalize("NFKC")
      .toUpperCase()
      .replace(/[\s-]+/g, "");
    scrypt(typed, salt, keyBytes, cost, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
