// What the process that dies while the cloud's directory comes in and the test that looks at what is left of it share; needs no test
// runner.
import { join } from "node:path";
import type { CloudRequest, LedgerReply } from "../../src/domain/ask.ts";
import type { CloudDocument, CloudStep } from "../../src/domain/cloud-directory.ts";
import { positionOf } from "../../src/domain/cloud-directory.ts";
import type { BootId, RunId } from "../../src/domain/ids.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";
import { ChangeDesk } from "../../src/ledger/change-desk.ts";
import { CloudRequests } from "../../src/ledger/cloud-requests.ts";
import { openLedger } from "../../src/ledger/open-ledger.ts";
import { PinQueue } from "../../src/ledger/pin-hash.ts";
import { site } from "../site-fixture.ts";

const at = { wall: unixMs(Date.UTC(2026, 10, 20, 13)), mono: monoMs(1_000), trusted: true };
const people = 40;

const idOf = (n: number): string => `p${100 + n}`;

/** Grants in an order that needs the schedule first; each card in another hand than in the version before. */
const documentOf = (n: number, version: number): CloudDocument =>
  ({
    what: "person",
    id: idOf(n),
    version,
    body: { name: `Resident ${n} ${version}`, state: "active", validity: { from: null, until: null } },
    credentials: [
      { id: `c${n}-${version}`, kind: "card", mark: "1", secret: `00AA00${10 + ((n + version) % people)}` },
    ],
    grants: [{ door: "front", schedule: "office" }],
  }) as unknown as CloudDocument;

const office: CloudDocument = {
  ...{ what: "schedule", id: "office", version: 1 },
  body: { name: "Office", rule: { kind: "always" } },
};

const all = (version: number): readonly CloudDocument[] =>
  Array.from({ length: people }, (_, n) => documentOf(n, version));

/** What was there before, of the same people. */
export const olderStep: CloudStep = { kind: "delta", from: 0, version: 50, documents: [office, ...all(50)] };

/** Half of a snapshot. */
export const firstStep: CloudStep = {
  ...{ kind: "chunk", snapshot: 100, version: 100, after: null },
  upTo: positionOf("person", idOf(people / 2 - 1)),
  documents: [office, ...all(100).slice(0, people / 2)],
};

/** The other half. */
export const secondStep: CloudStep = {
  ...{ kind: "chunk", snapshot: 100, version: 100, upTo: null },
  after: positionOf("person", idOf(people / 2 - 1)),
  documents: [...all(100).slice(people / 2), { what: "kept", of: "schedule", id: "office", version: 1 }],
};

export interface CloudOnDisk {
  readonly apply: (step: CloudStep) => Promise<LedgerReply>;
  readonly ask: (request: CloudRequest) => Promise<LedgerReply>;
  /** People, cards and grants, a line each. */
  readonly held: () => readonly string[];
  readonly close: () => void;
}

export function cloudOnDisk(folder: string, name: string): CloudOnDisk {
  const paths = { database: join(folder, "state", "ledger.db"), keysDir: join(folder, "keys"), credentialsDir: null };
  const report = (error: Error): never => {
    throw error;
  };
  const ledger = openLedger(paths, { now: () => at, report });
  ledger.open({ run: `run-${name}` as RunId, boot: `boot-${name}` as BootId, site, at });
  const desk = {
    instant: () => at,
    troubled: report as (error: unknown) => void,
    well: () => {},
    note: (event: Parameters<typeof ledger.note>[0]) => ledger.note(event, at),
  };
  const pins = new PinQueue((_, done) => done(null));
  const changes = new ChangeDesk({ ledger, pins, desk, grew: () => {} });
  const requests = new CloudRequests({ ledger, desk, changes });
  const ask = (request: CloudRequest) => new Promise<LedgerReply>((done) => requests.answer(request, done));
  const rows = (sql: string) => ledger.db.prepare<[], string>(sql).pluck().all();
  return {
    ask,
    apply: (step) => ask({ kind: "cloudApply", step }),
    held: () => [
      ...rows("SELECT name FROM holder ORDER BY name"),
      ...rows("SELECT holder_id || ' ' || id FROM credential ORDER BY 1"),
      ...rows("SELECT holder_id || ' ' || door || ' ' || schedule FROM holder_grant ORDER BY 1"),
    ],
    close: () => ledger.close(),
  };
}
