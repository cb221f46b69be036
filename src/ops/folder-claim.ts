// Sees to it that only one process works on a state folder, and says which one does. Knows no meaning of what it does there.
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync, realpathSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { basename, dirname, join } from "node:path";
import { Fault } from "../domain/fault.ts";

const patienceMs = 1_000;
const maxWordBytes = 200;

/** Only within one namespace does a process id name one process. */
const ownNamespace = (): string => readlinkSync("/proc/self/ns/pid");

/**
 * A name in the abstract namespace is a lock that the kernel frees when its holder dies; whoever connects to it is told who
 * that is. Whoever is in another network namespace does not see it, so the control socket itself is tried as well.
 */
export async function claimFolder(controlSocket: string): Promise<() => void> {
  const name = lockName(controlSocket);
  const lock = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    // Closed whether or not it was read: anybody on this machine may connect.
    socket.end(JSON.stringify({ pid: process.pid, namespace: ownNamespace() }), () => socket.destroy());
  });
  try {
    await new Promise<void>((resolve, reject) => {
      lock.once("error", reject);
      lock.listen(name, resolve);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw inUse((await wordAt(name)) ?? "");
  }
  if (await isServed(controlSocket)) {
    lock.close();
    throw inUse("");
  }
  return () => void lock.close();
}

/** The sentence that whoever claims the folder now would be refused with; null when nobody is there. */
export async function folderInUse(controlSocket: string): Promise<string | null> {
  try {
    const word = await wordAt(lockName(controlSocket));
    return word === null ? null : inUse(word).message;
  } catch {
    // No folder yet.
    return null;
  }
}

export function inUseSentence(pid: number | null, cgroup: string): string {
  const [, unit] = /\/(postern[a-z-]*)\.service$/m.exec(cgroup) ?? [];
  const who = pid === null ? "" : ` (process ${pid})`;
  const how = unit !== undefined ? ` with \`systemctl stop ${unit}\`` : pid === null ? "" : ` with \`kill ${pid}\``;
  return `Another Postern already runs on this state folder${who}; stop it first${how}.`;
}

function inUse(word: string): Fault {
  const pid = pidIn(word);
  return new Fault("state.inUse", inUseSentence(pid, pid === null ? "" : cgroupOf(pid)));
}

/** Null where it was not said, or where that id may be another process's here. */
function pidIn(word: string): number | null {
  try {
    const { pid, namespace } = JSON.parse(word) as { readonly pid?: unknown; readonly namespace?: unknown };
    return Number.isInteger(pid) && namespace === ownNamespace() ? (pid as number) : null;
  } catch {
    return null;
  }
}

function cgroupOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, "utf8").trim();
  } catch {
    return "";
  }
}

function lockName(controlSocket: string): string {
  const place = join(realpathSync(dirname(controlSocket)), basename(controlSocket));
  return `\0postern/state/${createHash("sha256").update(place).digest("hex")}`;
}

/** What is said there before it is over; null when nobody listens. */
function wordAt(path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    let word: string | null = null;
    socket.setEncoding("utf8");
    socket.setTimeout(patienceMs, () => socket.destroy());
    socket.once("connect", () => {
      word = "";
    });
    socket.on("data", (text: string) => {
      word = `${word}${text}`;
      if (word.length > maxWordBytes) socket.destroy();
    });
    socket.on("error", () => {});
    socket.once("close", () => resolve(word));
  });
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
