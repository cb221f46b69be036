// A pcscd of its own for each test: behind a private socket, with a virtual reader whose cards come from this process.
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { VirtualCard } from "../hal/linux/cards/virtual-card.ts";

const driver = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
/** Other messages of one byte turn it on, off, or reset it. */
const askAtr = 0x04;

export const hasPcscd = (): boolean => existsSync("/usr/sbin/pcscd") && existsSync(driver);

/** A card is in the virtual reader for as long as somebody is connected to it. */
class Slot {
  readonly #path: string;
  #socket: Socket | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** Null takes away what lies there. */
  lay(card: VirtualCard | null): void {
    this.#socket?.destroy();
    this.#socket = card === null ? null : connectCard(this.#path, card);
  }
}

/** Each message is its length in two bytes and then itself; one byte is about power, more are a command. */
function connectCard(path: string, card: VirtualCard): Socket {
  const socket = connect(path);
  let heard: Buffer = Buffer.alloc(0);
  const answer = (body: Buffer): void => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(body.length);
    socket.write(Buffer.concat([length, body]));
  };
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    heard = Buffer.concat([heard, bytes as Buffer]);
    while (heard.length >= 2 && heard.length >= 2 + heard.readUInt16BE(0)) {
      const body = heard.subarray(2, 2 + heard.readUInt16BE(0));
      heard = heard.subarray(2 + body.length);
      if (body.length > 1) answer(card.answer(body));
      else if (body[0] === askAtr) answer(card.atr);
      else card.reset();
    }
  });
  return socket;
}

export interface TestDaemon {
  /** For PCSCLITE_CSOCK_NAME. */
  readonly socket: string;
  pid(): number;
  /** Lays a card on the reader, or takes it away with null. */
  lay(card: VirtualCard | null): void;
  signal(signal: NodeJS.Signals): void;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function openDaemon(): Promise<TestDaemon> {
  const folder = mkdtempSync(join(tmpdir(), "postern-pcscd-"));
  mkdirSync(join(folder, "conf"));
  writeFileSync(
    join(folder, "conf", "vpcd"),
    `FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:0x8C7B\nLIBPATH ${driver}\nCHANNELID 0x8C7B\n`,
  );
  const daemon = new Daemon(folder);
  await daemon.start();
  return daemon;
}

class Daemon implements TestDaemon {
  readonly socket: string;
  readonly #folder: string;
  readonly #slot: Slot;
  #process: ChildProcess | null = null;

  constructor(folder: string) {
    this.#folder = folder;
    this.#slot = new Slot(join(folder, "slot"));
    this.socket = join(folder, "run", "pcscd", "pcscd.comm");
  }

  pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error("pcscd does not run");
    return pid;
  }

  lay(card: VirtualCard | null): void {
    this.#slot.lay(card);
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid(), signal);
  }

  async start(): Promise<void> {
    for (const old of ["run", "slot"]) rmSync(join(this.#folder, old), { recursive: true, force: true });
    mkdirSync(join(this.#folder, "run"));
    // It ends with us, however we end.
    const words = ["--pdeathsig", "KILL", "unshare", ...asRoot(), "--mount", "--net", "sh", "-c", inside, "sh"];
    const started = spawn("setpriv", [...words, this.#folder], { stdio: "ignore" });
    this.#process = started;
    for (let tries = 0; !existsSync(this.socket) || !existsSync(join(this.#folder, "slot")); tries += 1) {
      if (tries > 500 || started.exitCode !== null) throw new Error("pcscd did not start");
      await pause(20);
    }
  }

  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = null;
    if (running === null) return;
    running.kill("SIGKILL");
    if (running.exitCode === null && running.signalCode === null) await once(running, "exit");
  }

  async stop(): Promise<void> {
    this.#slot.lay(null);
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * In a view of the files of its own, as its socket's place is compiled in, and in a network of its own, as its virtual reader
 * listens to anybody. Cards come in through a socket in the folder. The shell becomes pcscd, so that there is one to end.
 */
const inside = `mount --bind "$1/run" /run && ip link set lo up &&
{ setpriv --pdeathsig KILL socat UNIX-LISTEN:"$1/slot",fork TCP:127.0.0.1:35963 & } && exec /usr/sbin/pcscd -f -c "$1/conf"`;

const asRoot = (): readonly string[] => (process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]);
