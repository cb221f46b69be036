// Keeps one child process alive: heartbeat, SIGKILL when it stops answering, restart with bounded backoff. Knows nothing of
// what the child does beyond `ready`, `ping` and `pong`.
import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { log } from "./log.ts";

interface Beating {
  readonly kind: string;
}

export interface ChildParts<In extends Beating, Out extends Beating> {
  readonly name: string;
  readonly modulePath: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly maxBackoffMs?: number;
  /** The process is there and can be sent to; it is usable after its `ready`. */
  readonly onStarted: (send: (message: Out) => void) => void;
  readonly onMessage: (message: In) => void;
  readonly onLost: (why: string) => void;
}

export interface Supervision<Out> {
  send(message: Out): void;
  /** False while what was sent before has not left this process: send less, or nothing. */
  isDrained(): boolean;
  pid(): number | null;
  stop(): Promise<void>;
}

const heartbeatMs = 1_000;
/** Longer than a lock or a disk may reasonably keep the child, shorter than anyone waits at a door. */
const silentMs = 8_000;
/** Time for `ready`: migrations of a large file included. */
const startMs = 60_000;
/** A process that survives SIGKILL so long is stuck in the kernel, on a disk that does not answer. */
const unkillableMs = 5_000;
const backoffMinMs = 50;
const backoffMaxMs = 2_000;
/** A child that lived so long after its `ready` starts again without waiting. */
const soundMs = 1_000;

const setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].find((path) => existsSync(path));

export function superviseChild<In extends Beating, Out extends Beating>(
  parts: ChildParts<In, Out>,
): Supervision<Out | { kind: "ping"; n: number }> {
  return new Supervisor(parts);
}

class Supervisor<In extends Beating, Out extends Beating> implements Supervision<Out | { kind: "ping"; n: number }> {
  readonly #parts: ChildParts<In, Out>;
  #child: ChildProcess | null = null;
  #failures = 0;
  #pendingSends = 0;
  #lastHeardAt = 0;
  #lastBeatAt = 0;
  #readyAt: number | null = null;
  #pings = 0;
  #stopping = false;
  #why: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #restartTimer: NodeJS.Timeout | null = null;

  constructor(parts: ChildParts<In, Out>) {
    this.#parts = parts;
    this.#start();
  }

  send(message: Out | { kind: "ping"; n: number }): void {
    const child = this.#child;
    if (child === null || !child.connected) return;
    this.#pendingSends += 1;
    child.send(message, () => {
      if (this.#child === child) this.#pendingSends -= 1;
    });
  }

  isDrained(): boolean {
    return this.#pendingSends === 0;
  }

  pid(): number | null {
    return this.#child?.pid ?? null;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#restartTimer !== null) clearTimeout(this.#restartTimer);
    if (this.#timer !== null) clearInterval(this.#timer);
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      const patience = setTimeout(() => child.kill("SIGKILL"), 2_000);
      const giveUp = setTimeout(resolve, 2_000 + unkillableMs);
      child.once("exit", () => {
        clearTimeout(patience);
        clearTimeout(giveUp);
        resolve();
      });
      if (child.connected) child.disconnect();
    });
  }

  #start(): void {
    try {
      this.#fork();
    } catch (error) {
      this.#startLater(`could not be started: ${error instanceof Error ? error.message : String(error)}`, false);
    }
  }

  #fork(): void {
    // The kernel ends the child with us, however we end: a child in an endless loop would never notice a closed channel.
    const wrapped =
      setpriv === undefined
        ? {}
        : { execPath: setpriv, execArgv: ["--pdeathsig", "KILL", "--", process.execPath, ...process.execArgv] };
    const child = fork(this.#parts.modulePath, [...this.#parts.args], {
      ...wrapped,
      env: { ...process.env, MALLOC_ARENA_MAX: "1", ...this.#parts.env },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#child = child;
    this.#readyAt = null;
    this.#why = null;
    this.#pendingSends = 0;
    this.#lastHeardAt = performance.now();
    this.#lastBeatAt = performance.now();
    child.on("message", (message) => this.#hear(child, message as In));
    child.on("error", (error) => this.#lose(child, error.message));
    child.on("exit", (code, signal) => this.#lose(child, this.#why ?? exitText(code, signal)));
    this.#timer = setInterval(() => this.#beat(child), heartbeatMs);
    this.#parts.onStarted((message) => this.send(message));
  }

  #hear(child: ChildProcess, message: In): void {
    if (child !== this.#child) return;
    this.#lastHeardAt = performance.now();
    if (message.kind === "ready") this.#readyAt = performance.now();
    this.#parts.onMessage(message);
  }

  #beat(child: ChildProcess): void {
    // A beat that comes late says that this process slept, not that the child did.
    const late = performance.now() - this.#lastBeatAt > 3 * heartbeatMs;
    this.#lastBeatAt = performance.now();
    if (late) this.#lastHeardAt = performance.now();
    const silence = performance.now() - this.#lastHeardAt;
    const limit = this.#readyAt === null ? startMs : silentMs;
    if (silence > limit) {
      this.#why = `did not answer for ${Math.round(silence / 1000)} s`;
      child.kill("SIGKILL");
      if (silence > limit + unkillableMs)
        this.#lose(child, `${this.#why} and cannot be ended: the disk does not answer`);
      return;
    }
    if (this.#readyAt === null) return;
    this.#pings += 1;
    if (this.isDrained()) this.send({ kind: "ping", n: this.#pings });
  }

  #lose(child: ChildProcess, why: string): void {
    if (child !== this.#child) return;
    this.#child = null;
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.#stopping) return;
    const sound = this.#readyAt !== null && performance.now() - this.#readyAt > soundMs;
    this.#startLater(why, sound);
  }

  #startLater(why: string, sound: boolean): void {
    this.#failures = sound ? 0 : this.#failures + 1;
    const waitMs =
      this.#failures === 0
        ? 0
        : Math.min(this.#parts.maxBackoffMs ?? backoffMaxMs, backoffMinMs * 2 ** (this.#failures - 1));
    log("error", this.#parts.name, `${why}; starting it again in ${waitMs} ms`);
    this.#parts.onLost(why);
    this.#restartTimer = setTimeout(() => this.#start(), waitMs);
  }
}

const exitText = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
