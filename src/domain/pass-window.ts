// When a pass is good: its time frame, its second end, its occurrences, and how long it works once it was opened.
import type { Pass } from "./directory.ts";
import type { DenyReason } from "./reasons.ts";
import { occurrenceAt } from "./recurrence.ts";
import type { Instant, UnixMs } from "./time.ts";

/** The earliest of all ends counts. A pass always has one, so it waits for a clock that can be trusted. */
export function passBar(
  pass: Pass,
  now: Instant,
  timeZone: string,
  activatedAt: UnixMs | null,
  activateOnFirstUse: boolean,
): DenyReason | null {
  if (!now.trusted) return "clockUntrusted";
  const { from } = pass.validity;
  if (from !== null && now.wall < from) return "notYetValid";
  if (now.wall >= passEnd(pass)) return "expired";
  if (occurrenceAt(pass.recurrence, now.wall, timeZone) === null) return "betweenOccurrences";
  if (pass.activationMs === null) return null;
  if (activatedAt === null) return activateOnFirstUse ? null : "notYetValid";
  if (now.wall < activatedAt) return "notYetValid";
  return now.wall < activatedAt + pass.activationMs ? null : "activationOver";
}

export const passEnd = ({ validity, expiresAt }: Pass): number =>
  Math.min(validity.until ?? Number.POSITIVE_INFINITY, expiresAt ?? Number.POSITIVE_INFINITY);
