// Where the keys of OSDP readers are kept: a file of its own for each, that only this service's user may read. Knows no line.
import { mkdir, open, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Pairing, ReaderRecord } from "./reader-state.ts";
import { noRecord } from "./reader-state.ts";
import { keyBytes } from "./secure-channel.ts";

const maxFileBytes = 4_096;

export interface LoadedRecord {
  readonly record: ReaderRecord;
  /** Why a key that is there is not used. */
  readonly problem: string | null;
}

export interface KeyStore {
  load(reader: string): Promise<LoadedRecord>;
  save(reader: string, record: ReaderRecord): Promise<void>;
}

export function openKeyStore(keysDir: string): KeyStore {
  const folder = join(keysDir, "osdp");
  const fileOf = (reader: string): string => join(folder, `${reader}.json`);
  return {
    load: (reader) => loadRecord(fileOf(reader)),
    async save(reader, record) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const partial = `${fileOf(reader)}.partial`;
      await writeSynced(partial, JSON.stringify(toFile(record)));
      await rename(partial, fileOf(reader));
      const directory = await open(folder, "r");
      await directory.sync().finally(() => directory.close());
    },
  };
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function loadRecord(path: string): Promise<LoadedRecord> {
  const unusable = (problem: string): LoadedRecord => ({ record: noRecord, problem });
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => error);
  if (file instanceof Error) {
    if (file.code === "ENOENT") return { record: noRecord, problem: null };
    return unusable(`its key cannot be read: ${file.message}`);
  }
  try {
    const { mode, size } = await file.stat();
    if ((mode & 0o077) !== 0) return unusable("others may read its key file; pair it again, as the key may be known");
    if (size > maxFileBytes) return unusable("its key file is damaged; pair it again");
    const record = fromFile(await file.readFile("utf8"));
    if (record === null) return unusable("its key file is damaged; pair it again");
    const isWeak = [record.current, record.next].some((pairing) => pairing !== null && isWeakKey(pairing.key));
    return isWeak ? unusable("its key is one that is easily guessed; pair it again") : { record, problem: null };
  } catch (error) {
    return unusable(`its key cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await file.close();
  }
}

/**
 * The default key, examples in manuals, and keys that somebody typed: bytes in even steps (none, one or 0x11), or the same few
 * over and over.
 */
export function isWeakKey(key: Buffer): boolean {
  const step = (at: number): number => ((key[at] ?? 0) - (key[at - 1] ?? 0)) & 0xff;
  const inSteps = [...key.keys()].slice(2).every((at) => step(at) === step(1));
  const repeats = [1, 2, 4, 8].some((period) => key.subarray(period).equals(key.subarray(0, key.length - period)));
  return inSteps || repeats;
}

const toFile = ({ current, next }: ReaderRecord): object => ({
  current: pairingText(current),
  next: pairingText(next),
});

const pairingText = (pairing: Pairing | null): object | null =>
  pairing === null ? null : { ...pairing, key: pairing.key.toString("hex") };

function fromFile(text: string): ReaderRecord | null {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return null;
  }
  const { current, next } = (read ?? {}) as Record<string, unknown>;
  const record = { current: readPairing(current), next: readPairing(next) };
  return record.current === undefined || record.next === undefined ? null : (record as ReaderRecord);
}

function readPairing(value: unknown): Pairing | null | undefined {
  if (value === null) return null;
  if (typeof value !== "object") return undefined;
  const { key, identity = null, chip = null } = value as Record<string, unknown>;
  if (typeof key !== "string" || !new RegExp(`^[0-9a-f]{${keyBytes * 2}}$`).test(key)) return undefined;
  if (chip !== null && typeof chip !== "string") return undefined;
  const known = readIdentity(identity);
  return known === undefined ? undefined : { key: Buffer.from(key, "hex"), identity: known, chip };
}

function readIdentity(value: unknown): Pairing["identity"] | undefined {
  if (value === null) return null;
  const { maker, model, serial } = value as Record<string, unknown>;
  if (typeof maker !== "string" || typeof model !== "number" || typeof serial !== "string") return undefined;
  return { maker, model, serial };
}
