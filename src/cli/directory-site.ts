// What `postern directory` needs of the site that runs: its accepted configuration and a conversation with its ledger.
import { loadAccepted } from "../config/choose.ts";
import { siteOf } from "../config/site.ts";
import type { LedgerReply, LedgerRequest } from "../domain/ask.ts";
import type { SiteSpec } from "../domain/site.ts";
import type { LedgerPort, Progress } from "../exchange/apply.ts";
import type { FileTerms } from "../exchange/apply-file.ts";
import { problemLines } from "../exchange/line-report.ts";
import { schedulesNamedBy } from "../exchange/named-schedules.ts";
import type { LineProblem } from "../exchange/wanted.ts";
import { openConversation } from "../ops/line-conversation.ts";
import type { StateValues } from "./options.ts";
import { pathsOf } from "./options.ts";

/** A hundred codes are hashed one after the other, behind those of people at the doors. */
const patienceMs = 300_000;

export function siteIn(where: StateValues): SiteSpec {
  const { folder } = pathsOf(where);
  const accepted = loadAccepted(folder);
  if (!accepted.ok) throw new Error(`${folder} holds no accepted configuration yet; start the controller once.`);
  return siteOf(accepted.config);
}

export const termsOf = (where: StateValues): FileTerms => fileTermsOf(siteIn(where));

export const fileTermsOf = (site: SiteSpec): FileTerms => ({
  timeZone: site.timeZone,
  cards: site.cards,
  namedSchedules: schedulesNamedBy(site),
});

function portTo(where: StateValues): LedgerPort & { close(): void } {
  const conversation = openConversation(pathsOf(where).ledgerSocket, patienceMs);
  return {
    ask: async (request: LedgerRequest) => (await conversation.ask(request)) as LedgerReply,
    close: () => conversation.close(),
  };
}

/** For a large change only: its codes take their time. */
export const showStaging: Progress = {
  staged(steps, of) {
    if (of > 1_000) console.error(`${steps} of ${of} steps are checked.`);
  },
};

export async function withPort(where: StateValues, work: (port: LedgerPort) => Promise<number>): Promise<number> {
  const port = portTo(where);
  try {
    return await work(port);
  } finally {
    port.close();
  }
}

export function refuse(path: string, problems: readonly LineProblem[]): number {
  console.error(`${path} is refused, and nothing was changed:`);
  for (const line of problemLines(problems)) console.error(`  ${line}`);
  return 1;
}
