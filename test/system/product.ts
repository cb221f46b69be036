// Drives the built product from outside, as a site would: its command, its sockets, its processes.
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LedgerReply, LedgerRequest } from "../../src/domain/ask.ts";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { DoorStatus, HealthFact } from "../../src/domain/status.ts";
import { askSocket } from "../../src/ops/line-client.ts";

const root = join(import.meta.dirname, "../..");
export const postern = join(root, "dist/src/cli/postern.js");

export interface ProductOptions {
  /** Null runs the simulated site. */
  readonly config: object | null;
  /** Used as it is, in place of `config`. */
  readonly configFile?: string;
  readonly state?: string;
  readonly trace?: string;
  /** Modules that every process loads first. */
  readonly preload?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** A command that runs the product in its place, as a tracer does. */
  readonly under?: readonly string[];
}

/** Started, and on its way to being of use. */
export interface Launch {
  readonly process: ChildProcess;
  readonly stderr: () => string;
  /** Fails when the process ends before. */
  ready(): Promise<Product>;
}

export interface Product {
  readonly state: string;
  readonly process: ChildProcess;
  readonly board: BoardClient;
  readonly stderr: () => string;
  status(): Promise<{ doors: DoorStatus[]; health: HealthFact[] }>;
  /** Resolves when the part is `ok`; the promise fails when it is not within the time. */
  until(part: "ledger" | "office"): Promise<void>;
  pidOf(role: "ledger" | "office"): number | null;
  change(changes: readonly DirectoryChange[]): Promise<LedgerReply>;
  stop(): Promise<void>;
}

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), "postern-"));

export const startProduct = (options: ProductOptions): Promise<Product> => launchProduct(options).ready();

export function launchProduct(options: ProductOptions): Launch {
  const state = options.state ?? temporaryFolder();
  const args = ["run", "--state", state];
  if (options.configFile !== undefined) args.push("--config", options.configFile);
  else if (options.config !== null) {
    const file = join(state, "..", `${state.split("/").at(-1)}.config.json`);
    writeFileSync(file, JSON.stringify(options.config));
    args.push("--config", file);
  }
  if (options.trace !== undefined) args.push("--trace", options.trace);
  const preloads = (options.preload ?? []).flatMap((file) => ["--import", file]);
  const [command = "", ...words] = [...(options.under ?? []), process.execPath, postern, ...args];
  const child = spawn(command, words, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ...options.env, ...(preloads.length === 0 ? {} : { NODE_OPTIONS: preloads.join(" ") }) },
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-100_000);
  });
  const ended = new Promise<never>((_, reject) => {
    child.once("exit", (code, signal) => reject(new Error(`postern ended (${code ?? signal}):\n${stderr}`)));
  });
  ended.catch(() => {});
  const control = join(state, "control.sock");
  const status = () => askSocket<{ doors: DoorStatus[]; health: HealthFact[] }>(control, { kind: "status" }, 5_000);
  const until = async (part: string): Promise<void> => {
    await Promise.race([
      poll(async () => (await status()).health.some((one) => one.part === part && one.state === "ok")),
      ended,
    ]);
  };
  const ready = async (): Promise<Product> => {
    await until("ledger");
    // Doors are served a moment before requests are: a socket that a killed ledger left behind is looked at first.
    await Promise.race([poll(() => listens(join(state, "ledger.sock"))), ended]);
    let connected: BoardClient | null = null;
    const connect = async () => {
      connected = await connectBoard(join(state, "board.sock"));
      return true;
    };
    await Promise.race([poll(connect), ended]);
    const board = connected as unknown as BoardClient;
    return productOf(board);
  };
  const productOf = (board: BoardClient): Product => ({
    state,
    process: child,
    board,
    stderr: () => stderr,
    status,
    until,
    pidOf: (role) => childPid(child.pid ?? 0, role),
    change: (changes) => {
      const request: LedgerRequest = { kind: "change", by: "test", changes };
      return askSocket<LedgerReply>(join(state, "ledger.sock"), request, 30_000);
    },
    stop: async () => {
      board.close();
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      await new Promise((resolve) => child.once("exit", resolve));
    },
  });
  return { process: child, stderr: () => stderr, ready };
}

const listens = (path: string): Promise<boolean> =>
  new Promise((found) => {
    const socket = createConnection(path, () => found(true));
    socket.on("connect", () => socket.destroy());
    socket.on("error", () => found(false));
  });

/** A system under test gets ready when it gets ready; this fails after half a minute, where nobody says otherwise. */
export async function poll(probe: () => Promise<boolean>, pauseMs = 10, patienceMs = 30_000): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    if (await probe().catch(() => false)) return;
    if (performance.now() > giveUpAt) throw new Error(`what was waited for did not come within ${patienceMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** Through a wrapping command or not: the child whose command line names the role. */
export function childPid(parent: number, role: string): number | null {
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      const ppid = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      if (ppid !== parent) continue;
      const words = readFileSync(`/proc/${entry}/cmdline`, "utf8").split("\0");
      const place = words.findIndex((word) => word.endsWith("/src/main.js"));
      if (place >= 0 && words[place + 1] === role) return Number(entry);
    } catch {
      // It ended while it was looked at.
    }
  }
  return null;
}

export type BoardMessage = Readonly<Record<string, unknown>> & { readonly kind: string };

export interface BoardClient {
  /** Sends a command and resolves when the board has run it. */
  send(command: string): Promise<void>;
  /** Sends without waiting. */
  push(text: string): void;
  /** The next message, from now on, for which this is true. */
  next(is: (message: BoardMessage) => boolean): Promise<BoardMessage>;
  /** Returns what ends the listening. */
  onMessage(listen: (message: BoardMessage) => void): () => void;
  close(): void;
}

export async function connectBoard(path: string): Promise<BoardClient> {
  const socket = await connect(path);
  const listeners = new Set<(message: BoardMessage) => void>();
  let sent = 0;
  let text = "";
  socket.setEncoding("utf8");
  socket.on("error", () => {});
  socket.on("data", (chunk: string) => {
    const lines = (text + chunk).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      const message = JSON.parse(line) as BoardMessage;
      for (const listen of [...listeners]) listen(message);
    }
  });
  const next = (is: (message: BoardMessage) => boolean) =>
    new Promise<BoardMessage>((resolve, reject) => {
      const closed = () => reject(new Error("the board closed the connection"));
      const listen = (message: BoardMessage) => {
        if (!is(message)) return;
        listeners.delete(listen);
        socket.off("close", closed);
        resolve(message);
      };
      listeners.add(listen);
      socket.once("close", closed);
    });
  return {
    async send(command) {
      sent += 1;
      const line = sent;
      const reply = next((one) => one["line"] === line && (one.kind === "done" || one.kind === "refused"));
      socket.write(`${command}\n`);
      const answer = await reply;
      if (answer.kind === "refused") throw new Error(`${command}: ${String(answer["problem"])}`);
    },
    push(commands) {
      sent += commands.split("\n").length;
      socket.write(`${commands}\n`);
    },
    next,
    onMessage: (listen) => {
      listeners.add(listen);
      return () => void listeners.delete(listen);
    },
    close: () => {
      socket.destroy();
    },
  };
}

function connect(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
  });
}

export const removeFolder = (path: string): void => rmSync(path, { recursive: true, force: true });
