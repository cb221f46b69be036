// A cluster of real ejabberd nodes with the shipped configuration, each on a loopback address of its own, for tests to kill.
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { createPublicKey, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { OpenAuthority } from "../../../src/issuer/authority.ts";
import { certifyClient, makeTlsKey, privatePem } from "../../../src/issuer/authority.ts";
import { makeBrokerFolder } from "../../../src/issuer/broker-folder.ts";
import { ownPort } from "../../own-port.ts";
import { runCommand } from "../command.ts";
import type { TlsClient } from "./mosquitto.ts";

const control = "/usr/sbin/ejabberdctl";
export const isEjabberdThere = existsSync(control);
const template = new URL("../../../broker/ejabberd.yml", import.meta.url);

/** In the certificate of every node. */
export const clusterName = "broker.test";

interface Wiring {
  readonly folder: string;
  readonly libraries: string;
  readonly cookie: string;
  /** Where nodes speak to each other, on each one's own address: no port mapper is needed. */
  readonly distributionPort: number;
}

export class EjabberdNode {
  readonly address: string;
  readonly name: string;
  /** What it has said, newest last. */
  readonly said: string[] = [];
  readonly #wiring: Wiring;
  readonly #folder: string;
  #process: ChildProcess | null = null;
  #onLine: (line: string) => void = () => {};

  constructor(wiring: Wiring, address: string) {
    this.#wiring = wiring;
    this.address = address;
    this.name = `postern@${address}`;
    this.#folder = join(wiring.folder, address);
  }

  /** Comes back when it takes connections. */
  async start(configuration: string): Promise<void> {
    mkdirSync(this.#folder, { recursive: true });
    const file = join(this.#folder, "ejabberd.yml");
    writeFileSync(file, configuration);
    const child = spawn(
      "erl",
      [
        ...this.#spoken(this.name),
        ...["-kernel", "inet_dist_use_interface", `{${this.address.replaceAll(".", ",")}}`],
        ...["-mnesia", "dir", `"${join(this.#folder, "data")}"`, "-s", "ejabberd"],
      ],
      {
        cwd: this.#folder,
        env: {
          ...this.#environment(),
          EJABBERD_CONFIG_PATH: file,
          EJABBERD_LOG_PATH: join(this.#folder, "ejabberd.log"),
        },
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    this.#process = child;
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      this.said.push(line);
      this.#onLine(line);
    });
    await this.#listening(async () => {});
  }

  /** Becomes a node of the other's cluster; what it held itself is gone. */
  join(other: EjabberdNode): Promise<void> {
    return this.#listening(async () => {
      await this.order("join_cluster", other.name);
    });
  }

  /** What `ejabberdctl` does. */
  async order(...words: readonly string[]): Promise<string> {
    const caller = `order-${randomBytes(4).toString("hex")}@127.0.0.1`;
    const args = ["-hidden", ...this.#spoken(caller), "-dist_listen", "false", "-s", "ejabberd_ctl"];
    const all = [...args, "-extra", this.name, "--no-timeout", ...words];
    const { code, out, err } = await runCommand("erl", all, { env: this.#environment() });
    if (code !== 0) throw new Error(`${words.join(" ")}: ${out}${err}`);
    return out;
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === null) return;
    this.#process = null;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  async #listening(work: () => Promise<void>): Promise<void> {
    const child = this.#process;
    const listens = new Promise<void>((ready, failed) => {
      child?.once("exit", () => failed(new Error(this.said.slice(-5).join("\n"))));
      this.#onLine = (line) => {
        if (line.includes("Start accepting TLS connections")) ready();
      };
    });
    await Promise.all([listens, work()]);
  }

  #spoken(name: string): readonly string[] {
    const { cookie, distributionPort } = this.#wiring;
    const port = ["-start_epmd", "false", "-erl_epmd_port", String(distributionPort)];
    return ["-name", name, "-setcookie", cookie, "-noinput", ...port];
  }

  #environment(): NodeJS.ProcessEnv {
    const { libraries, folder } = this.#wiring;
    return { ...process.env, HOME: folder, ERL_LIBS: libraries, ERL_CRASH_DUMP_BYTES: "0" };
  }
}

export class EjabberdCluster {
  readonly nodes: readonly [EjabberdNode, EjabberdNode];
  readonly folder: string;
  readonly port: number;
  readonly #authority: OpenAuthority;

  constructor(nodes: readonly [EjabberdNode, EjabberdNode], folder: string, port: number, authority: OpenAuthority) {
    this.nodes = nodes;
    this.folder = folder;
    this.port = port;
    this.#authority = authority;
  }

  /** All nodes under one name, as a site's name server would have them. */
  get address(): string {
    return `mqtts://${clusterName}:${this.port}`;
  }

  addressOf({ address }: EjabberdNode): string {
    return `mqtts://${address}:${this.port}`;
  }

  clientOf(commonName: string): TlsClient {
    const key = makeTlsKey();
    const cert = certifyClient(this.#authority, createPublicKey(key), commonName, Date.now());
    return { ca: this.#authority.certificate, cert, key: privatePem(key) };
  }

  async remove(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Two nodes for one site; `remove()` ends them and takes their folder away. */
export async function startEjabberd(site: string): Promise<EjabberdCluster> {
  const folder = mkdtempSync(join(tmpdir(), "postern-cluster-"));
  const addresses = ["127.0.0.1", "127.0.0.2"] as const;
  const bind = addresses[0];
  const [port, distributionPort, unused] = [await ownPort(bind), await ownPort(bind), await ownPort(bind)];
  const authority = makeBrokerFolder({
    folder,
    hosts: [clusterName, ...addresses],
    bind,
    port,
    passwordPort: unused,
    user: userInfo().username,
    now: Date.now(),
  });
  const libraries = /^ERL_LIBS='(.+)'$/m.exec(readFileSync(control, "utf8"))?.[1] ?? "";
  const wiring = { folder, libraries, cookie: randomBytes(12).toString("hex"), distributionPort };
  const nodes = [new EjabberdNode(wiring, addresses[0]), new EjabberdNode(wiring, addresses[1])] as const;
  const cluster = new EjabberdCluster(nodes, folder, port, authority);
  try {
    await Promise.all(nodes.map((node) => node.start(filled({ folder, site, bind: node.address, port }))));
    await nodes[1].join(nodes[0]);
  } catch (error) {
    await cluster.remove();
    throw error;
  }
  return cluster;
}

function filled(settings: { folder: string; site: string; bind: string; port: number }): string {
  const { folder, site, bind, port } = settings;
  const values: Readonly<Record<string, string>> = { FOLDER: folder, SITE: site, BIND: bind };
  const text = readFileSync(template, "utf8").replace("port: 8883", `port: ${port}`);
  return text.replace(/@([A-Z]+)@/g, (whole, word: string) => values[word] ?? whole);
}
