import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import type { CopyOutcome } from "../../src/ledger/copy-keeper.ts";
import { CopyKeeper } from "../../src/ledger/copy-keeper.ts";
import { copyInThread } from "../../src/ledger/copy-thread.ts";
import { goodCopyPath } from "../../src/ledger/good-copy.ts";
import { DamagedLedger } from "./damaged-ledger.ts";
import { ana, noon, pathsIn } from "./ledger-fixture.ts";

const minute = 60_000;
const day = 24 * 60 * minute;

/** A keeper over a virtual clock, whose copies end when the test says so. */
function keeping(checkRecordFirst = false) {
  const clock = createVirtualClock({ startWallMs: noon, trusted: true });
  const said: (string | null)[] = [];
  const damages: string[] = [];
  const begun: { atMs: number; checkRecord: boolean }[] = [];
  let mark = "1";
  let done: (outcome: CopyOutcome) => void = () => {};
  const keeper = new CopyKeeper({
    mark: () => mark,
    make: (checkRecord, end) => {
      begun.push({ atMs: clock.wall() - noon, checkRecord });
      done = end;
    },
    checkRecordFirst,
    after: (ms, run) => void clock.after(ms, "copy", run),
    tell: (why) => void said.push(why),
    onDamage: (why) => void damages.push(why),
  });
  const change = (): void => {
    mark += "1";
    keeper.noticed();
  };
  const times = () => begun.map(({ atMs }) => atMs);
  return { clock, keeper, said, damages, begun, times, change, end: (outcome: CopyOutcome) => done(outcome) };
}

test("a copy is made soon after the opening and after a change, at most once a minute, and daily", () => {
  const { clock, keeper, times, change, end } = keeping();
  keeper.noticed();
  clock.advance(5_000);
  expect(times()).toEqual([5_000]);
  end({ made: true });
  // What does not concern the copy makes none.
  for (let event = 0; event < 100; event += 1) keeper.noticed();
  for (let second = 0; second < 30; second += 1) {
    change();
    clock.advance(1_000);
  }
  expect(times()).toEqual([5_000]);
  clock.advance(minute);
  expect(times()).toEqual([5_000, 5_000 + minute + 5_000]);
  end({ made: true });
  clock.advance(day - 1);
  expect(times()).toHaveLength(2);
  clock.advance(1);
  expect(times()).toHaveLength(3);
});

test("a change while a copy is made has another one made", () => {
  const { clock, keeper, times, change, end } = keeping();
  keeper.noticed();
  clock.advance(5_000);
  change();
  clock.advance(minute);
  expect(times()).toHaveLength(1);
  end({ made: true });
  clock.advance(minute + 5_000);
  expect(times()).toHaveLength(2);
});

test("a full disk is said, tried again ever less often, and unsaid when it worked", () => {
  const { clock, keeper, said, times, end } = keeping();
  const full: CopyOutcome = { made: false, damaged: false, why: "The disk is full." };
  keeper.noticed();
  clock.advance(5_000);
  for (const waitMs of [
    minute,
    2 * minute,
    4 * minute,
    8 * minute,
    16 * minute,
    32 * minute,
    60 * minute,
    60 * minute,
  ]) {
    end(full);
    const tries = times().length;
    clock.advance(waitMs - 1);
    expect(times()).toHaveLength(tries);
    clock.advance(1);
    expect(times()).toHaveLength(tries + 1);
  }
  expect(said).toEqual(Array(8).fill("The disk is full."));
  end({ made: true });
  expect(said.at(-1)).toBeNull();
});

test("a copy that does not end is said, and its late end counts", () => {
  const { clock, keeper, said, end } = keeping();
  keeper.noticed();
  clock.advance(5_000 + 10 * minute);
  expect(said).toEqual(["The copy of the directory does not come to an end: the disk does not answer."]);
  end({ made: true });
  end({ made: false, damaged: false, why: "The thread ended." });
  clock.advance(10 * minute);
  expect(said.slice(1)).toEqual([null]);
});

test("the record is looked through once after an unclean end, and what is damaged ends the ledger", () => {
  const { clock, keeper, begun, damages, change, end } = keeping(true);
  keeper.noticed();
  clock.advance(5_000);
  end({ made: true });
  change();
  clock.advance(2 * minute);
  expect(begun.map(({ checkRecord }) => checkRecord)).toEqual([true, false]);
  end({ made: false, damaged: true, why: "The database is damaged (a page)." });
  expect(damages).toEqual(["The database is damaged (a page)."]);
});

test("the thread makes a copy beside a running ledger, and says why it cannot", async () => {
  const tested = new DamagedLedger();
  tested.change(...ana);
  const { database } = pathsIn(tested.folder);
  const target = goodCopyPath(database);
  const order = { source: database, target, madeWall: noon, checkRecord: true };
  const make = () => new Promise<CopyOutcome>((done) => copyInThread(order, done));
  expect(await make()).toEqual({ made: true });
  expect(existsSync(target)).toBe(true);
  mkdirSync(join(`${target}.partial`, "in the way"), { recursive: true });
  expect(await make()).toMatchObject({ made: false, damaged: false });
  tested.ledger.close();
});
