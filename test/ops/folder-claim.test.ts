// One process at a time has a state folder, and whoever comes second is told which one and how to stop it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { claimFolder, folderInUse, inUseSentence } from "../../src/ops/folder-claim.ts";

test("a folder is had once, its holder's process is named, and it is free again when that gives it back", async () => {
  const folder = mkdtempSync(join(tmpdir(), "postern-claim-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const socket = join(folder, "control.sock");
  expect(await folderInUse(socket)).toBeNull();
  const release = await claimFolder(socket);
  const sentence = inUseSentence(process.pid, "");
  expect(sentence).toContain(`(process ${process.pid}); stop it first with \`kill ${process.pid}\`.`);
  await expect(claimFolder(socket)).rejects.toMatchObject({ code: "state.inUse", message: sentence });
  expect(await folderInUse(socket)).toBe(sentence);
  release();
  (await claimFolder(socket))();
});

test("a folder that is not there is nobody's", async () => {
  expect(await folderInUse("/nowhere/at/all/control.sock")).toBeNull();
});

test("a service is stopped as one, because systemd would start a killed one again; other services are not named", () => {
  expect(inUseSentence(77, "0::/system.slice/posternd.service")).toMatch(
    /\(process 77\); .* `systemctl stop posternd`\.$/,
  );
  expect(inUseSentence(77, "0::/system.slice/ssh.service")).toMatch(/`kill 77`\.$/);
  expect(inUseSentence(null, "")).toBe("Another Postern already runs on this state folder; stop it first.");
});
