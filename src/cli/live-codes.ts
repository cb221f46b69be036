// The codes that live at each door, counted from the directory's pages, so that a large one holds no ask up. A code counts
// until it is surely over, and its duress twin counts as well.
import type { LiveCodes } from "../domain/ask.ts";
import type { ExportedHolder } from "../domain/directory-export.ts";
import type { Schedule } from "../domain/schedule.ts";
import { never } from "../domain/schedule.ts";

export function liveCodesOf(
  holders: readonly ExportedHolder[],
  schedules: readonly Schedule[],
  nowWall: number,
): readonly LiveCodes[] {
  const shut = new Set([never.id, ...schedules.filter(({ rule }) => rule.kind === "never").map(({ id }) => id)]);
  const counts = new Map<string, LiveCodes>();
  for (const { holder, credentials, grants } of holders) {
    if (holder.state !== "active" || ("validity" in holder && (holder.validity.until ?? nowWall + 1) <= nowWall))
      continue;
    const doors = new Set(grants.filter(({ schedule }) => !shut.has(schedule)).map(({ door }) => door));
    for (const { state, code } of credentials) {
      if (state !== "active" || code === null || code.digits === null) continue;
      for (const door of doors) {
        const ofPasses = holder.kind === "pass";
        const key = `${door} ${code.digits} ${ofPasses}`;
        const known = counts.get(key)?.count ?? 0;
        counts.set(key, { door, length: code.digits, count: known + (code.twin === null ? 1 : 2), ofPasses });
      }
    }
  }
  return [...counts.values()].toSorted(
    (a, b) => a.door.localeCompare(b.door) || a.length - b.length || Number(a.ofPasses) - Number(b.ofPasses),
  );
}
