// Decodes what an operator asks of the doors; pure.
import type { DoorId } from "../../domain/ids.ts";
import type { SiteSpec } from "../../domain/site.ts";
import type { DoorCommand, DoorRequest, TimeRequest } from "../../domain/status.ts";
import { doorRequests } from "../../domain/status.ts";

const maxForMs = 7 * 24 * 3_600_000;

type Fields = Readonly<Record<string, unknown>>;

/** Null when it is no command for a door of this site. */
export function decodeDoorCommand(body: unknown, site: SiteSpec): DoorCommand | null {
  const command = fieldsOf(fieldsOf(body)?.["command"]);
  if (command === null) return null;
  const { kind } = command;
  if (kind === "clearFire" || kind === "clearRecovery") return { kind };
  if (kind === "lockDown" || kind === "lockDownRelease") return decodeLockDown(kind, command, site);
  const door = doorOf(command["door"], site);
  if (door === null) return null;
  if (kind === "clearForced" || kind === "clearTamper") return { kind, door };
  // Whoever uses the console is an operator, whatever the page says.
  if (kind === "access") return { kind, door, by: "operator" };
  const request = doorRequests.find((one): one is DoorRequest => one === kind);
  return request === undefined ? null : { kind: request, door };
}

/** Forgetting what times were told is for the command line: it is an installer's. */
export function decodeTimeRequest(body: unknown): TimeRequest | null {
  const asked = fieldsOf(fieldsOf(body)?.["time"]);
  if (asked?.["kind"] === "timeConfirm") return { kind: "timeConfirm" };
  const wallMs = asked?.["wallMs"];
  return asked?.["kind"] === "timeSet" && Number.isSafeInteger(wallMs)
    ? { kind: "timeSet", wallMs: wallMs as number }
    : null;
}

/** An empty list is all doors. */
function decodeLockDown(kind: "lockDown" | "lockDownRelease", command: Fields, site: SiteSpec): DoorCommand | null {
  const { doors: named, forMs } = command;
  if (!Array.isArray(named) || named.length > site.doors.length) return null;
  const doors = named.map((one) => doorOf(one, site)).filter((id) => id !== null);
  if (doors.length !== named.length) return null;
  if (kind === "lockDownRelease") return { kind, doors };
  if (forMs === null) return { kind, doors, forMs };
  const isTime = typeof forMs === "number" && Number.isInteger(forMs) && forMs > 0 && forMs <= maxForMs;
  return isTime ? { kind, doors, forMs } : null;
}

const doorOf = (id: unknown, site: SiteSpec): DoorId | null => site.doors.find((one) => one.id === id)?.id ?? null;

const fieldsOf = (value: unknown): Fields | null =>
  typeof value === "object" && value !== null ? (value as Fields) : null;
