// The thread that waits, with the real system calls: a FIFO stands for a line's descriptor, as both are polled and read alike.
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openLinuxKernel } from "../../../../hal/linux/gpio/linux-kernel.ts";

function fifo(): string {
  const folder = mkdtempSync(join(tmpdir(), "lines-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "line");
  execFileSync("mkfifo", [path]);
  return path;
}

/** What `watch` tells, one after the other. */
function heard() {
  const told: (Uint8Array | bigint | "gone")[] = [];
  let wake = (): void => {};
  const say = (what: Uint8Array | bigint | "gone"): void => {
    told.push(what);
    wake();
  };
  const next = async () => {
    if (told.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return told.shift();
  };
  return { next, hearing: { events: say, quiet: say, gone: () => say("gone") } };
}

test("events come as they are read, and quiet once after them", async () => {
  const path = fifo();
  const kernel = openLinuxKernel();
  onTestFinished(() => kernel.stop());
  const { next, hearing } = heard();
  kernel.watch(kernel.open(path), 20, hearing);
  const event = Buffer.alloc(48, 7);
  const writer = openSync(path, "r+");
  onTestFinished(() => closeSync(writer));
  writeSync(writer, event);
  const writtenAt = process.hrtime.bigint();
  expect(await next()).toEqual(new Uint8Array(event));
  const quietAt = await next();
  expect(typeof quietAt === "bigint" && quietAt - writtenAt > 15_000_000n).toBe(true);
});

test("a descriptor that is given up is closed, and another one is still heard", async () => {
  const [one, other] = [fifo(), fifo()];
  const kernel = openLinuxKernel();
  onTestFinished(() => kernel.stop());
  const { next, hearing } = heard();
  const forget = kernel.watch(kernel.open(one), null, { events: () => {}, quiet: () => {}, gone: () => {} });
  kernel.watch(kernel.open(other), null, hearing);
  forget();
  const writer = openSync(other, "r+");
  onTestFinished(() => closeSync(writer));
  writeSync(writer, Buffer.alloc(96, 1));
  expect(await next()).toHaveLength(96);
});

test("what is no line is told to be gone", async () => {
  const kernel = openLinuxKernel();
  onTestFinished(() => kernel.stop());
  const { next, hearing } = heard();
  const file = `${fifo()}.txt`;
  writeFileSync(file, "");
  kernel.watch(kernel.open(file), null, hearing);
  expect(await next()).toBe("gone");
});

test.each([
  ["is told to", "process.exit(7)"],
  ["has nothing more to do", "process.exitCode = 7"],
  ["has given its lines back", "kernel.stop(); process.exitCode = 7"],
])("a process that %s ends at once, though its thread waits in the kernel", (_, end) => {
  const module = new URL("../../../../hal/linux/gpio/linux-kernel.ts", import.meta.url).href;
  const path = fifo();
  const script = `
    const { openLinuxKernel } = await import(${JSON.stringify(module)});
    const kernel = openLinuxKernel();
    kernel.watch(kernel.open(${JSON.stringify(path)}), null, { events() {}, quiet() {}, gone() {} });
    setTimeout(() => { ${end}; }, 100);`;
  const file = `${path}.mjs`;
  writeFileSync(file, script);
  const ended = spawnSync(process.execPath, [file], { timeout: 10_000 });
  expect([ended.status, ended.stderr.toString()]).toEqual([7, ""]);
});
