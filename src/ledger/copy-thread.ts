// Has the good copy made in a thread of its own, and hears how it went, whatever becomes of the thread.
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { CopyOutcome } from "./copy-keeper.ts";
import type { CopyOrder } from "./good-copy.ts";

const workerFile = new URL(`./copy-worker${extname(import.meta.filename)}`, import.meta.url);

/** May call back more than once; the first is what counts. */
export function copyInThread(order: CopyOrder, done: (outcome: CopyOutcome) => void): void {
  const failed = (why: string): void => done({ made: false, damaged: false, why });
  try {
    const worker = new Worker(workerFile, { workerData: order });
    worker.once("message", done);
    worker.once("error", (error) => failed(`The directory could not be copied (${error.message}).`));
    worker.once("exit", () => failed("The directory could not be copied: the thread ended."));
    // It must not keep a ledger that has been told to end.
    worker.unref();
  } catch (error) {
    failed(`The directory could not be copied (${error instanceof Error ? error.message : String(error)}).`);
  }
}
