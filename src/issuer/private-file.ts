// Files that only their owner may read, and that are there whole or not at all. Knows nothing of what is in them.
import { closeSync, fsyncSync, openSync, renameSync, statSync, writeFileSync } from "node:fs";
import { Fault } from "../domain/fault.ts";

export function refuseExposed(file: string): void {
  if ((statSync(file).mode & 0o077) !== 0)
    throw new Fault("issuer.exposed", `Others may read ${file}; set its mode to 0600.`);
}

export function writeWhole(file: string, text: string): void {
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
