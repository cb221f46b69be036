// The record as the office reads it: the ledger's read-only side, handed in when the process is composed.
import type { RecordPlace } from "../domain/ask.ts";
import type { LinkedEvent, RecordedEvent } from "../domain/events.ts";

export interface JournalReader {
  /** The newest `limit` events, oldest first. */
  tail(limit: number): RecordedEvent[];
  /** Up to `limit` events that follow `seq`, oldest first. */
  after(seq: number, limit: number): RecordedEvent[];
  /** The same, each with what ties it to the one before. */
  linked(seq: number, limit: number): LinkedEvent[];
  /** Alarms that were in the record between two events of one epoch, and are kept for the cloud; oldest first, without names. */
  keptAlarms(after: RecordPlace, beforeSeq: number, limit: number): LinkedEvent[];
  /** The newest sequence number; 0 when nothing is recorded. */
  head(): number;
  /** Another record has taken the place of the one that this reads. */
  isReplaced(): boolean;
  close(): void;
}

export type OpenJournal = (databasePath: string) => JournalReader;
