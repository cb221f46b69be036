// Asks the ledger on behalf of the cloud, one question after the other; an answer that does not come is null.
import type { LedgerReply, LedgerRequest } from "../../domain/ask.ts";
import { LineLink } from "../line-link.ts";

type Settle = (reply: LedgerReply | null) => void;

/** Who answers for the ledger, however it is reached. */
export interface LedgerPort {
  /** Null when no answer comes. */
  ask(request: LedgerRequest): Promise<LedgerReply | null>;
  close(): void;
}

/** `opened` is called whenever there is a ledger to ask anew. */
export type OpenLedgerPort = (opened: () => void) => LedgerPort;

/** Commands, documents and acknowledgements each wait for their own answer before the next: there are never many. */
const maxWaiting = 64;

export class LedgerAsks implements LedgerPort {
  readonly #link: LineLink;
  #waiting: Settle[] = [];

  constructor(path: string, opened: () => void) {
    this.#link = new LineLink(path, {
      opened,
      value: (value) => this.#waiting.shift()?.(value as LedgerReply),
      gone: () => this.#giveUp(),
    });
  }

  ask(request: LedgerRequest): Promise<LedgerReply | null> {
    if (this.#waiting.length >= maxWaiting || !this.#link.send(JSON.stringify(request))) return Promise.resolve(null);
    return new Promise((settle) => this.#waiting.push(settle));
  }

  close(): void {
    this.#link.close();
    this.#giveUp();
  }

  #giveUp(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const settle of waiting) settle(null);
  }
}
