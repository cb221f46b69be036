// Remembers over a restart that a fire release is in force, without waiting for the ledger; writes behind the doors' back.
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { log } from "./log.ts";

export interface FireLatch {
  readonly latchedBefore: boolean;
  note(latched: boolean): void;
}

export function openFireLatch(path: string): FireLatch {
  const latchedBefore = existsSync(path);
  let written = latchedBefore;
  let last: Promise<void> = Promise.resolve();
  return {
    latchedBefore,
    note(latched) {
      if (latched === written) return;
      written = latched;
      last = last
        .then(() => (latched ? writeFile(path, "", { mode: 0o600, flush: true }) : rm(path, { force: true })))
        .catch((error) => log("error", "fire latch", error instanceof Error ? error.message : String(error)));
    },
  };
}
