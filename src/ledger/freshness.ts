// How long ago the issuer last gave a sign that this controller had all of its directory; the longest that any clock tells of.
import type { Database } from "better-sqlite3";
import type { Instant, UnixMs } from "../domain/time.ts";

interface Sign {
  /** By the issuer's clock; past all times where only the monotonic clock tells. */
  readonly at: number;
  readonly boot: string;
  /** `age` is how old it was then. */
  readonly mono: number;
  readonly age: number;
}

const noWallTime = 8.64e15;
/** What a restart of the machine may forget of the time that has passed. */
const checkpointMs = 600_000;

export class Freshness {
  readonly #db: Database;
  readonly #maxAgeMs: number;
  readonly #boot: string;
  #sign: Sign;

  /** Where nothing is known yet, the time begins to count now. */
  constructor(db: Database, maxAgeMs: number, boot: string, now: Instant) {
    this.#db = db;
    this.#maxAgeMs = maxAgeMs;
    this.#boot = boot;
    const known = db.prepare<[], Sign>("SELECT at, boot, mono, age FROM cloud_sign").get();
    const first = { at: now.trusted ? Math.round(now.wall) : noWallTime, boot, mono: now.mono, age: 0 };
    if (known?.boot === boot) this.#sign = known;
    // The monotonic clock begins at 0 with the machine.
    else this.#sign = this.#save(known === undefined ? first : { ...known, boot, mono: 0 });
  }

  /** `clockFloor` is the latest time that a trusted clock has told. */
  isStale(now: Instant, clockFloor: number): boolean {
    const byWall = (now.trusted ? now.wall : clockFloor) - this.#sign.at;
    return Math.max(byWall, this.#ageBy(now)) > this.#maxAgeMs;
  }

  /** Signed `at` that time by the issuer's clock. An older one than the newest changes nothing. */
  heard(at: UnixMs, now: Instant): void {
    const isFromTheFuture = this.#sign.at === noWallTime || (now.trusted && this.#sign.at > now.wall);
    if (at <= this.#sign.at && !isFromTheFuture) return;
    // Signs that were held back and come one by one are as old as the time between them was longer than between those before.
    const heldBackMs = isFromTheFuture ? 0 : this.#ageBy(now) - (at - this.#sign.at);
    const age = Math.max(0, heldBackMs, now.trusted ? now.wall - at : 0);
    const told = now.trusted ? Math.min(at, now.wall) : at;
    this.#sign = this.#save({ at: Math.round(told), boot: this.#boot, mono: now.mono, age });
  }

  /** Now and then, so that a machine that is switched off and on again does not begin to count anew. */
  checkpoint(now: Instant): void {
    const { at, boot, mono } = this.#sign;
    if (now.mono - mono < checkpointMs) return;
    this.#sign = this.#save({ at, boot, mono: now.mono, age: this.#ageBy(now) });
  }

  #ageBy({ mono }: Instant): number {
    return this.#sign.age + Math.max(0, mono - this.#sign.mono);
  }

  #save(sign: Sign): Sign {
    const { at, boot, mono, age } = sign;
    this.#db
      .prepare(
        `INSERT INTO cloud_sign VALUES (1, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at,
           boot = excluded.boot, mono = excluded.mono, age = excluded.age`,
      )
      .run(at, boot, mono, age);
    return sign;
  }
}
