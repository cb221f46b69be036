// What a site's codes are hashed and looked up with, taken out for a sealed export and put into a controller that has nothing yet.
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { Fault } from "../domain/fault.ts";
import { checkFingerprint, deriveKeys, keyName, makeKeysFolder, readMasterKey, writeDurably } from "./keys.ts";
import { syncPath } from "./migrate.ts";
import type { LedgerPaths } from "./open-ledger.ts";

export interface SiteSecrets {
  readonly key: Buffer;
  readonly salt: Buffer;
}

interface ControllerRow {
  readonly key_fingerprint: Buffer;
  readonly site_salt: Buffer;
}

/** Null where there is no database yet. */
export function readSiteSecrets(paths: LedgerPaths): SiteSecrets | null {
  if (!existsSync(paths.database)) return null;
  const db = new Sqlite(paths.database, { readonly: true, fileMustExist: true });
  try {
    const row = db.prepare<[], ControllerRow>("SELECT key_fingerprint, site_salt FROM controller").get();
    const key = readMasterKey(paths);
    if (row === undefined || key === null) {
      throw new Fault("keys.mismatch", "The key of this database is missing; put it back.", { folder: paths.keysDir });
    }
    checkFingerprint(deriveKeys(key), row.key_fingerprint);
    return { key, salt: row.site_salt };
  } finally {
    db.close();
  }
}

/**
 * Before the database is made, which then takes the salt. Refuses where there is another key or a database already. What it
 * gives back undoes everything, for an import that failed: the next try finds the folder as this one did.
 */
export function adoptKey(paths: LedgerPaths, { key }: SiteSecrets): () => void {
  const found = readMasterKey(paths);
  if (existsSync(paths.database) || (found !== null && !found.equals(key))) {
    throw new Fault("import.notEmpty", "This controller has people or keys of its own; use an empty state folder.");
  }
  const dropDatabase = () => {
    for (const end of ["", "-wal", "-shm"]) rmSync(`${paths.database}${end}`, { force: true });
  };
  if (existsSync(paths.keysDir)) {
    if (found === null)
      throw new Fault("import.notEmpty", "There is a folder of keys already; use an empty state folder.");
    return dropDatabase;
  }
  makeKeysFolder(paths.keysDir);
  writeDurably(join(paths.keysDir, keyName), key, 0o600);
  syncPath(paths.keysDir);
  return () => {
    dropDatabase();
    rmSync(paths.keysDir, { recursive: true, force: true });
  };
}
