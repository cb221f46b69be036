// What a preset fills in where a pass leaves it out, and how long staff may let somebody in; knows no store.
import type { Pass, PassGiven } from "./directory.ts";
import { completePass } from "./directory.ts";
import { passEnd } from "./pass-window.ts";
import type { DayWindow, Recurrence } from "./recurrence.ts";
import type { PassPolicy } from "./site.ts";
import type { Instant } from "./time.ts";
import { unixMs } from "./time.ts";

const minuteMs = 60_000;
const minutesOfDay = 1_440;

/** `known` is the pass as it was: what is put again without an end keeps the one that it has. */
export function fillByPreset(given: PassGiven, known: Pass | null, policy: PassPolicy, now: Instant): Pass {
  const pass = completePass(given);
  if (pass.preset === null) return pass;
  const usesPerDoor = given.usesPerDoor === undefined ? usualUses(pass, policy) : pass.usesPerDoor;
  if (hasEnd(pass)) return { ...pass, usesPerDoor };
  const start = Math.max(pass.validity.from ?? now.wall, now.wall);
  const lastsMs = pass.preset === "staff" ? policy.staffMaxMs : policy.courier.validMs;
  const until = known?.validity.until ?? unixMs(Math.round(start + lastsMs));
  return { ...pass, usesPerDoor, validity: { ...pass.validity, until } };
}

/** Openings can only be counted where nothing repeats by the clock. */
function usualUses({ preset, recurrence, usesTotal }: Pass, policy: PassPolicy): number | null {
  if (recurrence.kind !== "once" || usesTotal !== null || preset === "staff") return null;
  return preset === "courier" ? policy.courier.usesPerDoor : 1;
}

export const hasEnd = (pass: Pass): boolean => Number.isFinite(passEnd(pass)) || endsByItself(pass.recurrence);

export const endsByItself = (recurrence: Recurrence): boolean =>
  recurrence.kind !== "once" &&
  (recurrence.kind !== "custom" || recurrence.until !== null || recurrence.count !== null);

/** Whether a pass lets somebody in for longer at a time than staff may. */
export function exceedsStaff(pass: Pass, { staffMaxMs }: PassPolicy, now: Instant): boolean {
  if (pass.preset !== "staff") return false;
  if (pass.activationMs !== null && pass.activationMs <= staffMaxMs) return false;
  const lastsMs =
    pass.recurrence.kind === "once"
      ? passEnd(pass) - Math.max(pass.validity.from ?? now.wall, now.wall)
      : minutesOf(pass.recurrence.window) * minuteMs;
  return lastsMs > staffMaxMs;
}

/** An end that is not later than the start lies on the next day. */
const minutesOf = ({ startMinute, endMinute }: DayWindow): number =>
  endMinute > startMinute ? endMinute - startMinute : endMinute + minutesOfDay - startMinute;
