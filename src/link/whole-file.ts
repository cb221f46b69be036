// Writes a file with keys in it for its owner alone, whole or not at all.
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";

export function writeWhole(path: string, text: string): void {
  const partial = `${path}.partial`;
  const file = openSync(partial, "w", 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(partial, path);
}
