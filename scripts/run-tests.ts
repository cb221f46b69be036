// Runs vitest and closes with the plain line `N passed, N failed`, which no runner's own summary is.
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startVitest } from "vitest/node";

const report = join(tmpdir(), `postern-tests-${process.pid}.json`);
const vitest = await startVitest("test", process.argv.slice(2), {
  watch: false,
  reporters: ["default", ["json", { outputFile: report }]],
});
await vitest.close();

const { numPassedTests, numFailedTests, numPendingTests, numTotalTestSuites, success } = JSON.parse(
  readFileSync(report, "utf8"),
);
rmSync(report);
const broken = !success && numFailedTests === 0 ? 1 : 0;
if (broken > 0) console.error(`A test file could not run at all (of ${numTotalTestSuites} suites).`);
if (numPendingTests > 0) console.error(`${numPendingTests} tests did not run here; the lines above say why.`);
console.log(`${numPassedTests} passed, ${numFailedTests + broken} failed`);
process.exitCode = numFailedTests + broken > 0 || numPassedTests === 0 ? 1 : 0;
