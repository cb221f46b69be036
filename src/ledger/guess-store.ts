// Keeps each door's bound on guessing where a restart does not forget it; the arithmetic is the domain's.
import type { Database, Statement } from "better-sqlite3";
import type { GuessState, StoredGuess } from "../domain/guess.ts";
import { freshGuess, restoreGuess, storeGuess } from "../domain/guess.ts";
import type { BootId, DoorId } from "../domain/ids.ts";
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

  load(door: DoorId, policy: GuessPolicy, now: Instant): GuessState {
    const row = this.#select.get(door);
    if (row === undefined) return freshGuess(now.mono);
    const stored = storedGuess(row);
    const sameBoot = stored.boot === this.#boot;
    const spansTrusted = stored.trusted && now.trusted;
    return restoreGuess(stored, sameBoot || spansTrusted ? now : this.#openedAt, this.#boot, policy);
  }

  save(door: DoorId, state: GuessState, now: Instant): void {
    const { level, atMono, atWall, trusted, boot, blockedUntilMono } = storeGuess(state, now, this.#boot);
    this.#upsert.run(door, level, atMono, atWall, trusted ? 1 : 0, boot, blockedUntilMono);
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
