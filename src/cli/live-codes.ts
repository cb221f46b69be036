// The codes that live at each door, counted from the directory's pages, so that a large one holds no ask up. A code counts
// until it is surely over, and its duress twin counts as well.
import type { DirectoryListing } from "../domain/ask.ts";
import type { ExportedHolder } from "../domain/directory-export.ts";
import type { Schedule } from "../domain/schedule.ts";
import { never } from "../domain/schedule.ts";

export function liveCodesOf(
  holders: readonly ExportedHolder[],
  schedules: readonly Schedule[],
  nowWall: number,
): DirectoryListing["liveCodes"] {
  const shut = new Set([never.id, ...schedules.filter(({ rule }) => rule.kind === "never").map(({ id }) => id)]);
  const counts = new Map<string, { readonly door: string; readonly length: number; count: number }>();
  for (const { holder, credentials, grants } of holders) {
    if (holder.state !== "active" || ("validity" in holder && (holder.validity.until ?? nowWall + 1) <= nowWall))
      continue;
    const doors = new Set(grants.filter(({ schedule }) => !shut.has(schedule)).map(({ door }) => door));
    for (const { state, code } of credentials) {
      if (state !== "active" || code === null || code.digits === null) continue;
      for (const door of doors) {
        const key = `${door} ${code.digits}`;
        const known = counts.get(key) ?? { door, length: code.digits, count: 0 };
        known.count += code.twin === null ? 1 : 2;
        counts.set(key, known);
      }
    }
  }
  return [...counts.values()].toSorted((a, b) => a.door.localeCompare(b.door) || a.length - b.length);
}
