// How long ago the issuer last gave a sign that this controller had all of its directory; the longest that any clock tells of,
// the issuer's own among them where nobody vouches for this machine's.
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
  #proven: { readonly at: number; readonly mono: number } | null = null;

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

  /** The issuer has answered a question that was asked `agoMs` ago, and that was its time. */
  proven(at: UnixMs, agoMs: number, now: Instant): void {
    this.#proven = { at, mono: now.mono - agoMs };
  }

  /**
   * Signed `at` that time by the issuer's clock. An older one than the newest changes nothing. False while nothing tells how old it is: a
   * broker may have kept it for any time.
   */
  heard(at: UnixMs, now: Instant): boolean {
    const known = now.trusted ? now.wall : this.#provenTime(now);
    if (known === null) return false;
    const isFromTheFuture = this.#sign.at > known;
    if (at <= this.#sign.at && !isFromTheFuture) return true;
    const told = Math.round(Math.min(at, known));
    this.#sign = this.#save({ at: told, boot: this.#boot, mono: now.mono, age: known - told });
    return true;
  }

  /** Now and then, so that a machine that is switched off and on again does not begin to count anew. */
  checkpoint(now: Instant): void {
    const { at, boot, mono } = this.#sign;
    if (now.mono - mono < checkpointMs) return;
    this.#sign = this.#save({ at, boot, mono: now.mono, age: this.#ageBy(now) });
  }

  #ageBy(now: Instant): number {
    const byMono = this.#sign.age + Math.max(0, now.mono - this.#sign.mono);
    const proven = now.trusted ? null : this.#provenTime(now);
    return proven === null ? byMono : Math.max(byMono, proven - this.#sign.at);
  }

  /** The issuer's time, or a little later than that: its answer was under way since. */
  #provenTime({ mono }: Instant): number | null {
    return this.#proven === null ? null : this.#proven.at + mono - this.#proven.mono;
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
