// The contract for one part of a Linux board: its lines, a bus, a serial port, a camera. Knows no other part.
import type { BoardEvent, DeviceHealth, ReaderCare, ReaderSignal } from "../board.ts";

export type Report = (event: BoardEvent) => void;

/** What a part cannot do it is never asked for: only what it lists is driven and signalled through it. */
export interface Part {
  readonly relays: readonly string[];
  readonly readers: readonly string[];
  /** Of a bus whose readers want some. */
  readonly care?: ReaderCare;
  /** Reports inputs first, then whatever comes, until `stop`. A device that is not there is reported lost, and looked for again. */
  start(report: Report): void;
  /** Throws a Fault with code `relay.failed` when the relay did not take it. */
  drive(relay: string, energized: boolean): void;
  signal(reader: string, signal: ReaderSignal): void;
  health(): readonly DeviceHealth[];
  /** At once and without a promise: it is also called in a process that is about to end itself. */
  stop(): void;
}
