// A snapshot of the cloud's directory comes in whole when the process that takes it dies, whatever statement of the way it dies at.
import { execFile } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cloudOnDisk, firstStep, olderStep, secondStep } from "./cloud-steps.ts";
import { temporaryFolder } from "./ledger-fixture.ts";

const victim = join(import.meta.dirname, "cloud-victim.ts");

function runVictim(folder: string, nth: number): Promise<{ readonly killed: boolean; readonly out: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [victim, folder, String(nth)], (error, out) => {
      done({ killed: error?.signal === "SIGKILL", out });
    });
  });
}

test("killed at any point of a snapshot, the next run goes on from there and ends with all of it, each thing once", {
  timeout: 240_000,
}, async () => {
  const origin = temporaryFolder();
  const older = cloudOnDisk(origin, "older");
  expect(await older.apply(olderStep)).toMatchObject({ refused: [] });
  older.close();
  const copied = () => {
    const folder = temporaryFolder();
    cpSync(origin, folder, { recursive: true });
    return folder;
  };
  const whole = copied();
  const { out } = await runVictim(whole, 0);
  const statements = Number(/taken after (\d+)/.exec(out)?.[1]);
  expect(statements).toBeGreaterThan(500);
  const complete = cloudOnDisk(whole, "whole");
  const wanted = complete.held();
  complete.close();
  expect(wanted).toHaveLength(3 * 40);
  const standings = new Set<string>();
  for (let n = 1; n <= 24; n += 1) {
    const folder = copied();
    const death = await runVictim(folder, Math.round((n * statements) / 25));
    expect({ n, ...death }).toEqual({ n, killed: true, out: "" });
    const cloud = cloudOnDisk(folder, "after");
    const before = await cloud.ask({ kind: "cloudState" });
    const standing = before.kind === "cloudState" ? before.directory : null;
    standings.add(JSON.stringify(standing));
    if (standing?.snapshot === null) expect(await cloud.apply(firstStep)).toMatchObject({ refused: [] });
    expect(await cloud.apply(secondStep)).toMatchObject({ refused: [], directory: { version: 100, snapshot: null } });
    expect(cloud.held()).toEqual(wanted);
    cloud.close();
  }
  // Some died before the first half was remembered, and some after.
  expect(standings.size).toBe(2);
});
