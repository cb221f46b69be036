import { expect, test } from "vitest";
import { runSoak } from "./soak.ts";

const timeoutMs = 600_000;
const steps = 20_000;
const seen = new Map<string, number>();

/** Together 100,000 steps. A failure says how to see it again. */
test.for(["olmo", "fresno", "encina", "haya", "tilo"])(
  "20,000 steps from the seed %s keep every promise",
  {
    timeout: timeoutMs,
  },
  (seed) => {
    const { events, letIn } = runSoak({ seed, steps });
    for (const [kind, count] of events) seen.set(kind, (seen.get(kind) ?? 0) + count);
    expect(letIn).toBeGreaterThan(100);
  },
);

test("those steps have been everywhere: each of these has happened, and more than once", () => {
  const everywhere = [
    "access.aborted",
    "access.denied accessLimited",
    "access.denied askExpired",
    "access.denied clockUntrusted",
    "access.denied credentialSuspended",
    "access.denied entryInvalid",
    "access.denied expired",
    "access.denied holderSuspended",
    "access.denied ledgerUnavailable",
    "access.denied never",
    "access.denied noGrant",
    "access.denied notYetValid",
    "access.denied outsideSchedule",
    "access.denied revoked",
    "access.denied unknownCredential",
    "access.denied usesExhausted",
    "access.granted",
    "access.granted counted",
    "access.granted late",
    "access.late",
    "access.limited",
    "access.shed",
    "clock.distrusted",
    "clock.stepped",
    "controller.stopped",
    "device.lost",
    "door.forced",
    "door.forcedCleared",
    "door.heldOpen",
    "door.modeChanged",
    "exit.stuck",
    "fire.cleared",
    "fire.raised",
    "ledger.restored",
    "log.pruned",
    "reader.misread",
    "relay.failed",
  ];
  expect(everywhere.filter((kind) => (seen.get(kind) ?? 0) < 2)).toEqual([]);
});

test("the same seed gives the same trace and the same record to the last byte, another seed does not", {
  timeout: timeoutMs,
}, () => {
  const run = (seed: string) => runSoak({ seed, steps: 3_000, traced: true });
  const [first, again, other] = [run("tejo"), run("tejo"), run("sauce")];
  expect(again.trace.findIndex((line, place) => line !== first.trace[place])).toBe(-1);
  expect(again.trace.length).toBe(first.trace.length);
  expect(first.trace.length).toBeGreaterThan(1_000);
  expect(again.digest).toBe(first.digest);
  expect(other.digest).not.toBe(first.digest);
});
