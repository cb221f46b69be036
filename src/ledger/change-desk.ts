// Takes changes of the directory one at a time: checks them, hashes their PINs behind those of people at the doors, applies.
import type { LedgerReply } from "../domain/ask.ts";
import type { ChangeProblem, ChangeWarning, DirectoryChange } from "../domain/directory.ts";
import type { SecretToCompare } from "../domain/directory-export.ts";
import type { ChangeTerms } from "./change-outcome.ts";
import type { CodeHashes } from "./code-hashes.ts";
import { hashCodes } from "./code-hashes.ts";
import type { Desk } from "./desk.ts";
import { checkChanges } from "./directory-rules.ts";
import type { Ledger } from "./ledger.ts";
import type { HashPin, PinQueue } from "./pin-hash.ts";
import { Proposals } from "./proposals.ts";
import { compareSecrets } from "./secret-requests.ts";
import { StageDesk } from "./stage-desk.ts";

export interface ChangeDeskParts {
  readonly ledger: Ledger;
  readonly pins: PinQueue;
  /** Tells the time, and the door loop of the database's health. */
  readonly desk: Pick<Desk, "instant" | "troubled" | "well">;
  /** Events were appended. */
  readonly grew: (seq: number) => void;
  /** Soon, after the asks that wait. */
  readonly schedule?: (run: () => void) => void;
}

/** Whose word a change is, and what is written together with it. */
export type OrderTerms = Pick<ChangeTerms, "origin" | "also">;

type Done = (reply: LedgerReply) => void;

interface Order {
  /** By nobody it is only tried. */
  readonly by: string | null;
  readonly terms: OrderTerms;
  readonly changes: readonly DirectoryChange[];
  readonly done: Done;
}

const maxOrders = 16;
const maxTold = 100;

export class ChangeDesk {
  readonly #parts: ChangeDeskParts;
  readonly #orders: Order[] = [];
  readonly proposals: Proposals;
  /** For changes that are too large to be taken so. */
  readonly stages: StageDesk;
  #isBusy = false;

  constructor(parts: ChangeDeskParts) {
    this.#parts = parts;
    this.stages = new StageDesk({ ...parts, schedule: parts.schedule ?? setImmediate });
    const { ledger, desk } = parts;
    this.proposals = new Proposals({ ledger, hash: this.#hash, now: () => desk.instant() });
  }

  readonly #hash: HashPin = (digits, done) => this.#parts.pins.forChange(digits, done);

  take(by: string, changes: readonly DirectoryChange[], done: Done, terms: OrderTerms = {}): void {
    this.#queue({ by, terms, changes, done });
  }

  try(changes: readonly DirectoryChange[], done: Done, terms: OrderTerms = {}): void {
    this.#queue({ by: null, terms, changes, done });
  }

  compare(secrets: readonly SecretToCompare[], done: (reply: LedgerReply) => void): void {
    compareSecrets(this.#parts.ledger, this.#parts.pins, secrets, done);
  }

  #queue(order: Order): void {
    const { changes, done } = order;
    const problems = checkChanges(changes);
    if (problems.length > 0) done(refused(problems));
    else if (this.#orders.length >= maxOrders)
      done({ kind: "error", problem: "Too many changes wait; try again later." });
    else {
      this.#orders.push(order);
      this.#next();
    }
  }

  #next(): void {
    const order = this.#orders[0];
    if (order === undefined || this.#isBusy) return;
    this.#isBusy = true;
    hashCodes(order.changes, this.#parts.ledger.site.codes.duress, this.#hash, (hashes) => {
      order.done(this.#apply(order, hashes));
      this.#orders.shift();
      this.#isBusy = false;
      this.#next();
    });
  }

  #apply({ by, terms: asked, changes }: Order, hashes: CodeHashes): LedgerReply {
    const { ledger, desk, grew } = this.#parts;
    try {
      const at = desk.instant();
      const terms = { ...asked, isPromised: this.proposals.isPromised };
      const outcome =
        by === null
          ? ledger.tryChanges(changes, hashes, at, terms)
          : ledger.applyChanges(changes, hashes, by, at, terms);
      if (!outcome.applied) return refused(outcome.problems);
      if (by !== null) {
        desk.well();
        grew(ledger.headSeq);
      }
      return changed(outcome.version, outcome.warnings);
    } catch (error) {
      desk.troubled(error);
      return { kind: "error", problem: "The database did not take the change; see the health of the ledger." };
    }
  }
}

const refused = (problems: readonly ChangeProblem[]): LedgerReply => ({
  kind: "refused",
  problems: problems.slice(0, maxTold),
});

const changed = (version: number, warnings: readonly ChangeWarning[]): LedgerReply => ({
  kind: "changed",
  version,
  ...(warnings.length === 0 ? {} : { warnings: warnings.slice(0, maxTold) }),
});
