// Waits, at a stop, until the last events are on the disk, and says what is lost when that does not happen in time.
import { setTimeout } from "node:timers/promises";
import { log } from "./log.ts";

const patienceMs = 2_000;
const lookEveryMs = 10;

export async function drainRecords(link: { unrecorded(): number }): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  while (link.unrecorded() > 0 && performance.now() < giveUpAt) await setTimeout(lookEveryMs);
  if (link.unrecorded() === 0) return;
  log("error", "ledger", `the last ${link.unrecorded()} events could not be recorded and are lost`);
}
