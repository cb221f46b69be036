// A board of real wires: puts its parts together and sends each order to the part that it concerns. Knows no part's inside.
import type { Board, BoardEvent, DeviceHealth, ReaderCare, ReaderSignal } from "../board.ts";
import type { Clock } from "../clock.ts";
import { Fault } from "../fault.ts";
import type { Part } from "./part.ts";

/** What belongs to a part, and how the part is opened. */
export interface PartChoice {
  /** The ids of its relays, inputs and readers: all of them are lost when it cannot be opened. */
  readonly devices: readonly string[];
  readonly open: () => Promise<Part>;
}

/**
 * What drives the doors is there before this returns; the other parts come when they come, each by an import of its own. A
 * part that cannot be opened at all, for want of its package say, is lost for good: nothing but a restart brings it back.
 */
export async function createLinuxBoard(
  first: readonly PartChoice[],
  later: readonly PartChoice[],
  clock: Clock,
): Promise<Board> {
  const board = new LinuxBoard(clock);
  for (const choice of first) await board.add(choice);
  for (const choice of later) void board.add(choice);
  return board;
}

class LinuxBoard implements Board {
  readonly kind = "linux";
  readonly #clock: Clock;
  readonly #parts = new Set<Part>();
  readonly #relays = new Map<string, Part>();
  readonly #readers = new Map<string, Part>();
  readonly #failed: DeviceHealth[] = [];
  #listen: ((event: BoardEvent) => void) | null = null;
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async add({ devices, open }: PartChoice): Promise<void> {
    try {
      this.#take(await open());
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const since = this.#clock.mono();
      for (const device of devices) {
        this.#failed.push({ device, state: "lost", why, since });
        this.#listen?.({ kind: "lost", device, why, at: since });
      }
    }
  }

  start(listen: (event: BoardEvent) => void): void {
    this.#listen = listen;
    for (const { device, why, since } of this.#failed) listen({ kind: "lost", device, why, at: since });
    for (const part of this.#parts) part.start(listen);
  }

  drive(relay: string, energized: boolean, cause: string): void {
    const part = this.#relays.get(relay);
    if (part === undefined) {
      const why = this.#failed.find(({ device }) => device === relay)?.why ?? "it is not there";
      throw new Fault("relay.failed", `relay "${relay}" did not take it: ${why}`, { relay, energized, cause, why });
    }
    part.drive(relay, energized);
  }

  signal(reader: string, signal: ReaderSignal): void {
    this.#readers.get(reader)?.signal(reader, signal);
  }

  health(): readonly DeviceHealth[] {
    return [...[...this.#parts].flatMap((part) => part.health()), ...this.#failed];
  }

  care(): ReaderCare | null {
    for (const { care } of this.#parts) if (care !== undefined) return care;
    return null;
  }

  stop(): void {
    this.#stopped = true;
    this.#listen = null;
    for (const part of this.#parts) part.stop();
  }

  #take(part: Part): void {
    if (this.#stopped) {
      part.stop();
      return;
    }
    this.#parts.add(part);
    for (const relay of part.relays) this.#relays.set(relay, part);
    for (const reader of part.readers) this.#readers.set(reader, part);
    if (this.#listen !== null) part.start(this.#listen);
  }
}
