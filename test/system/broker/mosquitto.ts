// A real Mosquitto on loopback with the shipped configuration and a folder of its own, for tests to stop, kill and start again.
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { createPublicKey } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, watch } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { OpenAuthority } from "../../../src/issuer/authority.ts";
import { certifyClient, makeTlsKey, privatePem } from "../../../src/issuer/authority.ts";
import type { BrokerAccount } from "../../../src/issuer/broker-folder.ts";
import { makeBrokerFolder } from "../../../src/issuer/broker-folder.ts";
import { ownPort } from "../../own-port.ts";

const program = "/usr/sbin/mosquitto";
export const isMosquittoThere = existsSync(program);

/** What a TLS client shows and believes, as PEM. */
export interface TlsClient {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Listens on loopback; `localhost` and 127.0.0.1 are in its certificate. */
export class Mosquitto {
  readonly folder: string;
  readonly port: number;
  readonly passwordPort: number;
  readonly authority: OpenAuthority;
  /** What it has said since it was first started, newest last. */
  readonly said: string[] = [];
  #process: ChildProcess | null = null;

  constructor(folder: string, port: number, passwordPort: number, authority: OpenAuthority) {
    this.folder = folder;
    this.port = port;
    this.passwordPort = passwordPort;
    this.authority = authority;
  }

  get address(): string {
    return `mqtts://localhost:${this.port}`;
  }

  get passwordAddress(): string {
    return `mqtts://localhost:${this.passwordPort}`;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** `SITE/CONTROLLER` for a controller, `SITE` for its issuer. */
  clientOf(commonName: string): TlsClient {
    const key = makeTlsKey();
    return {
      ca: this.authority.certificate,
      cert: certifyClient(this.authority, createPublicKey(key), commonName, Date.now()),
      key: privatePem(key),
    };
  }

  /** Comes back when it takes connections; what it kept on the disk it has again. */
  async start(): Promise<void> {
    if (this.#process !== null) throw new Error("It runs already.");
    // It ends with the test's process, whatever ends that.
    const words = ["--pdeathsig", "KILL", program, "-c", join(this.folder, "mosquitto.conf")];
    const child = spawn("setpriv", words, { stdio: ["ignore", "ignore", "pipe"] });
    this.#process = child;
    child.once("exit", () => {
      if (this.#process === child) this.#process = null;
    });
    const lines = createInterface({ input: child.stderr as NodeJS.ReadableStream });
    await new Promise<void>((resolve, reject) => {
      child.once("exit", () => reject(new Error(`Mosquitto ended: ${this.said.slice(-5).join(" | ")}`)));
      lines.on("line", (line) => {
        this.said.push(line);
        if (/mosquitto version \S+ running/.test(line)) resolve();
      });
    });
  }

  /** In good order: it saves what it holds. */
  stop = (): Promise<void> => this.#end("SIGTERM");

  /** As in a power cut: it keeps only what was saved. */
  kill = (): Promise<void> => this.#end("SIGKILL");

  /** Has it write to its disk what it holds. */
  async save(): Promise<void> {
    const watcher = watch(join(this.folder, "data"));
    try {
      const saved = new Promise<void>((resolve) => {
        watcher.on("change", (_, name) => name === "mosquitto.db" && resolve());
      });
      this.#process?.kill("SIGUSR1");
      await saved;
    } finally {
      watcher.close();
    }
  }

  /** Stops the process where it stands: connections stay open and nothing is answered. */
  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process?.kill("SIGCONT");
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.#process;
    if (child === null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }
}

/** A started one; `remove()` ends it and takes its folder away. */
export async function startMosquitto(accounts: readonly BrokerAccount[] = []): Promise<Mosquitto> {
  const folder = mkdtempSync(join(tmpdir(), "postern-broker-"));
  const bind = "127.0.0.1";
  const [port, passwordPort] = [await ownPort(bind), await ownPort(bind)];
  const authority = makeBrokerFolder({
    folder,
    hosts: ["localhost", bind],
    bind,
    port,
    passwordPort,
    user: userInfo().username,
    now: Date.now(),
    accounts,
  });
  const broker = new Mosquitto(folder, port, passwordPort, authority);
  await broker.start();
  return broker;
}
