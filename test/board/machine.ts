// The emulated board as tests use it: started, asked to run commands, and its plugs pulled and pushed in from outside.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const board = join(import.meta.dirname, "../../.board");

export interface Ran {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Machine {
  /** Where sockets of devices may be put. */
  readonly folder: string;
  run(command: string, input?: string): Promise<Ran>;
  /** Of a command that must succeed. */
  out(command: string, input?: string): Promise<string>;
  /** QEMU's own monitor. */
  qmp(execute: string, args?: object): Promise<unknown>;
  console(): string;
  stop(): Promise<void>;
}

export interface MachineOptions {
  /**
   * Time goes by instructions, not by the clock on this machine's wall: nothing depends on how busy it is. Idle time is skipped,
   * also while a disk is waited for; where that would let a time limit run out, `waits` lets it pass.
   */
  readonly virtualTime?: "skips" | "waits";
  readonly devices?: (folder: string) => readonly string[];
}

export async function startMachine({ virtualTime, devices = () => [] }: MachineOptions = {}): Promise<Machine> {
  const folder = mkdtempSync(join(tmpdir(), "board-"));
  const accel = virtualTime
    ? ["-accel", "tcg,thread=single", "-smp", "1", "-icount", `shift=1,sleep=${virtualTime === "waits" ? "on" : "off"}`]
    : ["-accel", "tcg,thread=multi", "-smp", "2"];
  // Preempted everywhere, as the kernels of Raspberry boards are built: the thread of an interrupt waits for nobody.
  const qemu = spawn(
    "qemu-system-x86_64",
    [
      ...["-M", "q35", "-cpu", "max", "-m", "1024", ...accel, "-display", "none", "-nodefaults", "-no-reboot"],
      ...["-kernel", join(board, "vmlinuz"), "-initrd", join(board, "initrd.img")],
      ...["-append", "console=ttyS0 quiet preempt=full mitigations=off random.trust_cpu=on systemd.show_status=0"],
      ...["-serial", `file:${join(folder, "console")}`],
      ...["-drive", `file=${join(board, "root.img")},if=virtio,format=raw,snapshot=on,cache=unsafe`],
      ...["-drive", `file=${join(board, "product.img")},if=virtio,format=raw,snapshot=on,cache=unsafe`],
      ...["-device", "virtio-serial", "-chardev", `socket,id=agent,path=${join(folder, "agent")},server=on,wait=off`],
      ...["-device", "virtserialport,chardev=agent,name=agent"],
      ...["-qmp", `unix:${join(folder, "qmp")},server=on,wait=off`],
      ...devices(folder),
    ],
    { stdio: ["ignore", "inherit", "inherit"] },
  );
  const machine = new EmulatedBoard(qemu, folder);
  await machine.open();
  return machine;
}

class EmulatedBoard implements Machine {
  readonly folder: string;
  readonly #qemu: ChildProcess;
  readonly #running = new Map<number, (ran: Ran) => void>();
  readonly #asked: ((reply: unknown) => void)[] = [];
  #agent: Socket | null = null;
  #monitor: Socket | null = null;
  #count = 0;

  constructor(qemu: ChildProcess, folder: string) {
    this.#qemu = qemu;
    this.folder = folder;
  }

  async open(): Promise<void> {
    const isReady = Promise.withResolvers<void>();
    this.#qemu.once("exit", (code) => isReady.reject(new Error(`QEMU ended with ${code}.\n${this.console()}`)));
    this.#agent = await connectTo(join(this.folder, "agent"));
    createInterface({ input: this.#agent }).on("line", (line) => {
      const message = JSON.parse(line) as { ready?: true; n: number } & Ran;
      if (message.ready === true) return isReady.resolve();
      this.#running.get(message.n)?.(message);
      this.#running.delete(message.n);
    });
    this.#monitor = await connectTo(join(this.folder, "qmp"));
    createInterface({ input: this.#monitor }).on("line", (line) => {
      const reply = JSON.parse(line) as { return?: unknown; error?: { desc: string } };
      if (reply.return !== undefined || reply.error !== undefined) this.#asked.shift()?.(reply);
    });
    await this.qmp("qmp_capabilities");
    await isReady.promise;
  }

  run(command: string, input?: string): Promise<Ran> {
    this.#count += 1;
    const n = this.#count;
    return new Promise((resolve) => {
      this.#running.set(n, resolve);
      this.#agent?.write(`${JSON.stringify({ n, command, input })}\n`);
    });
  }

  async out(command: string, input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.run(command, input);
    if (code !== 0) throw new Error(`On the board, ${JSON.stringify(command)} ended with ${code}:\n${stdout}${stderr}`);
    return stdout;
  }

  async qmp(execute: string, args: object = {}): Promise<unknown> {
    const reply = await new Promise<unknown>((resolve) => {
      this.#asked.push(resolve);
      this.#monitor?.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    });
    const { error, return: value } = reply as { return?: unknown; error?: { desc: string } };
    if (error !== undefined) throw new Error(`QEMU refused ${execute}: ${error.desc}`);
    return value;
  }

  console(): string {
    try {
      return readFileSync(join(this.folder, "console"), "utf8").slice(-4_000);
    } catch {
      return "";
    }
  }

  async stop(): Promise<void> {
    const ended = this.#qemu.exitCode === null ? once(this.#qemu, "exit") : null;
    this.#qemu.kill("SIGKILL");
    await ended;
    this.#agent?.destroy();
    this.#monitor?.destroy();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function connectTo(path: string): Promise<Socket> {
  for (let tries = 0; ; tries += 1) {
    const socket = createConnection(path);
    try {
      await once(socket, "connect");
      return socket;
    } catch (error) {
      socket.destroy();
      if (tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
