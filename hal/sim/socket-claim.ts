// Puts a listening Unix socket at a path: never in place of a live one, never readable by others; knows no protocol.
import { createHash } from "node:crypto";
import { chmodSync, linkSync, lstatSync, mkdtempSync, realpathSync, rmSync, type Stats, unlinkSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { basename, dirname, join } from "node:path";
import { Fault } from "../fault.ts";

/** sockaddr_un holds 108 bytes, its last a zero; the hidden name may be longer than the path by a few. */
const maxPathBytes = 96;

/** Returns what takes the path away again, unless another socket has come to lie there since. */
export async function claimSocket(server: Server, path: string): Promise<() => void> {
  if (Buffer.byteLength(path) > maxPathBytes) {
    throw new Fault("socket.refused", `the path of a socket has at most ${maxPathBytes} bytes: ${path}`, { path });
  }
  // Born in a folder that only this user can enter, so that nobody connects before the mode is set.
  const folder = mkdtempSync(join(dirname(path), ".s-"));
  const hidden = join(folder, "s");
  try {
    await listen(server, hidden);
    chmodSync(hidden, 0o600);
    const own = lstatSync(hidden);
    await replaceStale(hidden, path);
    return () => {
      const there = look(path);
      if (there !== null && there.ino === own.ino && there.dev === own.dev) unlinkSync(path);
    };
  } catch (error) {
    server.close();
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Looking and then removing is a race that a second starter could lose against the first one's fresh socket, so only
 * one at a time does it. A name in the abstract namespace is a lock that the kernel frees when its holder dies.
 */
async function replaceStale(hidden: string, path: string): Promise<void> {
  const place = join(realpathSync(dirname(path)), basename(path));
  const lock = createServer((socket) => socket.destroy());
  try {
    await listen(lock, `\0postern/${createHash("sha256").update(place).digest("hex")}`);
  } catch (error) {
    throw codeOf(error) === "EADDRINUSE" ? busy(path) : error;
  }
  try {
    const there = look(path);
    if (there !== null && !there.isSocket()) {
      throw new Fault("socket.refused", `${path} is there and is no socket`, { path });
    }
    if (there !== null && (await isLive(path))) throw busy(path);
    if (there !== null) unlinkSync(path);
    linkSync(hidden, path);
  } finally {
    lock.close();
  }
}

function look(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Whatever does not clearly say that nobody listens counts as live. */
function isLive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", (error) => resolve(!["ECONNREFUSED", "ENOENT"].includes(codeOf(error))));
  });
}

const busy = (path: string): Fault => new Fault("socket.busy", `another server answers at ${path}`, { path });

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
