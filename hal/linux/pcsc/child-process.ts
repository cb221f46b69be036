// Keeps the process alive that talks to pcscd: heartbeat, SIGKILL when it stops answering. Knows nothing of readers.
import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock, Timer } from "../../clock.ts";
import type { Opened } from "../keep-open.ts";
import type { FromPcsc, PcscStart, ToPcsc } from "./messages.ts";

const modulePath = fileURLToPath(new URL(`./child${extname(import.meta.filename)}`, import.meta.url));
const heartbeatMs = 1_000;
/** Its start included, on a slow card. */
const silentMs = 5_000;
/** It reads cards of a few bytes: a quarter of what Node would take for itself. */
const footprint = ["--max-semi-space-size=1", "--max-old-space-size=48", "--optimize-for-size"];

const setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].find((path) => existsSync(path));

export interface ChildParts {
  readonly clock: Clock;
  readonly start: PcscStart;
  readonly hear: (message: FromPcsc) => void;
  /** Once at most, and not after `close`. */
  readonly lost: (why: string) => void;
}

export interface OpenedChild extends Opened {
  readonly pid: number | null;
}

export const openChild = (parts: ChildParts): OpenedChild => new PcscChild(parts);

class PcscChild implements OpenedChild {
  readonly #parts: ChildParts;
  readonly #child: ChildProcess;
  #heardAt: number;
  #beatAt: number;
  #timer: Timer | null = null;
  #pings = 0;
  #over = false;

  constructor(parts: ChildParts) {
    this.#parts = parts;
    this.#heardAt = parts.clock.mono();
    this.#beatAt = this.#heardAt;
    this.#child = start();
    this.#child.on("message", (message: FromPcsc) => this.#hear(message));
    this.#child.on("error", (error) => this.#end(`could not be started: ${error.message}`));
    this.#child.on("exit", (code, signal) => this.#end(`ended (${signal ?? code})`));
    this.#send({ kind: "start", ...parts.start });
    this.#beat();
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  /** At once: one that hangs would not hear of anything gentler. */
  close(): void {
    this.#over = true;
    this.#timer?.cancel();
    this.#child.removeAllListeners("message");
    this.#child.kill("SIGKILL");
    this.#child.unref();
    if (this.#child.connected) this.#child.disconnect();
  }

  #hear(message: FromPcsc): void {
    if (this.#over) return;
    this.#heardAt = this.#parts.clock.mono();
    this.#parts.hear(message);
  }

  #beat(): void {
    const now = this.#parts.clock.mono();
    // A beat that comes late says that this process slept, not that the child did.
    if (now - this.#beatAt > 3 * heartbeatMs) this.#heardAt = now;
    this.#beatAt = now;
    if (now - this.#heardAt > silentMs) {
      this.#child.kill("SIGKILL");
      this.#end("did not answer and was ended");
      return;
    }
    this.#pings += 1;
    this.#send({ kind: "ping", n: this.#pings });
    this.#timer = this.#parts.clock.after(heartbeatMs, "heartbeat of the process at pcscd", () => this.#beat());
  }

  #send(message: ToPcsc): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #end(how: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer?.cancel();
    this.#parts.lost(`The process that talks to pcscd ${how}; it is started again.`);
  }
}

/** The kernel ends it with us, however we end: one that waits in native code would never notice a closed channel. */
function start(): ChildProcess {
  const own = [...process.execArgv.filter((arg) => !arg.startsWith("--inspect")), ...footprint];
  const wrapped =
    setpriv === undefined
      ? { execArgv: own }
      : { execPath: setpriv, execArgv: ["--pdeathsig", "KILL", "--", process.execPath, ...own] };
  return fork(modulePath, [], {
    ...wrapped,
    env: { ...process.env, MALLOC_ARENA_MAX: "1", UV_THREADPOOL_SIZE: "4" },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
}
