// Until when a command to the doors or the clock may act: whoever gave it is told by then that it failed, and does not expect
// it any more. Pure.
import type { MonoMs } from "./time.ts";
import { later } from "./time.ts";

/** Shorter than anybody waits for the answer, so that it comes while they do. */
const commandLifeMs = 2_000;

/** By the machine's own monotonic time, which its processes share. */
export const commandExpiry = (givenAt: MonoMs): MonoMs => later(givenAt, commandLifeMs);

/** What to answer instead of acting; null when there is still time. One that does not say until when is too late. */
export const lateness = (expiresAt: MonoMs | undefined, now: MonoMs): string | null =>
  expiresAt !== undefined && now < expiresAt ? null : "The controller was too slow, so nothing was done; try again.";
