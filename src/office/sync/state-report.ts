// What the issuer is told of how the controller stands now: doors, clock, health. Pure.
import type { DoorStatus, HealthFact, OfficeTime } from "../../domain/status.ts";
import type { Up } from "../../link/up-messages.ts";

export interface Standing {
  readonly boot: string;
  readonly version: string;
  readonly challenge: string;
  readonly head: { readonly epoch: number; readonly seq: number };
  readonly directory: number;
  readonly doors: readonly DoorStatus[];
  readonly health: readonly HealthFact[];
  readonly time: OfficeTime;
  readonly machineWall: number;
  /** Ids of the issuer's keys that count. */
  readonly issuerKeys: readonly string[];
}

type State = Up<"state">;
type Told = Omit<State, "kind" | "site" | "controller" | "at" | "key" | "signature">;

const maxText = 1_000;
const maxFaults = 200;

export function planState({ boot, version, challenge, head, directory, ...now }: Standing): Told {
  const { aheadMs, source } = now.time;
  return {
    boot,
    version,
    // A clock that is believed needs none.
    challenge: source === null ? challenge : null,
    ...head,
    directory,
    issuerKeys: [...now.issuerKeys],
    clock: { wall: Math.round(now.machineWall + aheadMs), trusted: source !== null, source },
    doors: now.doors.map(({ door, mode, locked, contact, forced, heldOpen, tampered, fire }) => {
      return { door, mode, locked, contact, forced, heldOpen, tampered, fire };
    }),
    health: now.health
      .filter(({ state }) => state === "fault")
      .slice(0, maxFaults)
      .map(({ part, why, sinceWallMs }) => ({ part, why: why.slice(0, maxText), since: Math.round(sinceWallMs) })),
  };
}
