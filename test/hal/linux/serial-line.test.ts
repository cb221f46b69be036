// What an installer is told of a serial port that cannot be opened, by the real package and real terminals.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSerialLine } from "../../../hal/linux/serial-line.ts";

let folder = "";
let cable: ChildProcess | null = null;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "postern-port-"));
  const ends = ["one", "two"].map((end) => `pty,rawer,link=${join(folder, end)}`);
  cable = spawn("socat", ends, { stdio: "ignore" });
  await expect.poll(() => existsSync(join(folder, "one")) && existsSync(join(folder, "two"))).toBe(true);
});

afterEach(async () => {
  await unplug();
  rmSync(folder, { recursive: true, force: true });
});

async function unplug(): Promise<void> {
  const child = cable;
  cable = null;
  if (child === null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

const port = () => relative("/dev", join(folder, "one"));
const deaf = { data: () => {}, lost: () => {} };

test("a port that is not there is named with where to look for it", async () => {
  await expect(openSerialLine("ttyUSB99", 9_600, deaf)).rejects.toThrow(
    /^there is no \/dev\/ttyUSB99; plug it in, and see \/dev\/serial\/by-id for its name$/,
  );
});

test("a port that another program holds is named with how to find that program", async () => {
  const held = await openSerialLine(port(), 9_600, deaf);
  await expect(openSerialLine(port(), 9_600, deaf)).rejects.toThrow(/cannot be opened.*fuser -v .* holds it$/);
  held.close();
});

test("a port that goes while it is open says so in words", async () => {
  const lost = Promise.withResolvers<string>();
  await openSerialLine(port(), 9_600, { data: () => {}, lost: lost.resolve });
  await unplug();
  expect(await lost.promise).toMatch(/has gone; plug it in again$/);
});
