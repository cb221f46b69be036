// Gathers the whole directory for an operator, a page in each turn of the event loop, so that asks come in between.
import type { DirectoryListing, LedgerReply } from "../domain/ask.ts";
import { listHolders, listRest, unseenCodes } from "./directory-listing.ts";
import type { Ledger } from "./ledger.ts";

/** A directory that changes under the reader is read again, this often at most. */
const maxReadings = 5;

export function gatherDirectory(
  ledger: Ledger,
  schedule: (run: () => void) => void,
  done: (reply: LedgerReply) => void,
  readings = maxReadings,
): void {
  const version = ledger.directoryVersion;
  const pages = listHolders(ledger.db, (credential) => ledger.hintOf(credential));
  const holders: DirectoryListing["holders"][number][] = [];
  const read = () => {
    try {
      if (ledger.directoryVersion !== version) return again();
      const page = pages.next();
      if (!page.done) {
        holders.push(...page.value);
        schedule(read);
        return;
      }
      const listing = { holders, ...listRest(ledger.db, ledger.clockFloor) };
      done({ kind: "directory", version, listing });
    } catch {
      done({ kind: "error", problem: "The directory could not be read; see the health of the ledger." });
    }
  };
  const again = () => {
    if (readings > 1) gatherDirectory(ledger, schedule, done, readings - 1);
    else done({ kind: "error", problem: "The directory keeps changing; try again later." });
  };
  read();
}

/** How many codes of which length live at each door: what a guesser could hit. */
export function liveCodes(ledger: Ledger): LedgerReply {
  try {
    const { liveCodes } = listRest(ledger.db, ledger.clockFloor);
    return { kind: "liveCodes", liveCodes, unseen: unseenCodes(ledger.db) };
  } catch {
    return { kind: "error", problem: "The directory could not be read; see the health of the ledger." };
  }
}
