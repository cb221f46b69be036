// The running kernel as the lines need it: system calls through koffi, and one thread that waits for all edges.
import { readdirSync } from "node:fs";
import { extname } from "node:path";
import { MessageChannel, Worker } from "node:worker_threads";
import koffi from "koffi";
import type { GpioKernel, Hearing } from "./kernel.ts";
import type { Told, WaitOrder, WaitSetup } from "./wait-thread.ts";

type Library = ReturnType<typeof koffi.load>;

const threadFile = new URL(`./wait-thread${extname(import.meta.filename)}`, import.meta.url);
const readAndWrite = 2;
const closeOnExec = 0o2000000;
/** How long an ending waits for the thread, which needs well under a millisecond unless the machine hangs. */
const maxEndingMs = 250;

export function openLinuxKernel(): GpioKernel {
  const libc = koffi.load("libc.so.6");
  const open = libc.func("int open(const char *path, int flags)");
  const ioctl = libc.func("int ioctl(int fd, ulong request, void *argument)");
  const close = libc.func("int close(int fd)");
  const orError = (result: number): number => (result < 0 ? -koffi.errno() : result);
  const waiting = new Waiting(libc);

  return {
    chips: () =>
      readdirSync("/dev")
        .filter((name) => /^gpiochip[0-9]+$/.test(name))
        .sort((one, other) => Number(one.slice(8)) - Number(other.slice(8)))
        .map((name) => `/dev/${name}`),
    open: (path) => orError(open(path, readAndWrite | closeOnExec) as number),
    ioctl: (descriptor, request, argument) => orError(ioctl(descriptor, request, argument) as number),
    close: (descriptor) => void close(descriptor),
    watch: (descriptor, quietMs, hearing) => waiting.watch(descriptor, quietMs, hearing),
    stop: () => waiting.stop(),
  };
}

/** The main thread's side of the one that waits. It is started with the first descriptor. */
class Waiting {
  readonly #libc: Library;
  readonly #hearings = new Map<number, Hearing>();
  #nextId = 1;
  #thread: { readonly worker: Worker; send(order: WaitOrder): void; readonly ended: Int32Array } | null = null;
  readonly #endAtExit = (): void => this.stop();

  constructor(libc: Library) {
    this.#libc = libc;
  }

  watch(descriptor: number, quietMs: number | null, hearing: Hearing): () => void {
    const id = this.#nextId++;
    this.#hearings.set(id, hearing);
    this.#thread ??= this.#start();
    this.#thread.send({ kind: "watch", id, descriptor, quietMs });
    return () => {
      if (this.#hearings.delete(id)) this.#thread?.send({ kind: "forget", id });
    };
  }

  stop(): void {
    const thread = this.#thread;
    this.#thread = null;
    this.#hearings.clear();
    if (thread === null) return;
    process.off("exit", this.#endAtExit);
    thread.send({ kind: "end" });
    Atomics.wait(thread.ended, 0, 0, maxEndingMs);
  }

  #start() {
    const eventfd = this.#libc.func("int eventfd(uint initial, int flags)");
    const write = this.#libc.func("long write(int fd, const void *bytes, ulong count)");
    const wake = eventfd(0, closeOnExec) as number;
    const one = Buffer.alloc(8);
    one.writeBigUInt64LE(1n);
    const { port1, port2 } = new MessageChannel();
    const ended = new Int32Array(new SharedArrayBuffer(4));
    const workerData: WaitSetup = { wake, orders: port2, ended };
    const worker = new Worker(threadFile, { workerData, transferList: [port2] });
    worker.on("message", (told: Told) => this.#hear(told));
    // Without it no reader is served any more; the controller's own handler locks the doors and ends the process.
    worker.on("error", (error) => {
      throw error;
    });
    worker.unref();
    port1.unref();
    // A thread inside a system call cannot be ended from outside, and the process would wait for it for ever.
    process.on("exit", this.#endAtExit);
    const send = (order: WaitOrder): void => {
      port1.postMessage(order);
      write(wake, one, one.length);
    };
    return { worker, send, ended };
  }

  #hear(told: Told): void {
    const hearing = this.#hearings.get(told.id);
    switch (told.kind) {
      case "events":
        hearing?.events(told.bytes);
        return;
      case "quiet":
        hearing?.quiet(told.atNs);
        return;
      case "gone":
        this.#hearings.delete(told.id);
        hearing?.gone();
    }
  }
}
