// How far the record was acted upon, kept over restarts: written before anything is sent, so that nothing is sent twice.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";

export interface Cursor {
  /** 0 before the first event of a record. */
  readonly epoch: number;
  readonly seq: number;
  /** Alarms that were not delivered yet. */
  readonly open: readonly OpenAlarm[];
  /** Numbers of grants that no door had let through yet. */
  readonly held: readonly number[];
}

export interface OpenAlarm {
  readonly seq: number;
  readonly action: string;
}

const maxOpen = 256;

/** Null when there is none, or none that can be read: then nothing that is past is acted upon. */
export function readCursor(path: string): Cursor | null {
  try {
    const { epoch, seq, open, held = [] } = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    if (!isCount(epoch) || !isCount(seq) || !Array.isArray(open) || open.length > maxOpen) return null;
    return { epoch, seq, open: open.every(isOpenAlarm) ? open : [], held: countsOf(held) };
  } catch {
    return null;
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const countsOf = (value: unknown): readonly number[] =>
  Array.isArray(value) && value.length <= maxOpen ? value.filter(isCount) : [];

const isOpenAlarm = (value: unknown): value is OpenAlarm => {
  const { seq, action } = (value ?? {}) as Record<string, unknown>;
  return isCount(seq) && typeof action === "string";
};

/** On the disk when it returns. */
export function writeCursor(path: string, cursor: Cursor): void {
  const partial = `${path}.partial`;
  const file = openSync(partial, "w", 0o600);
  try {
    writeFileSync(file, JSON.stringify(cursor));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(partial, path);
}
