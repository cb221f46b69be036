// Where the record's head is kept outside the database, with the newest audit key, and the first one as a seed
// that lies beside it until the owner takes it away.
import { createHash } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "../domain/fault.ts";
import { makeKeysFolder, writeDurably } from "./keys.ts";
import { syncPath } from "./migrate.ts";

export interface Anchor {
  readonly epoch: number;
  /** The newest event when this was written; 0 before the first. */
  readonly seq: number;
  readonly hash: Buffer;
  /** Authenticates event `seq + 1`. */
  readonly key: Buffer;
}

/** The key of the first event after `afterSeq`; with it every later one of the epoch can be checked. */
export interface AuditSeed {
  readonly epoch: number;
  readonly afterSeq: number;
  readonly key: Buffer;
}

export interface AnchorStore {
  /** Null when there is none, or none that is whole. */
  read(): Anchor | null;
  /** Durable before it returns: before the first event of an epoch. */
  establish(anchor: Anchor, seed: AuditSeed): void;
  write(anchor: Anchor): void;
  close(): void;
}

/**
 * Two slots written in turn, each whole or recognizably not, a file system block apart, so that a torn write leaves the
 * older. Not synced: after a power cut it lags behind the database, and the events in between are checked and caught up.
 */
const slotBytes = 160;
const slotOffsets = [0, 4_096] as const;
const fileBytes = 8_192;
const magic = Buffer.from("PSTNANC1");
const anchorName = "anchor";
const seedName = "audit-seed";

export function openAnchorFile(keysDir: string): AnchorStore {
  const path = join(keysDir, anchorName);
  let file: number | null = existsSync(path) ? openSync(path, "r+") : null;
  let newest = readSlots(path);
  const write = (anchor: Anchor): void => {
    if (file === null) return;
    const turn = (newest?.turn ?? 0) + 1;
    const offset = slotOffsets[turn % 2 === 0 ? 0 : 1];
    const slot = encodeSlot(anchor, turn);
    if (writeSync(file, slot, 0, slot.length, offset) !== slot.length) {
      throw new Fault("anchor.notWritten", "The anchor of the record was written only in part.", { path });
    }
    newest = { anchor, turn };
  };
  return {
    read: () => newest?.anchor ?? null,
    establish(anchor, seed) {
      makeKeysFolder(keysDir);
      keepSeed(keysDir, seed);
      if (file !== null) closeSync(file);
      writeDurably(path, Buffer.alloc(fileBytes), 0o600);
      file = openSync(path, "r+");
      write(anchor);
      fsyncSync(file);
      syncPath(keysDir);
    },
    write,
    close() {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
}

/** Who finds one on the board can make the events of its epoch anew: the owner takes them away. */
export function seedFilesIn(keysDir: string): string[] {
  if (!existsSync(keysDir)) return [];
  const names = readdirSync(keysDir).filter((name) => name === seedName || name.startsWith(`${seedName}.`));
  return names.sort().map((name) => join(keysDir, name));
}

/** For whoever verifies the record; the ledger may be running. */
export const readAnchorFile = (keysDir: string): Anchor | null => readSlots(join(keysDir, anchorName))?.anchor ?? null;

export function memoryAnchor(): AnchorStore & { readonly seeds: readonly AuditSeed[] } {
  let kept: Anchor | null = null;
  const seeds: AuditSeed[] = [];
  return {
    seeds,
    read: () => kept,
    establish(anchor, seed) {
      kept = anchor;
      seeds.push(seed);
    },
    write(anchor) {
      kept = anchor;
    },
    close() {},
  };
}

interface Slot {
  readonly anchor: Anchor;
  /** Counts the writes, so that the newer of two slots is known even when an epoch starts over. */
  readonly turn: number;
}

function encodeSlot(anchor: Anchor, turn: number): Buffer {
  const slot = Buffer.alloc(slotBytes);
  magic.copy(slot, 0);
  slot.writeDoubleBE(turn, 8);
  slot.writeDoubleBE(anchor.epoch, 16);
  slot.writeDoubleBE(anchor.seq, 24);
  anchor.hash.copy(slot, 32);
  anchor.key.copy(slot, 64);
  checksum(slot).copy(slot, 96);
  return slot;
}

function decodeSlot(slot: Buffer): Slot | null {
  if (slot.length < slotBytes || !slot.subarray(0, 8).equals(magic)) return null;
  if (!slot.subarray(96, 128).equals(checksum(slot))) return null;
  const anchor = {
    epoch: slot.readDoubleBE(16),
    seq: slot.readDoubleBE(24),
    hash: Buffer.from(slot.subarray(32, 64)),
    key: Buffer.from(slot.subarray(64, 96)),
  };
  return { anchor, turn: slot.readDoubleBE(8) };
}

const checksum = (slot: Buffer): Buffer => createHash("sha256").update(slot.subarray(0, 96)).digest();

function readSlots(path: string): Slot | null {
  if (!existsSync(path)) return null;
  const bytes = readFileSync(path);
  const [first, second] = slotOffsets.map((offset) => decodeSlot(bytes.subarray(offset, offset + slotBytes)));
  if (first == null) return second ?? null;
  return second == null || first.turn > second.turn ? first : second;
}

/** The first seed has the plain name; the seeds of later epochs never overwrite it. */
function keepSeed(keysDir: string, seed: AuditSeed): void {
  const plain = join(keysDir, seedName);
  const path = existsSync(plain) ? `${plain}.${seed.epoch}` : plain;
  const text = JSON.stringify({ epoch: seed.epoch, afterSeq: seed.afterSeq, key: seed.key.toString("hex") });
  writeDurably(path, Buffer.from(`${text}\n`), 0o400);
}

export function readSeedFile(path: string): AuditSeed {
  const refuse = (cause?: unknown): Fault => new Fault("seed.malformed", "This is not an audit seed.", { path }, cause);
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw refuse(error);
  }
  if (typeof parsed !== "object" || parsed === null) throw refuse();
  const { epoch, afterSeq, key } = parsed as { epoch?: unknown; afterSeq?: unknown; key?: unknown };
  if (!isCount(epoch) || !isCount(afterSeq) || typeof key !== "string" || !/^[0-9a-f]{64}$/.test(key)) throw refuse();
  return { epoch, afterSeq, key: Buffer.from(key, "hex") };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
