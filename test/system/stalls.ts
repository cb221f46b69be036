// Makes what the product stands on stand still, from outside: its database, its disk, its processes.
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";

const stracePath = "/usr/bin/strace";

/** Preload it, and SIGUSR2 sends an office into an endless loop, for six seconds of it. */
export const loopingOffice = join(import.meta.dirname, "../bench/looping-office.mjs");

/** False, with one line said, where there is no strace; under CI that is a failure instead. */
export function hasStrace(): boolean {
  if (existsSync(stracePath)) return true;
  if (process.env["CI"] === "true") throw new Error(`${stracePath} is missing, and CI must have it.`);
  console.warn(`Not run here: ${stracePath} is missing; scripts/test installs it.`);
  return false;
}

/** From its return on no commit succeeds: the ledger waits for the lock inside SQLite, up to five seconds. */
export function lockDatabase(state: string): { free(): void } {
  const db = new Sqlite(join(state, "ledger.db"));
  db.exec("BEGIN IMMEDIATE");
  return {
    free: () => {
      db.exec("ROLLBACK");
      db.close();
    },
  };
}

export interface SlowDisk {
  /** The first sync that was held up has returned. */
  readonly passed: Promise<void>;
  /** What is held up goes on at once, and nothing is from then on. */
  heal(): Promise<void>;
}

/** Every sync of the process takes so much longer, before the kernel sees it. */
export async function slowSyncs(pid: number, delayMs: number): Promise<SlowDisk> {
  const calls = "fsync,fdatasync";
  const inject = `inject=${calls}:delay_enter=${delayMs * 1_000}`;
  const tracer = spawn(stracePath, ["-f", "-p", `${pid}`, "-e", `trace=${calls}`, "-e", inject], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  const passed = Promise.withResolvers<void>();
  const attached = Promise.withResolvers<void>();
  tracer.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (said.includes(" attached")) attached.resolve();
    if (said.includes("(DELAYED)")) passed.resolve();
  });
  tracer.once("exit", () => attached.reject(new Error(`strace ended:\n${said}`)));
  await attached.promise;
  return { passed: passed.promise, heal: () => end(tracer) };
}

async function end(tracer: ChildProcess): Promise<void> {
  if (tracer.exitCode !== null || tracer.signalCode !== null) return;
  const ended = once(tracer, "exit");
  tracer.kill("SIGINT");
  await ended;
}
