// What is left of purged passes, so that a copy of one that comes late does not bring it back.
import type { Database, Statement } from "better-sqlite3";

export type PassEnd = "expired" | "revoked" | "usedUp";

/** A pass that comes after so many others were purged is taken for a new one. */
const kept = 100_000;

export class PassTombstones {
  readonly #find: Statement<[string], { state: PassEnd; version: number }>;
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

  /** Its issuer may prolong a pass that has ended, by a newer version, but never one that was revoked. */
  admits(id: string, version: number): boolean {
    const found = this.#find.get(id);
    if (found === undefined) return true;
    if (found.state === "revoked" || version <= found.version) return false;
    this.#remove.run(id);
    return true;
  }

  put(id: string, end: PassEnd, version: number, wall: number): void {
    this.#put.run(id, end, version, Math.round(wall));
  }

  /** Once after many were put. */
  trim(): void {
    if ((this.#count.get() ?? 0) > kept) this.#dropOldest.run(kept);
  }
}
