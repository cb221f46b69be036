// Keeps the file that doors open by when no controller can start: written anew soon after what it holds has changed, in steps so
// short that no decision waits for one.
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Database, Statement } from "better-sqlite3";
import type { DoorId } from "../domain/ids.ts";
import type { RescueBoard, RescueCard } from "../domain/rescue.ts";
import { cardDoorsOf, rescuePlanOf } from "../domain/rescue.ts";
import type { SiteSpec } from "../domain/site.ts";
import { sealRescue } from "./rescue-seal.ts";

export interface RescueKeeperParts {
  readonly db: Database;
  readonly site: () => SiteSpec;
  /** Differs whenever the directory, or what stays over a restart, has changed. */
  readonly mark: () => string;
  /** Null where the site wants no rescue: then a file that is there is removed. */
  readonly board: RescueBoard | null;
  readonly key: Buffer | null;
  readonly file: string;
  readonly after: (ms: number, run: () => void) => void;
  /** How it stands with the file; null is well. */
  readonly tell: (why: string | null) => void;
}

const settleMs = 1_000;
const retryMs = 60_000;
const holdersPerStep = 500;
/** Of a site's administrators; what comes on top is left out, and said. */
const maxCards = 256;

interface Administrator {
  readonly id: string;
  readonly fits: 0 | 1;
}

interface CardRow {
  readonly id: string;
  readonly token: Buffer;
  readonly low: Buffer | null;
  readonly direction: RescueCard["direction"];
}

export class RescueKeeper {
  readonly #parts: RescueKeeperParts;
  readonly #people: Statement<[string, number], Administrator>;
  readonly #cards: Statement<[string], CardRow>;
  readonly #doors: Statement<[string], DoorId>;
  #state: "idle" | "waiting" | "making" = "idle";
  #done = "";
  #written = "";

  constructor(parts: RescueKeeperParts) {
    this.#parts = parts;
    const { db } = parts;
    // Nobody whose right depends on the time: rescue has no clock to go by.
    this.#people = db.prepare(
      `SELECT id, state = 'active' AND valid_from IS NULL AND valid_until IS NULL
         AND coalesce(json_extract(body, '$.role') = 'administrator', 0)
         AND coalesce(json_extract(body, '$.factors'), 'any') = 'any' AS fits
       FROM holder WHERE kind = 'person' AND id > ? ORDER BY id LIMIT ?`,
    );
    this.#cards = db.prepare(
      `SELECT id, token, token24 AS low, direction FROM credential
       WHERE holder_kind = 'person' AND holder_id = ? AND kind IN ('card', 'bkey') AND state = 'active'
         AND twin_of IS NULL AND valid_from IS NULL AND valid_until IS NULL ORDER BY id`,
    );
    this.#doors = db
      .prepare<[string], DoorId>(
        `SELECT g.door FROM holder_grant g JOIN schedule s ON s.id = g.schedule
         WHERE g.holder_kind = 'person' AND g.holder_id = ?
         GROUP BY g.door HAVING max(json_extract(s.rule, '$.kind') = 'always')
           AND NOT max(json_extract(s.rule, '$.kind') = 'never')
           AND g.door NOT IN (SELECT door FROM latch WHERE kind = 'block')
         ORDER BY g.door`,
      )
      .pluck();
  }

  /** Something was committed, or the ledger was opened. */
  noticed(): void {
    if (this.#state === "idle" && this.#parts.mark() !== this.#done) this.#makeIn(settleMs);
  }

  #makeIn(ms: number): void {
    this.#state = "waiting";
    this.#parts.after(ms, () => {
      this.#state = "making";
      this.#make().then(
        () => this.#parts.after(settleMs, () => this.#rest()),
        (error) => this.#failed(error),
      );
    });
  }

  #rest(): void {
    this.#state = "idle";
    this.noticed();
  }

  /** Until it is written, cards that were taken away meanwhile still open in a rescue: people must know. */
  #failed(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#parts.tell(`What doors open by when Postern cannot start is out of date: ${why}`);
    this.#makeIn(retryMs);
  }

  async #make(): Promise<void> {
    const { board, key, file, site, mark, tell } = this.#parts;
    const making = mark();
    if (board === null || key === null) {
      await rm(file, { force: true });
      this.#done = making;
      return;
    }
    const cards = await this.#administratorsCards();
    const kept = cards.slice(0, maxCards);
    const text = sealRescue(key, rescuePlanOf(site(), board, kept));
    if (text !== this.#written) await writeWhole(file, text);
    this.#written = text;
    this.#done = making;
    const left = cards.length - kept.length;
    tell(left === 0 ? null : `${left} administrators' cards are too many for a rescue; give fewer people that role.`);
  }

  async #administratorsCards(): Promise<RescueCard[]> {
    const open = new Set(cardDoorsOf(this.#parts.site()));
    const cards: RescueCard[] = [];
    for (let last: string | null = ""; last !== null; ) {
      const page: Administrator[] = this.#people.all(last, holdersPerStep);
      for (const { id, fits } of page) {
        const doors = fits === 1 ? this.#doors.all(id).filter((door) => open.has(door)) : [];
        if (doors.length > 0) cards.push(...this.#cards.all(id).map((row) => cardOf(row, doors)));
      }
      last = page.length < holdersPerStep ? null : (page.at(-1)?.id ?? null);
      await new Promise<void>((resolve) => this.#parts.after(0, resolve));
    }
    return cards;
  }
}

const cardOf = ({ id, token, low, direction }: CardRow, doors: readonly DoorId[]): RescueCard => ({
  credential: id as RescueCard["credential"],
  token: token.toString("hex"),
  low: low?.toString("hex") ?? null,
  direction,
  doors,
});

/** The disk is waited for by nobody. */
async function writeWhole(path: string, text: string): Promise<void> {
  const partial = `${path}.partial`;
  const file = await open(partial, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, path);
  const folder = await open(dirname(path), "r");
  await folder.sync().finally(() => folder.close());
}
