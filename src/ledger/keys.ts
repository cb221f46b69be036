// The keys that stand between the database and the secrets it was made from; never stored in it, never made beside an old one.
import type { KeyObject } from "node:crypto";
import { createSecretKey, hkdfSync, timingSafeEqual } from "node:crypto";
import {
  chownSync,
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { Fault } from "../domain/fault.ts";
import { syncPath } from "./migrate.ts";

export type RandomBytes = (size: number) => Buffer;

export interface KeyFolders {
  /** Holds `credential.key` unless the service manager provides it; also the anchor and the audit seed. */
  readonly keysDir: string;
  /** Where systemd mounts credentials; a `credential.key` in there goes before the folder's. */
  readonly credentialsDir: string | null;
}

export interface Keys {
  readonly token: KeyObject;
  readonly seal: KeyObject;
  /** Tells whether a database belongs to this key, and nothing else about it. */
  readonly fingerprint: Buffer;
}

export const keyName = "credential.key";
const keyBytes = 32;

/** `storedFingerprint` is null for a brand-new database: the only time at which a key is made. */
export function loadKeys(folders: KeyFolders, storedFingerprint: Buffer | null, random: RandomBytes): Keys {
  const found = readMasterKey(folders);
  if (storedFingerprint === null) return deriveKeys(found ?? generateKey(folders.keysDir, random));
  if (found === null) {
    throw new Fault("keys.mismatch", "The key of this database is missing; put it back, or no credential will work.", {
      folder: folders.keysDir,
    });
  }
  const keys = deriveKeys(found);
  checkFingerprint(keys, storedFingerprint);
  return keys;
}

export function checkFingerprint(keys: Keys, stored: Buffer): void {
  if (stored.length === keys.fingerprint.length && timingSafeEqual(stored, keys.fingerprint)) return;
  throw new Fault("keys.mismatch", "The key does not belong to this database; put the right one back.");
}

export function deriveKeys(master: Buffer): Keys {
  return {
    token: createSecretKey(derive(master, "credential token")),
    seal: createSecretKey(derive(master, "credential seal")),
    fingerprint: derive(master, "key fingerprint").subarray(0, 16),
  };
}

/** A key for something outside the ledger, such as console sessions; null while there is no key yet. */
export function readSubKey(folders: KeyFolders, purpose: string): Buffer | null {
  const master = readMasterKey(folders);
  return master === null ? null : derive(master, `outside ${purpose}`);
}

const derive = (master: Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync("sha256", master, Buffer.alloc(0), `postern ${purpose}`, keyBytes));

export function readMasterKey({ keysDir, credentialsDir }: KeyFolders): Buffer | null {
  if (credentialsDir !== null) {
    // systemd lets the service in by an access list, which shows as group bits.
    const provided = readKeyFile(join(credentialsDir, keyName), 0o007);
    if (provided !== null) return provided;
  }
  return readKeyFile(join(keysDir, keyName), 0o077);
}

function readKeyFile(path: string, forbiddenBits: number): Buffer | null {
  if (!existsSync(path)) return null;
  const file = openSync(path, "r");
  try {
    const { mode } = fstatSync(file);
    if ((mode & forbiddenBits) !== 0) {
      throw new Fault("keys.exposed", "Others may read the key file; set its mode to 0600.", { path });
    }
    const key = readFileSync(file);
    if (key.length !== keyBytes) {
      throw new Fault("keys.malformed", `The key file must hold ${keyBytes} bytes.`, { path, bytes: key.length });
    }
    return key;
  } finally {
    closeSync(file);
  }
}

function generateKey(keysDir: string, random: RandomBytes): Buffer {
  makeKeysFolder(keysDir);
  const key = random(keyBytes);
  writeDurably(join(keysDir, keyName), key, 0o600);
  syncPath(keysDir);
  return key;
}

/** Whole or not at all: a half-written key would pass for the wrong one. */
export function writeDurably(path: string, bytes: Buffer, mode: number): void {
  const partial = `${path}.partial`;
  const file = openSync(partial, "w", mode);
  try {
    writeFileSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  giveToOwnerOf(dirname(path), partial);
  renameSync(partial, path);
}

export function makeKeysFolder(keysDir: string): void {
  if (mkdirSync(keysDir, { recursive: true, mode: 0o700 }) !== undefined) giveToOwnerOf(dirname(keysDir), keysDir);
}

/** Root may be the one at the command line, and the service that reads it another user. */
function giveToOwnerOf(folder: string, path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(folder);
  chownSync(path, uid, gid);
}
