// Somebody who carried the database away and tries PINs on it at leisure, with all that the code itself could tell him.
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";

export interface Loot {
  /** What stands in for each credential. */
  readonly tokens: readonly Buffer[];
  readonly siteSalt: Buffer;
  /** Every blob in the database: one of them might have been taken for a key. */
  readonly blobs: readonly Buffer[];
}

const source = join(import.meta.dirname, "../../src");

export function takeDatabase(path: string): Loot {
  const db = new Sqlite(path, { readonly: true });
  const column = (sql: string) => db.prepare<[], Buffer>(sql).pluck().all();
  const tables = db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
  const blobs = tables.flatMap((table) =>
    db
      .prepare<[], Record<string, unknown>>(`SELECT * FROM "${table}"`)
      .all()
      .flatMap((row) => Object.values(row).filter((value) => Buffer.isBuffer(value))),
  );
  const [siteSalt = Buffer.alloc(0)] = column("SELECT site_salt FROM controller");
  const tokens = column("SELECT token FROM credential");
  db.close();
  return { tokens, siteSalt, blobs };
}

/** What the code itself hashes along with a secret or a key, read from the code, with and without its ending zero. */
export function labelsInCode(): string[] {
  const files = ["ledger/tokens.ts", "ledger/keys.ts", "ledger/chain.ts", "cli/in-process.ts"];
  const code = files.map((name) => readFileSync(join(source, name), "utf8")).join("\n");
  const hashed = /(?:token|derive|update)\((?:master, )?["`]([^"`$]+)["`$]/g;
  const labels = [...code.matchAll(hashed)].map(([, label = ""]) => label.replaceAll("\\0", "\0"));
  const kinds = labels.filter((label) => ["pin", "card", "qr"].includes(label)).map((kind) => `${kind}\0`);
  const purposes = labels.filter((label) => label.includes(" ") && !label.startsWith("postern"));
  return [...new Set(["", ...labels, ...kinds, ...purposes.map((purpose) => `postern ${purpose}`)])];
}

interface TriedKey {
  readonly plain: Buffer;
  /** HMAC's two paddings of it: computing them once is what makes ten thousand PINs affordable. */
  readonly inner: Buffer;
  readonly outer: Buffer;
}

export class OfflineGuesser {
  readonly #targets = new Map<number, Buffer[]>();
  readonly #labels: readonly Buffer[];
  readonly #keys: readonly TriedKey[];

  constructor(targets: readonly Buffer[], labels: readonly string[], keys: readonly Buffer[]) {
    for (const target of targets) {
      const start = target.readUInt32BE(0);
      this.#targets.set(start, [...(this.#targets.get(start) ?? []), target]);
    }
    this.#labels = labels.map((label) => Buffer.from(label));
    this.#keys = keys.map(padded);
  }

  /** Whether any way leads from this to something that is stored. */
  matches(secret: Buffer): boolean {
    if (secret.length >= 4 && this.#isStored(secret)) return true;
    return (
      this.#labels.some((label) => this.#matchesMessage(Buffer.concat([label, secret]))) ||
      this.#keys.some(
        ({ plain }) =>
          this.#isStored(sha256(Buffer.concat([plain, secret]))) ||
          this.#isStored(sha256(Buffer.concat([secret, plain]))),
      )
    );
  }

  #matchesMessage(message: Buffer): boolean {
    return (
      this.#isStored(sha256(message)) ||
      this.#keys.some(({ inner, outer }) =>
        this.#isStored(sha256(Buffer.concat([outer, sha256(Buffer.concat([inner, message]))]))),
      )
    );
  }

  #isStored(digest: Buffer): boolean {
    const targets = this.#targets.get(digest.readUInt32BE(0)) ?? [];
    return targets.some((target) => digest.subarray(0, target.length).equals(target));
  }
}

const sha256 = (bytes: Buffer): Buffer => hash("sha256", bytes, "buffer");

function padded(key: Buffer): TriedKey {
  const block = Buffer.concat([key.length > 64 ? sha256(key) : key, Buffer.alloc(64)]).subarray(0, 64);
  const xor = (pad: number) => Buffer.from(block.map((byte) => byte ^ pad));
  return { plain: key, inner: xor(0x36), outer: xor(0x5c) };
}
