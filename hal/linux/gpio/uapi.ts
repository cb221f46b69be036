// The bytes in which Linux is asked for lines and tells of their edges (GPIO character device, version 2); asks nobody itself.
//
// Little-endian, as on every board that Postern runs on. Sizes and offsets are those of <linux/gpio.h>.

export const chipInfoRequest = 0x8044b401;
export const lineInfoRequest = 0xc100b405;
export const lineRequest = 0xc250b407;
export const getValuesRequest = 0xc010b40e;
export const setValuesRequest = 0xc010b40f;

const chipInfoBytes = 68;
const lineInfoBytes = 256;
const lineRequestBytes = 592;
export const eventBytes = 48;

const consumerAt = 256;
const flagsAt = 288;
const attributeCountAt = 296;
const attributesAt = 320;
const attributeBytes = 24;
const lineCountAt = 560;
const bufferSizeAt = 564;
const descriptorAt = 588;
/** Names are C strings with a byte for their end. */
const nameBytes = 32;

const flag = {
  activeLow: 1n << 1n,
  input: 1n << 2n,
  output: 1n << 3n,
  rising: 1n << 4n,
  falling: 1n << 5n,
  pullUp: 1n << 8n,
  pullDown: 1n << 9n,
  noPull: 1n << 10n,
} as const;
const attribute = { outputValues: 2, debounceUs: 3 } as const;
const risingEvent = 1;

export type Pull = "up" | "down" | "none";

/** Levels are logical: 1 is what the line is for, whichever electrical level that is. */
export type LineOrder = {
  /** Line numbers within the chip, at most 64; a bit of a value is the place in this list. */
  readonly offsets: readonly number[];
  /** Whoever else wants the lines is told who has them. */
  readonly consumer: string;
  readonly activeLow: boolean;
} & (
  | {
      readonly direction: "in";
      readonly pull: Pull;
      readonly edges: "both" | "falling";
      readonly debounceMs: number;
      /** How many events the kernel keeps for whoever reads late. */
      readonly bufferSize: number;
    }
  /** The level is on the line from the same instant on in which it becomes an output. */
  | { readonly direction: "out"; readonly value: boolean }
);

export interface ChipInfo {
  readonly name: string;
  readonly label: string;
  readonly lines: number;
}

export interface LineEvent {
  /** CLOCK_MONOTONIC, at the interrupt. */
  readonly atNs: bigint;
  readonly rising: boolean;
  readonly offset: number;
  /** Counts up by one over all lines of one request, from 1, in the order of the interrupts. */
  readonly seqno: number;
}

export const chipInfoBuffer = (): Buffer => Buffer.alloc(chipInfoBytes);

export function decodeChipInfo(bytes: Buffer): ChipInfo {
  return { name: cString(bytes, 0), label: cString(bytes, nameBytes), lines: bytes.readUInt32LE(2 * nameBytes) };
}

export function encodeLineInfo(offset: number): Buffer {
  const bytes = Buffer.alloc(lineInfoBytes);
  bytes.writeUInt32LE(offset, 2 * nameBytes);
  return bytes;
}

/** Who has the line; empty where nobody has, or does not say. */
export const decodeConsumer = (bytes: Buffer): string => cString(bytes, nameBytes);

/** The first of its flags, behind name, consumer, offset and a count. */
export const decodeIsUsed = (bytes: Buffer): boolean => (bytes.readBigUInt64LE(2 * nameBytes + 8) & 1n) === 1n;

export function encodeLineRequest(order: LineOrder): Buffer {
  const bytes = Buffer.alloc(lineRequestBytes);
  for (const [place, offset] of order.offsets.entries()) bytes.writeUInt32LE(offset, place * 4);
  bytes.write(order.consumer.slice(0, nameBytes - 1), consumerAt, "latin1");
  bytes.writeBigUInt64LE(flagsOf(order), flagsAt);
  bytes.writeUInt32LE(order.offsets.length, lineCountAt);
  const all = (1n << BigInt(order.offsets.length)) - 1n;
  const [id, value] = attributeOf(order, all);
  if (id !== null) {
    bytes.writeUInt32LE(1, attributeCountAt);
    bytes.writeUInt32LE(id, attributesAt);
    bytes.writeBigUInt64LE(value, attributesAt + 8);
    bytes.writeBigUInt64LE(all, attributesAt + attributeBytes - 8);
  }
  if (order.direction === "in") bytes.writeUInt32LE(order.bufferSize, bufferSizeAt);
  return bytes;
}

/** What the kernel wrote into the request. */
export const decodeDescriptor = (bytes: Buffer): number => bytes.readInt32LE(descriptorAt);

function flagsOf(order: LineOrder): bigint {
  const level = order.activeLow ? flag.activeLow : 0n;
  if (order.direction === "out") return level | flag.output;
  const pulls = { up: flag.pullUp, down: flag.pullDown, none: flag.noPull } as const;
  const edges = order.edges === "both" ? flag.rising | flag.falling : flag.falling;
  return level | flag.input | pulls[order.pull] | edges;
}

function attributeOf(order: LineOrder, all: bigint): readonly [number | null, bigint] {
  if (order.direction === "out") return [attribute.outputValues, order.value ? all : 0n];
  return order.debounceMs === 0 ? [null, 0n] : [attribute.debounceUs, BigInt(order.debounceMs) * 1_000n];
}

/** One line, the first of its request. */
export function encodeValue(value: boolean): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(value ? 1n : 0n, 0);
  bytes.writeBigUInt64LE(1n, 8);
  return bytes;
}

export const decodeValue = (bytes: Buffer): boolean => (bytes.readBigUInt64LE(0) & 1n) === 1n;

/** What is no whole event is left out. */
export function decodeEvents(bytes: Uint8Array): readonly LineEvent[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: LineEvent[] = [];
  for (let at = 0; at + eventBytes <= bytes.byteLength; at += eventBytes) {
    events.push({
      atNs: view.getBigUint64(at, true),
      rising: view.getUint32(at + 8, true) === risingEvent,
      offset: view.getUint32(at + 12, true),
      seqno: view.getUint32(at + 16, true),
    });
  }
  return events;
}

/** Counted in 32 bits, so it begins anew after four thousand million events. */
export const follows = (before: number, seqno: number): boolean => seqno === (before + 1) >>> 0;

function cString(bytes: Buffer, at: number): string {
  const name = bytes.subarray(at, at + nameBytes);
  const end = name.indexOf(0);
  return name.toString("latin1", 0, end < 0 ? nameBytes : end);
}
