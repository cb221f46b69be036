// An RS-485 line in virtual time, with simulated readers on it, noise, and whatever else a test lets talk; and the panel's part.
import type { BoardEvent } from "../../../hal/board.ts";
import type { MonoMs } from "../../../hal/clock.ts";
import type { KeyStore } from "../../../hal/linux/osdp/key-store.ts";
import { type OsdpSpec, openOsdp } from "../../../hal/linux/osdp/part.ts";
import type { ReaderRecord } from "../../../hal/linux/osdp/reader-state.ts";
import type { Part } from "../../../hal/linux/part.ts";
import type { SerialEars } from "../../../hal/linux/serial-line.ts";
import { createVirtualClock, type VirtualClock } from "../../../hal/sim/clock.ts";
import type { SimulatedReader } from "./reader-simulator.ts";

export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface Noise {
  readonly drop: number;
  readonly flip: number;
}

export interface Bench {
  readonly clock: VirtualClock;
  readonly part: Part;
  readonly events: BoardEvent[];
  readonly saved: Map<string, ReaderRecord>;
  readonly sent: Buffer[];
  /** Puts bytes on the line that no simulated reader sent. */
  inject(bytes: Buffer): void;
  /** Sees each answer on its way to the panel and says what arrives instead. */
  intercept(change: ((reply: Buffer, command: Buffer) => readonly Buffer[]) | null): void;
  settle(): Promise<void>;
  /** In small steps, so that what waits for a disk gets on. */
  run(ms: number): Promise<void>;
  cards(): string[];
  said(kind: BoardEvent["kind"]): BoardEvent[];
  attacks(): string[];
  unplug(): void;
}

export const ownKey = (n: number): Buffer =>
  Buffer.from(`c0ffee${n.toString(16).padStart(2, "0")}9b1d4e7733a8f05c21e6fb40`, "hex");

export interface BenchOptions {
  readonly readers: readonly SimulatedReader[];
  readonly baud?: number;
  readonly noise?: Noise;
  readonly random?: () => number;
  readonly security?: "required" | "none";
  readonly relays?: OsdpSpec["relays"];
  readonly inputs?: OsdpSpec["inputs"];
  /** Keys that the panel holds; left out, those of the readers. */
  readonly records?: readonly ReaderRecord[];
  /** How long readers take to answer; left out, 3 ms. */
  readonly answerMs?: number;
  /** The panel's adapter lets it hear itself. */
  readonly hasEcho?: boolean;
  readonly saving?: () => Promise<void>;
}

export async function openBench(options: BenchOptions): Promise<Bench> {
  const { readers, baud = 9_600, noise = { drop: 0, flip: 0 }, random = seeded(1) } = options;
  const clock = createVirtualClock({ startWallMs: Date.UTC(2026, 0, 1), trusted: true });
  const events: BoardEvent[] = [];
  const saved = new Map<string, ReaderRecord>();
  const sent: Buffer[] = [];
  let ears: SerialEars | null = null;
  let change: ((reply: Buffer, command: Buffer) => readonly Buffer[]) | null = null;
  const msOf = (bytes: Buffer): number => (bytes.length * 10_000) / baud;
  const damaged = (bytes: Buffer): Buffer | null => {
    if (random() < noise.drop) return null;
    const out = Buffer.from(bytes);
    for (const n of out.keys()) if (random() < noise.flip) out[n] = out[n]! ^ (1 << Math.floor(random() * 8));
    return out;
  };
  const hearCommand = (command: Buffer): void => {
    for (const reader of readers) {
      const heard = damaged(command);
      const reply = heard === null ? null : reader.hear(heard, clock.mono());
      if (reply === null) continue;
      let wholeMs = options.answerMs ?? 3;
      for (const one of change?.(reply, command) ?? [reply]) {
        const arriving = damaged(one);
        wholeMs += msOf(one);
        if (arriving !== null) clock.after(wholeMs, "reply", () => ears?.data(arriving));
      }
    }
  };
  const keys: KeyStore = {
    load: async (reader) => ({ record: recordOf(reader), problem: null }),
    save: async (reader, record) => {
      await options.saving?.();
      saved.set(reader, record);
    },
  };
  const recordOf = (id: string): ReaderRecord => {
    const n = Number(id.slice(1));
    const key = readers[n]?.key ?? null;
    return options.records?.[n] ?? { current: key === null ? null : { key, identity: null, chip: null }, next: null };
  };
  const spec: OsdpSpec = {
    lines: [{ id: "line", port: "ttyUSB0", baud }],
    readers: readers.map((reader, n) => ({
      id: `r${n}`,
      line: "line",
      address: reader.options.address,
      security: options.security ?? "required",
    })),
    relays: options.relays ?? [],
    inputs: options.inputs ?? [],
  };
  const part = await openOsdp(spec, {
    clock,
    keys,
    random: (size) => Buffer.from(Array.from({ length: size }, () => Math.floor(random() * 256))),
    openSerial: async (_port, _baud, heard) => {
      ears = heard;
      return {
        write: (bytes) => {
          sent.push(bytes);
          if (options.hasEcho === true) {
            const half = bytes.length >> 1;
            clock.after(msOf(bytes) / 2, "echo", () => ears?.data(bytes.subarray(0, half)));
            clock.after(msOf(bytes), "echo", () => ears?.data(bytes.subarray(half)));
          }
          clock.after(msOf(bytes), "command", () => hearCommand(bytes));
        },
        close: () => {
          ears = null;
        },
      };
    },
  });
  part.start((event) => events.push(event));
  const settle = async () => {
    for (let n = 0; n < 3; n += 1) await new Promise<void>((resolve) => setImmediate(resolve));
  };
  await settle();
  return {
    clock,
    part,
    events,
    saved,
    sent,
    settle,
    inject: (bytes) => ears?.data(bytes),
    intercept: (next) => {
      change = next;
    },
    run: async (ms) => {
      const end = (clock.mono() + ms) as MonoMs;
      while (clock.mono() < end) {
        clock.advance(Math.min(100, end - clock.mono()));
        await settle();
      }
    },
    cards: () => events.flatMap((event) => (event.kind === "frame" ? [event.bits] : [])),
    said: (kind) => events.filter((event) => event.kind === kind),
    attacks: () => events.flatMap((event) => (event.kind === "attack" ? [event.what] : [])),
    unplug: () => ears?.lost("unplugged"),
  };
}
