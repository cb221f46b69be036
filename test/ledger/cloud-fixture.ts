// A ledger that takes a cloud's directory, and an issuer's directory in memory that says what comes next.
import type { CloudRequest, LedgerReply } from "../../src/domain/ask.ts";
import type { CloudDocument, CloudStep, Owned } from "../../src/domain/cloud-directory.ts";
import { positionOf } from "../../src/domain/cloud-directory.ts";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import { ChangeDesk } from "../../src/ledger/change-desk.ts";
import { CloudRequests } from "../../src/ledger/cloud-requests.ts";
import { PinQueue } from "../../src/ledger/pin-hash.ts";
import { site } from "../site-fixture.ts";
import { quickHash, TestLedger } from "./ledger-fixture.ts";

export class CloudSite {
  readonly tested: TestLedger;
  readonly hashed: string[] = [];
  readonly #requests: CloudRequests;
  readonly #changes: ChangeDesk;

  constructor(using = site) {
    this.tested = new TestLedger(using);
    const { ledger, clock } = this.tested;
    const desk = {
      instant: clock.now,
      troubled: (error: unknown) => {
        throw error;
      },
      well: () => {},
      note: (event: Parameters<typeof ledger.note>[0]) => ledger.note(event, clock.now()),
    };
    const pins = new PinQueue((digits, done) => {
      this.hashed.push(digits);
      done(quickHash(digits));
    });
    const changes = new ChangeDesk({ ledger, pins, desk, grew: () => {} });
    this.#changes = changes;
    this.#requests = new CloudRequests({ ledger, desk, changes });
  }

  ask(request: CloudRequest): Promise<LedgerReply> {
    return new Promise((done) => this.#requests.answer(request, done));
  }

  apply(step: CloudStep): Promise<LedgerReply> {
    return this.ask({ kind: "cloudApply", step });
  }

  /** A change by the cloud's command. */
  order(change: DirectoryChange): Promise<LedgerReply> {
    return new Promise((done) => this.#changes.take("cloud", [change], done, { origin: "cloud" }));
  }

  /** When all that waits its turn has had it. */
  settled(): Promise<void> {
    return new Promise((done) => setTimeout(done, 0));
  }

  async standing() {
    const reply = await this.ask({ kind: "cloudState" });
    if (reply.kind !== "cloudState") throw new Error(reply.kind);
    return reply.directory;
  }

  /** All that the cloud owns here: holders, their credentials and grants. */
  held(): readonly string[] {
    const rows = (sql: string) => this.tested.ledger.db.prepare<[], string>(sql).pluck().all();
    return [
      ...rows("SELECT kind || ' ' || id || ' ' || name FROM holder WHERE json_extract(body, '$.source') = 'cloud'"),
      ...rows("SELECT 'code ' || holder_id || ' ' || id FROM credential WHERE twin_of IS NULL"),
      ...rows("SELECT 'grant ' || holder_id || ' ' || door || ' ' || schedule FROM holder_grant"),
      ...rows("SELECT 'schedule ' || id || ' ' || name FROM schedule WHERE source = 'cloud'"),
    ].sort();
  }
}

type Stored = Exclude<CloudDocument, { what: "kept" }>;

export class ModelIssuer {
  readonly documents = new Map<string, Stored>();
  version = 0;

  put(document: Omit<Exclude<Stored, { what: "gone" }>, "version">): void {
    this.version += 1;
    const { what, id } = document;
    this.documents.set(`${what} ${id}`, { ...document, version: this.version } as Stored);
  }

  remove(of: Owned, id: string): void {
    this.version += 1;
    this.documents.set(`${of} ${id}`, { what: "gone", of, id, version: this.version });
  }

  delta(from: number, most = 200): CloudStep | null {
    const due = [...this.documents.values()].filter(({ version }) => version > from);
    const documents = due.sort((a, b) => a.version - b.version).slice(0, most);
    const last = documents.at(-1);
    return last === undefined ? null : { kind: "delta", from, version: last.version, documents };
  }

  /** The documents behind a position, so many at most. */
  chunk(snapshot: number, after: string | null, most: number): CloudStep {
    const there = [...this.documents.values()].flatMap((document) => {
      if (document.what === "gone") return [];
      const { what, id, version } = document;
      const put = { at: positionOf(what, id), document: document as CloudDocument };
      if (what === "person" || what === "pass") return [put];
      return [put, { at: positionOf(what, id, true), document: { what: "kept", of: what, id, version } as const }];
    });
    const due = there.filter(({ at }) => after === null || at > after).sort((a, b) => (a.at < b.at ? -1 : 1));
    const taken = due.slice(0, most);
    const upTo = due.length > most ? (taken.at(-1)?.at ?? null) : null;
    const documents = taken.map(({ document }) => document);
    return { kind: "chunk", snapshot, after, upTo, version: this.version, documents };
  }

  /** What a controller that took everything would hold. */
  expected(): readonly string[] {
    return [...this.documents.values()]
      .flatMap((document): string[] => {
        if (document.what === "gone") return [];
        if (document.what !== "person" && document.what !== "pass")
          return [`${document.what} ${document.id} ${(document.body as { name: string }).name}`];
        const { what, id, body, credentials, grants } = document;
        return [
          `${what} ${id} ${(body as { name: string }).name}`,
          ...credentials.map((one) => `code ${id} ${one.id}`),
          ...grants.map((one) => `grant ${id} ${one.door} ${one.schedule}`),
        ];
      })
      .sort();
  }
}
