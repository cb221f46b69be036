// Makes an empty state folder the site of a sealed export: its keys, its salt, its people, without a running controller.
import { randomBytes } from "node:crypto";
import type { LedgerReply } from "../domain/ask.ts";
import type { BootId, RunId } from "../domain/ids.ts";
import type { SiteSpec } from "../domain/site.ts";
import { monoMs, unixMs } from "../domain/time.ts";
import type { LedgerPort, Progress } from "../exchange/apply.ts";
import type { FileOutcome } from "../exchange/apply-file.ts";
import { applyDirectoryText } from "../exchange/apply-file.ts";
import type { SealedContent } from "../exchange/sealed-export.ts";
import { ChangeDesk } from "../ledger/change-desk.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { LedgerPaths } from "../ledger/open-ledger.ts";
import { openLedger } from "../ledger/open-ledger.ts";
import { createPinHash, PinQueue } from "../ledger/pin-hash.ts";
import { exportPage } from "../ledger/secret-requests.ts";
import { adoptKey } from "../ledger/site-secrets.ts";
import { fileTermsOf } from "./directory-site.ts";

/** The clock of whoever sits here is believed: passes must be able to come in. */
const now = () => ({
  wall: unixMs(Date.now()),
  mono: monoMs(Number(process.hrtime.bigint()) / 1e6),
  trusted: true,
});

export async function adoptSite(
  paths: LedgerPaths,
  site: SiteSpec,
  { directory, site: secrets }: SealedContent,
  progress: Progress,
): Promise<FileOutcome> {
  const drop = adoptKey(paths, secrets);
  const report = (fault: Error) => console.error(fault.message);
  const ledger = openLedger(paths, { now, report, siteSalt: secrets.salt });
  try {
    ledger.open({ run: randomBytes(9).toString("base64url") as RunId, boot: "import" as BootId, site, at: now() });
    const outcome = await applyDirectoryText(directory, fileTermsOf(site), "sealed import", portOf(ledger), progress);
    ledger.close();
    if (!outcome.ok) drop();
    return outcome;
  } catch (error) {
    drop();
    throw error;
  }
}

function portOf(ledger: Ledger): LedgerPort {
  const owner = {};
  const desk = new ChangeDesk({
    ledger,
    pins: new PinQueue(createPinHash(ledger.siteSalt)),
    desk: {
      instant: now,
      troubled: (error) => {
        throw error;
      },
      well: () => {},
    },
    grew: () => {},
  });
  return {
    ask: (request) =>
      new Promise<LedgerReply>((done) => {
        if (request.kind === "export") done(exportPage(ledger, request.after));
        else if (request.kind === "compare") desk.compare(request.secrets, done);
        else if (request.kind === "stage") desk.stages.add(owner, request.changes, done);
        else if (request.kind === "applyStaged") desk.stages.apply(owner, request.by, done);
        else done({ kind: "error", problem: "This cannot be asked without a running controller." });
      }),
  };
}
