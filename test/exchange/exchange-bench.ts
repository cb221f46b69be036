// A ledger in memory behind the port that files are applied through, without socket and process.
import type { LedgerReply } from "../../src/domain/ask.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import type { LedgerPort } from "../../src/exchange/apply.ts";
import { applySteps, fetchDirectory, planWanted } from "../../src/exchange/apply.ts";
import type { FileTerms } from "../../src/exchange/apply-file.ts";
import { applyDirectoryText } from "../../src/exchange/apply-file.ts";
import { exportForDevices } from "../../src/exchange/device-export.ts";
import type { DeviceTerms } from "../../src/exchange/device-wanted.ts";
import { readPeople } from "../../src/exchange/read-list.ts";
import { ChangeDesk } from "../../src/ledger/change-desk.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import type { HashPin } from "../../src/ledger/pin-hash.ts";
import { createPinHash, PinQueue } from "../../src/ledger/pin-hash.ts";
import { exportPage } from "../../src/ledger/secret-requests.ts";
import type { TestClock } from "../ledger/ledger-fixture.ts";
import { quickHash, TestLedger } from "../ledger/ledger-fixture.ts";
import { site } from "../site-fixture.ts";

export const fileTerms: FileTerms = { timeZone: site.timeZone, cards: site.cards, namedSchedules: new Set() };
const relays = site.doors.map(({ id }) => id);
export const deviceTerms: DeviceTerms = { ...fileTerms, relays, securityRelays: [] };
export const exportTerms = { cards: site.cards, relays, wallText: (atMs: number) => new Date(atMs).toISOString() };
export const silent = { staged: () => {} };

function deskPort(ledger: Ledger, clock: TestClock, hash: HashPin): LedgerPort {
  const owner = {};
  const desk = new ChangeDesk({
    ledger,
    pins: new PinQueue(hash),
    desk: {
      instant: clock.now,
      troubled: (error) => {
        throw error;
      },
      well: () => {},
    },
    grew: () => {},
    schedule: queueMicrotask,
  });
  return {
    ask: (request) =>
      new Promise<LedgerReply>((done) => {
        if (request.kind === "export") done(exportPage(ledger, request.after));
        else if (request.kind === "compare") desk.compare(request.secrets, done);
        else if (request.kind === "stage") desk.stages.add(owner, request.changes, done);
        else if (request.kind === "applyStaged") desk.stages.apply(owner, request.by, done);
        else throw new Error(`not asked here: ${request.kind}`);
      }),
  };
}

/** The same over a ledger on disk, with its own slow hash. */
export function portOver(ledger: Ledger, clock: TestClock) {
  const port = deskPort(ledger, clock, createPinHash(ledger.siteSalt));
  return {
    port,
    apply: (file: object) => applyDirectoryText(JSON.stringify(file), fileTerms, "a test", port, silent),
  };
}

export class ExchangeBench {
  readonly tested: TestLedger;
  readonly port: LedgerPort;

  constructor(using: SiteSpec = site) {
    this.tested = new TestLedger(using);
    this.port = deskPort(this.tested.ledger, this.tested.clock, (digits, done) => done(quickHash(digits)));
  }

  apply(file: unknown, terms = fileTerms, by: string | null = "a test") {
    const text = typeof file === "string" ? file : JSON.stringify(file, null, 2);
    return applyDirectoryText(text, terms, by, this.port, silent);
  }

  /** A list in any form, as bytes or text. */
  async import(file: string | Buffer, terms = deviceTerms) {
    const reading = await readPeople(Buffer.from(file), terms);
    if (!reading.ok) return reading;
    const plan = await planWanted(reading.wanted, this.port, fileTerms.namedSchedules);
    const outcome = await applySteps(plan.steps, "a test", this.port, silent);
    return outcome.ok ? { ...outcome, plan, warnings: [...reading.warnings, ...outcome.warnings] } : outcome;
  }

  async exported(terms = exportTerms) {
    return exportForDevices(await fetchDirectory(this.port), terms);
  }

  /** What a file changed, in words; throws what is wrong with it. */
  async news(file: unknown): Promise<string[]> {
    const outcome = await this.apply(file);
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.problems));
    return outcome.plan.news.map(({ verb, text }) => `${verb} ${text}`);
  }
}
