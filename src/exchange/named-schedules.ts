// Schedules that a site's configuration names, and that therefore no file of people may take away. Pure.
import type { SiteSpec } from "../domain/site.ts";

export function schedulesNamedBy(site: SiteSpec): ReadonlySet<string> {
  const ofDoors = site.doors.flatMap(({ factors, timetable }) => [...factors, ...timetable]);
  return new Set([...ofDoors, ...site.receptions, ...site.inputOpenings].map(({ schedule }) => schedule as string));
}
