// Answers requests about secrets: the export that carries card numbers, and whether a given code is a credential's already.
import type { LedgerReply } from "../domain/ask.ts";
import type { HolderKey, SecretToCompare } from "../domain/directory-export.ts";
import type { Ledger } from "./ledger.ts";
import type { PinQueue } from "./pin-hash.ts";

export function exportPage(ledger: Ledger, after: HolderKey | null): LedgerReply {
  try {
    return { kind: "exported", version: ledger.directoryVersion, page: ledger.exportPage(after) };
  } catch {
    return { kind: "error", problem: "The directory could not be read; see the health of the ledger." };
  }
}

export function compareSecrets(
  ledger: Ledger,
  pins: Pick<PinQueue, "forChange">,
  secrets: readonly SecretToCompare[],
  done: (reply: LedgerReply) => void,
): void {
  const same: boolean[] = [];
  const next = (): void => {
    const asked = secrets[same.length];
    if (asked === undefined) {
      done({ kind: "compared", same });
      return;
    }
    const answer = (hash: Buffer | null): void => {
      try {
        same.push(ledger.isSecretOf(asked, hash));
      } catch {
        done({ kind: "error", problem: "The directory could not be read; see the health of the ledger." });
        return;
      }
      next();
    };
    if (/^[0-9]{2,16}$/.test(asked.secret)) pins.forChange(asked.secret, answer);
    else answer(null);
  };
  next();
}
