import { configDefaults, defineConfig } from "vitest/config";

/** Needs a kernel and a disk that only `scripts/test board` builds, and minutes. */
const board = "test/board/**";
const isBoard = process.env["POSTERN_TEST_BOARD"] === "1";

export default defineConfig({
  test: {
    include: isBoard ? [`${board}/*.test.ts`] : ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, ...(isBoard ? [] : [board])],
    testTimeout: isBoard ? 300_000 : 30_000,
    hookTimeout: isBoard ? 300_000 : 60_000,
    // An emulated board is one processor's worth of work by itself; it minds no neighbour, as its time goes by instructions.
    ...(isBoard ? { maxWorkers: 2 } : {}),
    pool: "forks",
  },
});
