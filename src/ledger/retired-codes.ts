// Codes that were taken away and are given to nobody else for a while; knows them by their tokens only.
import type { Database, Statement } from "better-sqlite3";
import type { HolderRef } from "../domain/directory.ts";

/** Counted from when a code's own validity or its holder's was over, if that was earlier than its removal. */
const retire = (which: string) => `
  INSERT INTO retired_code
  SELECT c.token, c.holder_kind || ' ' || c.holder_id, min(@now, coalesce(c.valid_until, @now), coalesce(h.valid_until, @now),
    coalesce(json_extract(h.body, '$.expiresAt'), @now)) + @coolDownMs
  FROM credential c JOIN holder h ON h.kind = c.holder_kind AND h.id = c.holder_id
  WHERE c.kind IN ('pin', 'code', 'qrPin', 'qr') AND ${which}
  ON CONFLICT (token) DO UPDATE SET holder = excluded.holder, until = max(until, excluded.until)`;

export interface CoolDown {
  readonly now: number;
  readonly coolDownMs: number;
}

export class RetiredCodes {
  readonly #retireCredential: Statement<[CoolDown & { id: string }]>;
  readonly #retireHolder: Statement<[CoolDown & { kind: string; id: string }]>;
  readonly #find: Statement<[Buffer, number], string>;
  readonly #has: Statement<[Buffer, string], number>;
  readonly #takeBack: Statement<[Buffer]>;
  readonly #prune: Statement<[number]>;

  constructor(db: Database) {
    this.#retireCredential = db.prepare(retire("(c.id = @id OR c.twin_of = @id)"));
    this.#retireHolder = db.prepare(retire("c.holder_kind = @kind AND c.holder_id = @id"));
    this.#find = db
      .prepare<[Buffer, number], string>("SELECT holder FROM retired_code WHERE token = ? AND until > ?")
      .pluck();
    this.#has = db.prepare<[Buffer, string], number>("SELECT 1 FROM credential WHERE token = ? AND id = ?").pluck();
    this.#takeBack = db.prepare("DELETE FROM retired_code WHERE token = ?");
    this.#prune = db.prepare("DELETE FROM retired_code WHERE until <= ?");
  }

  /** Right before it is removed or replaced. */
  retireCredential(id: string, coolDown: CoolDown): void {
    if (coolDown.coolDownMs > 0) this.#retireCredential.run({ ...coolDown, id });
  }

  /** Right before all that it has is removed. */
  retireHolder({ kind, id }: HolderRef, coolDown: CoolDown): void {
    if (coolDown.coolDownMs > 0) this.#retireHolder.run({ ...coolDown, kind, id });
  }

  /** Whoever had it may have it back, and whoever has it may keep it. */
  isWithheld(token: Buffer, id: string, { kind, id: holder }: HolderRef, now: number): boolean {
    const last = this.#find.get(token, now);
    if (last === undefined || last === `${kind} ${holder}`) return false;
    return this.#has.get(token, id) === undefined;
  }

  isKnown(token: Buffer, now: number): boolean {
    return this.#find.get(token, now) !== undefined;
  }

  takeBack(token: Buffer): void {
    this.#takeBack.run(token);
  }

  prune(now: number): void {
    this.#prune.run(now);
  }
}
