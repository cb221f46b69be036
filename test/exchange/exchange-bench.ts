// A ledger in memory behind the port that files are applied through, without socket and process.
import type { LedgerReply } from "../../src/domain/ask.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import type { LedgerPort } from "../../src/exchange/apply.ts";
import type { FileTerms } from "../../src/exchange/apply-file.ts";
import { applyDirectoryText } from "../../src/exchange/apply-file.ts";
import { ChangeDesk } from "../../src/ledger/change-desk.ts";
import { PinQueue } from "../../src/ledger/pin-hash.ts";
import { exportPage } from "../../src/ledger/secret-requests.ts";
import { quickHash, TestLedger } from "../ledger/ledger-fixture.ts";
import { site } from "../site-fixture.ts";

export const fileTerms: FileTerms = { timeZone: site.timeZone, cards: site.cards, namedSchedules: new Set() };
export const silent = { staged: () => {} };

export class ExchangeBench {
  readonly tested: TestLedger;
  readonly port: LedgerPort;
  /** Kinds of requests so far. */
  readonly asked: string[] = [];

  constructor(using: SiteSpec = site) {
    this.tested = new TestLedger(using);
    const { tested } = this;
    const desk = new ChangeDesk({
      ledger: tested.ledger,
      pins: new PinQueue((digits, done) => done(quickHash(digits))),
      desk: {
        instant: tested.clock.now,
        troubled: (error) => {
          throw error;
        },
        well: () => {},
      },
      grew: () => {},
      schedule: queueMicrotask,
    });
    this.port = {
      ask: (request) =>
        new Promise<LedgerReply>((done) => {
          this.asked.push(request.kind);
          if (request.kind === "export") done(exportPage(tested.ledger, request.after));
          else if (request.kind === "compare") desk.compare(request.secrets, done);
          else if (request.kind === "stage") desk.stages.add(this, request.changes, done);
          else if (request.kind === "applyStaged") desk.stages.apply(this, request.by, done);
          else throw new Error(`not asked here: ${request.kind}`);
        }),
    };
  }

  apply(file: unknown, terms = fileTerms, by: string | null = "a test") {
    const text = typeof file === "string" ? file : JSON.stringify(file, null, 2);
    return applyDirectoryText(text, terms, by, this.port, silent);
  }

  /** What a file changed, in words; throws what is wrong with it. */
  async news(file: unknown): Promise<string[]> {
    const outcome = await this.apply(file);
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.problems));
    return outcome.plan.news.map(({ verb, text }) => `${verb} ${text}`);
  }
}
