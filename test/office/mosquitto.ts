// A real Mosquitto with names, passwords and an access list, on a port and in a folder of its own; and what its own clients see there.
import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownPort } from "../own-port.ts";
import { testCertificate, testKey } from "./tls-fixture.ts";

export const password = "oakum-lantern-93";

const usualAccess: readonly string[] = ["topic readwrite homeassistant/#", "topic readwrite postern/ha/#"];

export interface Seen {
  readonly topic: string;
  readonly payload: string;
  /** It was kept from before. */
  readonly retained: boolean;
}

export interface Watcher {
  readonly seen: readonly Seen[];
  /** The first, past or to come, for which this holds; `from` on leaves those before it out. */
  until(is: (seen: Seen) => boolean, from?: number): Promise<Seen>;
  stop(): void;
}

export interface Mosquitto {
  readonly port: number;
  readonly caFile: string;
  readonly passwordFile: string;
  start(): Promise<void>;
  /** At once, as when its machine loses power. */
  kill(): Promise<void>;
  publish(topic: string, payload: string, ...options: string[]): void;
  /** All that is kept or comes, as Home Assistant would see it. */
  watch(): Promise<Watcher>;
  /** What is kept now. */
  kept(): Promise<ReadonlyMap<string, string>>;
  close(): Promise<void>;
}

/** `access`: what the user `postern` may, in the words of Mosquitto's access list. */
export async function openMosquitto({ tls = false, access = usualAccess } = {}): Promise<Mosquitto> {
  const folder = mkdtempSync(join(tmpdir(), "postern-broker-"));
  const port = await ownPort("127.0.0.1");
  const file = (name: string): string => join(folder, name);
  mkdirSync(file("store"));
  // Where the broker runs as root it becomes another user, who has to reach these.
  for (const path of [folder, file("store")]) chmodSync(path, 0o777);
  writeFileSync(file("names"), "");
  for (const name of ["postern", "home", "guest"]) {
    execFileSync("mosquitto_passwd", ["-b", file("names"), name, password], { stdio: "pipe" });
  }
  writeFileSync(
    file("access"),
    [
      ...["user postern", ...access],
      ...["user home", "topic readwrite #"],
      ...["user guest", "topic read postern/ha/#", ""],
    ].join("\n"),
  );
  writeFileSync(file("broker.crt"), testCertificate);
  writeFileSync(file("broker.key"), testKey);
  writeFileSync(file("secret"), `${password}\n`, { mode: 0o600 });
  writeFileSync(
    file("broker.conf"),
    [
      `listener ${port} 127.0.0.1`,
      ...(tls ? [`certfile ${file("broker.crt")}`, `keyfile ${file("broker.key")}`] : []),
      "allow_anonymous false",
      `password_file ${file("names")}`,
      `acl_file ${file("access")}`,
      "set_tcp_nodelay true",
      "persistence true",
      `persistence_location ${file("store")}/`,
      "",
    ].join("\n"),
  );
  for (const name of ["names", "access", "broker.crt", "broker.key", "broker.conf"]) chmodSync(file(name), 0o644);
  let broker: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    const child = spawn("/usr/sbin/mosquitto", ["-c", file("broker.conf"), "-v"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    broker = child;
    await new Promise<void>((ready, failed) => {
      let said = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        said = (said + text).slice(-20_000);
        if (said.includes(" running")) ready();
      });
      child.once("exit", () => failed(new Error(`mosquitto ended:\n${said}`)));
    });
  };
  const kill = async (): Promise<void> => {
    const child = broker;
    broker = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  const secure = tls ? ["--cafile", file("broker.crt")] : [];
  const as = ["-V", "5", "-h", "127.0.0.1", "-p", String(port), "-u", "home", "-P", password, ...secure];
  /** Each goes on calling for a broker that is no more. */
  const clients = new Set<ChildProcess>();
  const publish = (topic: string, payload: string, ...options: string[]): void => {
    const args = [...as, "-t", topic, ...(payload === "" ? ["-n"] : ["-m", payload]), ...options];
    execFileSync("mosquitto_pub", args, { stdio: "pipe" });
  };
  await start();
  return {
    port,
    caFile: file("broker.crt"),
    passwordFile: file("secret"),
    start,
    kill,
    publish,
    watch: () => openWatcher(as, clients),
    kept: async () => {
      const watcher = await openWatcher(as, clients);
      const marker = "marker";
      publish(marker, "now");
      await watcher.until(({ topic }) => topic === marker);
      watcher.stop();
      return new Map(watcher.seen.filter(({ retained }) => retained).map(({ topic, payload }) => [topic, payload]));
    },
    close: async () => {
      for (const client of clients) client.kill();
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function openWatcher(as: readonly string[], clients: Set<ChildProcess>): Promise<Watcher> {
  // Its output goes through a pipe, and would wait there until there is more of it.
  const args = ["-oL", "mosquitto_sub", ...as, "-t", "#", "-d", "-F", "%r %t %p"];
  const child = spawn("stdbuf", args, { stdio: ["ignore", "pipe", "pipe"] });
  clients.add(child);
  const seen: Seen[] = [];
  const waiting = new Set<() => void>();
  const ready = Promise.withResolvers<void>();
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith("Subscribed")) ready.resolve();
      const [, retained, topic = "", payload = ""] = /^([01]) (\S+) (.*)$/.exec(line) ?? [];
      if (retained !== undefined) seen.push({ topic, payload, retained: retained === "1" });
    }
    for (const look of [...waiting]) look();
  });
  child.once("exit", () => ready.reject(new Error("mosquitto_sub ended")));
  await ready.promise;
  return {
    seen,
    until: (is, from = 0) =>
      new Promise((found) => {
        const look = (): void => {
          const one = seen.slice(from).find(is);
          if (one === undefined) return;
          waiting.delete(look);
          found(one);
        };
        waiting.add(look);
        look();
      }),
    stop: () => void child.kill(),
  };
}
