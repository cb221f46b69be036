// Brings the issuer's directory to the ledger, step by step: asks for what is missing, opens what is sealed, hands it on.
import type { CloudRequest, LedgerReply } from "../../domain/ask.ts";
import type { CloudDocument, CloudStanding, CloudStep } from "../../domain/cloud-directory.ts";
import { unixMs } from "../../domain/time.ts";
import type { Down } from "../../link/down-messages.ts";

export interface DirectoryDeskParts {
  readonly ask: (request: CloudRequest) => Promise<LedgerReply | null>;
  /** What is sealed in a message; null when it cannot be opened. */
  readonly unseal: (kind: string, sealed: string) => readonly unknown[] | null;
  /** Tells the issuer where this controller stands, and asks for what is missing. */
  readonly sync: () => void;
  /** The same after a while, when nothing else has. */
  readonly syncLater: () => void;
  readonly refused: (why: "stale" | "unsealable" | "malformed") => void;
}

type StepMessage = Down<"delta"> | Down<"chunk">;

export class DirectoryDesk {
  readonly #parts: DirectoryDeskParts;
  #standing: CloudStanding = { version: 0, snapshot: null };
  #waiting: readonly string[] = [];
  #newest = { at: 0, version: 0 };
  /** Steps follow one another; an issuer that is asked sends no more than one or two. */
  #turn: Promise<void> = Promise.resolve();
  #steps = 0;

  constructor(parts: DirectoryDeskParts) {
    this.#parts = parts;
  }

  get standing(): CloudStanding {
    return this.#standing;
  }

  /** Some of the documents that were left out, to be sent again. */
  get refused(): readonly string[] {
    return this.#waiting;
  }

  restored(standing: CloudStanding, waiting: readonly string[]): void {
    this.#standing = standing;
    this.#waiting = waiting;
  }

  get isBehind(): boolean {
    return this.#standing.snapshot !== null || this.#newest.version > this.#standing.version;
  }

  /** True when it is news. */
  beacon({ at, version }: Down<"beacon">): boolean {
    if (at <= this.#newest.at) {
      if (at < this.#newest.at) this.#parts.refused("stale");
      return false;
    }
    this.#newest = { at, version };
    // The ledger judges how old what it has may be.
    void this.#parts.ask({ kind: "cloudFresh", at: unixMs(at), version });
    if (this.isBehind) this.#parts.sync();
    return true;
  }

  /** Resolves when it was applied, or not. */
  take(message: StepMessage): Promise<void> {
    if (this.#steps >= maxWaiting) return Promise.resolve();
    this.#steps += 1;
    this.#turn = this.#turn
      .then(() => this.#apply(message))
      .finally(() => {
        this.#steps -= 1;
      });
    return this.#turn;
  }

  async #apply(message: StepMessage): Promise<void> {
    const step = this.#open(message);
    if (step === null) return;
    const reply = await this.#parts.ask({ kind: "cloudApply", step });
    if (reply === null || reply.kind === "error") {
      this.#parts.syncLater();
    } else if (reply.kind === "cloudStale") {
      this.#standing = reply.directory;
      this.#parts.refused("stale");
      if (this.isBehind) this.#parts.syncLater();
    } else if (reply.kind === "cloudApplied") {
      this.#standing = reply.directory;
      const before = this.#waiting;
      this.#waiting = reply.waiting;
      const isAsked = message.kind === "chunk" || message.more || this.#isWorthAnother(message, reply.refused, before);
      if (this.isBehind || isAsked) this.#parts.sync();
    }
  }

  /** Whatever came may be what others waited for. Of those that only came again one must have been taken, or it would go on for ever. */
  #isWorthAnother(message: StepMessage, refused: readonly string[], before: readonly string[]): boolean {
    const isRepeated = message.kind === "delta" && message.from === message.version;
    if (!isRepeated) return before.length > 0 || this.#waiting.length > 0;
    const came = new Set(message.documents.map(({ id }) => id));
    return before.some((id) => came.has(id) && !refused.includes(id));
  }

  #open(message: StepMessage): CloudStep | null {
    const secrets = message.sealed === undefined ? [] : this.#parts.unseal(message.kind, message.sealed);
    if (secrets === null) {
      this.#parts.refused("unsealable");
      return null;
    }
    const documents = message.documents.map((document) => withSecrets(document, secrets));
    if (!documents.every((document) => document !== null)) {
      this.#parts.refused("malformed");
      return null;
    }
    return stepOf(message, documents);
  }
}

/** Those that come on top are asked for again. */
const maxWaiting = 4;

function stepOf(message: StepMessage, documents: readonly CloudDocument[]): CloudStep {
  if (message.kind === "delta") {
    const { from, version } = message;
    return { kind: "delta", from, version, documents };
  }
  const { snapshot, after, upTo, version } = message;
  return { kind: "chunk", snapshot, after, upTo, version, documents };
}

/** Null when one of the places does not hold what belongs there. */
function withSecrets(document: StepMessage["documents"][number], secrets: readonly unknown[]): CloudDocument | null {
  const at = (place: number): string | null => {
    const secret = secrets[place];
    return typeof secret === "string" ? secret : null;
  };
  if (document.what === "passKey") {
    const secret = document.secret === null ? null : at(document.secret);
    return document.secret !== null && secret === null ? null : { ...document, secret };
  }
  if (document.what !== "person" && document.what !== "pass") return document;
  const credentials = document.credentials.map((one) => ({ ...one, secret: at(one.secret) }));
  const body = typeof document.body === "number" ? secrets[document.body] : document.body;
  if (typeof body !== "object" || credentials.some(({ secret }) => secret === null)) return null;
  // Ids are text on the wire.
  return { ...document, body, credentials } as unknown as CloudDocument;
}
