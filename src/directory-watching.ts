// Part of the composition root: sees when the site's directory.json has changed and has a process of its own apply it, so that
// neither the doors nor the office wait for a large file.
import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import type { SiteSpec } from "./domain/site.ts";
import type { Health } from "./ops/health.ts";
import { log } from "./ops/log.ts";
import { watchSettled } from "./ops/settled-file.ts";

export interface DirectoryWatchParts {
  readonly file: string;
  readonly modulePath: string;
  readonly ledgerSocket: string;
  readonly site: SiteSpec;
  readonly health: Health;
  readonly isWanted: () => boolean;
}

export interface ApplyOrder {
  readonly file: string;
  readonly ledgerSocket: string;
  readonly site: SiteSpec;
}

/** What became of it: lines for the log, without names and secrets. */
export interface ApplyReport {
  readonly isApplied: boolean;
  /** Not for anything that stands in the file: it may work later. */
  readonly mayWorkLater: boolean;
  readonly lines: readonly string[];
}

const part = "directory file";
const lookEveryMs = 1_000;
/** Thousands of codes are hashed one after the other; whatever takes longer hangs. */
const patienceMs = 2 * 3_600_000;

export function watchDirectory(parts: DirectoryWatchParts): void {
  const { file, health, isWanted } = parts;
  watchSettled({
    path: file,
    everyMs: lookEveryMs,
    isWanted,
    onSettled: async (isThere) => {
      const report = isThere ? await applyInChild(parts) : notThere(file);
      if (isWanted()) tell(health, file, report);
      return !report.mayWorkLater;
    },
  });
}

const notThere = (file: string): ApplyReport => ({
  isApplied: false,
  mayWorkLater: false,
  lines: [`${file} is not there; nobody was changed.`],
});

const failed = (why: string): ApplyReport => ({ isApplied: false, mayWorkLater: true, lines: [why] });

function tell(health: Health, file: string, { isApplied, lines }: ApplyReport): void {
  for (const line of lines) log(isApplied ? "info" : "error", part, line);
  health.set(
    part,
    isApplied ? "ok" : "fault",
    isApplied ? "" : `${file} was not applied: ${lines[0] ?? "it gave no reason"}`,
  );
}

function applyInChild({ file, modulePath, ledgerSocket, site, isWanted }: DirectoryWatchParts): Promise<ApplyReport> {
  return new Promise((done) => {
    const child = fork(modulePath, ["directory"], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const ending = endWhenUnwanted(child, isWanted);
    child.on("message", (report) => done(report as ApplyReport));
    child.on("error", ({ message }) => done(failed(message)));
    child.on("exit", () => {
      clearInterval(ending);
      done(failed("The process that applies it ended before it was done."));
    });
    child.send({ file, ledgerSocket, site } satisfies ApplyOrder, () => {});
  });
}

function endWhenUnwanted(child: ChildProcess, isWanted: () => boolean): NodeJS.Timeout {
  const until = performance.now() + patienceMs;
  return setInterval(() => {
    if (!isWanted() || performance.now() > until) child.kill("SIGKILL");
  }, lookEveryMs).unref();
}
