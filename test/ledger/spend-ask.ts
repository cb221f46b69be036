// What the process that dies while spending and the test that looks at what is left of it share; needs no test runner.
import { join } from "node:path";
import type { Ask } from "../../src/domain/ask.ts";
import type { AskId, BootId, DoorId, ReaderId, RunId } from "../../src/domain/ids.ts";
import type { CardCode } from "../../src/domain/presentation.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openLedger } from "../../src/ledger/open-ledger.ts";
import { site } from "../site-fixture.ts";

/** A Friday, 14:00 in Madrid. */
export const spendAt = { wall: unixMs(Date.UTC(2026, 10, 20, 13)), mono: monoMs(1_000), trusted: true };

export function openSpender(folder: string, name: string): Ledger {
  const paths = { database: join(folder, "state", "ledger.db"), keysDir: join(folder, "keys"), credentialsDir: null };
  const report = (fault: Error) => {
    throw fault;
  };
  const ledger = openLedger(paths, { now: () => spendAt, report });
  ledger.open({ run: `run-${name}` as RunId, boot: `boot-${name}` as BootId, site, at: spendAt });
  return ledger;
}

/** The courier's card at the front door. */
export function spendOnce(ledger: Ledger, id: string): string {
  const ask: Ask = {
    id: id as AskId,
    reader: "front-reader" as ReaderId,
    door: "front" as DoorId,
    direction: "entry",
    presentation: { method: "card", code: "00C0FFEE" as CardCode },
    situation: { mode: "locked", interlocked: false },
    presentedAt: spendAt,
    expiresAt: monoMs(spendAt.mono + 2_000),
  };
  const [answer] = ledger.commitBatch([ledger.readyAsk(ask, null)], []);
  if (answer === undefined || "more" in answer.verdict) return "nothing";
  return answer.verdict.granted ? "granted" : answer.verdict.reason;
}
