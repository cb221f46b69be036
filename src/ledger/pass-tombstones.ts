// What is left of purged and removed passes, so that a copy of one that comes late does not bring it back.
import type { Database, Statement } from "better-sqlite3";
import type { Source } from "../domain/directory.ts";

export type PassEnd = "expired" | "revoked" | "usedUp";
/** `removed`: on site, by whom may make it anew. */
type PassFate = PassEnd | "removed";

/** A pass that comes after so many others were purged is taken for a new one. */
const kept = 100_000;

export class PassTombstones {
  readonly #find: Statement<[string], { state: PassFate; version: number }>;
  readonly #put: Statement<[string, string, number, number]>;
  readonly #remove: Statement<[string]>;
  readonly #count: Statement<[], number>;
  readonly #dropOldest: Statement<[number]>;

  constructor(db: Database) {
    this.#find = db.prepare("SELECT state, version FROM pass_tombstone WHERE id = ?");
    this.#put = db.prepare("INSERT OR REPLACE INTO pass_tombstone VALUES (?, ?, ?, ?)");
    this.#remove = db.prepare("DELETE FROM pass_tombstone WHERE id = ?");
    this.#count = db.prepare<[], number>("SELECT count(*) FROM pass_tombstone").pluck();
    this.#dropOldest = db.prepare(
      `DELETE FROM pass_tombstone WHERE id IN (
         SELECT id FROM pass_tombstone ORDER BY purged_wall DESC LIMIT -1 OFFSET ?)`,
    );
  }

  /**
   * Null when it may be put. Its issuer may prolong a pass that has ended, by a newer version, but never one that was revoked;
   * what was removed on site comes back from there only.
   */
  bars(id: string, version: number, origin: Source): PassFate | null {
    const found = this.#find.get(id);
    if (found === undefined) return null;
    const { state } = found;
    const isOver = state === "removed" ? origin === "cloud" : state === "revoked" || version <= found.version;
    if (isOver) return state;
    this.#remove.run(id);
    return null;
  }

  put(id: string, end: PassFate, version: number, wall: number): void {
    this.#put.run(id, end, version, Math.round(wall));
  }

  /** Once after many were put. */
  trim(): void {
    if ((this.#count.get() ?? 0) > kept) this.#dropOldest.run(kept);
  }
}
