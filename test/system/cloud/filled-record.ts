// Fills the record of a controller that is not running, in the ledger's own writing.
import { join } from "node:path";
import { readConfig } from "../../../src/config/load.ts";
import { siteOf } from "../../../src/config/site.ts";
import type { JournalEvent } from "../../../src/domain/events.ts";
import type { BootId, RunId } from "../../../src/domain/ids.ts";
import { monoMs, unixMs } from "../../../src/domain/time.ts";
import { openLedger } from "../../../src/ledger/open-ledger.ts";

const atOnce = 5_000;

/** Evenly over the time before now. */
export function fillRecord(state: string, config: string, event: object, count: number, overMs: number): void {
  const read = readConfig(config);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const now = Date.now();
  const at = (n: number) => {
    return { wall: unixMs(Math.round(now - overMs + (n / count) * overMs)), mono: monoMs(n), trusted: true };
  };
  const paths = { database: join(state, "ledger.db"), keysDir: join(state, "keys"), credentialsDir: null };
  const report = (fault: Error) => {
    throw fault;
  };
  const ledger = openLedger(paths, { now: () => at(0), report });
  ledger.open({ run: "fill" as RunId, boot: "fill" as BootId, site: siteOf(read.config), at: at(0) });
  for (let n = 0; n < count; n += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, count - n) }, (_, m) => {
      return { n: null, at: at(n + m), what: event as JournalEvent };
    });
    ledger.commitBatch([], some);
  }
  ledger.close();
}
