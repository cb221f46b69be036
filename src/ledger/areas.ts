// Keeps who is held to be in which area, where a restart does not forget it; the rules about it are the domain's.
import type { Database, Statement } from "better-sqlite3";
import type { Passage } from "../domain/facts.ts";
import type { AreaId, BootId } from "../domain/ids.ts";
import type { AreaSpec } from "../domain/site.ts";
import type { Instant } from "../domain/time.ts";
import { monoMs, unixMs } from "../domain/time.ts";
import type { Mover, Whereabouts } from "../domain/whereabouts.ts";
import { insideMs } from "../domain/whereabouts.ts";

interface PlaceRow {
  readonly area: string;
  readonly since_mono: number;
  /** 0 when the clock could not be trusted. */
  readonly since_wall: number;
  readonly boot: string;
}

export class Areas {
  readonly #place: Statement<[string, string], PlaceRow>;
  readonly #put: Statement<unknown[]>;
  readonly #remove: Statement<[string, string]>;
  readonly #removeAll: Statement<[]>;
  readonly #countOthers: Statement<unknown[], number>;

  constructor(db: Database) {
    this.#place = db.prepare("SELECT * FROM whereabouts WHERE holder_kind = ? AND holder_id = ?");
    this.#put = db.prepare("INSERT OR REPLACE INTO whereabouts VALUES (?, ?, ?, ?, ?, ?)");
    this.#remove = db.prepare("DELETE FROM whereabouts WHERE holder_kind = ? AND holder_id = ?");
    this.#removeAll = db.prepare("DELETE FROM whereabouts");
    // Forgives by the same rule as `insideMs`. No further than to the limit: a crowd is not counted at each presentation.
    this.#countOthers = db
      .prepare<unknown[], number>(
        `SELECT count(*) FROM (SELECT 1 FROM whereabouts
           WHERE area = @area AND NOT (holder_kind = @kind AND holder_id = @id) AND (@forgiveMs = 0
             OR (boot = @boot AND since_mono > @mono - @forgiveMs)
             OR (boot <> @boot AND @trusted = 1 AND since_wall <= @wall AND since_wall > @wall - @forgiveMs))
           LIMIT @most)`,
      )
      .pluck();
  }

  whereabouts(mover: Mover): Whereabouts | null {
    const row = this.#place.get(mover.kind, mover.id);
    if (row === undefined) return null;
    const sinceWall = row.since_wall === 0 ? null : unixMs(row.since_wall);
    return { area: row.area as AreaId, sinceMono: monoMs(row.since_mono), sinceWall, boot: row.boot as BootId };
  }

  /** What somebody would walk into. Nobody in particular is inside nowhere. */
  passage(area: AreaSpec, mover: Mover | null, now: Instant, boot: BootId): Passage {
    const place = mover === null ? null : this.whereabouts(mover);
    const inside = place?.area === area.id ? insideMs(place, area, now, boot) : null;
    return { area, others: this.countOthers(area, mover, now, boot), insideMs: inside };
  }

  /** Only as far as it matters: up to the area's capacity. */
  countOthers(area: AreaSpec, mover: Mover | null, now: Instant, boot: BootId): number {
    if (area.capacity === 0) return 0;
    const { kind, id } = mover ?? { kind: "", id: "" };
    const at = { mono: now.mono, wall: now.wall, trusted: now.trusted ? 1 : 0, boot };
    const asked = { area: area.id, forgiveMs: area.forgiveMs, most: area.capacity, kind, id, ...at };
    return this.#countOthers.get(asked) ?? 0;
  }

  /** To no area is nowhere. */
  move(mover: Mover, area: AreaId | null, at: Instant, boot: BootId): void {
    const sinceWall = at.trusted ? unixMs(Math.round(at.wall)) : null;
    this.restore(mover, area === null ? null : { area, sinceMono: at.mono, sinceWall, boot });
  }

  restore(mover: Mover, place: Whereabouts | null): void {
    if (place === null) this.#remove.run(mover.kind, mover.id);
    else this.#put.run(mover.kind, mover.id, place.area, place.sinceMono, place.sinceWall ?? 0, place.boot);
  }

  forgetAll(): void {
    this.#removeAll.run();
  }
}
