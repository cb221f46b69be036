// A kernel's GPIO as the tests move it: takes the bytes of real requests apart by <linux/gpio.h>, and knows electrical levels only.
import type { GpioKernel, Hearing } from "../../../../hal/linux/gpio/kernel.ts";
import type { VirtualClock } from "../../../../hal/sim/clock.ts";

const busy = -16;
const noDevice = -19;
const invalid = -22;

export interface FakeChip {
  readonly name: string;
  readonly label: string;
  readonly lines: number;
}

interface Request {
  readonly offsets: readonly number[];
  readonly consumer: string;
  readonly isOutput: boolean;
  readonly activeLow: boolean;
  readonly rising: boolean;
  readonly falling: boolean;
  readonly debounceUs: number;
  readonly bufferSize: number;
  readonly settled: Map<number, boolean>;
  readonly settling: Map<number, { cancel(): void }>;
  seqno: number;
  queue: Buffer[];
  hearing: Hearing | null;
  quietMs: number | null;
  quiet: { cancel(): void } | null;
}

/** Electrical; null is nobody drives it. */
type Level = boolean | null;

export class FakeKernel implements GpioKernel {
  readonly #clock: VirtualClock;
  readonly #all: readonly FakeChip[];
  readonly #chipsOpen = new Map<number, FakeChip>();
  readonly #requests = new Map<number, Request>();
  readonly #outside = new Map<number, boolean>();
  readonly #driven = new Map<number, Level>();
  #nextDescriptor = 100;
  #isUnplugged = false;
  #isPaused = false;
  /** What each line was driven to, in order; null when it was given back. */
  readonly history = new Map<number, Level[]>();
  /** A short: it reads so whatever drives it. */
  readonly shorted = new Map<number, boolean>();
  isForbidden = false;

  constructor(clock: VirtualClock, chips: readonly FakeChip[]) {
    this.#clock = clock;
    this.#all = chips;
  }

  get openCount(): number {
    return this.#chipsOpen.size + this.#requests.size;
  }

  chips(): readonly string[] {
    return this.#isUnplugged ? [] : this.#all.map(({ name }) => `/dev/${name}`);
  }

  open(path: string): number {
    const chip = this.#all.find(({ name }) => `/dev/${name}` === path);
    if (this.isForbidden || chip === undefined) return this.isForbidden ? -13 : -2;
    return this.#take(this.#chipsOpen, chip);
  }

  ioctl(descriptor: number, request: number, argument: Buffer): number {
    if (this.#isUnplugged) return noDevice;
    const size = (request >>> 16) & 0x3fff;
    if (size !== argument.length || ((request >>> 8) & 0xff) !== 0xb4) return invalid;
    const chip = this.#chipsOpen.get(descriptor);
    const lines = this.#requests.get(descriptor);
    switch (request & 0xff) {
      case 0x01:
        if (chip === undefined) return invalid;
        argument.write(chip.name, 0, "latin1");
        argument.write(chip.label, 32, "latin1");
        argument.writeUInt32LE(chip.lines, 64);
        return 0;
      case 0x05: {
        const holder = this.#requestOf(argument.readUInt32LE(64));
        argument.write(holder?.consumer ?? "", 32, "latin1");
        argument.writeBigUInt64LE(holder === undefined ? 0n : 1n, 72);
        return 0;
      }
      case 0x07:
        return chip === undefined ? invalid : this.#request(chip, argument);
      case 0x0e:
        return lines === undefined ? invalid : this.#getValues(lines, argument);
      case 0x0f:
        return lines === undefined || !lines.isOutput ? invalid : this.#setValues(lines, argument);
      default:
        return invalid;
    }
  }

  close(descriptor: number): void {
    if (this.#chipsOpen.delete(descriptor)) return;
    const request = this.#requests.get(descriptor);
    if (request === undefined) throw new Error(`descriptor ${descriptor} is not open`);
    request.quiet?.cancel();
    this.#requests.delete(descriptor);
    if (request.isOutput) for (const offset of request.offsets) this.#drive(offset, null);
  }

  watch(descriptor: number, quietMs: number | null, hearing: Hearing): () => void {
    const request = this.#requests.get(descriptor);
    if (request === undefined) throw new Error(`descriptor ${descriptor} is not open`);
    request.hearing = hearing;
    request.quietMs = quietMs;
    this.#deliver(request);
    return () => {
      if (this.#requests.get(descriptor) === request) this.close(descriptor);
    };
  }

  stop(): void {
    for (const [descriptor, { hearing }] of [...this.#requests]) if (hearing !== null) this.close(descriptor);
  }

  /** As when the process dies. */
  closeAll(): void {
    for (const descriptor of [...this.#chipsOpen.keys(), ...this.#requests.keys()]) this.close(descriptor);
  }

  /** What is at the end of the wire drives it so. */
  set(offset: number, level: boolean): void {
    const before = this.level(offset);
    this.#outside.set(offset, level);
    const request = this.#requestOf(offset);
    if (request === undefined || request.isOutput || before === level) return;
    if (request.debounceUs === 0) this.#queue(request, offset, level, this.#nowNs());
    else this.#settle(request, offset, level);
  }

  level(offset: number): boolean {
    return this.shorted.get(offset) ?? this.#driven.get(offset) ?? this.#outside.get(offset) ?? true;
  }

  /** Pulses to ground, so many microseconds from now; the clock is moved to the last of them. */
  pulses(train: readonly { readonly offset: number; readonly afterUs: number }[]): void {
    const startNs = this.#nowNs();
    for (const { offset, afterUs } of train) {
      const request = this.#requestOf(offset);
      if (request !== undefined) this.#queue(request, offset, false, startNs + BigInt(afterUs) * 1_000n);
    }
    this.#clock.advance(Math.ceil((train.at(-1)?.afterUs ?? 0) / 1_000));
    for (const request of this.#requests.values()) this.#armQuiet(request);
  }

  /** Nobody reads for a while; the kernel keeps what its buffers hold. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (const request of this.#requests.values()) {
      this.#deliver(request);
      this.#armQuiet(request);
    }
  }

  unplug(): void {
    this.#isUnplugged = true;
    for (const [descriptor, request] of [...this.#requests]) {
      if (request.hearing === null) continue;
      request.quiet?.cancel();
      this.#requests.delete(descriptor);
      request.hearing.gone();
    }
  }

  replug(): void {
    this.#isUnplugged = false;
  }

  #nowNs(): bigint {
    return BigInt(this.#clock.mono()) * 1_000_000n;
  }

  #requestOf(offset: number): Request | undefined {
    return [...this.#requests.values()].find(({ offsets }) => offsets.includes(offset));
  }

  #take<Thing>(things: Map<number, Thing>, thing: Thing): number {
    const descriptor = this.#nextDescriptor++;
    things.set(descriptor, thing);
    return descriptor;
  }

  #request(chip: FakeChip, bytes: Buffer): number {
    const count = bytes.readUInt32LE(560);
    const offsets = Array.from({ length: count }, (_, n) => bytes.readUInt32LE(n * 4));
    if (count === 0 || offsets.some((offset) => offset >= chip.lines)) return invalid;
    if (offsets.some((offset) => this.#requestOf(offset) !== undefined)) return busy;
    const flags = bytes.readUInt32LE(288);
    const isOutput = (flags & 8) !== 0;
    if (isOutput === ((flags & 4) !== 0) || (isOutput && (flags & 0x730) !== 0)) return invalid;
    const attributes = new Map<number, bigint>();
    for (let n = 0; n < bytes.readUInt32LE(296); n += 1) {
      const at = 320 + n * 24;
      if (bytes.readBigUInt64LE(at + 16) !== (1n << BigInt(count)) - 1n) return invalid;
      attributes.set(bytes.readUInt32LE(at), bytes.readBigUInt64LE(at + 8));
    }
    const activeLow = (flags & 2) !== 0;
    if (isOutput) {
      const values = attributes.get(2) ?? 0n;
      offsets.forEach((offset, n) => {
        this.#drive(offset, (((values >> BigInt(n)) & 1n) === 1n) !== activeLow);
      });
    } else {
      for (const offset of offsets) if (!this.#outside.has(offset)) this.#outside.set(offset, (flags & 512) === 0);
    }
    const request: Request = {
      offsets,
      consumer: bytes.toString("latin1", 256, bytes.indexOf(0, 256)),
      isOutput,
      activeLow,
      rising: (flags & 16) !== 0,
      falling: (flags & 32) !== 0,
      debounceUs: Number(attributes.get(3) ?? 0n),
      bufferSize: bytes.readUInt32LE(564) || count * 16,
      settled: new Map(offsets.map((offset) => [offset, this.level(offset)])),
      settling: new Map(),
      seqno: 0,
      queue: [],
      hearing: null,
      quietMs: null,
      quiet: null,
    };
    bytes.writeInt32LE(this.#take(this.#requests, request), 588);
    return 0;
  }

  #getValues(request: Request, bytes: Buffer): number {
    let bits = 0n;
    request.offsets.forEach((offset, n) => {
      const level = request.debounceUs > 0 ? request.settled.get(offset) : this.level(offset);
      if (level !== request.activeLow) bits |= 1n << BigInt(n);
    });
    bytes.writeBigUInt64LE(bits & bytes.readBigUInt64LE(8), 0);
    return 0;
  }

  #setValues(request: Request, bytes: Buffer): number {
    const [bits, mask] = [bytes.readBigUInt64LE(0), bytes.readBigUInt64LE(8)];
    request.offsets.forEach((offset, n) => {
      const place = 1n << BigInt(n);
      if ((mask & place) !== 0n) this.#drive(offset, ((bits & place) !== 0n) !== request.activeLow);
    });
    return 0;
  }

  #drive(offset: number, level: Level): void {
    if (this.#driven.get(offset) === level) return;
    this.#driven.set(offset, level);
    this.history.set(offset, [...(this.history.get(offset) ?? []), level]);
  }

  #settle(request: Request, offset: number, level: boolean): void {
    request.settling.get(offset)?.cancel();
    const settled = (): void => {
      if (request.settled.get(offset) === level) return;
      request.settled.set(offset, level);
      this.#queue(request, offset, level, this.#nowNs());
    };
    request.settling.set(offset, this.#clock.after(request.debounceUs / 1_000, "debounce", settled));
  }

  #queue(request: Request, offset: number, level: boolean, atNs: bigint): void {
    const isRising = level !== request.activeLow;
    if (isRising ? !request.rising : !request.falling) return;
    request.seqno += 1;
    const event = Buffer.alloc(48);
    event.writeBigUInt64LE(atNs, 0);
    event.writeUInt32LE(isRising ? 1 : 2, 8);
    event.writeUInt32LE(offset, 12);
    event.writeUInt32LE(request.seqno, 16);
    request.queue.push(event);
    if (request.queue.length > request.bufferSize) request.queue.shift();
    this.#deliver(request);
  }

  #deliver(request: Request): void {
    if (this.#isPaused || request.hearing === null || request.queue.length === 0) return;
    const bytes = new Uint8Array(Buffer.concat(request.queue));
    request.queue = [];
    request.hearing.events(bytes);
  }

  #armQuiet(request: Request): void {
    const { quietMs, hearing } = request;
    request.quiet?.cancel();
    if (quietMs === null || hearing === null || this.#isPaused) return;
    request.quiet = this.#clock.after(quietMs, "quiet", () => hearing.quiet(this.#nowNs()));
  }
}

/** The bits as pulses, one period apart. */
export const cardPulses = (bits: string, { d0, d1 }: { readonly d0: number; readonly d1: number }, periodUs: number) =>
  [...bits].map((bit, n) => ({ offset: bit === "1" ? d1 : d0, afterUs: n * periodUs }));
