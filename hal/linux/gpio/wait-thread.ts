// A thread that does nothing but wait in the kernel for the edges of all lines and pass them on; knows no line's meaning.
import type { MessagePort } from "node:worker_threads";
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import koffi from "koffi";
import { eventBytes } from "./uapi.ts";

export interface WaitSetup {
  /** Written to whenever there is an order. */
  readonly wake: number;
  readonly orders: MessagePort;
  /** Becomes 1 when all descriptors are closed. */
  readonly ended: Int32Array;
}

export type WaitOrder =
  | { readonly kind: "watch"; readonly id: number; readonly descriptor: number; readonly quietMs: number | null }
  | { readonly kind: "forget"; readonly id: number }
  | { readonly kind: "end" };

export type Told =
  | { readonly kind: "events"; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: "quiet"; readonly id: number; readonly atNs: bigint }
  | { readonly kind: "gone"; readonly id: number };

interface Watched {
  readonly id: number;
  readonly descriptor: number;
  readonly quietNs: bigint | null;
  /** When it counts as quiet if nothing comes; null has nothing to say. */
  quietAt: bigint | null;
}

const pollIn = 0x1;
const pollTrouble = 0x8 | 0x10 | 0x20;
const pollEntryBytes = 8;
const eventsAtOnce = 64;
const errorInterrupted = 4;
const errorTryAgain = 11;

const libc = koffi.load("libc.so.6");
const poll = libc.func("int poll(void *entries, ulong count, int timeoutMs)");
const read = libc.func("long read(int fd, void *bytes, ulong count)");
const close = libc.func("int close(int fd)");

function wait({ wake, orders, ended }: WaitSetup): void {
  let watched: Watched[] = [];
  const counter = Buffer.alloc(8);
  const batch = Buffer.alloc(eventsAtOnce * eventBytes);

  const give = (line: Watched): void => {
    watched = watched.filter((other) => other !== line);
    close(line.descriptor);
  };

  const passOn = (line: Watched): void => {
    const count = read(line.descriptor, batch, batch.length) as number;
    if (count <= 0) {
      const error = koffi.errno();
      if (count < 0 && (error === errorInterrupted || error === errorTryAgain)) return;
      tell({ kind: "gone", id: line.id });
      give(line);
      return;
    }
    tell({ kind: "events", id: line.id, bytes: new Uint8Array(batch.subarray(0, count)) });
    if (line.quietNs !== null) line.quietAt = process.hrtime.bigint() + line.quietNs;
  };

  for (;;) {
    const entries = pollEntries([wake, ...watched.map(({ descriptor }) => descriptor)]);
    // Taken before the poll, which looks at every line afterwards: what it does not find had not happened by then.
    const lookedAt = process.hrtime.bigint();
    const result = poll(entries, watched.length + 1, timeoutMs(watched, lookedAt)) as number;
    if (result < 0 && koffi.errno() !== errorInterrupted) throw new Error(`poll failed with ${koffi.errno()}`);
    for (const [place, line] of [...watched.entries()]) {
      const found = foundAt(entries, place + 1);
      if ((found & pollIn) !== 0) passOn(line);
      else if ((found & pollTrouble) !== 0) {
        tell({ kind: "gone", id: line.id });
        give(line);
      } else if (line.quietAt !== null && lookedAt >= line.quietAt) {
        line.quietAt = null;
        tell({ kind: "quiet", id: line.id, atNs: lookedAt });
      }
    }
    if (foundAt(entries, 0) === 0) continue;
    read(wake, counter, counter.length);
    for (let taken = receiveMessageOnPort(orders); taken !== undefined; taken = receiveMessageOnPort(orders)) {
      const order = taken.message as WaitOrder;
      if (order.kind === "watch") {
        const quietNs = order.quietMs === null ? null : BigInt(order.quietMs) * 1_000_000n;
        watched = [...watched, { id: order.id, descriptor: order.descriptor, quietNs, quietAt: null }];
      } else if (order.kind === "forget") {
        for (const line of watched.filter(({ id }) => id === order.id)) give(line);
      } else {
        for (const line of watched) close(line.descriptor);
        close(wake);
        orders.close();
        Atomics.store(ended, 0, 1);
        Atomics.notify(ended, 0);
        return;
      }
    }
  }
}

const tell = (told: Told): void => parentPort?.postMessage(told);

/** struct pollfd: the descriptor, what is asked for, what was found. */
function pollEntries(descriptors: readonly number[]): Buffer {
  const entries = Buffer.alloc(descriptors.length * pollEntryBytes);
  for (const [place, descriptor] of descriptors.entries()) {
    entries.writeInt32LE(descriptor, place * pollEntryBytes);
    entries.writeInt16LE(pollIn, place * pollEntryBytes + 4);
  }
  return entries;
}

const foundAt = (entries: Buffer, place: number): number => entries.readInt16LE(place * pollEntryBytes + 6);

/** For ever where nobody waits to be told of quiet. */
function timeoutMs(watched: readonly Watched[], now: bigint): number {
  let first: bigint | null = null;
  for (const { quietAt } of watched) if (quietAt !== null && (first === null || quietAt < first)) first = quietAt;
  if (first === null) return -1;
  return first <= now ? 0 : Number((first - now) / 1_000_000n) + 1;
}

wait(workerData as WaitSetup);
