// Ends asks that were not simply granted and acted upon, each once, whatever the record already says of them.
import type { Settlement } from "../domain/ask.ts";
import type { AbortReason, Shown } from "../domain/events.ts";
import type { AskId } from "../domain/ids.ts";
import type { DenyReason } from "../domain/reasons.ts";
import type { Instant } from "../domain/time.ts";
import { unixMs } from "../domain/time.ts";
import type { AskOutcome } from "./ask-outcomes.ts";
import { holdingOf, nobody } from "./ready-ask.ts";
import type { LedgerTransaction } from "./transaction.ts";

export class Settling {
  readonly #transaction: LedgerTransaction;

  constructor(transaction: LedgerTransaction) {
    this.#transaction = transaction;
  }

  settle(settlement: Settlement, at: Instant): void {
    const ask = settlement.settle === "aborted" ? settlement.ask : settlement.shown.ask;
    const known = this.#transaction.outcomeOf(ask);
    switch (settlement.settle) {
      case "aborted":
        if (known?.granted) this.#abort(ask, known, settlement.why, at);
        return;
      case "unanswered":
        if (known?.granted) this.#abort(ask, known, "ledgerLost", at);
        else if (known === undefined) this.#denyUnseen(settlement.shown, settlement.reason, at);
        return;
      case "late":
        this.#recordLate(settlement, known, at);
    }
  }

  #abort(ask: AskId, known: AskOutcome, why: AbortReason, at: Instant): void {
    if (known.aborted) return;
    const { directory } = this.#transaction.parts;
    const { spentBy, pass, door, occurrence, seq, wall } = known;
    if (spentBy !== null) directory.giveBack(spentBy, door, occurrence, seq);
    this.#transaction.append({ type: "access.aborted", ask, door, why }, at);
    // The first use began the pass's limited time; it was none, and the next one did.
    if (pass === null || !directory.deactivate(pass, occurrence, wall)) return;
    const next = this.#transaction.firstUseAfter(seq, pass, occurrence);
    if (next !== null) directory.activate(pass, occurrence, unixMs(next.wall));
  }

  #denyUnseen(shown: Shown, reason: DenyReason, at: Instant): void {
    const { directoryVersion } = this.#transaction.counters;
    this.#transaction.append({ type: "access.denied", ...shown, ...holdingOf(nobody), reason, directoryVersion }, at);
  }

  /** The relay has moved, so that an event must say so, whatever else is on record. */
  #recordLate(settlement: Extract<Settlement, { settle: "late" }>, known: AskOutcome | undefined, at: Instant): void {
    const { shown, verdict } = settlement;
    if (known?.late) return;
    if (known?.granted) {
      this.#transaction.append({ type: "access.late", ask: shown.ask, door: known.door }, at);
      return;
    }
    const { credential, person, pass, usesLeft, directoryVersion } = verdict;
    const name = this.#transaction.parts.directory.holderName(person, pass);
    const { ask, door, reader, method } = shown;
    const event = { ask, door, reader, method, credential, person, pass, usesLeft, late: true, directoryVersion };
    this.#transaction.append({ type: "access.granted", ...event }, at, name === null ? null : { name });
  }
}
