// What a service manager is told, over a real datagram socket: when the doors work, that the loop lives, that it ends.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "vitest";

const postern = new URL("../../dist/src/cli/postern.js", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "postern-service-"));
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    const ended = child.exitCode === null && child.signalCode === null ? once(child, "exit") : null;
    child.kill("SIGKILL");
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

/** Node has no datagrams over Unix sockets. */
const listener = `
import socket, sys
one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
one.bind(sys.argv[1])
print("listening", flush=True)
while True:
    for line in one.recv(4096).decode().split("\\n"):
        print(line, flush=True)
`;

test("ready once the doors work, alive as long as the loop turns, and stopping before it ends", async () => {
  const socket = join(folder, "notify");
  const manager = spawn("python3", ["-c", listener, socket], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(manager);
  const lines = createInterface({ input: manager.stdout })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value as string;
  expect(await next()).toBe("listening");
  const environment = { ...process.env, NOTIFY_SOCKET: socket, WATCHDOG_USEC: "300000" };
  const product = spawn(process.execPath, [postern, "run", "--state", join(folder, "state")], {
    env: environment,
    stdio: "ignore",
  });
  children.push(product);
  expect([await next(), await next(), await next()]).toEqual(["READY=1", "WATCHDOG=1", "WATCHDOG=1"]);
  product.kill("SIGTERM");
  const rest: string[] = [];
  while (rest.at(-1) !== "STOPPING=1") rest.push(await next());
  expect(rest.slice(0, -1).every((line) => line === "WATCHDOG=1")).toBe(true);
});
