// Codes that were made up and wait to be saved or discarded. They live in memory only: what nobody saved was never there.
import { randomInt, randomUUID } from "node:crypto";
import type { LedgerReply, ProposedCredential } from "../domain/ask.ts";
import { dueDigits, maxCodeDigits, tooManyCodes } from "../domain/code-length.ts";
import { passLead, shareOf } from "../domain/code-partition.ts";
import type { DirectoryChange, HolderKind } from "../domain/directory.ts";
import type { DoorId } from "../domain/ids.ts";
import type { SiteSpec } from "../domain/site.ts";
import type { MonoMs } from "../domain/time.ts";
import type { CodeHash } from "./code-hashes.ts";
import { hashCodes } from "./code-hashes.ts";
import type { Ledger } from "./ledger.ts";
import { liveCodesAt } from "./live-codes.ts";
import type { HashPin } from "./pin-hash.ts";

const lifeMs = 15 * 60_000;
const maxProposals = 64;
/** Each takes a slow hash; one that is free is nearly always found at once. */
const maxDraws = 40;

interface Proposal {
  readonly change: Extract<DirectoryChange, { op: "putCredential" }>;
  readonly hash: CodeHash;
  readonly until: MonoMs;
}

export interface ProposalParts {
  readonly ledger: Ledger;
  readonly hash: HashPin;
  readonly now: () => { readonly wall: number; readonly mono: MonoMs };
}

type Done = (reply: LedgerReply) => void;

export class Proposals {
  readonly #parts: ProposalParts;
  readonly #waiting = new Map<string, Proposal>();

  constructor(parts: ProposalParts) {
    this.#parts = parts;
  }

  propose(credential: ProposedCredential, done: Done): void {
    this.#forgetOld();
    if (this.#waiting.size >= maxProposals) {
      done(failed("Too many codes wait to be saved; save or discard some of them."));
      return;
    }
    const digits = this.#digitsOf(credential);
    if (typeof digits === "string") done(failed(digits));
    else this.#draw(credential, digits, maxDraws, done);
  }

  /** What saving it would change; null when it is forgotten. */
  changeOf(proposal: string): DirectoryChange | null {
    this.#forgetOld();
    return this.#waiting.get(proposal)?.change ?? null;
  }

  /** False when there was none. */
  discard(proposal: string): boolean {
    this.#forgetOld();
    return this.#waiting.delete(proposal);
  }

  /** Whether somebody else is being shown this code. */
  readonly isPromised = (hash: Buffer, id: string): boolean => {
    this.#forgetOld();
    return [...this.#waiting.values()].some(({ change, hash: { own, twin } }) => {
      if (change.id === id) return false;
      return own.equals(hash) || twin?.equals(hash) === true;
    });
  };

  #draw(credential: ProposedCredential, digits: number, draws: number, done: Done): void {
    if (draws === 0) {
      done(failed(`No code of ${digits} digits is free; ask for a longer one.`));
      return;
    }
    const { id, kind, holder } = credential;
    const secret = drawCode(digits, holder.kind, this.#parts.ledger.site.codes.partition);
    const change = { op: "putCredential", id, kind, secret, holder } as const;
    const { ledger, hash, now } = this.#parts;
    hashCodes([change], ledger.site.codes.duress, hash, (hashes) => {
      const found = hashes.get(0);
      if (found === undefined) done(failed("The code could not be hashed; try again."));
      else if (this.#isFree(found)) {
        const proposal = randomUUID();
        this.#waiting.set(proposal, { change, hash: found, until: (now().mono + lifeMs) as MonoMs });
        done({ kind: "proposed", proposal, secret });
      } else this.#draw(credential, digits, draws - 1, done);
    });
  }

  /** Everywhere, so that it stays its owner's alone at any door that they are given later. */
  #isFree(hash: CodeHash): boolean {
    const promised = this.isPromised(hash.own, "") || (hash.twin !== null && this.isPromised(hash.twin, ""));
    return !promised && this.#parts.ledger.isCodeFree(hash, this.#parts.now().wall);
  }

  /** Or why there can be none. */
  #digitsOf({ kind, holder, digits }: ProposedCredential): number | string {
    const { site } = this.#parts.ledger;
    if (kind === "qrPin") return maxCodeDigits;
    if (digits !== null) return digits;
    if (holder.kind === "public") return site.codes.publicLength;
    const due = dueDigits(this.#liveWith(holder, site), shareOf(holder.kind, site.codes.partition));
    if (due === null) return "So many codes live here that no further one would be safe; remove some.";
    return Math.max(due, holder.kind === "pass" && kind === "pin" ? site.passes.courier.digits : leastDigits[kind]);
  }

  /** At the fullest of their doors, or of all when they have none yet. */
  #liveWith({ kind, id }: ProposedCredential["holder"], site: SiteSpec): number {
    const { ledger } = this.#parts;
    const own = ledger.db
      .prepare<[string, string], DoorId>("SELECT door FROM holder_grant WHERE holder_kind = ? AND holder_id = ?")
      .pluck()
      .all(kind, id);
    const liveAt = liveCodesAt(ledger.db);
    const doors = own.length > 0 ? own : site.doors.map((door) => door.id);
    const among = site.codes.partition ? kind : "all";
    return 1 + Math.max(...doors.map((door) => liveAt(door, among, ledger.clockFloor, tooManyCodes)));
  }

  #forgetOld(): void {
    const now = this.#parts.now().mono;
    for (const [proposal, { until }] of this.#waiting) if (until <= now) this.#waiting.delete(proposal);
  }
}

function drawCode(digits: number, holder: HolderKind, partition: boolean): string {
  if (!partition) return String(randomInt(10 ** digits)).padStart(digits, "0");
  const lead = holder === "pass" ? passLead : String(randomInt(Number(passLead)));
  return `${lead}${String(randomInt(10 ** (digits - 1))).padStart(digits - 1, "0")}`;
}

/** What each kind may have at least. */
const leastDigits = { pin: 2, code: 4 } as const;

const failed = (problem: string): LedgerReply => ({ kind: "error", problem });
