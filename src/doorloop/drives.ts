// Turns lock and unlock into relay levels, and keeps trying a relay that did not take one.
import type { Board } from "../../hal/board.ts";
import type { Clock, Timer } from "../../hal/clock.ts";
import type { Cause, JournalEvent } from "../domain/events.ts";
import type { RelayId } from "../domain/ids.ts";
import type { DoorSpec } from "../domain/site.ts";

const retryMs = 1_000;

export interface Drives {
  lock(door: DoorSpec, cause: Cause): void;
  unlock(door: DoorSpec, cause: Cause): void;
  drive(relay: RelayId, energized: boolean, cause: Cause): void;
  /** It does not hold the level that it took; it is told again until it does. False when it was never driven. */
  lose(relay: RelayId, why: string): boolean;
  /** It can be told again. False when nothing was wrong with it. */
  find(relay: RelayId): boolean;
  failed(): readonly RelayId[];
  /** Nothing is driven any more, retries included. */
  stop(): void;
}

export function createDrives(board: Board, clock: Clock, record: (event: JournalEvent) => void): Drives {
  const failing = new Map<RelayId, { energized: boolean; cause: string }>();
  const last = new Map<RelayId, { energized: boolean; cause: string }>();
  let retry: Timer | null = null;
  let stopped = false;

  const attempt = (relay: RelayId, energized: boolean, cause: string) => {
    if (stopped) return;
    last.set(relay, { energized, cause });
    try {
      board.drive(relay, energized, cause);
      if (failing.delete(relay)) record({ type: "relay.restored", relay });
    } catch (error) {
      const known = failing.has(relay);
      failing.set(relay, { energized, cause });
      if (!known) record({ type: "relay.failed", relay, why: error instanceof Error ? error.message : String(error) });
      armRetry();
    }
  };

  const armRetry = () => {
    if (retry !== null) return;
    retry = clock.after(retryMs, "relay retry", () => {
      retry = null;
      for (const [relay, wanted] of [...failing]) attempt(relay, wanted.energized, wanted.cause);
    });
  };

  return {
    lock: (door, cause) => attempt(door.relay, door.lock === "failSafe", causeText(cause)),
    unlock: (door, cause) => attempt(door.relay, door.lock === "failSecure", causeText(cause)),
    drive: (relay, energized, cause) => attempt(relay, energized, causeText(cause)),
    lose: (relay, why) => {
      const wanted = last.get(relay);
      if (wanted === undefined || stopped) return wanted !== undefined;
      if (!failing.has(relay)) record({ type: "relay.failed", relay, why });
      failing.set(relay, wanted);
      armRetry();
      return true;
    },
    find: (relay) => {
      const wanted = failing.get(relay);
      if (wanted === undefined) return false;
      attempt(relay, wanted.energized, wanted.cause);
      return true;
    },
    failed: () => [...failing.keys()],
    stop: () => {
      stopped = true;
      retry?.cancel();
    },
  };
}

export function causeText(cause: Cause): string {
  switch (cause.by) {
    case "ask":
      return `ask:${cause.ask}`;
    case "exit":
      return `exit:${cause.input}`;
    default:
      return cause.by;
  }
}
