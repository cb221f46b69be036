// Which tokens and accounts machines have: one file in the state folder that holds no secret in plain; knows no request.
import {
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { Fault } from "../../domain/fault.ts";
import type { AccessScope } from "../../domain/http-opening.ts";
import { accessScopes } from "../../domain/http-opening.ts";
import { idPattern } from "../../domain/ids.ts";

/** The doors that it may open; null is all. */
type Doors = readonly string[] | null;

export interface TokenEntry {
  readonly kind: "token";
  readonly name: string;
  /** SHA-256 of the token, hex. */
  readonly digest: string;
  readonly scopes: readonly AccessScope[];
  readonly doors: Doors;
}

export interface AccountEntry {
  readonly kind: "account";
  readonly name: string;
  /** Hex; the hash is argon2id's. */
  readonly salt: string;
  readonly hash: string;
  /** What HTTP Digest needs, sealed; null where the account is for Basic only. */
  readonly digest: string | null;
  readonly doors: Doors;
}

export type AccessEntry = TokenEntry | AccountEntry;

export const maxEntries = 64;
const maxBytes = 262_144;
/** Whoever left it longer ago than this was cut off while writing. */
const abandonedMs = 10_000;

export function readAccess(path: string): readonly AccessEntry[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if ((stat.mode & 0o077) !== 0) {
    throw new Fault("access.exposed", "Others may read the file of tokens and accounts; set its mode to 0600.");
  }
  if (stat.size > maxBytes) throw malformed();
  return parseAccess(readFileSync(path, "utf8"));
}

/** Whole or not at all, and one writer at a time: a revocation must not be undone by a change that began before it. */
export function changeAccess(path: string, change: (entries: readonly AccessEntry[]) => readonly AccessEntry[]): void {
  const partial = `${path}.partial`;
  const left = statSync(partial, { throwIfNoEntry: false });
  if (left !== undefined && Date.now() - left.mtimeMs > abandonedMs) rmSync(partial, { force: true });
  const file = openPartial(partial);
  try {
    const entries = change(readAccess(path));
    writeFileSync(file, `${JSON.stringify({ version: 1, entries }, null, 2)}\n`);
    fsyncSync(file);
    // Root may be the one who changes it, and the service that reads it another user.
    const owner = statSync(dirname(path));
    if (process.getuid?.() === 0) chownSync(partial, owner.uid, owner.gid);
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

function openPartial(partial: string): number {
  try {
    return openSync(partial, "wx", 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new Fault("access.busy", "Somebody else is changing tokens and accounts; try again in a few seconds.");
  }
}

export function parseAccess(text: string): readonly AccessEntry[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed();
  }
  const { version, entries } = (value ?? {}) as { version?: unknown; entries?: unknown };
  if (version !== 1 || !Array.isArray(entries) || entries.length > maxEntries || !entries.every(isEntry)) {
    throw malformed();
  }
  return entries;
}

const malformed = (): Fault =>
  new Fault("access.malformed", "The file of tokens and accounts is damaged; remove it and make them anew.");

const isHex = (value: unknown, bytes: number): boolean =>
  typeof value === "string" && value.length === 2 * bytes && /^[0-9a-f]+$/.test(value);

function isEntry(value: unknown): value is AccessEntry {
  const { kind, name, doors, scopes, digest, salt, hash } = (value ?? {}) as Record<string, unknown>;
  if (typeof name !== "string" || !idPattern.test(name)) return false;
  if (doors !== null && !(Array.isArray(doors) && doors.every((door) => typeof door === "string"))) return false;
  if (kind === "token") {
    return isHex(digest, 32) && Array.isArray(scopes) && scopes.every((scope) => accessScopes.includes(scope));
  }
  return kind === "account" && isHex(salt, 16) && isHex(hash, 32) && (digest === null || typeof digest === "string");
}

/** The entries as the file has them now: whoever was revoked a moment ago is not let in. */
export class AccessFile {
  readonly #path: string;
  readonly #changed: (well: boolean, why: string) => void;
  #stamp = "";
  #entries: readonly AccessEntry[] = [];

  constructor(path: string, changed: (well: boolean, why: string) => void) {
    this.#path = path;
    this.#changed = changed;
  }

  /** None while the file cannot be read. */
  entries(): readonly AccessEntry[] {
    const stamp = stampOf(this.#path);
    if (stamp === this.#stamp) return this.#entries;
    this.#stamp = stamp;
    try {
      this.#entries = readAccess(this.#path);
      this.#changed(true, "");
    } catch (error) {
      this.#entries = [];
      this.#changed(false, error instanceof Error ? error.message : String(error));
    }
    return this.#entries;
  }
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat === undefined ? "none" : [stat.ino, stat.mtimeNs, stat.ctimeNs, stat.size].join(" ");
}
