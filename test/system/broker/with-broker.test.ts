// `scripts/run --with-broker`: a broker, an issuer and a board on this machine, as its printed lines say.
import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { processesMarked, runPostern } from "../command.ts";
import { poll, removeFolder, temporaryFolder } from "../product.ts";
import { isMosquittoThere } from "./mosquitto.ts";

const script = join(import.meta.dirname, "../../../scripts/with-broker.ts");
const shell = promisify(execFile);

test.runIf(isMosquittoThere)(
  "what is printed reads all that passes, orders reach the door, and nothing is left running; it starts again as it was",
  async () => {
    const state = temporaryFolder();
    onTestFinished(() => removeFolder(state));
    for (const round of ["first", "again"]) {
      const mark = `POSTERN_TEST_MARK=${randomUUID()}`;
      const [name = "", value = ""] = mark.split("=");
      const child = spawn(process.execPath, [script, "--state", state], { env: { ...process.env, [name]: value } });
      onTestFinished(() => {
        for (const pid of processesMarked(mark)) process.kill(pid, "SIGKILL");
      });
      const exit = once(child, "exit");
      let out = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (text) => {
          out += text;
        });
      }
      await poll(async () => out.includes("one-time code"), 100);
      const [line = ""] = /mosquitto_sub .*$/m.exec(out) ?? [];
      const { stdout } = await shell("sh", ["-c", `${line} -C 1 -W 20`]);
      expect(stdout).toMatch(/^postern\/1\/casa-olmo\/board-1\/\S+ \{"kind":/);
      const folder = join(state, "issuer");
      await poll(async () => (await runPostern(["issuer", "open", "front", "--folder", folder])).code === 0, 200);
      const second = await shell(process.execPath, [script, "--state", state]).catch((error) => error);
      expect(second).toMatchObject({
        code: 1,
        stdout: "",
        stderr: expect.stringMatching(
          /^Another Postern already runs on this .* \(process \d+\); stop it .*kill \d+`\.\n$/,
        ),
      });
      child.kill("SIGTERM");
      expect([round, await exit]).toEqual([round, [0, null]]);
      expect(processesMarked(mark)).toEqual([]);
    }
    const mark = `POSTERN_TEST_MARK=${randomUUID()}`;
    const [name = "", value = ""] = mark.split("=");
    const killed = spawn(process.execPath, [script, "--state", state], { env: { ...process.env, [name]: value } });
    onTestFinished(() => {
      for (const pid of processesMarked(mark)) process.kill(pid, "SIGKILL");
    });
    await poll(async () => commandLines(mark).some((line) => line.includes("issuer run")), 100);
    await poll(async () => commandLines(mark).some((line) => line.includes("postern.js run")), 100);
    killed.kill("SIGKILL");
    await poll(async () => processesMarked(mark).length === 0, 100);
  },
  120_000,
);

const commandLines = (mark: string): readonly string[] =>
  processesMarked(mark).map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    } catch {
      return "";
    }
  });
