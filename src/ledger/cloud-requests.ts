// Answers what the link to the cloud asks of the ledger.
import type { Statement } from "better-sqlite3";
import type { CloudRequest, LedgerReply, RecordPlace } from "../domain/ask.ts";
import type { DirectoryChange } from "../domain/directory.ts";
import type { CredentialId, PassId, PersonId } from "../domain/ids.ts";
import type { ChangeDesk } from "./change-desk.ts";
import { CloudApplier } from "./cloud-applier.ts";
import { CloudTables } from "./cloud-standing.ts";
import type { Desk } from "./desk.ts";
import { KeptAlarms } from "./kept-alarms.ts";
import type { Ledger } from "./ledger.ts";
import { RefusedDocuments } from "./refused-documents.ts";

export interface CloudRequestParts {
  readonly ledger: Ledger;
  readonly desk: Pick<Desk, "note" | "instant">;
  readonly changes: Pick<ChangeDesk, "take">;
}

/** What a command without a trusted clock may live for, and then some. */
const longestCommandMs = 150_000;

type Sign = Extract<CloudRequest, { kind: "cloudFresh" }>;

type Done = (reply: LedgerReply) => void;

export class CloudRequests {
  readonly #parts: CloudRequestParts;
  readonly #tables: CloudTables;
  readonly #alarms: KeptAlarms;
  readonly #refused: RefusedDocuments;
  readonly #applier: CloudApplier;
  readonly #recoveredAt: Statement<[], number>;
  /** The newest of the issuer's that waits for the directory to come so far, or for somebody to tell the time. */
  #sign: Sign | null = null;

  constructor(parts: CloudRequestParts) {
    this.#parts = parts;
    this.#tables = new CloudTables(parts.ledger.db);
    this.#alarms = new KeptAlarms(parts.ledger.db);
    this.#refused = new RefusedDocuments(parts.ledger.db);
    // A recovered database begins with the word of it.
    this.#recoveredAt = parts.ledger.db
      .prepare<[], number>(
        "SELECT mono FROM journal WHERE seq <= 2 AND json_extract(body, '$.type') = 'ledger.recovered'",
      )
      .pluck();
    this.#applier = new CloudApplier(
      { ...parts, refused: this.#refused, moved: () => this.#settleSign() },
      this.#tables,
    );
  }

  answer(request: CloudRequest, done: Done): void {
    switch (request.kind) {
      case "cloudState":
        void this.#applier.settleAwaited();
        done({
          kind: "cloudState",
          head: this.#parts.ledger.head,
          acked: this.#tables.acked,
          directory: this.#tables.directory,
          waiting: this.#refused.next,
        });
        return;
      case "cloudApply":
        void this.#applier.apply(request.step, done);
        return;
      case "cloudCommand":
        done(this.#command(request));
        return;
      case "cloudRevoke":
        this.#revoke(request, done);
        return;
      case "cloudFresh":
        done(this.#trying(() => this.#heard(request), { kind: "noted" }));
        return;
      case "cloudProven":
        done(this.#trying(() => this.#proven(request), { kind: "noted" }));
        return;
      case "cloudAcked":
        done(this.#trying(() => this.#ack(request), { kind: "noted" }));
    }
  }

  /** Of a directory that is not all here, it tells nothing yet. */
  #heard(sign: Sign): void {
    if (this.#sign === null || sign.at > this.#sign.at) this.#sign = sign;
    this.#settleSign();
  }

  #settleSign(): void {
    const { ledger, desk } = this.#parts;
    const { version, snapshot } = this.#tables.directory;
    const sign = this.#sign;
    if (sign === null || snapshot !== null || version < sign.version) return;
    ledger.quietly(() => {
      if (ledger.freshness?.heard(sign.at, desk.instant()) !== false) this.#sign = null;
    });
  }

  #proven({ at, agoMs }: Extract<CloudRequest, { kind: "cloudProven" }>): void {
    const { ledger, desk } = this.#parts;
    ledger.freshness?.proven(at, agoMs, desk.instant());
    this.#settleSign();
  }

  #ack(place: RecordPlace): void {
    this.#parts.ledger.quietly(() => {
      this.#tables.ack(place);
      this.#alarms.acked(place);
    });
  }

  /** The id and the event are on the disk together before anybody acts. */
  #command({ id, what, by }: Extract<CloudRequest, { kind: "cloudCommand" }>): LedgerReply {
    if (this.#tables.hasCommand(id)) return { kind: "commandTaken", fresh: false };
    if (this.#isJustRecovered()) return { kind: "error", problem: "Which commands were taken is not known just now." };
    const take = (): void =>
      this.#parts.desk.note(() => {
        this.#tables.takeCommand(id);
        return { type: "command.accepted", what, by };
      });
    return this.#trying(take, { kind: "commandTaken", fresh: true });
  }

  /** A document that says otherwise and is older may still be on its way. */
  #revoke({ of, id, version, by }: Extract<CloudRequest, { kind: "cloudRevoke" }>, done: Done): void {
    const also = (): void => {
      if (of !== "credential" && version !== null) this.#tables.outdate(of, id, version - 1);
    };
    this.#parts.changes.take(by, [revocationOf(of, id)], done, { origin: "cloud", also });
  }

  /** Ids that were taken since the copy was made are lost: until those commands are over, none can be told from them. */
  #isJustRecovered(): boolean {
    const at = this.#recoveredAt.get();
    if (at === undefined) return false;
    const { mono } = this.#parts.desk.instant();
    // Less than then: the machine was started since.
    return (mono >= at ? mono - at : mono) < longestCommandMs;
  }

  #trying(work: () => void, reply: LedgerReply): LedgerReply {
    try {
      work();
      return reply;
    } catch {
      return { kind: "error", problem: "The database did not take it; see the health of the ledger." };
    }
  }
}

function revocationOf(of: "person" | "pass" | "credential", id: string): DirectoryChange {
  switch (of) {
    case "person":
      return { op: "setHolderState", holder: { kind: "person", id: id as PersonId }, state: "suspended" };
    case "pass":
      return { op: "setHolderState", holder: { kind: "pass", id: id as PassId }, state: "revoked" };
    case "credential":
      return { op: "setCredentialState", id: id as CredentialId, state: "suspended" };
  }
}
