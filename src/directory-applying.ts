// Part of the composition root: the process that applies the site's directory.json once, reports and ends.
import type { ApplyOrder, ApplyReport } from "./directory-watching.ts";
import type { LedgerReply } from "./domain/ask.ts";
import { applyDirectoryText } from "./exchange/apply-file.ts";
import { maxDirectoryBytes } from "./exchange/directory-file.ts";
import { planCount, planLines, problemLines } from "./exchange/line-report.ts";
import { schedulesNamedBy } from "./exchange/named-schedules.ts";
import { readBounded, replaceFile } from "./ops/bounded-file.ts";
import { openConversation } from "./ops/line-conversation.ts";

const patienceMs = 600_000;

export async function runApplying({ file, ledgerSocket, site }: ApplyOrder): Promise<ApplyReport> {
  const conversation = openConversation(ledgerSocket, patienceMs);
  try {
    const bytes = await readBounded(file, maxDirectoryBytes);
    const text = bytes.toString("utf8");
    const terms = { timeZone: site.timeZone, cards: site.cards, namedSchedules: schedulesNamedBy(site) };
    const port = { ask: async (request: object) => (await conversation.ask(request)) as LedgerReply };
    const outcome = await applyDirectoryText(text, terms, "directory file", port, { staged: () => {} });
    if (!outcome.ok) {
      // What concerns no line concerns the ledger.
      const mayWorkLater = outcome.problems.every(({ line }) => line === 0);
      return { isApplied: false, mayWorkLater, lines: problemLines(outcome.problems) };
    }
    // Whoever writes to it right now is not written over: their change is applied next.
    const isStill = bytes.equals(await readBounded(file, maxDirectoryBytes));
    if (outcome.text !== text && isStill) await replaceFile(file, outcome.text, { keepMode: true });
    const notes = problemLines(outcome.warnings).map((line) => `note: ${line}`);
    if (outcome.plan.news.length === 0) return { isApplied: true, mayWorkLater: false, lines: notes };
    return {
      isApplied: true,
      mayWorkLater: false,
      lines: [...planLines(outcome.plan, "quiet"), ...notes, `${planCount(outcome.plan)}.`],
    };
  } catch (error) {
    return { isApplied: false, mayWorkLater: true, lines: [error instanceof Error ? error.message : String(error)] };
  } finally {
    conversation.close();
  }
}
