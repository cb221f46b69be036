// Puts a listening Unix socket at a path: never in place of a live one, never readable by others; knows no protocol.
import { chmodSync, linkSync, lstatSync, mkdtempSync, renameSync, rmSync, type Stats, unlinkSync } from "node:fs";
import { connect, type Server } from "node:net";
import { dirname, join } from "node:path";
import { Fault } from "../fault.ts";

/** sockaddr_un holds 108 bytes, its last a zero; the hidden name may be longer than the path by a few. */
const maxPathBytes = 96;
const claimTries = 5;

/** Returns what takes the path away again, unless another socket has come to lie there since. */
export async function claimSocket(server: Server, path: string): Promise<() => void> {
  if (Buffer.byteLength(path) > maxPathBytes) {
    throw new Fault("socket.refused", `the path of a socket has at most ${maxPathBytes} bytes: ${path}`, { path });
  }
  // Born in a folder that only this user can enter, so that nobody connects before the mode is set; then linked into
  // place, which fails when something is there, unlike bind after unlink or rename.
  const folder = mkdtempSync(join(dirname(path), ".s-"));
  const hidden = join(folder, "s");
  try {
    await listen(server, hidden);
    chmodSync(hidden, 0o600);
    const own = lstatSync(hidden);
    await linkInto(hidden, path, join(folder, "o"));
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

async function linkInto(hidden: string, path: string, aside: string): Promise<void> {
  for (let left = claimTries; left > 0; left -= 1) {
    try {
      linkSync(hidden, path);
      return;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
    }
    await removeStale(path, aside);
  }
  throw busy(path);
}

async function removeStale(path: string, aside: string): Promise<void> {
  const there = look(path);
  if (there === null) return;
  if (!there.isSocket()) throw new Fault("socket.refused", `${path} is there and is no socket`, { path });
  if (await isLive(path)) throw busy(path);
  try {
    renameSync(path, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  // Another server may have replaced the stale one between the look and the rename: hand its socket back.
  if (await isLive(aside)) {
    linkSync(aside, path);
    throw busy(path);
  }
  unlinkSync(aside);
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
