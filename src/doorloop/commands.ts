// What an operator tells the doors: finds the door, asks its machine, and says in one sentence why something was not done.
import type { Cause } from "../domain/events.ts";
import type { DoorId } from "../domain/ids.ts";
import type { DoorSpec } from "../domain/site.ts";
import type { DoorCommand, DoorMode, DoorStatus } from "../domain/status.ts";
import { doorRequests } from "../domain/status.ts";
import type { Doors } from "./doors.ts";
import type { Latches } from "./latches.ts";

/** The longest lockdown that ends by itself. */
const maxLockDownMs = 7 * 24 * 3_600_000;

export interface Commanded {
  readonly doors: Doors;
  readonly latches: Latches;
}

/** Nothing at the doors moves when a reader is to be found. */
type DoorsOnly = Exclude<DoorCommand, { kind: "identify" }>;

/** Null when it was done, otherwise why not. */
export function runCommand({ doors, latches }: Commanded, command: DoorsOnly, who: string): string | null {
  switch (command.kind) {
    case "clearFire":
      return latches.clearFire(who);
    case "clearRecovery":
      return latches.clearRecovery(who);
    case "clearForced":
    case "clearTamper":
      return withDoor(doors, command.door, (spec) => clearAlarm({ doors, latches }, spec, { kind: command.kind, who }));
    case "access": {
      const cause: Cause & { by: "http" | "operator" | "cloud" } = { by: command.by, who };
      return withDoor(doors, command.door, (spec) => (doors.access(spec.id, cause) ? null : refusal(doors, spec)));
    }
    case "lockDown":
      return lockDown({ doors, latches }, command, { by: "operator", who });
    case "lockDownRelease":
      return releaseLockDown({ doors, latches }, command.doors, { by: "operator", who });
    default:
      if (!doorRequests.includes(command.kind)) return "This controller does not know that command.";
      return withDoor(doors, command.door, (spec) => {
        const input = { kind: "request", request: command.kind, cause: { by: "operator", who } } as const;
        if (!doors.tell(spec.id, input)) {
          return command.kind === "lockOpenRelease" ? `${spec.name} is not locked open.` : refusal(doors, spec);
        }
        latches.settle("mode", spec.id);
        return null;
      });
  }
}

/** No doors are all doors. Each that cannot be locked down is named; the others are. */
export function lockDown(
  { doors, latches }: Commanded,
  { doors: ids, forMs }: { readonly doors: readonly DoorId[]; readonly forMs: number | null },
  cause: Cause,
): string | null {
  if (forMs !== null && !(forMs > 0 && forMs <= maxLockDownMs)) {
    return "A lockdown ends by itself after at most seven days; leave the time out for one that waits to be released.";
  }
  return withDoors(doors, ids, (spec) => {
    if (!doors.tell(spec.id, { kind: "request", request: "lockDown", forMs, cause })) return refusal(doors, spec);
    latches.settle("mode", spec.id);
    return null;
  });
}

function releaseLockDown({ doors, latches }: Commanded, ids: readonly DoorId[], cause: Cause): string | null {
  const isAll = ids.length === 0;
  const down = doors.ids().filter((id) => doors.modeOf(id) === "lockedDown");
  if (isAll && down.length === 0) return "No door is locked down.";
  return withDoors(doors, isAll ? down : ids, (spec) => {
    if (!doors.tell(spec.id, { kind: "request", request: "lockDownRelease", cause })) {
      return `${spec.name} is not locked down.`;
    }
    latches.settle("mode", spec.id);
    return null;
  });
}

function clearAlarm(
  { doors, latches }: Commanded,
  spec: DoorSpec,
  input: { readonly kind: "clearForced" | "clearTamper"; readonly who: string },
): string | null {
  const status = statusOf(doors, spec);
  const isForced = input.kind === "clearForced";
  const latched = isForced ? status?.forced : status?.tampered;
  if (latched !== true) return `${spec.name} has no ${isForced ? "forced-door" : "tamper"} alarm to clear.`;
  if (!doors.tell(spec.id, input)) return `${spec.name} still reports tampering; close its reader or box first.`;
  latches.settle(isForced ? "forced" : "tamper", spec.id);
  return null;
}

function withDoor(doors: Doors, id: string, act: (spec: DoorSpec) => string | null): string | null {
  const spec = doors.specOf(id);
  return spec === null ? `There is no door "${id}".` : act(spec);
}

/** Nothing is done when one of them is no door. */
function withDoors(doors: Doors, ids: readonly DoorId[], act: (spec: DoorSpec) => string | null): string | null {
  const wanted = ids.length === 0 ? doors.ids() : ids;
  const unknown = wanted.find((id) => doors.specOf(id) === null);
  if (unknown !== undefined) return `There is no door "${unknown}".`;
  const problems = wanted.map((id) => withDoor(doors, id, act)).filter((problem) => problem !== null);
  return problems.length === 0 ? null : problems.join(" ");
}

const remedies: Readonly<Partial<Record<DoorMode, string>>> = {
  blocked: "is blocked; lock or unlock it first.",
  lockedDown: "is locked down; release the lockdown first.",
  lockedOpen: "is locked open; release that first.",
};

function refusal(doors: Doors, spec: DoorSpec): string {
  if (remedies[doors.standingOf(spec.id)] === undefined && doors.isInterlocked(spec.id)) {
    return `${spec.name} stays shut while another door of its interlock group is open; close and lock that one first.`;
  }
  return `${spec.name} ${remedies[doors.standingOf(spec.id)] ?? "does not take that command now."}`;
}

const statusOf = (doors: Doors, spec: DoorSpec): DoorStatus | undefined =>
  doors.statuses().find(({ door }) => door === spec.id);
