// Decodes what an operator asks of the doors; pure.
import type { SiteSpec } from "../../domain/site.ts";
import type { DoorCommand } from "../../domain/status.ts";

/** Null when it is no command for a door of this site. */
export function decodeDoorCommand(body: unknown, site: SiteSpec): DoorCommand | null {
  if (typeof body !== "object" || body === null) return null;
  const { command } = body as { command?: unknown };
  if (typeof command !== "object" || command === null) return null;
  const { kind, door } = command as { kind?: unknown; door?: unknown };
  if (kind === "clearFire") return { kind };
  const id = site.doors.find((one) => one.id === door)?.id;
  return kind === "clearForced" && id !== undefined ? { kind, door: id } : null;
}
