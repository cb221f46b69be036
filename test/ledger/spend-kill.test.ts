// A pass's uses never exceed their limit when the process that spends one dies, whatever statement of the way it dies at.
import { execFile } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { JournalReader } from "../../src/ledger/journal-reader.ts";
import { courier, temporaryFolder } from "./ledger-fixture.ts";
import { openSpender, spendAt, spendOnce } from "./spend-ask.ts";

const limit = 2;
const victim = join(import.meta.dirname, "spend-victim.ts");

interface Death {
  readonly killed: boolean;
  readonly out: string;
}

function runVictim(folder: string, when: string, nth: number): Promise<Death> {
  return new Promise((done) => {
    execFile(process.execPath, [victim, folder, when, String(nth)], (error, out) => {
      done({ killed: error?.signal === "SIGKILL", out });
    });
  });
}

/** A folder whose courier has spent one use of two. */
function halfSpent(): string {
  const folder = temporaryFolder();
  const ledger = openSpender(folder, "origin");
  const withCard = courier(limit).filter((change) => change.op !== "putCredential" || change.kind === "card");
  expect(ledger.applyChanges(withCard, new Map(), "tester", spendAt)).toMatchObject({ applied: true });
  expect(spendOnce(ledger, "origin.1")).toBe("granted");
  ledger.close();
  return folder;
}

test("killed at every statement of spending, a pass of two uses opens twice and not a third time", {
  timeout: 240_000,
}, async () => {
  const origin = halfSpent();
  const whole = temporaryFolder();
  cpSync(origin, whole, { recursive: true });
  const { out } = await runVictim(whole, "never", 0);
  const statements = Number(/statements (\d+)/.exec(out)?.[1]);
  expect(out).toContain("granted");
  expect(statements).toBeGreaterThan(8);
  const deaths = Array.from({ length: statements }, (_, n) => n + 1).flatMap((n) => [
    ["before", n] as const,
    ["after", n] as const,
  ]);
  let committed = 0;
  for (const [when, nth] of deaths) {
    const folder = temporaryFolder();
    cpSync(origin, folder, { recursive: true });
    const death = await runVictim(folder, when, nth);
    expect({ when, nth, killed: death.killed, out: death.out }).toEqual({ when, nth, killed: true, out: "" });
    const ledger = openSpender(folder, "after");
    const words = [spendOnce(ledger, "after.1"), spendOnce(ledger, "after.2")];
    const grants = new JournalReader(ledger.db).after(0, 1_000).filter(({ event }) => event.type === "access.granted");
    expect({ when, nth, grants: grants.length, last: words.at(-1) }).toEqual({
      when,
      nth,
      grants: limit,
      last: "usesExhausted",
    });
    if (words[0] === "usesExhausted") committed += 1;
    ledger.close();
  }
  // Only what comes after the commit had a use to lose.
  expect(committed).toBeGreaterThan(0);
  expect(committed).toBeLessThan(deaths.length / 2);
});
