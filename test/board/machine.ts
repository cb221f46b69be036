// The emulated board as tests use it: woken up as it was kept after its one boot, asked to run commands, its plugs pulled and pushed in.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";

const board = join(import.meta.dirname, "../../.board");
/** Of the board after its one boot. */
const keptDisk = join(board, "booted.img");
const keptMemory = join(board, "booted.memory");
/** Preempted everywhere, as the kernels of Raspberry boards are built: the thread of an interrupt waits for nobody. */
const kernelOptions =
  "console=ttyS0 quiet preempt=full mitigations=off random.trust_cpu=on panic=-1 systemd.show_status=0";

export interface Ran {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Machine {
  run(command: string, input?: string): Promise<Ran>;
  /** Of a command that must succeed. */
  out(command: string, input?: string): Promise<string>;
  /** QEMU's own monitor. */
  qmp(execute: string, args?: object): Promise<unknown>;
  /** Where what a device sends and is sent goes; the device names it as its `chardev`. */
  plugSocket(id: string): Promise<string>;
  console(): string;
  stop(): Promise<void>;
}

/** The board as `keepBooted` left it, whatever was done to others since, with this machine's time and the product of today. */
export async function startMachine(): Promise<Machine> {
  const machine = startQemu("off", ["-incoming", "defer"]);
  try {
    await machine.open();
    await machine.restore();
    // What the kernel read of this disk was another product's.
    await machine.out(
      `date -s @${Math.floor(Date.now() / 1_000)} && blockdev --flushbufs /dev/disk/by-label/product && mount -o ro LABEL=product /opt/postern`,
    );
    return machine;
  } catch (error) {
    await machine.stop();
    throw error;
  }
}

/** Boots the board, and keeps its memory and its disk as they are once it takes commands. */
export async function keepBooted(): Promise<void> {
  const machine = startQemu("on", []);
  try {
    await machine.open();
    await machine.isReady();
    await machine.keep();
  } finally {
    await machine.stop();
  }
}

/**
 * Time goes by instructions, not by the clock on this machine's wall, and idle time is skipped: nothing depends on how busy this
 * machine is. So the disks are memory, which nobody waits for; where they are not shared, what is written to them is soon forgotten.
 */
function startQemu(share: "on" | "off", more: readonly string[]): EmulatedBoard {
  const folder = mkdtempSync(join(tmpdir(), "board-"));
  const disk = (id: string, size: string, path: string) => [
    ...["-object", `memory-backend-file,id=${id},size=${size},mem-path=${path},share=${share}`],
    ...["-device", `nvdimm,memdev=${id}`],
  ];
  const qemu = spawn(
    "qemu-system-x86_64",
    [
      ...["-M", "q35,nvdimm=on", "-cpu", "max", "-m", "1024M,slots=2,maxmem=4G"],
      ...["-display", "none", "-nodefaults", "-no-reboot"],
      ...["-accel", "tcg,thread=single", "-smp", "1", "-icount", "shift=1,sleep=off"],
      ...["-kernel", join(board, "vmlinuz"), "-initrd", join(board, "initrd.img")],
      ...["-append", kernelOptions],
      ...["-serial", `file:${join(folder, "console")}`],
      ...disk("root", "1280M", keptDisk),
      ...disk("product", "640M", join(board, "product.img")),
      ...["-device", "virtio-serial", "-chardev", `socket,id=agent,path=${join(folder, "agent")},server=on,wait=off`],
      ...["-device", "virtserialport,chardev=agent,name=agent", "-device", "qemu-xhci,id=usb"],
      ...["-qmp", `unix:${join(folder, "qmp")},server=on,wait=off`],
      ...more,
    ],
    { stdio: ["ignore", "inherit", "inherit"] },
  );
  return new EmulatedBoard(qemu, folder);
}

class EmulatedBoard implements Machine {
  readonly folder: string;
  readonly #qemu: ChildProcess;
  readonly #ended: Promise<never>;
  readonly #running = new Map<number, (ran: Ran) => void>();
  readonly #asked: ((reply: unknown) => void)[] = [];
  readonly #ready = Promise.withResolvers<void>();
  #agent: Socket | null = null;
  #monitor: Socket | null = null;
  #count = 0;

  constructor(qemu: ChildProcess, folder: string) {
    this.#qemu = qemu;
    this.folder = folder;
    this.#ended = once(qemu, "exit").then(([code]) => {
      throw new Error(`QEMU ended with ${code}.\n${this.console()}`);
    });
    this.#ended.catch(() => {});
  }

  async open(): Promise<void> {
    this.#agent = await connectTo(join(this.folder, "agent"));
    hear(this.#agent, (line) => {
      const message = JSON.parse(line) as { ready?: true; n: number } & Ran;
      if (message.ready === true) return this.#ready.resolve();
      this.#running.get(message.n)?.(message);
      this.#running.delete(message.n);
    });
    this.#monitor = await connectTo(join(this.folder, "qmp"));
    hear(this.#monitor, (line) => {
      const reply = JSON.parse(line) as { return?: unknown; error?: { desc: string } };
      if (reply.return !== undefined || reply.error !== undefined) this.#asked.shift()?.(reply);
    });
    await this.qmp("qmp_capabilities");
  }

  /** When it takes commands, which is told once, at its boot. */
  isReady(): Promise<void> {
    return Promise.race([this.#ready.promise, this.#ended]);
  }

  async keep(): Promise<void> {
    await this.qmp("stop");
    await this.#leaveSharedOut();
    await this.qmp("migrate", { uri: `exec:cat > ${keptMemory}` });
    await this.#until("query-migrate", "completed");
  }

  async restore(): Promise<void> {
    await this.#leaveSharedOut();
    await this.qmp("migrate-incoming", { uri: `exec:cat ${keptMemory}` });
    await this.#until("query-status", "paused");
    await this.qmp("cont");
  }

  /** The disks are in their files already. */
  #leaveSharedOut(): Promise<unknown> {
    return this.qmp("migrate-set-capabilities", { capabilities: [{ capability: "x-ignore-shared", state: true }] });
  }

  async #until(query: string, wanted: string): Promise<void> {
    while (((await this.qmp(query)) as { status: string }).status !== wanted) await setTimeout(20);
  }

  run(command: string, input?: string): Promise<Ran> {
    this.#count += 1;
    const n = this.#count;
    const ran = new Promise<Ran>((resolve) => this.#running.set(n, resolve));
    this.#agent?.write(`${JSON.stringify({ n, command, input })}\n`);
    return Promise.race([ran, this.#ended]);
  }

  async out(command: string, input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.run(command, input);
    if (code !== 0) throw new Error(`On the board, ${JSON.stringify(command)} ended with ${code}:\n${stdout}${stderr}`);
    return stdout;
  }

  async qmp(execute: string, args: object = {}): Promise<unknown> {
    const replied = new Promise<unknown>((resolve) => this.#asked.push(resolve));
    this.#monitor?.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    const { error, return: value } = (await Promise.race([replied, this.#ended])) as {
      return?: unknown;
      error?: { desc: string };
    };
    if (error !== undefined) throw new Error(`QEMU refused ${execute}: ${error.desc}`);
    return value;
  }

  async plugSocket(id: string): Promise<string> {
    const path = join(this.folder, id);
    const backend = { type: "socket", data: { addr: { type: "unix", data: { path } }, server: true, wait: false } };
    await this.qmp("chardev-add", { id, backend });
    return path;
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
    this.#agent?.destroy();
    this.#monitor?.destroy();
    this.#qemu.kill("SIGKILL");
    await ended;
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
      await setTimeout(50);
    }
  }
}

/** A line that breaks off tells nothing more than QEMU's end does. */
function hear(socket: Socket, heard: (line: string) => void): void {
  createInterface({ input: socket })
    .on("line", heard)
    .on("error", () => {});
}
