// Purges passes that ended long ago, a page at a time, and leaves of each what keeps a late copy of it from coming back.
import type { Database, Statement } from "better-sqlite3";
import type { Pass } from "../domain/directory.ts";
import type { DoorId, PassId } from "../domain/ids.ts";
import { passEnd } from "../domain/pass-window.ts";
import { onlyOccurrence } from "../domain/recurrence.ts";
import type { Instant } from "../domain/time.ts";
import type { Directory } from "./directory.ts";
import type { PassEnd } from "./pass-tombstones.ts";
import { PassTombstones } from "./pass-tombstones.ts";

const passesPerStep = 100;
const dayMs = 86_400_000;

interface PassRow {
  readonly id: PassId;
  /** When it was first seen to have ended, by itself or by somebody. */
  readonly noticed: number | null;
}

interface Ended {
  readonly id: PassId;
  readonly end: PassEnd;
  readonly version: number;
}

/** What one page of passes asks for. */
interface Findings {
  readonly purge: Ended[];
  readonly newlyEnded: PassId[];
  readonly aliveAgain: PassId[];
}

export class PassRetention {
  readonly #directory: Directory;
  readonly #tombstones: PassTombstones;
  readonly #page: Statement<[string, number], PassRow>;
  readonly #doors: Statement<[string], DoorId>;
  readonly #notice: Statement<[string, number]>;
  readonly #unnotice: Statement<[string]>;
  #after = "";

  constructor(db: Database, directory: Directory) {
    this.#directory = directory;
    this.#tombstones = new PassTombstones(db);
    this.#page = db.prepare(
      `SELECT h.id, e.noticed_wall AS noticed FROM holder h LEFT JOIN pass_end e ON e.id = h.id
       WHERE h.kind = 'pass' AND h.id > ? ORDER BY h.id LIMIT ?`,
    );
    this.#doors = db
      .prepare<[string], DoorId>("SELECT DISTINCT door FROM holder_grant WHERE holder_kind = 'pass' AND holder_id = ?")
      .pluck();
    this.#notice = db.prepare("INSERT OR IGNORE INTO pass_end VALUES (?, ?)");
    this.#unnotice = db.prepare("DELETE FROM pass_end WHERE id = ?");
  }

  /** False when the round is over. `write` runs in a transaction, with what takes passes out of the directory in it. */
  step(
    at: Instant,
    afterDays: number,
    write: (work: (remove: (passes: readonly PassId[]) => void) => void) => void,
  ): boolean {
    const page = this.#page.all(this.#after, passesPerStep);
    const { purge, newlyEnded, aliveAgain } = this.#findEnded(page, at.wall, at.wall - afterDays * dayMs);
    if (purge.length + newlyEnded.length + aliveAgain.length > 0) {
      write((remove) => {
        for (const id of newlyEnded) this.#notice.run(id, Math.round(at.wall));
        for (const id of aliveAgain) this.#unnotice.run(id);
        if (purge.length > 0) this.#purge(purge, at, remove);
      });
    }
    const more = page.length === passesPerStep;
    this.#after = more ? (page.at(-1)?.id ?? "") : "";
    return more;
  }

  #purge(ended: readonly Ended[], at: Instant, remove: (passes: readonly PassId[]) => void): void {
    remove(ended.map(({ id }) => id));
    for (const { id, end, version } of ended) {
      this.#tombstones.put(id, end, version, at.wall);
      this.#unnotice.run(id);
    }
    this.#tombstones.trim();
  }

  #findEnded(page: readonly PassRow[], nowWall: number, cutoffWall: number): Findings {
    const findings: Findings = { purge: [], newlyEnded: [], aliveAgain: [] };
    for (const { id, noticed } of page) {
      const pass = this.#directory.holder("pass", id);
      if (pass?.kind !== "pass") continue;
      const end = this.#endOf(pass, nowWall);
      if (end === null) {
        if (noticed !== null) findings.aliveAgain.push(id);
      } else if (Math.min(passEnd(pass), noticed ?? nowWall) <= cutoffWall) {
        findings.purge.push({ id, end, version: pass.version });
      } else if (noticed === null && end !== "expired") findings.newlyEnded.push(id);
    }
    return findings;
  }

  #endOf(pass: Pass, nowWall: number): PassEnd | null {
    if (pass.state === "revoked") return "revoked";
    if (passEnd(pass) <= nowWall) return "expired";
    return this.#isUsedUp(pass) ? "usedUp" : null;
  }

  /** What comes round again is not used up before its end. */
  #isUsedUp({ id, usesPerDoor, usesTotal, recurrence }: Pass): boolean {
    if (recurrence.kind !== "once") return false;
    if (usesTotal !== null && this.#directory.spentInAll(id, onlyOccurrence) >= usesTotal) return true;
    const doors = this.#doors.all(id);
    if (usesPerDoor === null || doors.length === 0) return false;
    return doors.every((door) => this.#directory.spentAt(id, door, onlyOccurrence) >= usesPerDoor);
  }
}
