// The record and the kept directory tell enough to decide each presentation once more.
import { expect, test } from "vitest";
import { decide } from "../../src/domain/decide.ts";
import { outcomeOf } from "../../src/domain/judgement.ts";
import { pastFacts } from "../../src/domain/past-facts.ts";
import type { Decided } from "../../src/domain/record-watch.ts";
import { isDecided, RecordWatch, recordedOutcome } from "../../src/domain/record-watch.ts";
import { PastDirectory } from "../../src/ledger/past-directory.ts";
import { PastRecord } from "../../src/ledger/past-record.ts";
import { TestLedger } from "../ledger/ledger-fixture.ts";
import { randomWorld } from "../oracle/random-world.ts";

function live(seed: number, shows: number): TestLedger {
  const { site, script } = randomWorld(seed, shows);
  const tested = new TestLedger(site);
  for (const step of script) {
    if (step.do === "change") tested.change(step.change);
    else if (step.do === "show") {
      const { wall, mono, trusted } = step.at;
      Object.assign(tested.clock, { wall, mono, trusted });
      tested.decideAll([step.ask]);
    }
  }
  return tested;
}

/** Not of what was never decided, nor at a door that nobody knows. */
const isOfRules = (decided: Decided): boolean =>
  recordedOutcome(decided) !== "askExpired" && decided.event.door !== ("gone" as never);

test("whatever a site lived through, each decision of its record comes out the same once more", {
  timeout: 60_000,
}, () => {
  const told = new Map<string, number>();
  const differing = new Map<string, number>();
  for (let seed = 1; seed <= 4; seed += 1) {
    const tested = live(seed, 500);
    const { db } = tested.parts;
    const { site } = randomWorld(seed, 0);
    const record = new PastRecord(db);
    const watch = new RecordWatch(site);
    let directory = new PastDirectory(db, 0);
    for (const event of record.range(1, record.newest)) {
      if (isDecided(event) && isOfRules(event)) {
        const version = event.event.directoryVersion;
        if (version !== directory.version) directory = new PastDirectory(db, version);
        const parts = { decided: event, around: watch.around(event), site, directory, passes: record };
        const outcome = recordedOutcome(event);
        const facts = pastFacts(parts);
        const again = facts === null ? "no facts" : outcomeOf(decide(facts));
        told.set(outcome, (told.get(outcome) ?? 0) + 1);
        if (again !== outcome) {
          const key = `seed ${seed}, event ${event.seq}: ${outcome}, then ${again}`;
          differing.set(key, (differing.get(key) ?? 0) + 1);
        }
      }
      watch.follow(event);
    }
    tested.ledger.close();
  }
  expect([...differing.keys()]).toEqual([]);
  expect(told.size).toBeGreaterThan(24);
});
