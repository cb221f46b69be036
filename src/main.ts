// Which of Postern's processes this one is, and what starts first. With controller.ts the composition root: only these two
// may import everything, and this one does so late, because each process starts from it and waits for what it imports.
import { fileURLToPath } from "node:url";

import type { ApplyOrder } from "./directory-watching.ts";
import type { ReadPicture } from "./office/console/picture-request.ts";
import type { LedgerStart } from "./ops/ledger-side.ts";
import type { Controller, RunOptions } from "./ops/run-options.ts";

const modulePath = fileURLToPath(import.meta.url);
/** Steps of niceness behind the door loop: an exit button waits for nobody, and whoever asks to pass not for the console. */
const behind = { ledger: 5, office: 10 };

/** The ledger's process takes longest to start, so it goes first; what the main process is made of is loaded meanwhile. */
export async function runController(options: RunOptions): Promise<Controller> {
  const { LedgerSide } = await import("./ops/ledger-side.ts");
  const startLedger = () => new LedgerSide(modulePath);
  const firstLedger = startLedger();
  try {
    const { openController } = await import("./controller.ts");
    return await openController({ options, modulePath, startLedger, firstLedger });
  } catch (error) {
    await firstLedger.stop();
    throw error;
  }
}

/** The other processes start from this same file, each with its own parts. */
async function runRole(role: string): Promise<void> {
  const { stepBehind } = await import("./ops/step-behind.ts");
  if (role === "ledger") {
    const { runLedger } = await import("./ledger/process.ts");
    process.once("message", ({ paths, rescueBoard }: LedgerStart) => {
      stepBehind(behind.ledger);
      runLedger(paths, { board: rescueBoard, file: paths.rescueFile, log: paths.rescueLog });
    });
  } else if (role === "office") {
    const { runOffice } = await import("./office/process.ts");
    const { openJournalReader } = await import("./ledger/journal-reader.ts");
    const { readCallFacts } = await import("./ledger/call-reader.ts");
    stepBehind(behind.office);
    // The main process may have ended before anyone here could hear of it.
    const readPicture: ReadPicture = async (picture) =>
      (await import("../hal/linux/qr/read-once.ts")).readOnce(picture);
    if (process.connected) runOffice({ openJournal: openJournalReader, readCallFacts, readPicture });
  } else if (role === "directory") {
    process.once("message", async (order: ApplyOrder) => {
      const { runApplying } = await import("./directory-applying.ts");
      stepBehind(behind.office);
      process.once("disconnect", () => process.exit(0));
      process.send?.(await runApplying(order), undefined, undefined, () => process.exit(0));
    });
  } else {
    const { Fault } = await import("./domain/fault.ts");
    throw new Fault("role.unknown", "Start Postern with `postern run`.");
  }
}

if (process.argv[1] === modulePath) await runRole(process.argv[2] ?? "");
