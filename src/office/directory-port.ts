// What the office reads of the directory: the ledger's read-only side, handed in when the process is composed.
import type { CallFacts } from "../domain/can-call.ts";
import type { DoorId, PersonId } from "../domain/ids.ts";

export interface CallReading extends CallFacts {
  /** Whether the newest event was recorded at a time that could be trusted. */
  readonly trusted: boolean;
}

export type ReadCallFacts = (databasePath: string, person: PersonId, door: DoorId) => CallReading;
