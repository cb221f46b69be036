import { expect, test } from "vitest";
import { noRights } from "../../src/domain/ask.ts";
import { stepDoor } from "../../src/domain/door-machine.ts";
import { isShut } from "../../src/domain/door-state.ts";
import { monoMs } from "../../src/domain/time.ts";
import { runSoak, SoakFailure } from "./soak.ts";
import type { Trouble } from "./walk.ts";
import { troubles } from "./walk.ts";
import type { Plant, SoakWorld } from "./world.ts";

const timeoutMs = 600_000;
const seeds = ["planted-1", "planted-2", "planted-3"];

interface Finding {
  readonly invariant: string | null;
  readonly step: number;
}

/** What the soak says of a controller with this fault in it, for each seed; null when it noticed nothing. */
function soakWith(plant: Plant, steps: number, allowed: readonly Trouble[] = troubles): (Finding | null)[] {
  return seeds.map((seed) => {
    try {
      runSoak({ seed, steps, plant, troubles: allowed, recordDeadlineMs: 300 });
      return null;
    } catch (error) {
      if (!(error instanceof SoakFailure)) throw error;
      expect(error.message).toContain(`--seed ${seed} --steps ${error.step}`);
      return { invariant: error.invariant, step: error.step };
    }
  });
}

/** Each seed finds it, and calls it by one of these names. */
function expectCaught(findings: readonly (Finding | null)[], ...names: readonly string[]): void {
  for (const finding of findings) expect(names).toContain(finding?.invariant);
}

test("with nothing planted, the same seeds find nothing", { timeout: timeoutMs }, () => {
  expect(soakWith({}, 4_000)).toEqual([null, null, null]);
});

test("a relock that is forgotten now and then is caught", { timeout: timeoutMs }, () => {
  const plant: Plant = {
    stepDoor: () => {
      let locks = 0;
      return (spec, state, input, now) => {
        const step = stepDoor(spec, state, input, now);
        if (input.kind !== "tick" || !step.effects.some((effect) => effect.kind === "lock")) return step;
        locks += 1;
        return locks % 50 === 0 ? { ...step, effects: step.effects.filter((effect) => effect.kind !== "lock") } : step;
      };
    },
  };
  expectCaught(soakWith(plant, 4_000), "relocks");
});

test("a door that counts its time on the wall clock is caught once somebody sets that clock forward", {
  timeout: timeoutMs,
}, () => {
  const plant: Plant = {
    stepDoor: ({ clock }) => {
      const offset = () => clock.wall() - clock.mono();
      let lowest = offset();
      return (spec, state, input, now) => {
        lowest = Math.min(lowest, offset());
        const gained = input.kind === "tick" ? 0 : offset() - lowest;
        return stepDoor(spec, state, input, monoMs(now + gained));
      };
    },
  };
  expectCaught(soakWith(plant, 4_000, ["clockSteps", "directory"]), "relocks", "lockIsDue");
});

test("a use that is not counted is caught", { timeout: timeoutMs }, () => {
  const sql = `CREATE TRIGGER forget_use AFTER UPDATE ON use_count WHEN new.spent = old.spent + 1
    BEGIN UPDATE use_count SET spent = old.spent WHERE pass = new.pass AND door = new.door; END`;
  expectCaught(soakWith({ sql }, 4_000), "usesBounded", "usesCounted");
});

test("a use that is counted twice is caught", { timeout: timeoutMs }, () => {
  const sql = `CREATE TRIGGER double_use AFTER INSERT ON use_count WHEN new.spent = 1
    BEGIN UPDATE use_count SET spent = 2 WHERE pass = new.pass AND door = new.door; END`;
  expectCaught(soakWith({ sql }, 4_000), "usesCounted");
});

test("a use that is given back twice when a grant is aborted is caught", { timeout: timeoutMs }, () => {
  const sql = `CREATE TRIGGER give_back_twice AFTER UPDATE ON use_count WHEN new.spent = old.spent - 1 AND new.spent > 0
    BEGIN UPDATE use_count SET spent = new.spent - 1 WHERE pass = new.pass AND door = new.door; END`;
  const slow: readonly Trouble[] = ["slowness", "ledgerStalls", "ledgerDeaths", "directory"];
  expectCaught(soakWith({ sql }, 12_000, slow), "usesBounded", "usesCounted");
});

test("a door that opens before the commit, which then fails, is caught", { timeout: timeoutMs }, () => {
  const plant: Plant = {
    fromLedger: (_, message, deliver) => {
      if (message.kind !== "answer") deliver(message);
      else deliver({ ...message, answer: { ...message.answer, stage: "committed" } });
    },
  };
  expectCaught(soakWith(plant, 4_000, ["disk", "exits", "directory"]), "committedFirst");
});

test("a ledger that answers and then loses what it has committed is caught", { timeout: timeoutMs }, () => {
  const plant: Plant = { brokenDisk: "lying" };
  expectCaught(soakWith(plant, 4_000, ["disk", "directory"]), "committedFirst", "gapless", "changesApply");
});

test("an exit button that is not heard while the ledger is stuck is caught", { timeout: timeoutMs }, () => {
  const plant: Plant = {
    stepDoor: (world) => (spec, state, input, now) =>
      input.kind === "exit" && input.pressed && world.controller.isLedgerStuck
        ? { state, effects: [] }
        : stepDoor(spec, state, input, now),
  };
  expectCaught(soakWith(plant, 4_000, ["exits", "ledgerStalls"]), "exitOpens", "lockIsDue");
});

test("a denial that the door takes for a grant is caught", { timeout: timeoutMs }, () => {
  let answers = 0;
  const holding = { credential: null, person: null, pass: null };
  const plant: Plant = {
    fromLedger: (_, message, deliver) => {
      if (message.kind !== "answer" || message.answer.verdict.granted) return deliver(message);
      answers += 1;
      const verdict = { granted: true, usesLeft: null, directoryVersion: 1, ...holding, ...noRights } as const;
      deliver(answers % 100 === 0 ? { ...message, answer: { ...message.answer, verdict } } : message);
    },
  };
  expectCaught(soakWith(plant, 4_000), "committedFirst");
});

test("a limit on guessing that a restart forgets is caught", { timeout: timeoutMs }, () => {
  const plant: Plant = { beforeRestart: (world) => run(world, "DELETE FROM guess") };
  expectCaught(soakWith(plant, 12_000, ["kills"]), "guessingBounded");
});

test("alarms that a restart forgets are caught", { timeout: timeoutMs }, () => {
  const plant: Plant = { beforeRestart: (world) => run(world, "DELETE FROM latch") };
  expectCaught(soakWith(plant, 12_000, ["kills", "contacts", "operators"]), "alarmsLatch");
});

test("a door that lets people in although it is blocked or locked down is caught", { timeout: timeoutMs }, () => {
  const plant: Plant = {
    stepDoor: () => (spec, state, input, now) => {
      if (input.kind !== "grant" || !isShut(state)) return stepDoor(spec, state, input, now);
      const open = stepDoor(spec, { ...state, standing: { name: "locked" } }, input, now);
      return { ...open, state: { ...open.state, standing: state.standing } };
    },
  };
  expectCaught(soakWith(plant, 12_000, ["orders", "slowness", "ledgerStalls", "directory"]), "ordersHold");
});

test("a lockdown and a block that a restart forgets are caught", { timeout: timeoutMs }, () => {
  const plant: Plant = {
    beforeRestart: (world) => run(world, "DELETE FROM latch WHERE kind IN ('lockdown', 'block')"),
  };
  expectCaught(soakWith(plant, 12_000, ["orders", "kills", "directory"]), "ordersHold");
});

test("an order to lock that also shuts out whoever has just pressed the exit button is caught", {
  timeout: timeoutMs,
}, () => {
  const plant: Plant = {
    stepDoor: () => (spec, state, input, now) => {
      if (input.kind !== "request" || state.passage === null) return stepDoor(spec, state, input, now);
      return stepDoor(spec, { ...state, passage: { ...state.passage, exitUntil: null } }, input, now);
    },
  };
  expectCaught(soakWith(plant, 12_000, ["orders", "exits", "directory"]), "lockIsDue", "exitOpens");
});

test("an event that is edited after it was recorded is caught", { timeout: timeoutMs }, () => {
  const plant: Plant = {
    beforeRestart: (world) =>
      run(
        world,
        `UPDATE journal SET body = replace(body, 'access.denied', 'access.granted')
      WHERE seq = (SELECT max(seq) FROM journal WHERE body LIKE '%access.denied%')`,
      ),
  };
  expectCaught(soakWith(plant, 2_500, ["kills"]), "chain");
});

const run = (world: SoakWorld, sql: string): void => void world.controller.ledgerParts.db.exec(sql);
