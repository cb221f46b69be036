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
    // The emulated board is two processors' worth of work by itself.
    fileParallelism: !isBoard,
    pool: "forks",
  },
});
