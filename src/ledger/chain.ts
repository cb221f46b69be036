// The arithmetic of the record: what exactly is hashed of an event, and how each hash rests on the one before. Pure.
import { createHash, createHmac, createSecretKey } from "node:crypto";

/** What the hash of an event covers, besides the hash before it. `body` is canonical JSON and is hashed as the text it is. */
export interface ChainedEvent {
  readonly seq: number;
  readonly epoch: number;
  readonly wall: number;
  readonly mono: number;
  readonly trusted: boolean;
  readonly boot: string;
  readonly body: string;
  /** Stands for the personal fields, which may be forgotten; null when there never were any. */
  readonly commitment: Buffer | null;
}

/** An event as it lies in the journal. */
export interface JournalRow extends ChainedEvent {
  readonly salt: Buffer | null;
  readonly personal: string | null;
  readonly prev: Buffer;
  readonly hash: Buffer;
  readonly mac: Buffer;
}

/** What the first event of all follows. */
export const chainStart = Buffer.alloc(32);

export function hashEvent(prev: Buffer, event: ChainedEvent): Buffer {
  const hash = createHash("sha256").update("postern event 1\0").update(prev);
  const numbers = Buffer.alloc(41);
  numbers.writeDoubleBE(event.seq, 0);
  numbers.writeDoubleBE(event.epoch, 8);
  numbers.writeDoubleBE(event.wall, 16);
  numbers.writeDoubleBE(event.mono, 24);
  numbers.writeUInt8(event.trusted ? 1 : 0, 32);
  // Lengths keep two texts from passing for one another's halves.
  numbers.writeUInt32BE(Buffer.byteLength(event.boot), 33);
  numbers.writeUInt32BE(Buffer.byteLength(event.body), 37);
  hash.update(numbers).update(event.boot).update(event.body);
  if (event.commitment !== null) hash.update("personal\0").update(event.commitment);
  return hash.digest();
}

/** Salted, so that a forgotten name cannot be found again by trying names. */
export const commitTo = (salt: Buffer, personal: string): Buffer =>
  createHash("sha256").update("postern personal 1\0").update(salt).update(personal).digest();

/** With the bytes alone as the key, Node 24 takes four times as long. */
export const macOf = (key: Buffer, hash: Buffer): Buffer =>
  createHmac("sha256", createSecretKey(key)).update(hash).digest();

/** One way only: who takes the key today, and no seed, cannot make the events of yesterday. */
export const nextKey = (key: Buffer): Buffer =>
  createHash("sha256").update("postern audit key 1\0").update(key).digest();

export function keyAfter(key: Buffer, steps: number): Buffer {
  let evolved = key;
  for (let step = 0; step < steps; step += 1) evolved = nextKey(evolved);
  return evolved;
}
