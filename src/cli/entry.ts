// Shows a one-time code where only its person sees it: on a terminal, or in a file for root; never in a log.
import { rmSync, writeFileSync } from "node:fs";
import type { EntryCode } from "../ops/entry-code.ts";
import { log } from "../ops/log.ts";

export function showEntry(entry: EntryCode, address: string, file: string): void {
  const link = `${address}/#code=${entry.text}`;
  if (process.stdout.isTTY) {
    process.stdout.write(`\n  Postern is running. Open its console within 15 minutes:\n\n    ${link}\n\n`);
    process.stdout.write(`  or open ${address} and type the code ${entry.text}\n\n`);
    return;
  }
  try {
    // Removed first, so that the mode holds whatever was there before.
    rmSync(file, { force: true });
    writeFileSync(file, `${link}\n`, { mode: 0o600, flag: "wx" });
    log("info", "console", `answers on ${address}; its one-time code is in ${file} for 15 minutes`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log("error", "console", `answers on ${address}; its one-time code could not be written (${why}): postern login`);
  }
}
