// Until when counts of uses were lost with a damaged database: that is certain only once a trusted clock has told the time again.
import type { Database, Statement } from "better-sqlite3";
import { isBelowFloor } from "../domain/clock-floor.ts";
import type { Instant } from "../domain/time.ts";
import { useUpRecurring } from "./deny-safe.ts";

export class LostCounts {
  readonly #db: Database;
  readonly #lost: Statement<[], Lost>;
  readonly #settle: Statement<[number]>;

  constructor(db: Database) {
    this.#db = db;
    this.#lost = db.prepare("SELECT copied, until FROM lost_counts");
    this.#settle = db.prepare("UPDATE lost_counts SET until = ?");
  }

  /** How often anything was used that had begun before nobody knows; 0 where nothing was lost. */
  until(): number {
    const lost = this.#lost.get();
    return lost === undefined ? 0 : (lost.until ?? Number.POSITIVE_INFINITY);
  }

  /**
   * The first trusted time after the recovery is later than anything that was lost; an earlier one says that the first was wrong. Inside
   * the caller's transaction.
   */
  hear(at: Instant): void {
    if (!at.trusted) return;
    const lost = this.#lost.get();
    if (lost === undefined || (lost.until !== null && !isBelowFloor(at, lost.until))) return;
    if (lost.until === null) useUpRecurring(this.#db, lost.copied, at.wall);
    this.#settle.run(Math.ceil(at.wall));
  }
}

interface Lost {
  readonly copied: number;
  readonly until: number | null;
}

/** Inside the caller's transaction. */
export const noteLostCounts = (db: Database, copiedWall: number): void =>
  void db
    .prepare(
      "INSERT INTO lost_counts VALUES (1, ?, NULL) ON CONFLICT DO UPDATE SET copied = min(copied, excluded.copied), until = NULL",
    )
    .run(Math.floor(copiedWall));
