// Keeps the bounds on guessing, at each door and for each holder's second factor, where a restart does not forget it; the arithmetic is the domain's.
import type { Database, Statement } from "better-sqlite3";
import type { GuessState, StoredGuess } from "../domain/guess.ts";
import { freshGuess, restoreGuess, storeGuess } from "../domain/guess.ts";
import type { BootId } from "../domain/ids.ts";
import type { GuessPolicy } from "../domain/site.ts";
import type { Instant } from "../domain/time.ts";
import { monoMs, unixMs } from "../domain/time.ts";

interface GuessRow {
  readonly level: number;
  readonly at_mono: number;
  readonly at_wall: number;
  readonly trusted: 0 | 1;
  readonly boot: string;
  readonly blocked_until_mono: number | null;
}

/** A door's key is its id; a holder's has a colon in it, which no id has. */
export class GuessStore {
  readonly #select: Statement<[string], GuessRow>;
  readonly #upsert: Statement<unknown[]>;
  readonly #boot: BootId;
  /** When this boot was first heard of, at the latest: since then at least, a block of the last boot has been running. */
  readonly #openedAt: Instant;

  constructor(db: Database, boot: BootId, openedAt: Instant) {
    this.#select = db.prepare("SELECT * FROM guess WHERE door = ?");
    this.#upsert = db.prepare("INSERT OR REPLACE INTO guess VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#boot = boot;
    this.#openedAt = { ...openedAt, trusted: false };
  }

  load(key: string, policy: GuessPolicy, now: Instant): GuessState {
    const row = this.#select.get(key);
    if (row === undefined) return freshGuess(now.mono);
    const stored = storedGuess(row);
    const sameBoot = stored.boot === this.#boot;
    const spansTrusted = stored.trusted && now.trusted;
    return restoreGuess(stored, sameBoot || spansTrusted ? now : this.#openedAt, this.#boot, policy);
  }

  save(key: string, state: GuessState, now: Instant): void {
    const { level, atMono, atWall, trusted, boot, blockedUntilMono } = storeGuess(state, now, this.#boot);
    this.#upsert.run(key, level, atMono, atWall, trusted ? 1 : 0, boot, blockedUntilMono);
  }
}

const storedGuess = (row: GuessRow): StoredGuess => ({
  level: row.level,
  atMono: monoMs(row.at_mono),
  atWall: unixMs(row.at_wall),
  trusted: row.trusted === 1,
  boot: row.boot,
  blockedUntilMono: row.blocked_until_mono === null ? null : monoMs(row.blocked_until_mono),
});
