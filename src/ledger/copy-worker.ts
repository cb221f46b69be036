// The thread in which the good copy is made, so that no ask waits for it; started by name, says how it went, and ends.
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import type { CopyOutcome } from "./copy-keeper.ts";
import { isDamage } from "./damage.ts";
import type { CopyOrder } from "./good-copy.ts";
import { makeGoodCopy } from "./good-copy.ts";

/** On Linux this is of the calling thread alone (setpriority(2), "C library/kernel differences"). */
const niceness = 19;

function outcomeOf(order: CopyOrder): CopyOutcome {
  try {
    setPriority(niceness);
    makeGoodCopy(order);
    return { made: true };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (isDamage(error)) return { made: false, damaged: true, why: message };
    return { made: false, damaged: false, why: `The directory could not be copied beside the database (${message}).` };
  }
}

parentPort?.postMessage(outcomeOf(workerData as CopyOrder));
