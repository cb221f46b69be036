// The record as the office reads it: the ledger's read-only side, handed in when the process is composed.
import type { RecordedEvent } from "../domain/events.ts";

export interface JournalReader {
  /** The newest `limit` events, oldest first. */
  tail(limit: number): RecordedEvent[];
  /** Up to `limit` events that follow `seq`, oldest first. */
  after(seq: number, limit: number): RecordedEvent[];
  /** The newest sequence number; 0 when nothing is recorded. */
  head(): number;
  close(): void;
}

export type OpenJournal = (databasePath: string) => JournalReader;
