import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";
import type { TestSpecification } from "vitest/node";
import { BaseSequencer } from "vitest/node";

/** Needs a kernel and a disk that only `scripts/test board` builds, and minutes. */
const board = "test/board/**";
const isBoard = process.env["POSTERN_TEST_BOARD"] === "1";

/** Hold the product to times that it cannot keep while neighbours are at work. */
const alone = ["stall", "osdp", "cloud/late-issuer"].map((name) => `test/system/${name}.test.ts`);
alone.push("test/hal/sim-socket.test.ts");

/** What is long, as a new clone has no durations to sort by: these wait for other processes, and those work all the time. */
const waiting = /\/test\/system\//;
const working = /\/test\/(sim|oracle)\/|\/(town|offline-guessing|cloud-kill|spend-kill|recovery)\.test\.ts$/;

/** The long ones first, so that none is left over at the end, and after two that wait one that works meanwhile. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const ofKind = (kind: RegExp): TestSpecification[] => sorted.filter(({ moduleId }) => kind.test(moduleId));
    const workers = ofKind(working);
    const mixed = ofKind(waiting).flatMap((file, n) => (n % 2 === 0 ? [file] : [file, ...workers.splice(0, 1)]));
    return [...new Set([...mixed, ...workers, ...sorted])];
  }
}

const boardTests = {
  name: "board",
  include: [`${board}/*.test.ts`],
  pool: "forks",
  testTimeout: 300_000,
  hookTimeout: 300_000,
  // An emulated board is one processor's worth of work by itself; it minds no neighbour, as its time goes by instructions.
  maxWorkers: 2,
} as const;

/** The time-outs end what hangs; how soon something has to be there, a test says itself. */
const hostTests = {
  pool: "forks",
  testTimeout: 90_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 20_000 } },
} as const;

const together = {
  name: "together",
  include: ["test/**/*.test.ts"],
  exclude: [...configDefaults.exclude, board, ...alone],
  ...hostTests,
  // One more than there are processors, as many tests wait for another process longer than they work.
  maxWorkers: availableParallelism() + 1,
  sequence: { groupOrder: 0 },
};

const oneByOne = { name: "alone", include: alone, ...hostTests, maxWorkers: 1, sequence: { groupOrder: 1 } };

export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    projects: isBoard ? [{ test: boardTests }] : [{ test: together }, { test: oneByOne }],
  },
});
