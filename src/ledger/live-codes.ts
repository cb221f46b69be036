// How many codes live at a door, as far as that matters; a code counts until it is surely over.
import type { Database } from "better-sqlite3";
import type { HolderKind } from "../domain/directory.ts";
import type { DoorId } from "../domain/ids.ts";

/** All of them, or those that may begin as such a holder's. */
type Among = HolderKind | "all";

/** Counts no further than `most`, so that a large directory costs no more than a small one. */
export function liveCodesAt(
  db: Database,
): (door: DoorId, among: Among, surelyPastWallMs: number, most: number) => number {
  const count = db
    .prepare<[DoorId, number | null, number, number], number>(
      `SELECT count(*) FROM (
         SELECT DISTINCT c.id FROM holder_grant g
         JOIN credential c ON c.holder_kind = g.holder_kind AND c.holder_id = g.holder_id
         JOIN holder h ON h.kind = g.holder_kind AND h.id = g.holder_id
         WHERE g.door = ? AND (g.holder_kind = 'pass') = coalesce(?, g.holder_kind = 'pass') AND g.schedule <> 'never' AND c.digits IS NOT NULL AND c.state = 'active'
           AND h.state = 'active' AND (h.valid_until IS NULL OR h.valid_until > ?)
         LIMIT ?)`,
    )
    .pluck();
  return (door, among, surelyPastWallMs, most) =>
    count.get(door, among === "all" ? null : Number(among === "pass"), surelyPastWallMs, most) ?? 0;
}
