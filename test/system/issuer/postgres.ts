// A real PostgreSQL of Debian's in a folder and on a socket of its own, for tests to kill.
import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const root = "/usr/lib/postgresql";
const version = existsSync(root) ? readdirSync(root).toSorted().at(-1) : undefined;
const programs = version === undefined ? null : join(root, version, "bin");
export const isPostgresThere = programs !== null && existsSync(join(programs, "initdb"));

export interface Postgres {
  readonly url: string;
  readonly start: () => Promise<void>;
  /** At once, without tidying up: it recovers when it is started again. */
  readonly crash: () => Promise<void>;
  readonly remove: () => Promise<void>;
}

/** It refuses to run as root. */
const asUser = (): readonly string[] =>
  userInfo().uid === 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];

export async function startPostgres(): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), "postern-pg-"));
  if (userInfo().uid === 0) {
    const idOf = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
    chownSync(folder, idOf("-u"), idOf("-g"));
  }
  const data = join(folder, "data");
  const bin = (name: string): string => join(programs ?? "", name);
  const run = (name: string, args: readonly string[]): readonly [string, string[]] => {
    const [command = "", ...words] = [...asUser(), bin(name), ...args];
    return [command, words];
  };
  execFileSync(...run("initdb", ["-D", data, "-A", "trust", "-U", "postern", "-E", "UTF8", "--no-sync"]), {
    stdio: "ignore",
    cwd: folder,
  });
  const settings = ["-c", "listen_addresses=", "-c", `unix_socket_directories=${folder}`, "-c", "max_connections=60"];
  let child: ChildProcess;
  const start = async (): Promise<void> => {
    child = spawn(...run("postgres", ["-D", data, ...settings]), { stdio: ["ignore", "ignore", "pipe"], cwd: folder });
    const said: string[] = [];
    await new Promise<void>((ready, failed) => {
      child.once("exit", () => failed(new Error(said.join("\n"))));
      createInterface({ input: child.stderr as NodeJS.ReadableStream }).on("line", (line) => {
        said.push(line);
        if (line.includes("ready to accept connections")) ready();
      });
    });
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  };
  const remove = async (): Promise<void> => {
    await end("SIGINT");
    rmSync(folder, { recursive: true, force: true });
  };
  await start();
  return {
    url: `postgres://postern@/postgres?host=${encodeURIComponent(folder)}`,
    start,
    crash: () => end("SIGQUIT"),
    remove,
  };
}
